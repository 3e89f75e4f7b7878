/** A slice of what `npm run history` does for longer: 50,000 transactions of few clients and many, on few keys and many. */
import { expect, inject, it } from 'vitest';
import { runInMemory, variedRun } from './memory_run';

const TRANSACTIONS = 50_000;
const PER_HISTORY = 2500;

it('none of 50,000 transactions is part of an illegal history; write skew occurs at snapshot isolation only', () => {
  const seed = inject('seed');
  const skewed = { snapshot: 0, serializable: 0 };
  let transactions = 0;
  for (let number = 0; number < TRANSACTIONS / PER_HISTORY; number++) {
    const run = variedRun(seed, number, PER_HISTORY);
    const { history, report } = runInMemory(run);
    transactions += history.transactions.length;
    const { serializable, snapshot } = report.verdicts;
    const { isLegal, sentences } = snapshot.isLegal ? report.verdicts[run.level] : snapshot;
    expect(isLegal, `history ${number} of seed ${seed}: ${sentences.join(' ')}`).toBe(true);
    if (!serializable.isLegal) skewed[run.level]++;
  }
  expect(transactions).toBeGreaterThanOrEqual(TRANSACTIONS);
  expect(skewed.serializable).toBe(0);
  expect(skewed.snapshot).toBeGreaterThan(TRANSACTIONS / PER_HISTORY / 4);
});
