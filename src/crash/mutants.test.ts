/** Every mutant dies of a state that can be named. One that does not means that the harness is broken. */
import { expect, inject, it } from 'vitest';
import { killMutant, mutantsOf } from './mutants';
import { storeSubject } from './store_subject';

const subject = storeSubject();
const seed = inject('seed');

it.each(mutantsOf(subject).map((mutant) => [mutant.name, mutant] as const))(
  '%s is killed',
  (name, mutant) => {
    const kill = killMutant(subject, mutant, { seed, statesMax: 200, statesAtFirst: 200 });
    expect(kill, `harness broken: the store without ${name} survives`).toBeDefined();
    console.log(`${name}: ${kill!.letter} ${kill!.profile} / ${kill!.workload} / ${kill!.state}: ${kill!.sentence}`);
    // Its own run and disk show it: a kill elsewhere would be luck.
    expect(kill!.workload).toBe(mutant.workload);
  },
  60_000,
);

it.each(['logFlush', 'logWriteBeforeFlush', 'superblockFlush'])(
  '%s is killed by what it does for commits, not by a half-formatted store',
  (name) => {
    const mutant = mutantsOf(subject).find((one) => one.name === name)!;
    const kill = killMutant(subject, mutant, { seed, statesMax: 200 })!;
    expect(kill.formattedBefore).toBe(true);
    expect(kill.sentence).toMatch(/acknowledged|promised|record 1 is missing/);
    const atFormatting = killMutant(subject, { ...mutant, formattedBefore: false }, { seed, statesMax: 200 })!;
    expect(atFormatting.sentence, 'else nothing would have to be formatted before').toMatch(
      /bytes long|Both superblock/,
    );
  },
);

it('covers every protection of the store', () => {
  const names = mutantsOf(subject).map(({ name }) => name);
  for (const name of Object.keys(subject.protections)) expect(names).toContain(name);
});
