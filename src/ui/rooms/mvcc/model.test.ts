/**
 * The picture does not lie: after every event of random runs, what the fold says and what the store says of itself, read from
 * its index and from the tables of its transactions, are the same (V1).
 */
import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { encodeText } from '../../../base/bytes';
import type { Command } from '../../../workload/command';
import { readAt } from './chains';
import { mustStay, roleOf } from './garbage';
import { readersOf, watermarkOf, type MvccView, type VersionView } from './model';
import { LabRun } from './testing/lab_run';

const HEADS = [
  'store log 16k extent 512 align 512 versions checkpoint 2k idle 60',
  'store log 32k extent 512 align 512 btree page 512 versions checkpoint 4k pool 4k idle 60',
  'store log 32k extent 512 align 512 versions checkpoint 2k idle 60 lsm memtable 600 table 700 block 256 ratio 3 l0 2',
] as const;

const keyOf = (key: number): Uint8Array => encodeText(`${'kmqz'[key % 4]}${key}`);
const NAMES = ['t1', 't2', 't3', 't4'] as const;
const SNAPSHOTS = ['monday', 'friday'] as const;
const key = fc.nat(5).map(keyOf);
const name = fc.constantFrom(...NAMES);
const maybe = fc.option(name, { nil: undefined });

const write: fc.Arbitrary<Command> = fc
  .record({ isPut: fc.boolean(), key, bytes: fc.nat(30), transaction: maybe })
  .map(({ bytes, isPut, key: at, transaction }) => ({
    ...(isPut ? { kind: 'put', key: at, value: new Uint8Array(bytes) } : { kind: 'delete', key: at }),
    ...(transaction === undefined ? { client: 1, mode: 'strict' as const } : { transaction }),
  }));
const batch: fc.Arbitrary<Command> = fc
  .array(fc.record({ key, bytes: fc.nat(20) }), { minLength: 1, maxLength: 4 })
  .map((puts) => ({
    kind: 'batch',
    mode: 'relaxed',
    operations: puts.map(({ bytes, key: at }) => ({ kind: 'put', key: at, value: new Uint8Array(bytes) })),
  }));
const begin: fc.Arbitrary<Command> = fc
  .record({ transaction: name, readOnly: fc.boolean(), serializable: fc.boolean() })
  .map((how) => ({ kind: 'begin', ...how }));
const plain = (...kinds: ('flush' | 'write' | 'checkpoint' | 'check' | 'close')[]): fc.Arbitrary<Command> =>
  fc.record({ kind: fc.constantFrom(...kinds) });

const COMMAND: fc.Arbitrary<Command> = fc.oneof(
  { weight: 12, arbitrary: write },
  { weight: 3, arbitrary: batch },
  { weight: 7, arbitrary: begin },
  { weight: 6, arbitrary: name.map((transaction): Command => ({ kind: 'commit', transaction, mode: 'strict' })) },
  { weight: 2, arbitrary: name.map((transaction): Command => ({ kind: 'abort', transaction })) },
  { weight: 9, arbitrary: plain('flush', 'write') },
  {
    weight: 4,
    arbitrary: fc
      .record({ key, transaction: maybe })
      .map(({ key: at, transaction }): Command => ({ kind: 'get', key: at, ...(transaction && { transaction }) })),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({ reverse: fc.boolean(), transaction: maybe })
      .map(({ reverse, transaction }): Command => ({ kind: 'scan', reverse, ...(transaction && { transaction }) })),
  },
  { weight: 2, arbitrary: fc.constantFrom(...SNAPSHOTS).map((snapshot): Command => ({ kind: 'snapshot', snapshot })) },
  { weight: 2, arbitrary: fc.constantFrom(...SNAPSHOTS).map((snapshot): Command => ({ kind: 'release', snapshot })) },
  {
    weight: 4,
    arbitrary: fc
      .option(fc.constantFrom(40, 200), { nil: undefined })
      .map((bytes): Command => ({ kind: 'vacuum', ...(bytes !== undefined && { bytes }) })),
  },
  { weight: 2, arbitrary: plain('checkpoint', 'check') },
  { weight: 1, arbitrary: fc.constantFrom(512, 4096).map((bytes): Command => ({ kind: 'step', bytes })) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('crash' as const),
      at: fc.record({ io: fc.integer({ min: 1, max: 9 }), relative: fc.constant(true) }),
    }),
  },
  { weight: 2, arbitrary: fc.constant<Command>({ kind: 'reopen', salvage: false }) },
);

/** Whatever chance has in store: versions, a conflict, a reader that holds them, vacuum, and a crash. */
const FIRST = `
put k0 one
put m1 two
flush
begin t1
begin t2 serializable
put k0 three in t1
get k0 in t2
put k0 four in t2
commit t1
flush
commit t2
begin t1 serializable
begin t4 serializable
get k0 in t1
get m1 in t4
put m1 north in t1
put k0 south in t4
commit t1
flush
commit t4
snapshot monday
begin t3 read-only
put k0 five
delete m1
flush
scan in t3
vacuum
checkpoint
put k0 six
flush
commit t3
release monday
vacuum
crash
reopen
get k0
vacuum
scan`;

/** Enough of the same keys for merges, and for checkpoints on the way. */
const CHURN = Array.from({ length: 10 }, (_, round) => [
  ...Array.from({ length: 5 }, (_, i) => `put k${i} value${round}`),
  ...['delete k4', 'flush', 'checkpoint', 'step 100k'],
])
  .flat()
  .join('\n');

describe('the view of the MVCC room', () => {
  it.each(HEADS)(
    'V1 equals what the store says of itself after every event: %s',
    (head) => {
      let compared = 0;
      const seen = new Map<string, number>();
      const note = (run: LabRun): void => {
        run.session.close();
        compared += run.compared;
        for (const [kind, count] of run.seen) seen.set(kind, (seen.get(kind) ?? 0) + count);
      };
      note(LabRun.of(head + FIRST));
      note(LabRun.of(`${head}\n${CHURN}`));
      fc.assert(
        fc.property(fc.array(COMMAND, { minLength: 30, maxLength: 70, size: 'max' }), (commands) => {
          const run = new LabRun(`${head}\n`);
          for (const each of commands) run.do(each);
          note(run);
        }),
        { seed: inject('seed'), numRuns: inject('isLong') ? 150 : 8, endOnFailure: true },
      );
      expect(compared).toBeGreaterThan(300);
      // A run in which none of these happened shows nothing about it.
      const isLsm = head.includes('lsm');
      if (isLsm) expect(seen.get('filtered') ?? 0).toBeGreaterThan(0);
      for (const kind of [
        'mvcc.conflict_found',
        'mvcc.dependency_found',
        'mvcc.danger_found',
        ...(isLsm ? [] : ['mvcc.version_collected']),
        'mvcc.version_passed',
        'mvcc.snapshot_released',
        'store.commit_replayed',
        'vacuumed',
        'write_conflict',
      ])
        expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(0);
    },
    900_000,
  );
});

describe('what the picture shows of a run', () => {
  const run = LabRun.of(`${HEADS[0]}\n${FIRST}`);
  const versionsOf = (view: MvccView): readonly VersionView[] => [
    ...view.chains.flatMap(({ versions }) => versions),
    ...view.pending.flatMap(({ versions }) => versions),
    ...view.transactions.flatMap(({ writes }) => writes),
  ];

  it('V2 a write is the same one in the memory of its transaction, on its way, as a version, and after a crash', () => {
    const text = new Map<string, Set<string | undefined>>();
    const places = new Map<string, Set<string>>();
    for (const { view } of run.told) {
      for (const version of versionsOf(view))
        text.set(version.id, new Set([...(text.get(version.id) ?? []), version.text]));
      const noted = (where: string, versions: readonly VersionView[]): void => {
        for (const { id } of versions) places.set(id, new Set([...(places.get(id) ?? []), where]));
      };
      noted(
        'memory',
        view.transactions.flatMap(({ writes }) => writes),
      );
      noted(
        'way',
        view.pending.flatMap(({ versions }) => versions),
      );
      noted(
        `life ${view.life}`,
        view.chains.flatMap(({ versions }) => versions),
      );
    }
    // Of one write there is one text, whatever became of it.
    for (const [id, words] of text) expect([...words].length, id).toBe(1);
    const three = [...text].find(([, words]) => words.has('three'))![0];
    // What vacuum took after the last checkpoint comes back with a crash.
    expect([...places.get(three)!]).toEqual(['memory', 'way', 'life 1', 'life 2']);
    const six = [...text].find(([, words]) => words.has('six'))![0];
    expect(places.get(six)).toContain('life 1');
    expect(places.get(six)).toContain('life 2');
    for (const { view } of run.told) {
      const ids = versionsOf(view).map(({ id }) => id);
      expect(new Set(ids).size, `step ${view.seq}`).toBe(ids.length);
    }
  });

  it('a snapshot reads what its line crosses: what the engine found in every read of the run', () => {
    let reads = 0;
    for (const { record, before } of run.told) {
      const { event } = record;
      if (event.kind !== 'mvcc.version_read' || event.found === 'own') continue;
      reads++;
      const chain = before.chains.find(({ key: at }) => at.join() === event.key.join());
      const crossed = chain && readAt(chain, event.at);
      expect(crossed?.lsn).toBe(event.lsn);
      expect(crossed?.isTombstone ?? false).toBe(event.found === 'tombstone');
    }
    expect(reads).toBeGreaterThan(4);
  });

  it('vacuum takes what is garbage in the picture, and never what must stay', () => {
    const starts = run.told.filter(({ record }) => record.event.kind === 'mvcc.vacuum_started');
    expect(starts.length).toBe(3);
    let kept = 0;
    for (const { view } of starts) {
      const end = run.told.find(
        ({ record, view: one }) => one.seq > view.seq && record.event.kind === 'mvcc.vacuum_finished',
      )!;
      const watermark = watermarkOf(view);
      const left = new Set(end.view.chains.flatMap(({ versions }) => versions.map(({ id }) => id)));
      for (const chain of view.chains)
        chain.versions.forEach(({ id }, index) => {
          const stays = mustStay(chain, index, watermark);
          expect(left.has(id), id).toBe(roleOf(chain, index, watermark) !== 'garbage');
          if (stays) kept++;
        });
    }
    expect(kept).toBeGreaterThan(0);
  });

  it('two readers at one timestamp are two, and both have to end before the watermark moves', () => {
    const step = run.last('mvcc.snapshot_kept');
    const later = run.told.find(
      ({ record }) => record.event.kind === 'mvcc.transaction_begun' && record.event.label === 't3',
    )!;
    expect(readersOf(step.view).map(({ name: one }) => one)).toEqual(['monday']);
    expect(readersOf(later.view).map(({ name: one, snapshot }) => [one, snapshot])).toEqual([
      ['t3', later.view.publishedLsn],
      ['monday', later.view.publishedLsn],
    ]);
    const released = run.last('mvcc.snapshot_released');
    expect(watermarkOf(released.before)).toBeLessThan(watermarkOf(released.view));
  });

  it('a parked reader grows what is kept; when it ends that is garbage, and vacuum takes it', () => {
    const bytes = run.told.flatMap(({ view }) => view.samples.last() ?? []);
    const most = Math.max(...bytes.map(({ held }) => held));
    expect(most).toBeGreaterThan(0);
    const ended = run.last('mvcc.snapshot_released').view.samples.last()!;
    expect([ended.held, ended.garbage > 0]).toEqual([0, true]);
    const swept = run.told.find(
      ({ record, view }) =>
        view.seq > run.last('mvcc.snapshot_released').view.seq && record.event.kind === 'mvcc.vacuum_finished',
    )!;
    expect(swept.view.samples.last()!.garbage).toBe(0);
  });

  it('every step is told in a sentence, but for those that the host makes of it', () => {
    const silent = new Set(run.told.filter(({ sentence }) => sentence === '').map(({ record }) => record.event.kind));
    expect([...silent]).toEqual(['host.command_finished']);
    for (const { sentence } of run.told) expect(sentence).not.toMatch(/undefined|NaN|\[object/);
  });
});
