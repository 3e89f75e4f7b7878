/** The I/O error loops of the store, sized for every day, and engines that must turn them red. */
import { describe, expect, it } from 'vitest';
import { isEngineError } from '../../base/errors';
import { changed, muteFiles, opening, unwipedFiles } from '../damage/testing/broken_subjects';
import type { CrashSubject } from '../subject';
import { SMALLEST_FORMAT, storeSubject } from '../store_subject';
import { LOOP_NAMES, LOOPS, plannedFaults, type LoopName } from './faults';
import { ioErrorLoops, mergeIoErrors, type IoErrorOptions, type IoErrorSummary } from './loops';
import { runWithFault, soundRun } from './run';
import { faultWorkload } from './workload';

const store = storeSubject();
const ACTIONS = faultWorkload();

function loops(subject: CrashSubject, options: Partial<IoErrorOptions> = {}): IoErrorSummary {
  const run = ioErrorLoops(subject, { seed: 1, perLoop: 20, ...options });
  for (;;) {
    const { done, value } = run.next();
    if (done === true) return value;
  }
}

function reasons(subject: CrashSubject, names: readonly LoopName[], options: Partial<IoErrorOptions> = {}): string {
  const { failures, total } = loops(subject, { loops: names, perLoop: 30, ...options });
  expect(total.broken).toBeGreaterThan(0);
  return failures.map(({ why }) => why).join('\n');
}

describe('the I/O error loops of the store', () => {
  it('break no promise, whatever call fails and however', () => {
    const { failures, loops: each, total } = loops(store);
    expect(failures).toEqual([]);
    expect(total.broken).toBe(0);
    expect(total.made).toBeGreaterThan(200);
    for (const name of LOOP_NAMES) expect(each[name].refused + each[name].stopped, name).toBeGreaterThan(0);
    console.log(JSON.stringify(total));
  });

  it('fail every call of a run that wraps its log, and none after the last', () => {
    const sound = soundRun(store, ACTIONS, 1);
    expect(sound.writeLengths.reduce((a, b) => a + b)).toBeGreaterThan(3 * SMALLEST_FORMAT.logBytes);
    for (const name of Object.keys(LOOPS) as (keyof typeof LOOPS)[]) {
      const { call } = LOOPS[name];
      expect(sound.calls[call], call).toBeGreaterThan(0);
      const planned = [...plannedFaults(name, sound)];
      expect(planned).toHaveLength(2 * sound.calls[call]);
      const past = { loop: name, nth: sound.calls[call] + 1, forever: true };
      expect(runWithFault(store, ACTIONS, 1, past, sound)).toMatchObject({ outcome: 'unnoticed' });
    }
  });

  it('break none either where the power goes, or the program ends, at any change after the fault', () => {
    const { crossed, failures, total } = loops(store, { perLoop: 2, crossedPerLoop: 2 });
    expect(failures).toEqual([]);
    expect(total.broken).toBe(0);
    expect(crossed.runs).toBe(2 * LOOP_NAMES.length);
    expect(crossed.points).toBeGreaterThan(10 * crossed.runs);
    expect(crossed.states).toBeGreaterThan(3 * crossed.points);
    console.log(JSON.stringify(crossed));
  });

  it('count apart what the known limit explains, and only a flush that drops what it held meets it', () => {
    const pastLimit = (name: LoopName): number =>
      loops(store, { loops: [name], perLoop: 12, crossedPerLoop: 12 }).crossed.pastLimit;
    expect(pastLimit('flush fails and drops')).toBeGreaterThan(0);
    for (const name of ['flush fails', 'flush works and fails', 'write takes nothing'] as const)
      expect(pastLimit(name), name).toBe(0);
  });

  it('cut short, have had a turn each', () => {
    let asked = 0;
    const {
      crossed,
      loops: each,
      total,
    } = loops(store, {
      perLoop: 3,
      crossedPerLoop: 3,
      crossedPointsMax: 2,
      isOver: () => ++asked > LOOP_NAMES.length,
    });
    expect(total.made).toBe(LOOP_NAMES.length);
    for (const name of LOOP_NAMES) expect(each[name].made, name).toBe(1);
    expect(crossed.points).toBeLessThanOrEqual(2 * LOOP_NAMES.length);
    expect(crossed.changes).toBeGreaterThan(2 * crossed.points);
  });

  it('come out the same in slices as in one piece', () => {
    const whole = loops(store, { perLoop: 2, crossedPerLoop: 1 });
    const parts = [0, 1].map((index) => loops(store, { perLoop: 2, crossedPerLoop: 1, slice: { index, of: 2 } }));
    for (const { total } of parts) expect(total.made).toBeGreaterThan(0);
    const [a, b] = parts;
    expect(mergeIoErrors([a!, b!])).toEqual(whole);
  });
});

describe('a broken engine turns the loops red', () => {
  it.each([
    ['wholeWrites', 'write takes nothing', /commits up to|refuses to open|serves|where/],
    ['poisonOnFailedFlush', 'flush fails and drops', /acknowledged|refuses to open/],
    ['flushBeforeAcknowledge', 'flush fails', /commits up to \d+ of \d+ acknowledged/],
  ] as const)('without %s', (name, loop, why) => {
    const protections = { ...store.protections, [name]: false };
    expect(reasons(store, [loop], { protections, perLoop: 60 })).toMatch(why);
  });

  it('that leaves on the disk what it refused', () => {
    const leaving = opening(store, (open, given) => open({ ...given, files: unwipedFiles(given.files) }));
    expect(reasons(leaving, ['write lands and fails'])).toMatch(/which was refused|where there should be/);
  });

  it('that leaves no word of a flush that failed: the known limit is no excuse for it', () => {
    const mute = opening(store, (open, given) => open({ ...given, files: muteFiles(given.files) }));
    expect(reasons(mute, ['flush fails and drops'], { crossedPerLoop: 4 })).toMatch(/refuses to open/);
  });

  it('that shows what was not published', () => {
    const early = opening(store, (open, given) => {
      const opened = open(given);
      let isOff = false;
      return changed(opened, {
        flush: () => {
          try {
            return opened.flush();
          } catch (error) {
            isOff = true;
            throw error;
          }
        },
        stats: () => ({ ...opened.stats(), ...(isOff && { publishedLsn: 0 as never }) }),
      });
    });
    expect(reasons(early, ['flush fails'])).toMatch(/is acknowledged, 0 the last that is published/);
  });

  it('that answers with what nobody wrote down, or with a code no failing device explains', () => {
    const angry = opening(store, (open, given) => {
      try {
        return open(given);
      } catch (error) {
        if (!isEngineError(error)) throw error;
        throw new TypeError('undefined is not an object', { cause: error });
      }
    });
    expect(reasons(angry, ['read fails'])).toMatch(/threw TypeError/);
    const crying = opening(store, (open, given) => {
      try {
        return open(given);
      } catch (error) {
        if (!isEngineError(error)) throw error;
        throw Object.assign(error, { code: 'superblock_damaged' });
      }
    });
    expect(reasons(crying, ['flush fails'])).toMatch(/which no failing device explains/);
  });

  it('that lets clients wait for ever, or does not check out: without any fault', () => {
    const silent = opening(store, (open, given) => {
      const opened = open(given);
      return changed(opened, {
        batch(operations, options) {
          const { client, error, lsn, mode } = opened.batch(operations, options);
          return { client, error, lsn, mode, state: 'buffered', onSettled: () => undefined };
        },
      });
    });
    expect(() => soundRun(silent, ACTIONS, 1)).toThrow(/still waits after a flush/);
    const untidy = opening(store, (open, given) =>
      changed(open(given), { check: () => [{ rule: 'X', detail: 'something is off' }] }),
    );
    expect(() => soundRun(untidy, ACTIONS, 1)).toThrow(/something is off/);
  });
});
