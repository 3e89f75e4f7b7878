/**
 * Crashes at every I/O of one small history, and inside every write; cuts of the power there; recovery crashed in its
 * turn. The crash suite to come does this exhaustively; this is the slice that guards the store from day to day.
 */
import { describe, expect, inject, it } from 'vitest';
import { encodeText } from '../base/bytes';
import { ManualSchedule, SeededRandom } from '../base/runtime';
import { closeAll, type FileSet } from '../storage/file';
import { Latch, Latched, latchedFiles } from '../storage/latched';
import { SimulatedDisk } from '../storage/simulated/disk';
import { keepAll, loseAll, randomChoice } from '../storage/simulated/fates';
import { PROFILES } from '../storage/simulated/profiles';
import { Store } from './store';
import { ALL_PROTECTIONS, type FormatOptions, type Protections } from './types';

const FORMAT: FormatOptions = { logBytes: 8 * 1024, extentBytes: 512, groupAlignBytes: 512 };
const seed = inject('seed');

/** What a client knows: how many commits it sent, and up to which it was told. */
interface Known {
  submitted: number;
  acknowledged: number;
}

function openOn(files: FileSet, protections: Protections, salt: number): { store: Store; schedule: ManualSchedule } {
  const schedule = new ManualSchedule();
  const random = new SeededRandom(salt);
  return { store: Store.open({ files, random, schedule: schedule.schedule, format: FORMAT, protections }), schedule };
}

/** Commit n puts n under two keys of its own group and deletes an older one: whole or not there can be told apart. */
function commit(store: Store, n: number, known: Known, bytes: number): void {
  const value = new Uint8Array(bytes).fill(n & 0xff);
  const ticket = store.batch([
    { kind: 'put', key: encodeText(`a${n % 9}`), value },
    { kind: 'put', key: encodeText(`b${n % 9}`), value },
    { kind: 'delete', key: encodeText(`a${(n + 4) % 9}`) },
  ]);
  known.submitted = Math.max(known.submitted, n);
  ticket.onSettled((error) => {
    if (!error) known.acknowledged = Math.max(known.acknowledged, n);
  });
}

function expectedAfter(count: number): Map<string, number> {
  const model = new Map<string, number>();
  for (let n = 1; n <= count; n++) {
    model
      .set(`a${n % 9}`, n & 0xff)
      .set(`b${n % 9}`, n & 0xff)
      .delete(`a${(n + 4) % 9}`);
  }
  return model;
}

/** The history: groups of one to three commits, a relaxed one at times, checkpoints by themselves and asked for. */
function runHistory(disk: SimulatedDisk, latch: Latch, protections: Protections, known: Known, commits: number): void {
  const files = latchedFiles(disk.openNow({ create: true }), latch);
  const { schedule, store } = openOn(files, protections, 7);
  for (let n = store.recovery.lastLsn + 1; n <= commits; n++) {
    commit(store, n, known, 20 + ((n * 37) % 150));
    if (n % 3 !== 1) schedule.runAll();
    if (n === Math.floor(commits / 2)) store.checkpoint();
  }
  store.flush();
  store.close();
}

/** Opens what is left; a prefix with everything acknowledged in it, whole; then commits once more and opens again. */
function judge(disk: SimulatedDisk, known: Known, protections: Protections): void {
  const files = disk.openNow({ create: true });
  const { store } = openOn(files, protections, 99);
  const { lastLsn } = store.recovery;
  expect(lastLsn).toBeGreaterThanOrEqual(known.acknowledged);
  expect(lastLsn).toBeLessThanOrEqual(known.submitted);
  const found = new Map([...store.scan()].map(({ key, value }) => [new TextDecoder().decode(key), value[0]!]));
  expect(found).toEqual(new Map([...expectedAfter(lastLsn)].sort(([a], [b]) => (a < b ? -1 : 1))));
  expect(store.check()).toEqual([]);
  const again: Known = { submitted: lastLsn + 1, acknowledged: 0 };
  commit(store, lastLsn + 1, again, 10);
  store.flush();
  expect(again.acknowledged).toBe(lastLsn + 1);
  closeAll(files);
  const reopened = openOn(disk.openNow({ create: true }), protections, 100);
  expect(reopened.store.recovery.lastLsn).toBe(lastLsn + 1);
}

function countCalls(commits: number): number {
  const latch = new Latch();
  runHistory(new SimulatedDisk({}), latch, ALL_PROTECTIONS, { submitted: 0, acknowledged: 0 }, commits);
  return latch.calls;
}

/** The disk as it is when call `stopAt` was refused, and what the client knew. */
function crashAt(stopAt: number, prefixBytes: number, commits: number, protections = ALL_PROTECTIONS) {
  const disk = new SimulatedDisk({}, PROFILES.adversarial);
  const known: Known = { submitted: 0, acknowledged: 0 };
  try {
    runHistory(disk, new Latch({ stopAt, prefixBytes }), protections, known, commits);
  } catch (error) {
    if (!(error instanceof Latched)) throw error;
  }
  return { disk: disk.crash(), known };
}

describe('a crash', () => {
  const commits = 40;
  const calls = countCalls(commits);

  it(`at each of ${calls} I/Os of ${commits} commits keeps what was acknowledged`, () => {
    expect(calls).toBeGreaterThan(80);
    for (let stopAt = 1; stopAt <= calls; stopAt++) {
      const { disk, known } = crashAt(stopAt, 0, commits);
      judge(disk, known, ALL_PROTECTIONS);
    }
  });

  it('inside each write, at several places, keeps what was acknowledged', () => {
    for (let stopAt = 1; stopAt <= calls; stopAt++) {
      for (const prefixBytes of [1, 48, 100, 511, 512, 700]) {
        const { disk, known } = crashAt(stopAt, prefixBytes, commits);
        judge(disk, known, ALL_PROTECTIONS);
      }
    }
  });

  it.each([PROFILES.measured_ext4, PROFILES.adversarial, PROFILES.psow_off])(
    'that takes the power at each I/O keeps what was acknowledged ($name)',
    (profile) => {
      for (let stopAt = 1; stopAt <= calls; stopAt++) {
        const { disk, known } = crashAt(stopAt, stopAt % 3 === 0 ? 300 : 0, commits);
        const items = disk.pending();
        const choices = [loseAll(items), keepAll(items)];
        for (let i = 0; i < 6; i++)
          choices.push(randomChoice(items, profile, new SeededRandom(seed + stopAt * 10 + i)));
        for (const choice of choices) judge(disk.powerCut(choice), known, ALL_PROTECTIONS);
      }
    },
    60_000,
  );

  it('at each I/O of recovery converges to the same store', () => {
    for (let stopAt = 1; stopAt <= calls; stopAt += 3) {
      const { disk, known } = crashAt(stopAt, 200, commits);
      const cut = disk.powerCut(randomChoice(disk.pending(), PROFILES.adversarial, new SeededRandom(seed + stopAt)));
      for (let recoveryStop = 1; ; recoveryStop++) {
        const twice = cut.fork();
        const latch = new Latch({ stopAt: recoveryStop, prefixBytes: 100 });
        let finished = true;
        try {
          openOn(latchedFiles(twice.openNow({ create: true }), latch), ALL_PROTECTIONS, 55);
        } catch (error) {
          if (!(error instanceof Latched)) throw error;
          finished = false;
        }
        judge(twice.crash(), known, ALL_PROTECTIONS);
        if (finished) break;
      }
    }
  }, 60_000);
});
