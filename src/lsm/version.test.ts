import { describe, expect, inject, it } from 'vitest';
import { lsn } from '../base/ids';
import { EditSource, keyOf, tableOf, versionOf } from './testing/versions';
import {
  applyEdit,
  canApply,
  checkVersion,
  EMPTY_VERSION,
  makeRun,
  overlapping,
  spanOf,
  tableFor,
  tablesOf,
  type Version,
  type VersionEdit,
} from './version';

/** `0: 3[5] 2[4] | 1: 1[1 2]`: levels, each with its runs and their tables. */
const words = ({ levels }: Version): string =>
  levels
    .map((runs, i) => `${i}: ${runs.map(({ id, tables }) => `${id}[${tables.map((t) => t.id).join(' ')}]`).join(' ')}`)
    .join(' | ');

const edit = (change: Partial<VersionEdit>): VersionEdit => ({
  cause: 'compaction',
  removed: [],
  added: [],
  flushedLsn: lsn(0),
  nextTableId: 100,
  ...change,
});
const added = (level: number, id: number, from: number, to: number, run?: number) => ({
  level,
  run,
  table: tableOf({ id, from, to }),
});

describe('an edit', () => {
  it('begins a run with its own number, ahead of the older ones of its level', () => {
    const first = applyEdit(EMPTY_VERSION, edit({ added: [added(0, 1, 0, 9)] }));
    const second = applyEdit(first, edit({ added: [added(0, 2, 5, 20)] }));
    expect(words(second)).toBe('0: 2[2] 1[1]');
    expect(words(first)).toBe('0: 1[1]');
  });

  it('puts all tables of a level that join no run into one, in key order', () => {
    const version = applyEdit(EMPTY_VERSION, edit({ added: [added(2, 2, 10, 19), added(2, 1, 0, 9)] }));
    expect(words(version)).toBe('0:  | 1:  | 2: 1[1 2]');
  });

  it('fills the gap that it makes in a run, and shares what it does not touch', () => {
    const before = versionOf([
      [[{ id: 9, from: 0, to: 50 }]],
      [
        [
          { id: 1, from: 0, to: 9 },
          { id: 2, from: 10, to: 19 },
          { id: 3, from: 60, to: 69 },
        ],
      ],
      [[{ id: 4, from: 0, to: 99 }]],
    ]);
    const run = before.levels[1]![0]!.id;
    const removed = [
      { level: 0, table: 9 },
      { level: 1, table: 1 },
      { level: 1, table: 2 },
    ];
    const after = applyEdit(before, edit({ removed, added: [added(1, 10, 0, 59, run)], flushedLsn: lsn(9) }));
    expect(words(after)).toBe(`0:  | 1: ${run}[10 3] | 2: 1[4]`);
    expect(after.levels[2]).toBe(before.levels[2]);
    expect(words(before)).toBe('0: 3[9] | 1: 2[1 2 3] | 2: 1[4]');
  });

  it('leaves no empty run, and no empty level at the end', () => {
    const before = versionOf([[[{ id: 2, from: 0, to: 1 }]], [], [[{ id: 1, from: 0, to: 1 }]]]);
    expect(words(applyEdit(before, edit({ removed: [{ level: 2, table: 1 }], flushedLsn: lsn(2) })))).toBe('0: 2[2]');
  });

  it('that removes what is not there, overlaps, or joins a run that is none, is refused', () => {
    const version = versionOf([[[{ id: 1, from: 0, to: 9 }]]]);
    const cases = [
      edit({ removed: [{ level: 1, table: 1 }], flushedLsn: lsn(1) }),
      edit({ added: [added(0, 2, 20, 30, 77)], flushedLsn: lsn(1) }),
      edit({ flushedLsn: lsn(0) }),
    ];
    for (const one of cases) {
      expect(canApply(version, one)).toBe(false);
      expect(() => applyEdit(version, one)).toThrow();
    }
    expect(() => makeRun(1, [tableOf({ id: 1, from: 0, to: 9 }), tableOf({ id: 2, from: 9, to: 12 })])).toThrow(/V1/);
  });
});

describe('a run', () => {
  const run = makeRun(1, [tableOf({ id: 1, from: 10, to: 19 }), tableOf({ id: 2, from: 30, to: 39 })]);
  it('has one table for a key, or none', () => {
    expect([9, 10, 19, 20, 30, 39, 40].map((n) => tableFor(run, keyOf(n))?.id)).toEqual([
      undefined,
      1,
      1,
      undefined,
      2,
      2,
      undefined,
    ]);
  });
  it('knows what overlaps a span, ends included', () => {
    const ids = (from: number, to: number): number[] =>
      overlapping(run, { smallest: keyOf(from), largest: keyOf(to) }).map(({ id }) => id);
    expect([ids(0, 9), ids(0, 10), ids(19, 30), ids(20, 29), ids(39, 90), ids(40, 90)]).toEqual([
      [],
      [1],
      [1, 2],
      [],
      [2],
      [],
    ]);
  });
  it('spans from its smallest key to its largest', () => {
    expect(spanOf(run.tables)).toEqual({ smallest: keyOf(10), largest: keyOf(39) });
    expect(spanOf([])).toBeUndefined();
  });
});

describe('a check', () => {
  const rules = (version: Version): string[] => checkVersion(version).map(({ rule }) => rule);
  const good = versionOf([[[{ id: 3, from: 0, to: 9 }], [{ id: 2, from: 5, to: 20 }]], [[{ id: 1, from: 0, to: 30 }]]]);
  const run = (id: number, ...tables: readonly Parameters<typeof tableOf>[0][]) => ({
    id,
    tables: tables.map(tableOf),
    bytes: 0,
    entries: 0,
  });
  it('finds nothing in what edits make', () => {
    const source = new EditSource(inject('seed'));
    let most = 0;
    for (let i = 0; i < 200; i++) {
      source.next();
      expect(checkVersion(source.version)).toEqual([]);
      most = Math.max(most, tablesOf(source.version).length);
    }
    expect(most).toBeGreaterThan(1);
    expect(rules(good)).toEqual([]);
  });
  it('names the rule that is broken', () => {
    const broken = (levels: Version['levels']): string[] => rules({ ...good, levels });
    expect(broken([[run(1, { id: 1, from: 0, to: 9 }, { id: 2, from: 9, to: 12 })]])).toEqual(['V1']);
    expect(broken([[run(1, { id: 1, from: 9, to: 2 })]])).toEqual(['V1']);
    expect(broken([[run(1, { id: 2, from: 0, to: 1 }), run(2, { id: 1, from: 0, to: 1 })]])).toEqual(['V2']);
    expect(broken([[run(2, { id: 1, from: 0, to: 1 }), run(1, { id: 2, from: 0, to: 1 })]])).toEqual(['V3']);
    expect(broken([[run(2, { id: 1, from: 0, to: 1 })], [run(1, { id: 2, from: 0, to: 1 })]])).toEqual(['V3']);
    expect(broken([[], [run(2, { id: 1, from: 0, to: 1 })], [run(1, { id: 1, from: 0, to: 1 })]])).toEqual(['V4']);
    expect(broken([[], [run(2, { id: 4, from: 0, to: 1, lsn: 1 })]])).toEqual(['V4']);
    expect(broken([[], []])).toEqual(['V5']);
    expect(broken([[], [run(2)]])).toEqual(['V5']);
    expect(rules({ ...good, flushedLsn: lsn(2) })).toEqual(['V3']);
  });
});
