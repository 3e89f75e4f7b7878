import { expect, test } from 'vitest';
import { lsn } from '../base/ids';
import type { FormatOptions } from '../kv_store';
import type { CommitFate, CommitVerdict } from '../protocol/drill';
import { parseScript } from '../workload/parser';
import { type Claim, grade } from './grading';
import { WAL_LESSONS } from './lessons/wal';
import { lessonOf, needsModelledDevice } from './lessons/lesson';
import { deleteText, getText, putText, scanText, withoutSettings } from './script_text';
import { TASKS } from './tasks';

function verdict(number: number, fate: CommitFate): CommitVerdict {
  return {
    lsn: lsn(number),
    client: 1,
    mode: 'strict',
    acknowledged: fate === 'kept',
    fate,
    recordInFile: undefined,
    flushed: undefined,
    why: `because ${number}`,
  };
}
const claims = (...pairs: [number, Claim][]) => new Map(pairs);

test('an answer is right where it is what recovery found', () => {
  const result = grade([1, 2], claims([1, 'there'], [2, 'gone']), [verdict(1, 'kept'), verdict(2, 'lost')]);
  expect(result).toMatchObject({ right: 2, total: 2, passed: true, sentence: 'All 2 right.' });
});

test('wrong answers say in which direction they were wrong', () => {
  const result = grade([1, 2, 3], claims([1, 'gone'], [2, 'there']), [
    verdict(1, 'kept'),
    verdict(2, 'lost'),
    verdict(3, 'kept'),
  ]);
  expect(result.passed).toBe(false);
  expect(result.sentence).toBe('0 of 3 right; 1 you expected is gone; 1 you gave up is there; 1 without an answer.');
  expect(result.rows.map((row) => row.why)).toEqual(['because 1', 'because 2', 'because 3']);
});

test('a commit that later ones wrote over counts as right whatever was said, but not when nothing was', () => {
  expect(grade([1], claims([1, 'gone']), [verdict(1, 'covered')]).passed).toBe(true);
  expect(grade([1], claims([1, 'there']), [verdict(1, 'covered')]).passed).toBe(true);
  expect(grade([1], claims(), [verdict(1, 'covered')]).passed).toBe(false);
});

test('only what was asked is graded', () => {
  expect(grade([2], claims([2, 'gone']), [verdict(1, 'kept'), verdict(2, 'lost')]).total).toBe(1);
});

test('a task is about the store of the room that it is shown in', () => {
  const formatIn = (room: string): Partial<FormatOptions> => {
    const { errors, script } = parseScript(TASKS[0]!.make(7, room).script);
    expect(errors).toEqual([]);
    return script.settings.flatMap((one) => (one.kind === 'store' ? [one.format] : []))[0]!;
  };
  expect(formatIn('lsm').lsm).toBeDefined();
  expect(formatIn('btree').tree).toBeDefined();
  expect(formatIn('mvcc').versions).toBe(true);
  expect(formatIn('wal')).not.toHaveProperty('lsm');
});

test('every task makes a script that parses, the same for the same seed, for any seed', () => {
  for (const task of TASKS) {
    const scripts = new Set<string>();
    for (let seed = 1; seed <= 300; seed++) {
      const run = task.make(seed);
      expect(parseScript(run.script).errors).toEqual([]);
      expect(task.make(seed).script).toBe(run.script);
      expect(run.script.trimEnd().endsWith('flush')).toBe(true);
      for (const item of run.keep(5)) expect(item >= 1 && item <= 5).toBe(true);
      scripts.add(run.script);
    }
    expect(scripts.size).toBe(300);
  }
});

test('a lesson is called after its file, and its first line says what to look at', () => {
  const lesson = lessonOf('../../workload/lessons/07_a_thing.script', '# what it does.\nflush\n');
  expect(lesson).toMatchObject({ id: 'a_thing', title: 'A thing', watchFor: 'What it does.' });
  expect(WAL_LESSONS[0]?.id).toBe('three_clients');
  for (const { id, title, watchFor } of WAL_LESSONS)
    expect([id, title.length > 0, watchFor.length > 0]).toEqual([id, true, true]);
});

test('a script asks for a modelled device only where it needs one', () => {
  expect(needsModelledDevice('put a b\nflush\ncrash at +1\n')).toBe(false);
  expect(needsModelledDevice('put fail disk\n  power-cut lose all\n')).toBe(true);
});

test('every lesson parses', () => {
  for (const lesson of WAL_LESSONS) expect([lesson.id, parseScript(lesson.script).errors]).toEqual([lesson.id, []]);
});

test('blanking the settings keeps the line of every command', () => {
  const text = '# top\nstore log 8k\nseed 1\n\nput seed store\nflush';
  const lines = parseScript(withoutSettings(text));
  expect(lines.errors).toEqual([]);
  expect(lines.script.settings).toEqual([]);
  expect(lines.script.lines.map((line) => line.line)).toEqual([5, 6]);
});

test('what a form says parses to the same bytes, whatever was typed', () => {
  const who = { client: 2, mode: 'relaxed' } as const;
  for (const text of ['apple', 'an apple', '"', '0x', 'as', '#', '\n', 'köln ✓', '-', '@9', ';']) {
    for (const line of [putText(text, text, who), deleteText(text, who), getText(text), scanText(text, text, 5)]) {
      const { errors, script } = parseScript(line);
      expect([line, errors]).toEqual([line, []]);
      expect(script.lines).toHaveLength(1);
    }
  }
});
