import { describe, expect, inject, it } from 'vitest';
import { ALL_PROTECTIONS } from '../kv_store';
import { runInStore, STORES_UNDER_CUTS } from './history_run';

/** In all runs together. */
let unknown = 0;
let committed = 0;

describe.each(STORES_UNDER_CUTS)('histories under crash and recovery ($name)', ({ format, tuning }) => {
  it.each(['snapshot', 'serializable'] as const)('none is illegal at %s', (level) => {
    const seed = inject('seed');
    const { cuts, history, report } = runInStore({ level, seed, transactions: 500, format, ...(tuning && { tuning }) });
    expect(report.verdicts[level].sentences.join(' '), `seed ${seed}`).toMatch(/^Nothing/);
    expect(report.verdicts.snapshot.isLegal).toBe(true);
    const count = (outcome: string): number => history.transactions.filter((one) => one.outcome === outcome).length;
    committed += count('committed');
    unknown += count('unknown');
    expect(cuts).toBeGreaterThan(5);
  });
});

it('much was committed, and the power went in the middle of commits too', () => {
  expect(committed).toBeGreaterThan(400);
  expect(unknown).toBeGreaterThan(0);
});

it('a store that acknowledges before it has flushed is caught', () => {
  const seed = inject('seed');
  const protections = { ...ALL_PROTECTIONS, flushBeforeAcknowledge: false };
  const isCaught = (run: number): boolean => {
    const { report } = runInStore({
      level: 'snapshot',
      seed: seed + run,
      transactions: 200,
      format: STORES_UNDER_CUTS[0]!.format,
      protections,
    });
    return !report.verdicts.snapshot.isLegal;
  };
  // About every second run of 200 transactions shows it.
  expect(Array.from({ length: 24 }, (_, run) => run).some(isCaught)).toBe(true);
});
