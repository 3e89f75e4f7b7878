/** Why a commit was refused, told from what the sessions did. */
import { expect, test } from 'vitest';
import type { StepTaken } from '../mvcc/history/run_script';
import { cellWords, resultWords, whyRefused } from './mvcc_words';

const step = (session: number, action: StepTaken['action'], more: Partial<StepTaken> = {}): StepTaken => ({
  session,
  action,
  how: 'done',
  ...more,
});
const refused = (session: number, code: string): StepTaken =>
  step(session, ['commit'], { how: 'refused', error: { code, message: '' } });

test('a write conflict names the keys that both wrote, and who was first', () => {
  const steps = [
    step(1, ['begin']),
    step(3, ['begin']),
    step(3, ['write', 'z', 3]),
    step(1, ['write', 'x', 1]),
    step(1, ['write', 'z', 1]),
    step(2, ['begin']),
    step(2, ['write', 'x', 2]),
    step(2, ['write', 'y', 2]),
    step(2, ['commit'], { lsn: 1 }),
    refused(1, 'write_conflict'),
  ];
  expect(whyRefused(steps, 9)).toContain('T1 is refused at its commit (write conflict): it wrote x, which T2 had');
  expect(whyRefused(steps, 8)).toBeUndefined();
});

test('a serialization failure names what it read, by key or by range, and who changed that', () => {
  const steps = [
    step(1, ['begin']),
    step(2, ['begin']),
    step(1, ['scan', 'a', 'm'], { entries: [] }),
    step(1, ['read', 'y'], { value: null }),
    step(2, ['write', 'c', 2]),
    step(2, ['write', 'm', 2]),
    step(2, ['commit'], { lsn: 1 }),
    step(1, ['write', 'q', 1]),
    refused(1, 'serialization_failure'),
  ];
  expect(whyRefused(steps, 8)).toContain('(serialization failure): it read c, which T2 had');
});

test('what was committed before it began is no reason', () => {
  const steps = [
    step(2, ['begin']),
    step(2, ['write', 'x', 2]),
    step(2, ['commit'], { lsn: 1 }),
    step(3, ['begin']),
    step(1, ['begin']),
    step(1, ['write', 'x', 1]),
    step(3, ['write', 'x', 3]),
    step(3, ['commit'], { lsn: 2 }),
    refused(1, 'write_conflict'),
  ];
  expect(whyRefused(steps, 8)).toContain('which T3 had changed');
});

test('a cell says whether it happens, and if not, why', () => {
  const cell = { note: 'cell', row: 'P4', isAllowed: false, besides: [], arrows: [] } as const;
  expect(cellWords({ ...cell, column: 'snapshot', steps: [refused(2, 'write_conflict')] })).toBe('no: T2 refused');
  expect(cellWords({ ...cell, column: 'snapshot', steps: [] })).toBe('no: not seen');
  expect(resultWords(step(1, ['append', 'x', 3], { value: [1, 2] }))).toBe('[1, 2]');
  expect(resultWords(step(1, ['scan', 'a', 'z'], { entries: [['m', 1]] }))).toBe('m=1');
});
