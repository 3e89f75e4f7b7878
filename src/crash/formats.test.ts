/** Other formats than the smallest: they are judged as well, and one in which the store fails is named. */
import { expect, it } from 'vitest';
import { EngineError } from '../base/errors';
import { PROFILES } from '../storage/simulated/profiles';
import { damageCensus } from './damage/census';
import { inAllFormats } from './formats';
import { ioErrorLoops } from './io_errors/loops';
import { storeSubject } from './store_subject';
import type { CrashSubject } from './subject';
import { Suite } from './suite';
import { NAMED_WORKLOADS } from './workload';

const store = inAllFormats(storeSubject());
const formats = store.variants!.map((one) => [Object.values(one.format!).join(' '), one] as const);

function toEnd<T>(steps: Generator<unknown, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

it.each(formats)('damage is never silent, and failing calls break no promise (%s)', (_, one) => {
  const { failures, total } = toEnd(damageCensus(one, { seed: 3, perKind: 25 }));
  expect(failures).toEqual([]);
  expect(total.silent).toBe(0);
  const loops = toEnd(
    ioErrorLoops(one, {
      seed: 3,
      loops: ['flush fails and drops', 'write takes 1 byte'],
      perLoop: 2,
      crossedPerLoop: 2,
    }),
  );
  expect(loops.failures).toEqual([]);
  expect(loops.crossed.runs).toBe(4);
});

it('a store that fails in another format only is found, and the format is said', () => {
  const afraid: CrashSubject = {
    ...store,
    variants: store.variants!.map((one) => ({
      ...one,
      open(opening) {
        if (opening.files.superblock.size() > 0) throw new EngineError('log_damaged', 'It is afraid of old stores.');
        return one.open(opening);
      },
    })),
  };
  // The first of the long workloads, and the first of those in another format.
  const share = { index: 0, of: Object.keys(NAMED_WORKLOADS).length };
  const suite = new Suite({ subject: afraid, profiles: [PROFILES.process_crash], seed: 3, share, steps: 0 });
  for (const round of suite.work()) if (round > 1 || suite.summary().failures.length > 0) break;
  const { failures } = suite.summary();
  expect(failures.length).toBeGreaterThan(0);
  for (const { format } of failures) expect(store.variants!.map((one) => one.format)).toContainEqual(format);
});
