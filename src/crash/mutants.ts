/**
 * Mutants: each safeguard left out in turn, and the run in which that must show.
 *
 * A suite that finds nothing wrong proves little until it is known to find something. So every key of the store's
 * protections and every careless wrapper around its files is a mutant, and for each one the search has to come to a
 * state that loses data or lies: named, so that anybody can look at it. One that survives means that the harness, or
 * the safeguard, is worth nothing. The same list is the lab's switchboard.
 *
 * A flush that is missing is missed first while the store is formatted, which says little of what it is for later. Such
 * a mutant comes to a store that was formatted with everything on.
 *
 *   Z1  A mutant is killed by a state, not by the store's own check: that a slot is missing is no harm to anybody yet. Or, if
 *       no state of its run shows it, by that run: a transaction that sees what it must not is wrong before any crash.
 */
import { ManualSchedule, SeededRandom } from '../base/runtime';
import { CARELESS, isCareless, type CarelessName } from '../storage/careless';
import type { FileImages } from '../storage/images';
import { MemoryStorage } from '../storage/memory';
import { PROFILES, type PersistenceProfile } from '../storage/simulated/profiles';
import type { CheckName } from './checker';
import { recordRun, type RecordedRun } from './run';
import { Search, WHOLE_SHARE } from './search';
import { stateId } from './state_id';
import { workloadsOf, type CrashSubject, type ProtectionSwitches } from './subject';
import type { VerdictLetter } from './verdict';

export interface Mutant {
  /** A key of the subject's protections, or a careless wrapper. */
  readonly name: string;
  readonly kind: 'protection' | 'files';
  readonly sentence: string;
  /** The world that shows it: a disk, and a run, with what goes wrong in it besides the crash. */
  readonly profile: PersistenceProfile['name'];
  readonly workload: string;
  readonly besides?: string;
  /** The safeguard is missing only after the store was formatted. */
  readonly formattedBefore?: boolean;
}

interface World extends Pick<Mutant, 'profile' | 'besides' | 'sentence' | 'formattedBefore'> {
  readonly workload: string;
}

/** A subject with other keys is tried with every run. */
const PROTECTION_WORLDS: Readonly<Record<string, World>> = {
  flushBeforeAcknowledge: {
    sentence: 'A strict commit is acknowledged before the flush.',
    profile: 'measured_ext4',
    workload: 'strict commits',
  },
  logChecksum: {
    sentence: 'Records of the log are read without looking at their checksums.',
    profile: 'measured_ext4',
    workload: 'long commits',
  },
  logSalt: {
    sentence: 'Every life of the log has the same salt, so an older one can be read as part of it.',
    profile: 'measured_ext4',
    workload: 'a hole in what was lost',
  },
  alignedGroups: {
    sentence: 'Groups share a sector: writing one rewrites the end of the one before.',
    profile: 'psow_off',
    workload: 'strict commits',
  },
  wholeWrites: {
    sentence: 'A write is believed, however few bytes the device took.',
    profile: 'measured_ext4',
    workload: 'a write falls short',
    besides: 'A write of the log takes only some of its bytes.',
  },
  poisonOnFailedFlush: {
    sentence: 'A failed flush is tried again and believed.',
    profile: 'measured_ext4',
    workload: 'a flush fails once',
    besides: 'A flush of the log fails once, and what it should have flushed is gone.',
  },
  dataBeforeSuperblock: {
    sentence: 'The superblock names a checkpoint that was not flushed.',
    profile: 'measured_ext4',
    workload: 'checkpoints and deletes',
  },
  twoSuperblockSlots: {
    sentence: 'There is one superblock slot, written in place.',
    profile: 'adversarial',
    workload: 'log wraps',
  },
  superblockBeforeReuse: {
    sentence: 'The log is written over while the superblock still needs it.',
    profile: 'measured_ext4',
    workload: 'log reused at once',
  },
  checkpointChecksum: {
    sentence: 'Superblock and checkpoint are read without looking at their checksums.',
    profile: 'adversarial',
    workload: 'checkpoints and deletes',
  },
  pageProtection: {
    sentence: 'Pages are written over at once, while the superblock still names what they were.',
    profile: 'process_crash',
    workload: 'a leaf splits',
  },
  tablesBeforeManifest: {
    sentence: 'The manifest of an LSM tree names tables that were not flushed.',
    profile: 'measured_ext4',
    workload: 'tables are merged',
  },
  manifestBeforeReuse: {
    sentence: 'Extents are given away before the manifest that lets them go is flushed.',
    profile: 'measured_ext4',
    workload: 'merges go down',
  },
  tombstonesToTheBottom: {
    sentence: 'Merges drop tombstones while older entries lie below them.',
    profile: 'process_crash',
    workload: 'a deleted key stays deleted',
  },
  imagesBeforeSuperblock: {
    sentence: 'Images of pages in the log are not flushed before the pages are written over.',
    profile: 'measured_ext4',
    workload: 'a leaf splits',
  },
};

const MVCC_WORLD = { profile: 'process_crash', workload: 'commits on their way' } as const;
const MVCC_WORLDS: typeof PROTECTION_WORLDS = {
  validateWrites: { ...MVCC_WORLD, sentence: 'Of two that write the same key, both commit.' },
  trackReads: { ...MVCC_WORLD, sentence: 'Nobody knows which keys a serializable transaction has read.' },
  trackRanges: { ...MVCC_WORLD, sentence: 'Nobody knows which ranges a serializable transaction has read.' },
  snapshotReads: { ...MVCC_WORLD, sentence: 'Readers see what is newest, not what their snapshot has.' },
  hideUncommitted: { ...MVCC_WORLD, sentence: 'Readers see what others have not committed.' },
  ownWrites: { ...MVCC_WORLD, sentence: 'A transaction does not see what it has written.' },
  publishInLogOrder: { ...MVCC_WORLD, sentence: 'A commit is seen before those ahead of it in the log.' },
  wholeCommits: { ...MVCC_WORLD, sentence: 'Half of a commit is seen.' },
  keepVersionAtWatermark: {
    sentence: 'Versions are collected while the oldest snapshot still reads them.',
    profile: 'process_crash',
    workload: 'old versions are collected',
  },
};

const CARELESS_WORLDS: Readonly<Record<CarelessName, Omit<World, 'sentence'>>> = {
  logFlush: { profile: 'measured_ext4', workload: 'strict commits', formattedBefore: true },
  dataFlush: { profile: 'measured_ext4', workload: 'checkpoints and deletes' },
  superblockFlush: { profile: 'measured_ext4', workload: 'log reused at once', formattedBefore: true },
  logWriteBeforeFlush: { profile: 'measured_ext4', workload: 'strict commits', formattedBefore: true },
  dataWriteBeforeFlush: { profile: 'measured_ext4', workload: 'checkpoints and deletes' },
  superblockWriteBeforeFlush: {
    profile: 'measured_ext4',
    workload: 'a flush fails once',
    besides: 'A flush of the log fails once, and what it should have flushed is gone.',
  },
  everyLogWrite: { profile: 'process_crash', workload: 'strict commits' },
  everyDataWrite: { profile: 'process_crash', workload: 'checkpoints and deletes' },
  everySuperblockWrite: { profile: 'adversarial', workload: 'checkpoints and deletes' },
};

export function mutantsOf(subject: CrashSubject): readonly Mutant[] {
  const protections = Object.keys(subject.protections).map((name): Mutant => {
    const world = PROTECTION_WORLDS[name] ?? MVCC_WORLDS[name];
    const unknown: World = { sentence: `Without ${name}.`, profile: 'adversarial', workload: 'log wraps' };
    return { name, kind: 'protection', ...(world ?? unknown) };
  });
  const files = Object.entries(CARELESS_WORLDS).map(([name, world]): Mutant => {
    return { name, kind: 'files', sentence: CARELESS[name as CarelessName].sentence, ...world };
  });
  return [...protections, ...files];
}

/** What a subject is opened with when these are switched off; a name it does not know is refused. */
export function switchedOff(
  subject: CrashSubject,
  names: readonly string[],
): { readonly protections: ProtectionSwitches; readonly careless: readonly CarelessName[] } {
  const protections: Record<string, boolean> = { ...subject.protections };
  const careless: CarelessName[] = [];
  for (const name of names) {
    if (isCareless(name)) careless.push(name);
    else if (Object.hasOwn(protections, name)) protections[name] = false;
    else throw new RangeError(`${subject.name} has no switch ${name}`);
  }
  return { protections, careless };
}

/** The state that killed a mutant, by name: which run, on which disk, and its id. */
export interface Kill {
  readonly workload: string;
  readonly profile: PersistenceProfile['name'];
  /** `run` where the run itself broke a promise, before any crash. */
  readonly state: string;
  readonly letter: VerdictLetter;
  readonly check: CheckName | 'run';
  readonly sentence: string;
  readonly formattedBefore: boolean;
}

export interface KillOptions {
  readonly seed: number;
  readonly statesMax: number;
  /** States a point in the first look at a run; with `statesMax`, a mutant's own run has its whole say before any other. */
  readonly statesAtFirst?: number;
  /** Asked before each state: true ends the search, and who asked has to remember that nothing was decided. */
  readonly isOver?: () => boolean;
}

/** How many states a point has where the runs of others are tried first: enough to meet what is missing, if it is met at all. */
const STATES_AT_FIRST = 8;

/**
 * The first state that shows what the mutant lacks; undefined if it survives its own run and every other.
 *
 *     own run, a few states a point ─▶ a run that breaks off by itself ─▶ own run, all ─▶ the others, shortest first: a few ─▶ all
 *
 * Of a long run alone, all states are minutes; that few states of a short one show the same is the rule.
 */
export function killMutant(subject: CrashSubject, mutant: Mutant, options: KillOptions): Kill | undefined {
  const recorded = (workload: string): MutantRun => recordMutant(subject, mutant, workload, options.seed);
  const all = options.statesMax;
  const few = Math.min(options.statesAtFirst ?? STATES_AT_FIRST, all);
  const own = [recorded(mutant.workload)];
  const atOnce = killInAny(own, mutant, { ...options, statesMax: few });
  if (atOnce !== undefined) return atOnce;
  const others = Object.keys(workloadsOf(subject))
    .filter((name) => name !== mutant.workload)
    .map(recorded)
    .sort((a, b) => a.run.points.length - b.run.points.length);
  const broken = others.filter(({ run }) => run.harm !== undefined);
  for (const [runs, statesMax] of [
    [broken, few] as const,
    [own, all] as const,
    [others, few] as const,
    [others, all] as const,
  ]) {
    const kill = killInAny(runs, mutant, { ...options, statesMax });
    if (kill !== undefined) return kill;
  }
  return undefined;
}

interface MutantRun {
  readonly workload: string;
  readonly run: RecordedRun;
}

function recordMutant(subject: CrashSubject, mutant: Mutant, workload: string, seed: number): MutantRun {
  const { actions } = workloadsOf(subject)[workload]!;
  const off = switchedOff(subject, [mutant.name]);
  const images = mutant.formattedBefore === true ? { images: formatted(subject) } : {};
  return { workload, run: recordRun({ subject, actions, profile: PROFILES[mutant.profile], seed, ...off, ...images }) };
}

function killInAny(runs: readonly MutantRun[], mutant: Mutant, options: KillOptions): Kill | undefined {
  for (const one of runs) {
    const kill = killIn(one, mutant, options);
    if (kill !== undefined) return kill;
  }
  return undefined;
}

function killIn(
  { run, workload }: MutantRun,
  mutant: Mutant,
  { isOver, seed, statesMax }: KillOptions,
): Kill | undefined {
  const { harm } = run;
  // What broke the run lies just before it; every state of a long one would only delay the news.
  const first = harm === undefined ? 0 : Math.max(0, harm.action - ACTIONS_BEFORE_HARM);
  const search = new Search(run, {
    statesMax,
    seed,
    share: WHOLE_SHARE,
    crashRecovery: false,
    isWanted: ({ action }) => action >= first,
  });
  const which = { workload, profile: mutant.profile, formattedBefore: mutant.formattedBefore === true };
  for (const { ending, judgement, point } of search.outcomes()) {
    if (isOver?.() === true) return undefined;
    if (judgement?.check === undefined || judgement.check === 'c_structure') continue; // Z1
    const { check, letter, sentence } = judgement;
    return { ...which, state: stateId({ io: point.io, ending, flips: [] }), letter, check, sentence };
  }
  return harm && { ...which, state: 'run', letter: 'S', check: 'run', sentence: harm.sentence };
}

const ACTIONS_BEFORE_HARM = 4;

/** A new store, as its program left it. */
function formatted(subject: CrashSubject): FileImages {
  const storage = new MemoryStorage();
  const files = storage.openNow({ create: true });
  const { schedule } = new ManualSchedule();
  subject.open({ files, random: new SeededRandom(1), schedule, protections: subject.protections }).close();
  return storage.snapshot();
}
