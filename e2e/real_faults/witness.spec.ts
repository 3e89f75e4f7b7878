/** The witness sees what it is there for: each way in which a store could break its promise, made by hand. */
import { expect, test } from '@playwright/test';
import { SeededRandom } from '../../src/base/runtime';
import { drawLoad } from './loads';
import { contentsAfter, heardSoFar, judge, Witness, type Load } from './witness';

const SUBMITTED = 40;
const TOLD = 30;
const LSN_BEFORE = 7;

/** A load of batches over keys of its own, of which so many commits were heard of. */
function loadHeard(relaxedEvery = 0): Load {
  const witness = new Witness();
  const spec = drawLoad(new SeededRandom(3), { batch: 3, keys: 'sequential', relaxedEvery });
  const load = witness.newLoad(spec, new Map([['key-before', 'there']]), LSN_BEFORE);
  const acknowledged = Array.from({ length: TOLD }, (_, index) => index + 1);
  witness.hear({ load: load.number, submitted: SUBMITTED, acknowledged });
  return load;
}

const judged = (
  load: Load,
  contents: ReadonlyMap<string, string>,
  lastLsn: number,
  fault: 'process_end' | 'power_cut' = 'process_end',
): ReturnType<typeof judge> => judge(load, heardSoFar(load), contents, lastLsn, fault);

test('what was told and more that was submitted is a prefix: nothing to find', () => {
  const load = loadHeard();
  for (const kept of [TOLD, TOLD + 1, SUBMITTED]) {
    const { findings, lost, untold } = judged(load, contentsAfter(load, kept), LSN_BEFORE + kept);
    expect({ findings, lost, untold }).toEqual({ findings: [], lost: 0, untold: kept - TOLD });
  }
});

test('an acknowledged commit less is a loss', () => {
  const load = loadHeard();
  const { findings, lost } = judged(load, contentsAfter(load, TOLD - 2), LSN_BEFORE + TOLD - 2);
  expect(lost).toBe(2);
  expect(findings.join()).toContain('acknowledged and missing');
});

test('half a batch, a hole, and a log that says more than the store holds are seen', () => {
  const load = loadHeard();
  const whole = contentsAfter(load, TOLD);
  const half = new Map(whole);
  half.delete([...contentsAfter(load, TOLD).keys()].at(-1)!);
  const hole = new Map([...contentsAfter(load, TOLD + 1)].filter(([key]) => key !== 'key-before'));
  for (const [contents, kept] of [
    [half, TOLD],
    [hole, TOLD + 1],
    [whole, TOLD + 1],
  ] as const) {
    expect(judged(load, contents, LSN_BEFORE + kept).findings.join()).toContain('not the state after');
  }
});

test('a power cut may take relaxed commits from the end, and no strict one', () => {
  const load = loadHeard(1);
  const { findings, lost, relaxedLost } = judged(load, contentsAfter(load, 20), LSN_BEFORE + 20, 'power_cut');
  expect({ findings, lost, relaxedLost }).toEqual({ findings: [], lost: 0, relaxedLost: 10 });
  expect(judged(load, contentsAfter(load, 20), LSN_BEFORE + 20, 'process_end').lost).toBe(10);
  const mixed = loadHeard(3);
  expect(judged(mixed, contentsAfter(mixed, 29), LSN_BEFORE + 29, 'power_cut').lost, 'commit 30 is relaxed').toBe(0);
  expect(judged(mixed, contentsAfter(mixed, 28), LSN_BEFORE + 28, 'power_cut').lost, 'commit 29 is strict').toBe(1);
});
