/**
 * The picture does not lie: after every event of random runs, what the fold says and what the engine says of itself, read
 * from its memtables, its versions and its writers, are the same (V1); and so are the extents that something lies in (V2).
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { decodeText, encodeText } from '../../../base/bytes';
import { extentId, lsn } from '../../../base/ids';
import type { LsmEvent, LsmTuning, TableMeta } from '../../../lsm';
import type { LabEvent, TraceRecord } from '../../../protocol/trace';
import type { Command } from '../../../workload/command';
import { parseScript } from '../../../workload/parser';
import { contentsOf } from './contents';
import { lsmFold } from './fold';
import { layoutLsm } from './layout';
import { locate } from './locate';
import { entryUnder } from './merge_layout';
import { RECORDS_MAX, type EntryView, type LsmView } from './model';
import { rangesOf } from './places';
import { isChosen } from './selected';
import type { Told } from '../testing/held_run';
import { LabRun } from './testing/lab_run';
import { isWholeTable, tableInSight } from './which_table';

const POLICIES = ['policy leveled ratio 3 l0 2', 'policy tiered ratio 3', 'policy lazy_leveling ratio 3'] as const;
const HEAD = 'store log 16k extent 512 align 512 checkpoint 2k lsm memtable 600 table 700 block 256 restart 4';

const keyOf = (key: number): Uint8Array => encodeText(`${'kmqz'[key % 4]}${key}`);
const write = (kind: 'put' | 'delete'): fc.Arbitrary<Command> =>
  fc
    .record({ keys: fc.array(fc.nat(60), { minLength: 1, maxLength: 6 }), bytes: fc.nat(60) })
    .map(({ bytes, keys }) => ({
      kind: 'batch',
      mode: 'strict',
      operations: keys.map((key) =>
        kind === 'put' ? { kind, key: keyOf(key), value: new Uint8Array(bytes) } : { kind, key: keyOf(key) },
      ),
    }));
const plain = (...kinds: ('flush' | 'checkpoint' | 'compact' | 'check')[]): fc.Arbitrary<Command> =>
  fc.record({ kind: fc.constantFrom(...kinds) });

const COMMAND: fc.Arbitrary<Command> = fc.oneof(
  { weight: 10, arbitrary: write('put') },
  { weight: 4, arbitrary: write('delete') },
  { weight: 9, arbitrary: plain('flush') },
  { weight: 3, arbitrary: plain('checkpoint') },
  { weight: 1, arbitrary: plain('compact', 'check') },
  { weight: 3, arbitrary: fc.nat(60).map((key): Command => ({ kind: 'get', key: keyOf(key) })) },
  { weight: 3, arbitrary: fc.constantFrom(200, 2048).map((bytes): Command => ({ kind: 'step', bytes })) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('crash' as const),
      at: fc.record({ io: fc.integer({ min: 1, max: 9 }), relative: fc.constant(true) }),
      prefixBytes: fc.nat(900),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Command>({ kind: 'reopen', salvage: false }) },
);

/** Whatever chance has in store: the first run fills memtables, flushes them, merges and opens again. */
const FIRST = parseScript(
  Array.from({ length: 8 }, (_, round) => [
    ...Array.from({ length: 6 }, (_, key) => `put k${(key * 5 + round * 3) % 24} @40`),
    ...['flush', 'checkpoint', 'step 2k'],
  ])
    .flat()
    .concat('reopen', 'get k3')
    .join('\n'),
);
const FIRST_COMMANDS = FIRST.script.lines.map(({ command }) => command);

describe('the view of the LSM room', () => {
  it.each(POLICIES)(
    'V1, V2 equals what the engine says of itself after every event: %s',
    (policy) => {
      let compared = 0;
      let waiting = 0;
      const seen = new Map<string, number>();
      fc.assert(
        fc.property(fc.array(COMMAND, { minLength: 30, maxLength: 60, size: 'max' }), (commands) => {
          const run = new LabRun(`${HEAD} ${policy}\n`);
          for (const each of commands) run.do(each);
          run.session.close();
          compared += run.compared;
          waiting = Math.max(waiting, run.waiting);
          for (const [kind, count] of run.seen) seen.set(kind, (seen.get(kind) ?? 0) + count);
        }),
        { seed: inject('seed'), numRuns: inject('isLong') ? 100 : 3, endOnFailure: true, examples: [[FIRST_COMMANDS]] },
      );
      expect(FIRST.errors).toEqual([]);
      expect(compared).toBeGreaterThan(150);
      expect(waiting, 'V5 somebody waited').toBeGreaterThan(2);
      // A run in which none of these happened shows nothing about it.
      for (const kind of ['memtable_changed', 'table_finished', 'version_edited', 'compaction_finished', 'tree_opened'])
        expect(seen.get(`lsm.${kind}`) ?? 0, kind).toBeGreaterThan(0);
    },
    900_000,
  );

  const FILLED = [
    'store log 16k extent 512 align 512 lsm memtable 1k table 700 block 256 restart 4 policy leveled ratio 3 l0 2',
  ];
  for (let round = 0; round < 6; round++) {
    for (let key = 0; key < 8; key++) FILLED.push(`put k${(key * 5 + round * 3) % 24} @40`);
    FILLED.push('delete k3', 'checkpoint', 'step 100k');
  }
  const filled = LabRun.of(
    [
      ...FILLED,
      'put k5 @9',
      'put k6 @9',
      'flush',
      'checkpoint',
      'get k7',
      'get k3',
      'scan k2 k9',
      'crash',
      'reopen',
    ].join('\n'),
  );
  /** Before the process ends, with what was in memory. */
  const open = filled.told.findLast(({ record }) => record.event.kind === 'store.key_read')!.view;

  it('a tombstone that is dropped while an older entry lies below is said to be dropped too early', () => {
    const sentences = (name: string): string[] =>
      LabRun.of(readFileSync(new URL(`../../../workload/lsm_lessons/${name}.script`, import.meta.url), 'utf8'))
        .told.filter(
          ({ record: { event } }) => event.kind === 'lsm.entry_merged' && event.outcome === 'tombstone_at_bottom',
        )
        .map(({ sentence }) => sentence);
    expect(sentences('11_a_tombstone_dropped_too_early').join()).toContain('that one will be read again');
    const inTime = sentences('04_a_deleted_key').join();
    expect(inTime).toContain('it has done its work');
    expect(inTime).not.toContain('will be read again');
  });

  it('V3 an entry is the same one in the memtable, in every table, and in a merge', () => {
    for (const kind of ['lsm.entry_merged', 'lsm.compaction_finished', 'lsm.table_dropped', 'lsm.table_probed'])
      expect(filled.seen.get(kind) ?? 0, kind).toBeGreaterThan(0);
    const first = new Map<string, EntryView>();
    const where = new Map<string, Set<string>>();
    for (const { view } of filled.told)
      for (const [place, entries] of placesIn(view))
        for (const entry of entries) {
          if (!first.has(entry.id)) first.set(entry.id, entry);
          expect(entry, 'the very object: nothing of it has to be drawn anew').toBe(first.get(entry.id));
          where.set(entry.id, new Set([...(where.get(entry.id) ?? []), place]));
        }
    expect(Math.max(...[...where.values()].map(({ size }) => size))).toBeGreaterThan(2);
  });

  it('the entry that a merge takes is the one under the cursor of its table', () => {
    const steps = filled.told.filter(({ record }) => record.event.kind === 'lsm.entry_merged');
    expect(steps.length).toBeGreaterThan(20);
    for (const { before, record } of steps) {
      const { from, key, lsn } = record.event as Extract<LsmEvent, { kind: 'lsm.entry_merged' }>;
      const input = before.merge!.inputs.find(({ tables }) => tables.some(({ table }) => table === from))!;
      expect(entryUnder(input)).toMatchObject({ key, lsn });
    }
    const { dropped, kept } = filled.told.findLast(({ record }) => record.event.kind === 'lsm.compaction_finished')!
      .view.merge!;
    const last = steps.filter(({ before }) => before.merge!.compaction === open.merge!.compaction);
    expect(kept + dropped.overwritten + dropped.tombstone_at_bottom + dropped.filtered).toBe(last.length);
  });

  it('of what a lookup would find nothing is shadowed, and everything else is', () => {
    const { isDetailed, shadowed } = contentsOf(open);
    expect(isDetailed).toBe(true);
    const newest = new Map<string, number>();
    const all = placesIn(open).flatMap(([, entries]) => entries);
    for (const { keyHex, lsn } of all) newest.set(keyHex, Math.max(lsn, newest.get(keyHex) ?? 0));
    expect(all.length).toBeGreaterThan(newest.size);
    for (const { id, keyHex, lsn } of all) expect(shadowed.has(id), id).toBe(lsn !== newest.get(keyHex));
  });

  it('what a step is about lies in the table that it names, and a selection finds it again', () => {
    const ofKind = (kind: string): Told<LsmView> => filled.told.findLast(({ record }) => record.event.kind === kind)!;
    const read = ofKind('lsm.table_probed');
    const place = locate(read.record, { kind: 'none' }, read.view)!;
    const { marks } = layoutLsm(read.view, { width: 1000, height: 500 });
    const chosen = [...marks.values()].filter((mark) => isChosen(mark, { kind: 'bytes', ...place }));
    const { table } = read.record.event as Extract<LsmEvent, { kind: 'lsm.table_probed' }>;
    expect(chosen.map(({ kind }) => kind).sort()).toEqual(['extent', 'table']);
    expect(chosen.find(({ kind }) => kind === 'table')!.data!['table']).toBe(table);
    const key = open.levels.flat()[0]!.tables[0]!.entries![0]!;
    const selection = { kind: 'key', keyHex: key.keyHex } as const;
    expect(locate(undefined, selection, open)).toBeDefined();
    const lit = [...layoutLsm(open, { width: 1000, height: 500 }).marks.values()].filter((mark) =>
      isChosen(mark, selection),
    );
    expect(new Set(lit.map(({ text }) => text))).toEqual(new Set([decodeText(key.key)]));
  });

  it('the blocks of a table fill it from its first byte to its last, and a selected table is in sight', () => {
    const tables = open.levels.flatMap((runs) => runs.flatMap((run) => run.tables));
    expect(tables.length).toBeGreaterThan(1);
    for (const table of tables) {
      let end = 0;
      for (const { at, bytes } of table.blocks) {
        expect(at).toBe(end);
        end = at + bytes;
      }
      expect(end).toBe(table.bytes);
      const [whole] = rangesOf(table, open.extentBytes);
      const selection = { kind: 'bytes', ...whole! } as const;
      expect(isWholeTable(selection, open)).toBe(true);
      expect(tableInSight(undefined, selection, open)!.table).toBe(table);
      const byte = { ...selection, from: selection.from + 3, to: selection.from + 4 };
      expect(isWholeTable(byte, open)).toBe(false);
      expect(tableInSight(undefined, byte, open)!.bytes).toEqual({ from: 3, to: 4 });
    }
  });

  it('every step is told in a sentence, but for those that the host makes of it', () => {
    const silent = new Set(
      filled.told.filter(({ sentence }) => sentence === '').map(({ record }) => record.event.kind),
    );
    expect([...silent]).toEqual(['host.command_finished']);
    for (const { sentence } of filled.told) expect(sentence).not.toMatch(/undefined|NaN|\[object/);
  });
});

const record = (seq: number, event: LabEvent): TraceRecord => ({ seq, tick: 0, command: 0, io: 0, site: 0, event });

describe('a tree of two thousand tables', () => {
  it('an edit costs a fraction of a millisecond, however many there were before', () => {
    const meta = (id: number, at: number): TableMeta => ({
      id,
      salt: 0,
      extents: [extentId(2 * id)],
      ...{ bytes: 1000, entries: 10, tombstones: 0, minLsn: lsn(id), maxLsn: lsn(id) },
      smallest: encodeText(String(at).padStart(6, '0')),
      largest: encodeText(`${String(at).padStart(6, '0')}z`),
    });
    const tables = Array.from({ length: TABLES }, (_, at) => meta(at + 1, at));
    const version = {
      ...{ edit: 1, flushedLsn: lsn(1), nextTableId: TABLES + 1 },
      levels: [[], [{ id: 1, tables, bytes: 0, entries: 0 }]],
    };
    const manifest = { heads: undefined, inForce: undefined, edit: 1 };
    const tuning = {} as LsmTuning;
    const opened = { kind: 'lsm.tree_opened', tuning, version, limits: [], debtBytes: 0, manifest } as const;
    let view = lsmFold.apply({ ...lsmFold.initial(), extentBytes: 4096 }, record(0, opened));
    const before = process.cpuUsage();
    for (let edit = 0; edit < EDITS; edit++) {
      const at = (edit * 37) % TABLES;
      const id = TABLES + 1 + edit;
      const level = 1;
      const old = view.levels[1]![0]!.tables[at]!.table;
      const edited: LabEvent = {
        kind: 'lsm.version_edited',
        ...{ edit: edit + 2, cause: 'compaction', flushedLsn: lsn(1), nextTableId: id + 1 },
        ...{ memtables: 0, manifestBytes: 0, limits: [], debtBytes: 0 },
        added: [{ level, run: 1, table: id }],
        removed: [{ level, table: old }],
      };
      for (const event of [
        { kind: 'lsm.table_started', table: id, level },
        { kind: 'lsm.table_finished', level, meta: meta(id, at) },
        edited,
        { kind: 'lsm.table_dropped', table: old, extents: [extentId(2 * old)] },
      ] satisfies LabEvent[])
        view = lsmFold.apply(view, record(edit, event));
    }
    const each = process.cpuUsage(before).user / 1000 / EDITS;
    console.info(`fold: ${each.toFixed(3)} ms for an edit of ${TABLES} tables`);
    expect(view.levels[1]![0]!.tables.length).toBe(TABLES);
    expect(view.shelf).toEqual([]);
    // Measured: 0.2 ms, for four events.
    expect(each).toBeLessThan(2);
  });

  it('V4 of a thousand edits the first record of the manifest and the newest ones are kept, and all are counted', () => {
    const first = { epoch: 1, bytes: 512, recordCount: 1, extents: [extentId(0)] };
    const area = { ...first, records: [{ kind: 'snapshot' as const, edit: 1, from: 0, to: 512 }] };
    let view: LsmView = {
      ...lsmFold.initial(),
      manifest: { heads: undefined, inForce: 0, edit: 1, areas: [area, undefined] },
    };
    for (let edit = 2; edit <= EDITS; edit++)
      view = lsmFold.apply(
        view,
        record(edit, {
          ...{ kind: 'lsm.version_edited', edit, cause: 'flush', added: [], removed: [], limits: [] },
          ...{ flushedLsn: lsn(edit), nextTableId: 1, memtables: 0, manifestBytes: 512 * edit, debtBytes: 0 },
        }),
      );
    const { bytes, recordCount, records } = view.manifest.areas[0]!;
    expect([records.length, recordCount, bytes]).toEqual([RECORDS_MAX, EDITS, 512 * EDITS]);
    expect([records[0]!.edit, records[1]!.edit, records.at(-1)!.edit]).toEqual([1, EDITS - RECORDS_MAX + 2, EDITS]);
  });
});
const TABLES = 2000;
const EDITS = 1000;

/** Memory and tables in force, with the entries that are known of them. */
function placesIn({ immutables, levels, memtable }: LsmView): [string, readonly EntryView[]][] {
  const memory = [memtable, ...immutables].map(({ entries, number }): [string, readonly EntryView[]] => [
    `m${number}`,
    entries ?? [],
  ]);
  const tables = levels.flatMap((runs) => runs.flatMap((run) => run.tables));
  return [...memory, ...tables.map(({ entries, id }): [string, readonly EntryView[]] => [`t${id}`, entries ?? []])];
}
