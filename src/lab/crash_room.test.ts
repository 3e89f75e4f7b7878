import { describe, expect, test } from 'vitest';
import type { CrashCell, CrashPlan, CrashPoint, LetterCounts } from '../protocol/crash';
import type { PendingItem, VerdictLetter } from '../protocol/drill';
import { parseScript } from '../workload/parser';
import { CrashCells } from './crash_cells';
import { costOf, differenceInWords, median } from './crash_costs';
import { CRASH_PRESETS } from './crash_sources';
import { CRASH_TASKS, gradeChallenge, gradeCount, gradeWhich, makeTaskRun, pointOfTask } from './crash_tasks';
import { countInWords, coverage, coverageOfPoint, NO_LETTERS, outcomeInWords, sumOf } from './crash_words';

const cell = (io: number, letter: VerdictLetter, name: string, duplicateOf?: string): CrashCell => ({
  id: `${io}:${name}`,
  io,
  letter,
  image: '0',
  sentence: '',
  ...(duplicateOf === undefined ? {} : { duplicateOf }),
});
const point = (io: number, more: Partial<CrashPoint> = {}): CrashPoint => ({
  io,
  command: 0,
  epoch: 0,
  submitted: 0,
  acknowledged: 0,
  promised: 0,
  pending: 0,
  states: { kind: 'exact', states: 4 },
  judged: 4,
  ...more,
});
const plan = (...points: CrashPoint[]): CrashPlan => ({
  profile: 'measured_ext4',
  format: {} as CrashPlan['format'],
  commands: [],
  points,
  judged: points.reduce((sum, one) => sum + one.judged, 0),
  exhaustivePoints: points.filter(({ states, judged }) => states.kind === 'exact' && states.states === judged).length,
});
const letters = (some: Partial<LetterCounts>): LetterCounts => ({ ...NO_LETTERS, ...some });

describe('cells', () => {
  test('are counted once, found by place and by name, mildest first', () => {
    const cells = new CrashCells();
    cells.add([cell(1, 'S', 'a'), cell(1, 'A', 'b'), cell(2, 'L', 'c')]);
    cells.add([cell(1, 'A', 'd'), cell(1, 'S', 'a')]);
    expect(cells.counts).toEqual(letters({ A: 2, L: 1, S: 1 }));
    expect([0, 1, 2, 3].map((index) => cells.at(1, index)?.id)).toEqual(['1:b', '1:d', '1:a', undefined]);
    for (const one of cells.of(1)) expect(cells.at(1, cells.indexOf(one))).toBe(one);
    expect(cells.countsAt(2)).toEqual(letters({ L: 1 }));
    expect(cells.countsAt(9)).toEqual(NO_LETTERS);
  });

  test('of those that fail the same way twice only one counts as small', () => {
    const cells = new CrashCells();
    cells.add([cell(3, 'S', 'long', '9:x'), cell(3, 'S', 'middle'), cell(2, 'F', 'm'), cell(1, 'A', 'x')]);
    expect(cells.smallest(['S', 'F'], ({ id }) => id.length).map(({ id }) => id)).toEqual(['2:m', '3:middle']);
  });
});

describe('words', () => {
  test('what was checked is said exactly, or as a sample', () => {
    expect(coverage(plan(point(1), point(2)), 7)).toBe('2 crash points, all 8 states.');
    const kinds = { ...plan(point(1, { judged: 2 })), exhaustivePoints: 1 };
    expect(coverage(kinds, 7)).toBe('1 crash point, 4 legal states. They come down to 2 kinds: all of them are here.');
    expect(coverageOfPoint(point(1, { judged: 2 }), 256)).toContain('4 states, which come down to 2 kinds');
    expect(coverageOfPoint(point(1, { judged: 256, states: { kind: 'exact', states: 999 } }), 256)).toContain(
      'a sample of 256',
    );
    const sampled = point(2, { states: { kind: 'exact', states: 996 }, judged: 96 });
    expect(coverage(plan(point(1), sampled), 7)).toContain('1,000 legal states: a sample of 100, 10 %');
    const endless = point(2, { states: { kind: 'more_than', states: 2e12 }, judged: 96 });
    expect(coverage(plan(endless), 7)).toContain('more than 10^12 legal states: a sample of 96.');
    expect(countInWords(sumOf([point(1), endless]))).toBe('more than 10^12');
  });
  test('the worst letter decides what the totals come to', () => {
    expect(outcomeInWords(letters({ A: 9, S: 1, F: 2 }))).toContain('1 state silently wrong');
    expect(outcomeInWords(letters({ A: 9, L: 2 }))).toContain('Nothing promised is lost');
    expect(outcomeInWords(NO_LETTERS)).toBe('');
  });
});

describe('costs', () => {
  test('are the calls of the commands, not of the opening', () => {
    const call = (kind: 'write' | 'flush', bytes: number, command: number) =>
      point(1, { call: { kind, file: 'log', at: 0, bytes }, command });
    const whole = costOf(plan(call('write', 99, -1), call('write', 512, 0), call('flush', 0, 0), point(9)));
    expect(whole).toEqual({ flushes: 1, writes: 1, bytes: 512 });
    expect(differenceInWords(whole, { ...whole, flushes: 0 })).toBe('1 flush');
    expect(differenceInWords(whole, { ...whole, bytes: 1024 })).toBe('512 bytes less');
    expect(differenceInWords(whole, whole)).toBe('no call more');
    expect(median([5, 1, 9])).toBe(5);
  });
});

describe('scripts', () => {
  test.each(CRASH_PRESETS.map((preset) => [preset.id, preset.script]))('%s is a script of the lab', (_, script) => {
    expect(parseScript(script).errors).toEqual([]);
  });
  test('every task makes scripts of the lab, another for another seed', () => {
    for (const { id } of CRASH_TASKS) {
      const runs = Array.from({ length: 30 }, (_, seed) => makeTaskRun(id, seed));
      for (const { script } of runs) expect(parseScript(script).errors).toEqual([]);
      expect(new Set(runs.map(({ script }) => script)).size).toBe(30);
      expect(makeTaskRun(id, 3)).toEqual(runs[3]);
    }
  });
  test('the question is about the moment before the last flush of the log', () => {
    const flush = (io: number, file: 'log' | 'data_0') => point(io, { call: { kind: 'flush', file, at: 0, bytes: 0 } });
    expect(pointOfTask([flush(1, 'log'), flush(2, 'log'), flush(3, 'data_0'), point(4)])?.io).toBe(2);
  });
});

describe('grades', () => {
  test('a count within a tenth is right, and the gap is told', () => {
    expect(gradeCount(10, letters({ L: 4, S: 6 }))).toMatchObject({ passed: true });
    expect(gradeCount(11, letters({ L: 4, S: 6 })).passed).toBe(true);
    const far = gradeCount(2, letters({ L: 4, S: 6 }));
    expect(far.passed).toBe(false);
    expect(far.sentence).toContain('8 too few');
  });
  test('a sector may be lost where the state without it is A', () => {
    const pending = [1, 2].map((item) => ({ kind: 'sector', item }) as unknown as PendingItem);
    const without = (item: number) => cell(1, item === 1 ? 'A' : 'L', `${item}`);
    expect(gradeWhich(pending, new Set([1]), without).passed).toBe(true);
    expect(gradeWhich(pending, new Set([1, 2]), without).rows.map(({ right }) => right)).toEqual([true, false]);
  });
  test('the store is right when it is green, and would not be with less', () => {
    const green = letters({ A: 9 });
    const red = letters({ A: 8, S: 1 });
    expect(gradeChallenge(red, []).passed).toBe(false);
    expect(gradeChallenge(green, [{ name: 'x', letters: red }]).passed).toBe(true);
    expect(
      gradeChallenge(green, [
        { name: 'x', letters: red },
        { name: 'y', letters: green },
      ]),
    ).toMatchObject({
      passed: false,
      superfluous: ['y'],
    });
  });
});
