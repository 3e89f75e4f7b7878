/** The engine against the checker: no history of it is illegal, and every engine that is broken on purpose is caught. */
import { expect, inject, it } from 'vitest';
import { ALL_MVCC_PROTECTIONS } from '../protections';
import type { AnomalyName } from './anomalies';
import { BROKEN_ENGINES, catchBroken, runInMemory } from './memory_run';

const seed = inject('seed');

it.each(['snapshot', 'serializable'] as const)('no history of the engine at %s is illegal', (level) => {
  for (let run = 0; run < 4; run++) {
    const { history, report } = runInMemory({ level, seed: seed + run, transactions: 500 });
    expect(report.verdicts[level].sentences.join(' '), `seed ${seed + run}`).toMatch(/^Nothing/);
    expect(report.verdicts.snapshot.isLegal, `seed ${seed + run}`).toBe(true);
    // Else it proves little: most get through, some are refused, and lists and registers are in an order.
    const aborted = history.transactions.filter(({ outcome }) => outcome === 'aborted').length;
    expect(aborted).toBeGreaterThan(20);
    expect(report.transactions).toBeGreaterThan(200);
    expect(report.dependencies).toBeGreaterThan(1000);
  }
});

it('write skew is found under snapshot isolation, and never under serializable', () => {
  const skews: AnomalyName[] = ['G2-item', 'G2'];
  const found = (level: 'snapshot' | 'serializable'): AnomalyName[] =>
    runInMemory({ level, seed, transactions: 1500 }).report.anomalies.map(({ name }) => name);
  expect(found('snapshot')).toEqual(skews);
  expect(found('serializable')).toEqual([]);
});

it('there is a broken engine for every protection', () => {
  expect(BROKEN_ENGINES.map(({ name }) => name)).toEqual(Object.keys(ALL_MVCC_PROTECTIONS));
});

it.each(BROKEN_ENGINES)('an engine without $name is caught at $level', (engine) => {
  const caught = catchBroken(engine, { runsMax: 40, seed, transactions: 300 });
  expect(caught, `harness broken: the engine without ${engine.name} gets through`).toBeDefined();
  expect(engine.shows).toContain(caught!.anomaly);
});
