/** The experiments of the MVCC desk: the grid, what versions cost, lanes, the checker; what they say is what the stores did. */
import { describe, expect, test } from 'vitest';
import { ANOMALY_SCRIPTS, SCRIPTED_ANOMALIES } from '../mvcc/history/anomaly_scripts';
import { BROKEN_ENGINES } from '../mvcc/history/memory_run';
import type {
  CheckerNote,
  CheckerQuestion,
  GridCellNote,
  LanesNote,
  MemoryPointNote,
  MemoryQuestion,
  MemorySweepNote,
  MvccNote,
  MvccQuestion,
  ReaderKind,
  VersionIndex,
} from '../protocol/mvcc';
import { repeatedLanes, waitingLanes, type LanePlan } from '../workload/lanes';
import { mvccExperiment } from './mvcc_experiments';

function run(question: MvccQuestion): MvccNote[] {
  const notes: MvccNote[] = [];
  let ms = 0;
  const slices = mvccExperiment(
    question,
    () => ms++,
    (note) => notes.push(structuredClone(note)),
  ).slices() as Iterator<unknown>;
  while (slices.next().done !== true);
  return notes;
}

describe.each<VersionIndex>(['tree', 'lsm', 'map'])('the grid over a %s', (index) => {
  const cells = run({ ask: 'grid', index, seed: 3 }) as GridCellNote[];
  const happening = (column: GridCellNote['column']): string[] =>
    cells.filter((cell) => cell.column === column && cell.witness).map(({ row }) => row);

  test('every row has a cell in every column, and happens where nothing forbids it', () => {
    expect(cells).toHaveLength(3 * ANOMALY_SCRIPTS.length);
    expect(happening('none')).toEqual(SCRIPTED_ANOMALIES);
    expect(happening('snapshot')).toEqual(['G2-item', 'G2']);
    expect(happening('serializable')).toEqual([]);
    for (const { arrows, isAllowed, steps, witness } of cells.filter(({ column }) => column !== 'none')) {
      expect(witness !== undefined).toBe(isAllowed);
      for (const { edge, from, to } of arrows) {
        const { from: first, to: second } = witness!.graph.edges[edge]!;
        expect([steps[from]!.session - 1, steps[to]!.session - 1]).toEqual([first, second]);
      }
    }
  });
  test('who is refused is told why', () => {
    const cell = (row: string, column: string) => cells.find((one) => one.row === row && one.column === column)!;
    expect(cell('P4', 'snapshot').steps.at(-1)).toMatchObject({ how: 'refused', error: { code: 'write_conflict' } });
    expect(cell('G2-item', 'snapshot').steps.every(({ how }) => how === 'done')).toBe(true);
    expect(cell('G2', 'serializable').steps.at(-1)).toMatchObject({
      how: 'refused',
      error: { code: 'serialization_failure' },
    });
  });
});

describe('what versions cost', () => {
  const question: MemoryQuestion = {
    ...{ ask: 'memory', index: 'tree', keys: 60, updates: 5, reader: 'late', pattern: 'random', valueBytes: 20 },
    ...{ points: 10, seed: 6 },
    sweep: { updates: [1, 5], readers: ['none', 'renewed', 'late', 'parked'] },
  };
  const perKey = ({ measure }: { measure: { keys: number; versions: number } }): number =>
    measure.versions / measure.keys;
  const notes = run(question);
  const points = notes.filter((note): note is MemoryPointNote => note.note === 'versions');
  const sweep = notes.filter((note): note is MemorySweepNote => note.note === 'sweep');

  test('a reader that begins half-way makes versions gather from there on, and what it holds is told', () => {
    expect(points.map(({ commits }) => commits)).toEqual([0, 30, 60, 90, 120, 150, 180, 210, 240, 270, 300]);
    for (const { measure } of points) {
      expect(measure.keys).toBe(60);
      expect(measure.liveBytes).toBe(points[0]!.measure.liveBytes);
    }
    const held = points.map(({ measure }) => measure.heldBytes.reduce((sum, bytes) => sum + bytes, 0));
    expect(held.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 0]);
    held.slice(7).forEach((bytes, i) => expect(bytes).toBeGreaterThan(held[6 + i]!));
    expect(perKey(points[5]!)).toBeLessThan(2.1);
    expect(perKey(points.at(-1)!)).toBeGreaterThan(3);
    expect(points.at(-1)!.readerAge).toBe(150);
  });
  test('without a reader versions stay few whatever the rate; with one they grow with it', () => {
    const at = (reader: ReaderKind, updates: number): number =>
      perKey(sweep.find((one) => one.reader === reader && one.updates === updates)!);
    expect(sweep).toHaveLength(8);
    expect(at('none', 5)).toBeLessThan(2.1);
    expect(at('parked', 5)).toBeCloseTo(6, 5);
    expect(at('parked', 1)).toBeCloseTo(2, 5);
    expect(at('late', 5)).toBeLessThan(at('parked', 5));
    expect(at('renewed', 5)).toBeLessThan(at('late', 5));
  });
  test.each<VersionIndex>(['lsm', 'map'])('over a %s the reader holds the same', (index) => {
    const others = run({ ...question, index, sweep: { updates: [], readers: [] } }) as MemoryPointNote[];
    const held = (all: readonly MemoryPointNote[]): unknown =>
      all.slice(6).map(({ measure }) => [measure.keys, measure.liveBytes, measure.heldBytes]);
    expect(held(others)).toEqual(held(points));
  });
});

describe('lanes', () => {
  const plan = (...lanes: LanePlan['lanes']): LanePlan => ({ lanes });
  const READER: LanePlan['lanes'][number] = [
    { tick: 0, action: ['begin'] },
    { tick: 1, action: ['scan', 'a', 'z'] },
    { tick: 6, action: ['read', 'b'] },
    { tick: 7, action: ['commit'] },
  ];
  const writer = (tick: number, key: string): LanePlan['lanes'][number] => [
    { tick, action: ['begin'] },
    { tick: tick + 1, action: ['write', key] },
    { tick: tick + 2, action: ['commit'] },
  ];
  const lanes = (one: LanePlan): LanesNote => run({ ask: 'lanes', index: 'tree', plan: one, seed: 2 })[0] as LanesNote;

  test('a long reader keeps nobody waiting, and two versions; with locks both writers wait for it', () => {
    const { kept, locks, versions } = lanes(plan(READER, writer(1, 'b'), writer(3, 'd')));
    expect([waitingLanes(versions), versions.ticks]).toEqual([[], 8]);
    expect([waitingLanes(locks), locks.ticks]).toEqual([[1, 2], 10]);
    expect(versions.steps.filter(({ read }) => read !== undefined).map(({ read }) => read)).toEqual([
      'b old, d old',
      'old',
    ]);
    expect(kept).toEqual([0, 0, 0, 1, 1, 2, 2, 0]);
  });
  test('who is refused begins again at once, and takes its steps once more', () => {
    const both: LanePlan['lanes'][number] = [
      { tick: 0, action: ['begin'] },
      { tick: 1, action: ['read', 'x'] },
      { tick: 2, action: ['write', 'x'] },
      { tick: 3, action: ['commit'] },
    ];
    const { locks, versions } = lanes(plan(both, both));
    expect([repeatedLanes(versions), versions.ticks]).toEqual([[1], 8]);
    expect(versions.steps.findLast(({ read }) => read !== undefined)?.read).toBe('T1');
    expect(repeatedLanes(locks)).toEqual([1]);
  });
  test('a plan that is none is refused', () => {
    expect(() => lanes(plan(READER.slice(1)))).toThrow('out of bounds');
    expect(() => lanes(plan([...READER, ...READER]))).toThrow('out of bounds');
  });
});

describe('the checker', () => {
  const question: CheckerQuestion = {
    ask: 'checker',
    transactions: 600,
    clients: 6,
    keys: 8,
    level: 'snapshot',
    seed: 5,
  };
  const verdict = (change: Partial<CheckerQuestion>): CheckerNote => run({ ...question, ...change })[0] as CheckerNote;

  test.each([1, 2, 3])('each transaction that was begun has ended, one way or the other (%i)', (seed) => {
    for (const transactions of [200, 600]) {
      const { aborted, committed } = verdict({ seed, transactions });
      expect(committed + aborted).toBe(transactions);
    }
  });
  test('finds nothing against the whole engine, at either level', () => {
    const snapshot = verdict({});
    expect(snapshot).toMatchObject({ isLegal: true, anomalies: [], graph: { edges: [] } });
    expect(snapshot.allowed).toContain('G2-item');
    expect(snapshot.refused).toBeGreaterThan(20);
    expect(snapshot.aborted).toBeGreaterThanOrEqual(snapshot.refused);
    expect(verdict({ level: 'serializable' })).toMatchObject({ isLegal: true, allowed: [] });
  });
  test.each(BROKEN_ENGINES)('shows what is wrong without $name', ({ level, name }) => {
    const found = [1, 2, 3, 4, 5]
      .map((seed) => verdict({ level, without: name, seed }))
      .find(({ isLegal }) => !isLegal);
    expect(found?.anomalies.length).toBeGreaterThan(0);
    expect(found?.sentences).toEqual(found?.anomalies[0]?.sentences);
  });
});
