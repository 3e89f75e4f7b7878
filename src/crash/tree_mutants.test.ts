/**
 * The mutants of the store over a B-tree: each dies of a state that can be named, whatever protects its pages. Of the three
 * protections the seed says which has all of them today; `npm run crash` has them for each.
 */
import { describe, expect, inject, it } from 'vitest';
import { killMutant, mutantsOf } from './mutants';
import { treeSubject } from './store_subject';

const seed = inject('seed');
const PROTECTIONS = ['copy_on_write', 'double_write', 'log_images'] as const;
/** What nothing but the protection of pages itself goes by. */
const OF_PAGES = ['pageProtection', 'imagesBeforeSuperblock'];

describe.each(PROTECTIONS)('a tree with %s', (protection) => {
  const subject = treeSubject(protection);
  const isWhole = protection === PROTECTIONS[seed % PROTECTIONS.length];
  const mutants = mutantsOf(subject).filter(({ name }) => isWhole || OF_PAGES.includes(name));

  it.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
    'without %s is killed',
    (name, mutant) => {
      const kill = killMutant(subject, mutant, { seed, statesMax: 200, statesAtFirst: 200 });
      expect(kill, `harness broken: the tree without ${name} survives`).toBeDefined();
      expect(kill!.workload).toBe(mutant.workload);
    },
    60_000,
  );

  it('loses a page in the checkpoint that carries a split, where pages are written over at once', () => {
    const mutant = mutantsOf(subject).find(({ name }) => name === 'pageProtection')!;
    const kill = killMutant(subject, mutant, { seed, statesMax: 200, statesAtFirst: 200 })!;
    expect(kill.sentence).toMatch(/another edition of the page|its checksum does not match/);
    expect(kill.workload).toBe('a leaf splits');
  });
});
