/** The words of the crash room: letters, kinds of crash, how much of all states was looked at. */
import type { CrashPlan, CrashPoint, LetterCounts, ProfileName, StateCount } from '../protocol/crash';
import type { VerdictLetter } from '../protocol/drill';
import type { CarelessName } from '../storage/careless';
import type { Fate } from '../storage/simulated/fates';
import { plural } from './result_words';

/** Mildest first: the order of every list of letters. */
export const LETTERS = ['A', 'L', 'D', 'F', 'S'] as const satisfies readonly VerdictLetter[];

export interface LetterWords {
  /** After “A:”; a short predicate. */
  readonly word: string;
  readonly meaning: string;
  readonly tone: 'good' | 'warn' | 'bad';
}
export const LETTER_WORDS: Readonly<Record<VerdictLetter, LetterWords>> = {
  A: {
    word: 'all acknowledged commits are there',
    meaning: 'Everything a client was told is stored came back, whole and in order.',
    tone: 'good',
  },
  L: {
    word: 'lost only what may be lost',
    meaning: 'The newest commits are gone, but only such as nobody was promised; what is left is whole and in order.',
    tone: 'warn',
  },
  D: {
    word: 'damage was reported',
    meaning: 'The store noticed damage and said so: it refused, or opened read-only.',
    tone: 'warn',
  },
  F: { word: 'failed', meaning: 'It did not open, or broke in some other way that one can see.', tone: 'bad' },
  S: {
    word: 'silently wrong',
    meaning: 'It opened as if all were well, and a promised commit is missing or the data is wrong.',
    tone: 'bad',
  },
};

export interface ProfileWords {
  readonly title: string;
  readonly crash: 'process crash' | 'power cut';
  /** What it lets happen. */
  readonly allows: string;
  /** Where that is known from. */
  readonly from: string;
}
/** From the mildest to the harshest; the disk that lies comes last, since no store can keep its word on it. */
export const PROFILE_WORDS: Readonly<Record<ProfileName, ProfileWords>> = {
  process_crash: {
    title: 'Process crash',
    crash: 'process crash',
    allows: 'The worker, tab or browser dies. What it handed to a file stays; a write may stop half-way.',
    from: 'Measured: Chromium 156 on Linux, its processes killed under load.',
  },
  measured_ext4: {
    title: 'Power cut, as measured',
    crash: 'power cut',
    allows: 'Each sector not flushed is there or not, whole. A file may be longer than its bytes: the rest is zeros.',
    from: 'Measured: Chromium 156 on ext4, a copy of the disk mounted as it was at the cut.',
  },
  adversarial: {
    title: 'Power cut, harsher',
    crash: 'power cut',
    allows: 'As well: sectors torn at any byte or full of noise where they were being written, lengths in any order.',
    from: 'Not measured: what no rule forbids a disk.',
  },
  psow_off: {
    title: 'Power cut, neighbours hit',
    crash: 'power cut',
    allows: 'As harsher, and the rest of a sector that is being written may turn to noise too.',
    from: 'Not measured: a disk without power-safe overwrite.',
  },
  liar: {
    title: 'Disk that lies',
    crash: 'power cut',
    allows: 'Flush says yes and does nothing. No store can keep its word on it, but it must not show wrong data.',
    from: 'Not measured here: such disks and settings exist.',
  },
};
export const PROFILE_NAMES = Object.keys(PROFILE_WORDS) as readonly ProfileName[];

/** What the wrappers around the files take away, as the protections are called: by what is there while they are on. */
export const FILE_SWITCH_WORDS: Readonly<Record<CarelessName, string>> = {
  logFlush: 'the flush of the log',
  dataFlush: 'the flush of the data files',
  superblockFlush: 'the flush of the superblock',
  logWriteBeforeFlush: 'the log written before its flush',
  dataWriteBeforeFlush: 'data written before its flush',
  superblockWriteBeforeFlush: 'the superblock written before its flush',
  everyLogWrite: 'every write of the log',
  everyDataWrite: 'every write of the data files',
  everySuperblockWrite: 'every write of the superblock',
};

// ---- how many

/** 96, 2,048, or “more than 10^15”. */
export function countInWords(count: StateCount): string {
  const { kind, states } = count;
  const short = states >= 1e9 ? `10^${Math.floor(Math.log10(states))}` : states.toLocaleString('en');
  if (kind === 'more_than') return `more than ${short}`;
  return states >= 1e9 ? `about ${short}` : short;
}

export function sumOf(points: readonly CrashPoint[]): StateCount {
  const states = points.reduce((sum, point) => sum + point.states.states, 0);
  return { kind: points.some((point) => point.states.kind === 'more_than') ? 'more_than' : 'exact', states };
}

/** What part of all states is judged: in words and numbers, before and after the search alike. */
export function coverage(plan: CrashPlan, seed: number): string {
  const legal = sumOf(plan.points);
  const judged = plan.judged.toLocaleString('en');
  const points = plural(plan.points.length, 'crash point');
  if (plan.exhaustivePoints === plan.points.length) {
    if (legal.kind === 'exact' && legal.states === plan.judged) return `${points}, all ${judged} states.`;
    return `${points}, ${countInWords(legal)} legal states. They come down to ${judged} kinds${kindsMeant(plan.profile)}: all of them are here.`;
  }
  const whole = plan.exhaustivePoints.toLocaleString('en');
  return `${points}, ${countInWords(legal)} legal states: a sample of ${judged}${shareOf(plan.judged, legal)}. ${whole} points have every kind${kindsMeant(plan.profile)}, the others a planned choice and random ones (seed ${seed}).`;
}

/** What a kind leaves out: a sector has a thousand tears and endless noise, and one of each is tried in combinations. */
function kindsMeant(profile: ProfileName): string {
  return profile === 'adversarial' || profile === 'psow_off' ? ' (a tear or noise stands for all like it)' : '';
}

function shareOf(judged: number, { kind, states }: StateCount): string {
  if (kind === 'more_than' || states === 0) return '';
  const percent = (100 * judged) / states;
  return percent < 0.01 ? ', less than 0.01 %' : `, ${percent.toPrecision(2)} %`;
}

/** `statesMax`: a point with more kinds than that was sampled. */
export function coverageOfPoint({ judged, pending, states }: CrashPoint, statesMax: number): string {
  const what = pending === 0 ? 'Nothing is pending' : `${plural(pending, 'change')} pending`;
  const legal = `${countInWords(states)} ${states.states === 1 ? 'state' : 'states'}`;
  const count = judged.toLocaleString('en');
  if (states.kind === 'exact' && judged >= states.states)
    return `${what}: ${legal}${judged === 1 ? '' : ', all checked'}.`;
  if (judged >= statesMax) return `${what}: ${legal}, a sample of ${count}.`;
  return `${what}: ${legal}, which come down to ${plural(judged, 'kind')} of disk.`;
}

/** What the button says that has them all checked. */
export function checkInWords(phase: string, plan: CrashPlan | undefined): string {
  if (plan === undefined) return 'Check all states';
  const states = plural(plan.judged, 'state');
  return phase === 'searched' ? `Check the ${states} again` : `Check ${states}`;
}

export const NO_LETTERS: LetterCounts = { A: 0, L: 0, D: 0, S: 0, F: 0 };

/** “1,204 states: 1,180 A, 24 S.” */
export function totalsInWords(counts: LetterCounts): string {
  const parts = LETTERS.filter((letter) => counts[letter] > 0).map(
    (letter) => `${counts[letter].toLocaleString('en')} ${letter}`,
  );
  const all = LETTERS.reduce((sum, letter) => sum + counts[letter], 0);
  return all === 0 ? 'No state checked yet.' : `${plural(all, 'state')}: ${parts.join(', ')}.`;
}

/** What the totals come to, for a reader who does not know the letters. */
export function outcomeInWords(counts: LetterCounts): string {
  if (counts.S > 0)
    return `${plural(counts.S, 'state')} silently wrong: data that was promised is gone, and nobody is told.`;
  if (counts.F > 0) return `${plural(counts.F, 'state')} in which the store fails.`;
  if (counts.D > 0) return 'Nothing is wrong in silence: where there is damage, the store says so.';
  if (counts.L > 0) return 'Nothing promised is lost: only commits that may be lost are gone.';
  return counts.A > 0 ? 'Every acknowledged commit is there, in every state.' : '';
}

// ---- one crash point

const CALLS = { write: 'write', flush: 'flush', truncate: 'change of length' } as const;

export function callInWords(point: CrashPoint): string {
  const { call } = point;
  if (call === undefined) return 'the end of the run';
  if (call.kind === 'write')
    return `the write of ${call.bytes.toLocaleString('en')} bytes to ${call.file} at ${call.at}`;
  return call.kind === 'flush' ? `the flush of ${call.file}` : `the ${CALLS.truncate} of ${call.file}`;
}

export function pointInWords(point: CrashPoint): string {
  const where =
    point.call === undefined ? 'At the end of the run' : `Just before I/O ${point.io}, ${callInWords(point)}`;
  return `${where}. ${plural(point.submitted, 'commit')} asked for, ${point.acknowledged} told “yes”, ${point.promised} promised to survive this.`;
}

export function fateInWords(fate: Fate): string {
  const version = 'version' in fate && fate.version !== undefined ? ` (version ${fate.version + 1})` : '';
  switch (fate.fate) {
    case 'lost':
      return 'lost';
    case 'kept':
      return 'to' in fate && fate.to !== undefined ? `got as far as ${fate.to} bytes` : `there, whole${version}`;
    case 'torn':
      return fate.part === 'tail'
        ? `torn: new from byte ${fate.atByte}${version}`
        : `torn: new up to byte ${fate.atByte}${version}`;
    case 'garbage':
      return fate.wholeSector === true ? 'noise, the whole sector' : 'noise where it was being written';
  }
}
