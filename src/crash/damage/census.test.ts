/** The census of the store, sized for every day, and engines that must turn it red. The whole one is `npm run crash`. */
import { describe, expect, it } from 'vitest';
import { isEngineError } from '../../base/errors';
import type { RecoveryReport } from '../../kv_store';
import type { CrashSubject } from '../subject';
import { SMALLEST_FORMAT, storeSubject } from '../store_subject';
import { damageCensus, mergeSummaries, type CensusOptions, type CensusSummary } from './census';
import { DAMAGE_KINDS } from './damage';
import { damagesOf } from './damages';
import { makeSpecimen, SPECIMEN_ENDS } from './specimen';
import { whyUndetectable } from './undetectable';
import { changed, longFiles, opening } from './testing/broken_subjects';

const store = storeSubject();

function census(subject: CrashSubject, options: Partial<CensusOptions> = {}): CensusSummary {
  const run = damageCensus(subject, { seed: 1, perKind: 100, ...options });
  for (;;) {
    const { done, value } = run.next();
    if (done === true) return value;
  }
}

/** What must be noticed is noticed: the reasons of what a broken engine got away with. */
function reasons(subject: CrashSubject, options: Partial<CensusOptions> = {}): string[] {
  const { failures, total } = census(subject, options);
  expect(total.silent).toBeGreaterThanOrEqual(failures.length);
  return [...new Set(failures.map(({ why }) => why))];
}

describe('a specimen', () => {
  it.each(SPECIMEN_ENDS)(
    '%s: several laps, both data files, a checkpoint of several blocks, groups behind it',
    (end) => {
      const specimen = makeSpecimen(store, end, 1);
      const { calls, history, images, superblockLsn, vouchedLsn } = specimen;
      const logBytes = calls.reduce(
        (sum, one) => sum + (one.call === 'write' && one.file === 'log' ? one.bytes.length : 0),
        0,
      );
      expect(logBytes).toBeGreaterThan(3 * SMALLEST_FORMAT.logBytes);
      for (const name of ['data_0', 'data_1'] as const) expect(images[name].some((byte) => byte !== 0)).toBe(true);
      const fields = (['log', 'data_0', 'data_1'] as const).flatMap((name) =>
        store.annotate(name, 0, images[name], images.superblock),
      );
      expect(new Set(fields.map(({ structure }) => structure).filter((one) => one.startsWith('checkpoint')))).toContain(
        'checkpoint block 2',
      );
      const end_ = { superblockLsn, vouchedLsn, lastLsn: history.length };
      if (end === 'closed')
        expect(end_).toEqual({ ...end_, superblockLsn: history.length, vouchedLsn: history.length });
      else expect(superblockLsn < vouchedLsn && vouchedLsn < history.length).toBe(true);
    },
  );

  it('is damaged in every way: its flips cover each byte with a meaning, and a hundredth of the others', () => {
    const specimen = makeSpecimen(store, 'closed', 1);
    const flips = [...damagesOf('flip', store, specimen, 1)].filter((one) => one.kind === 'flip');
    const meaning = flips.filter(({ of }) => of === 'meaning');
    const fields = (['superblock', 'log', 'data_0', 'data_1'] as const).flatMap((name) =>
      store
        .annotate(name, 0, specimen.images[name], specimen.images.superblock)
        .filter(({ family }) => family !== 'free'),
    );
    expect(meaning).toHaveLength(8 * fields.reduce((sum, { length }) => sum + length, 0));
    expect(flips.length - meaning.length).toBeGreaterThan(100);
    for (const kind of DAMAGE_KINDS) expect([...damagesOf(kind, store, specimen, 1)].length, kind).toBeGreaterThan(20);
  });
});

describe('an older stretch of the log', () => {
  it('excuses a lost commit only where it took every group that vouched for it', () => {
    const specimen = makeSpecimen(store, 'crashed', 1);
    const newest = specimen.vouchers.findLast(({ says }) => says === specimen.vouchedLsn)!;
    const lastLsn = specimen.vouchedLsn - 1;
    expect(lastLsn).toBeGreaterThanOrEqual(specimen.superblockLsn);
    const verdicts = new Map<boolean, Set<string>>([true, false].map((isIn) => [isIn, new Set()]));
    for (const damage of damagesOf('region', store, specimen, 1)) {
      if (damage.kind !== 'region' || damage.file !== 'log') continue;
      const isIn = damage.at <= newest.at && newest.at < damage.at + damage.length;
      const report = { formatted: false, lastLsn } as RecoveryReport;
      verdicts.get(isIn)!.add(whyUndetectable(specimen, damage, report) ?? 'must be noticed');
    }
    expect([...verdicts.get(false)!]).toEqual(['must be noticed']);
    expect(verdicts.get(true)).toContain('log_rolled_back');
  });
});

describe('the census of the store', () => {
  it('finds no silent damage, and names what nobody could have noticed', () => {
    const flips = census(store, { kinds: ['flip'], perKind: 1500 });
    const others = census(store, { kinds: DAMAGE_KINDS.filter((kind) => kind !== 'flip') });
    const { failures, kinds, salvage, scrub, total, undetectable } = mergeSummaries([flips, others]);
    expect(failures).toEqual([]);
    expect(total.silent).toBe(0);
    expect(total.made).toBe(total.detected + total.harmless + total.undetectable);
    expect(kinds.flip.made).toBe(3000);
    for (const kind of DAMAGE_KINDS) expect(kinds[kind].detected, kind).toBeGreaterThan(20);
    expect(scrub.found).toBe(scrub.asked);
    expect(scrub.asked).toBe(kinds.flip.detected);
    expect(salvage.opened).toBeGreaterThan(10 * salvage.refused);
    expect(undetectable.map(({ reason }) => reason).sort()).toEqual([
      'log_end',
      'log_rolled_back',
      'nothing_left',
      'store_rolled_back',
    ]);
    console.log(JSON.stringify({ ...total, undetectable }));
  });

  it('says of a store that was closed that nothing but a lost or rolled back whole goes unnoticed', () => {
    const { undetectable } = census(store, { ends: ['closed'], perKind: 60 });
    expect(undetectable.map(({ reason }) => reason).sort()).toEqual(['nothing_left', 'store_rolled_back']);
  });

  it('cut short, has had each kind of damage to each specimen', () => {
    let asked = 0;
    const turns = SPECIMEN_ENDS.length * DAMAGE_KINDS.length;
    const { kinds, total } = census(store, { perKind: 3, isOver: () => ++asked > turns });
    expect(total.made).toBe(turns);
    for (const kind of DAMAGE_KINDS) expect(kinds[kind].made, kind).toBe(SPECIMEN_ENDS.length);
  });

  it('comes out the same in slices as in one piece', () => {
    const whole = census(store, { perKind: 12 });
    const [a, b, c] = [0, 1, 2].map((index) => census(store, { perKind: 12, slice: { index, of: 3 } }));
    const merged = mergeSummaries([a!, b!, c!]);
    expect({ ...merged, undetectable: [] }).toEqual({ ...whole, undetectable: [] });
    const counts = ({ undetectable }: CensusSummary) =>
      undetectable.map(({ count, reason }) => `${reason} ${count}`).sort();
    expect(counts(merged)).toEqual(counts(whole));
  });
});

describe('a broken engine turns the census red', () => {
  it.each([
    ['logChecksum', /served what was never there/],
    ['checkpointChecksum', /opened without a word, and check says A block of the checkpoint is damaged/],
  ] as const)('without %s', (name, why) => {
    const protections = { ...store.protections, [name]: false };
    expect(reasons(store, { kinds: ['flip'], perKind: 300, protections }).join()).toMatch(why);
  });

  it('that trusts a length', () => {
    const trusting = opening(store, (open, given) =>
      open({ ...given, files: longFiles(given.files, given.files.log.size() === 0 ? 0 : SMALLEST_FORMAT.logBytes) }),
    );
    expect(reasons(trusting, { kinds: ['cut'] }).join()).toMatch(/as the last, without a word/);
  });

  it('that takes damage for the end of the log', () => {
    const hopeful = opening(store, (open, given) => {
      try {
        return open(given);
      } catch (error) {
        if (!isEngineError(error, 'log_damaged')) throw error;
        const left = open({ ...given, salvage: true });
        return changed(left, { recovery: { ...left.recovery, end: 'end_clean' }, check: () => [] });
      }
    });
    expect(reasons(hopeful, { kinds: ['flip'] }).join()).toMatch(/as the last, without a word/);
  });

  it('that serves from salvage what was never there', () => {
    const inventive = opening(store, (open, given) => {
      const opened = open(given);
      if (given.salvage !== true || opened.recovery.end !== 'damaged') return opened;
      const entries = [...opened.scan()].map(({ key }) => ({ key, value: key }));
      const find = (key: Uint8Array) => entries.find((one) => one.key.join() === key.join())?.value;
      return changed(opened, { scan: (o) => (o?.reverse === true ? [...entries].reverse() : entries), get: find });
    });
    expect(reasons(inventive, { kinds: ['flip'] })).toEqual(['salvage served what was never there']);
  });

  it('that hides damage in its salvage report, or takes commits on top of it', () => {
    const hiding = opening(store, (open, given) => {
      const opened = open(given);
      return given.salvage === true ? changed(opened, { recovery: { ...opened.recovery, end: 'end_clean' } }) : opened;
    });
    expect(reasons(hiding, { kinds: ['flip'] })).toEqual(['salvaged, and the report says nothing of damage']);
    const eager = opening(store, (open, given) => {
      const opened = open(given);
      return given.salvage === true ? changed(opened, { batch: () => null as never }) : opened;
    });
    expect(reasons(eager, { kinds: ['flip'] })).toEqual(['a salvaged store took a commit']);
  });

  it('whose check sees nothing', () => {
    const blind = opening(store, (open, given) => changed(open(given), { check: () => [] }));
    expect(reasons(blind, { kinds: ['flip'] }).sort()).toEqual(['check of a salvaged store names no place']);
    const blindWhileItRuns = opening(store, (open, given) => {
      const opened = open(given);
      return opened.recovery.end === 'damaged' ? opened : changed(opened, { check: () => [] });
    });
    expect(reasons(blindWhileItRuns, { kinds: ['flip'] })).toEqual([
      'a check of the running store does not name its place',
    ]);
  });

  it('that touches what it refuses, throws what nobody wrote down, or cannot go on', () => {
    const meddling = opening(store, (open, given) => {
      try {
        return open(given);
      } catch (error) {
        given.files.log.write(0, new Uint8Array([0xff]));
        throw error;
      }
    });
    expect(reasons(meddling, { kinds: ['flip'] }).join()).toMatch(/a refused opening changed log/);
    const raw = opening(store, (open, given) => {
      try {
        return open(given);
      } catch (error) {
        throw new RangeError('out of bounds', { cause: error });
      }
    });
    expect(reasons(raw, { kinds: ['flip'] })).toEqual(['threw RangeError: out of bounds']);
    let openings = 0;
    const stuck = opening(store, (open, given) => {
      const opened = open(given);
      // Its history is made by a sound one: three openings for each specimen.
      return ++openings <= 3 * SPECIMEN_ENDS.length ? opened : changed(opened, { flush: () => undefined });
    });
    expect(reasons(stuck, { kinds: ['flip'] }).join()).toMatch(/after the next commit/);
  });
});
