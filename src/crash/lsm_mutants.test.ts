/** What only an LSM tree goes by: each left out dies of a state that can be named. The others are killed by `npm run crash`. */
import { expect, inject, it } from 'vitest';
import { killMutant, mutantsOf } from './mutants';
import { lsmSubject } from './store_subject';

const seed = inject('seed');
const OF_LSM = ['tablesBeforeManifest', 'manifestBeforeReuse', 'tombstonesToTheBottom', 'checkpointChecksum'];
/** A tombstone that is gone too early shows in every state behind it: no need to look at many before it. */
const STATES_MAX: Readonly<Record<string, number>> = { tombstonesToTheBottom: 3 };
const subject = lsmSubject();
const mutants = mutantsOf(subject).filter(({ name }) => OF_LSM.includes(name));

it.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
  'an LSM tree without %s is killed',
  (name, mutant) => {
    const kill = killMutant(subject, mutant, { seed, statesMax: STATES_MAX[name] ?? 60, statesAtFirst: 60 });
    expect(kill, `harness broken: the LSM tree without ${name} survives`).toBeDefined();
    expect(kill!.workload).toBe(mutant.workload);
  },
  60_000,
);

it('of runs of very different lengths the short ones are asked first, and one that breaks off by itself before them', () => {
  const lazy = lsmSubject({ kind: 'lazy_leveling', ratio: 2 });
  const kills = ['tombstonesToTheBottom', 'superblockBeforeReuse'].map((name) => {
    let asked = 0;
    const mutant = mutantsOf(lazy).find((one) => one.name === name)!;
    // All states of the longest run would be some fifty thousand.
    const kill = killMutant(lazy, mutant, { seed: 5, statesMax: 200, isOver: () => ++asked > 5000 });
    return { asked, workload: kill?.workload };
  });
  console.log(JSON.stringify(kills));
  expect(kills.map(({ workload }) => workload)).toEqual(['merges go down', 'a death before the note']);
}, 60_000);
