/**
 * Mutants: each protection switched off in turn, and a search that has to find the history which then loses data or
 * lies. It shows that the protection does something, and that the tests around it can fail. The same search with all
 * protections on finds nothing.
 */
import { describe, expect, it } from 'vitest';
import { PROFILES } from '../storage/simulated/profiles';
import { searchForHarm, type World } from './testing/crash_search';
import { ALL_PROTECTIONS, type Protections } from './types';

const CUTS: World = { profile: PROFILES.adversarial, lives: 3, callsMax: 120, valueBytesMax: 400 };
/** Short lives and groups of one sector, so that what one left behind lines up with what the next one writes. */
const SMALL_CUTS: World = { ...CUTS, lives: 5, callsMax: 40, valueBytesMax: 40 };
/** Batches near the limit, so that a group runs over half the log. */
const BIG_CUTS: World = { ...CUTS, lives: 4, valueBytesMax: 1900 };
const NEIGHBOURS: World = { ...SMALL_CUTS, profile: PROFILES.psow_off };
const SHORT_WRITES: World = {
  ...CUTS,
  fault: (random) => ({
    call: 'write',
    file: 'log',
    nth: 3 + random.below(8),
    effect: { kind: 'short', count: random.below(500) },
  }),
};
const FAILED_FLUSHES: World = {
  ...CUTS,
  fault: (random) => ({ call: 'flush', file: 'log', nth: 2 + random.below(8), effect: { kind: 'fail_and_drop' } }),
};
const ROT: World = { ...CUTS, rotting: ['data_0', 'data_1'] };

const MUTANTS: Readonly<Record<keyof Protections, World>> = {
  flushBeforeAcknowledge: CUTS,
  logChecksum: CUTS,
  logSalt: SMALL_CUTS,
  alignedGroups: NEIGHBOURS,
  wholeWrites: SHORT_WRITES,
  poisonOnFailedFlush: FAILED_FLUSHES,
  dataBeforeSuperblock: CUTS,
  twoSuperblockSlots: CUTS,
  superblockBeforeReuse: BIG_CUTS,
  checkpointChecksum: ROT,
};

/** The search for a mutant stops at the first find. */
const SEEDS_MAX = 2000;
const CONTROL_SEEDS = 250;

describe('a protection switched off', () => {
  it.each(Object.entries(MUTANTS))(
    '%s: some history ends badly',
    (name, world) => {
      const harm = searchForHarm(world, { ...ALL_PROTECTIONS, [name]: false }, SEEDS_MAX);
      expect(harm, 'the search found nothing').toBeDefined();
      console.log(`${name}: ${harm ?? ''}`);
    },
    60_000,
  );
});

describe('all protections on', () => {
  it.each([...new Set(Object.values(MUTANTS))].map((world, i) => [i, world] as const))(
    'no history ends badly (world %i)',
    (_, world) => expect(searchForHarm(world, ALL_PROTECTIONS, CONTROL_SEEDS)).toBeUndefined(),
    60_000,
  );
});
