/**
 * Tasks of the crash room, on fresh data: every try draws a seed, the answer is the search's and nobody else's.
 *
 *   how many     before the map is shown: how many of these states lose an acknowledged commit?
 *   which        at one crash point: which of the pending sectors may be lost alone, and nothing promised is?
 *   the store    from a store without any safeguard to an all-green map, for as little as possible
 */
import { SeededRandom } from '../base/runtime';
import type { CrashCell, CrashPoint, LetterCounts, ProfileName } from '../protocol/crash';
import type { PendingItem } from '../protocol/drill';
import { plural } from './result_words';

export interface CrashTask {
  readonly id: 'how_many' | 'which' | 'challenge';
  readonly title: string;
  readonly question: string;
}
export const CRASH_TASKS: readonly CrashTask[] = [
  {
    id: 'how_many',
    title: 'How many lose something?',
    question:
      'Of all the states this run can leave: in how many is an acknowledged commit gone? Say a number, then have them all checked.',
  },
  {
    id: 'which',
    title: 'Which may be lost?',
    question: 'The power goes here. Which of these pending sectors, lost alone, takes no acknowledged commit with it?',
  },
  {
    id: 'challenge',
    title: 'A store from nothing',
    question:
      'Every safeguard is off. Turn on what it takes until no state is red, and not more: flushes and bytes cost.',
  },
];

export interface TaskRun {
  readonly seed: number;
  readonly script: string;
  readonly profile: ProfileName;
  /** Switched off, and said so. */
  readonly off: readonly string[];
}

const KEYS = ['ash', 'bay', 'elm', 'fir', 'ivy', 'oak', 'sal', 'tea', 'yew', 'box', 'fig', 'hop'];
const HEAD = 'store log 8k extent 512 align 512\n';

/** Room that a store reserves ahead is flushed first: what is pending at the question is the run's own. */
const PREPARED = ['checkpoint', 'checkpoint'];

export function makeTaskRun(id: CrashTask['id'], seed: number): TaskRun {
  const random = new SeededRandom(seed);
  const keys = KEYS.slice();
  const commit = (mode: 'strict' | 'relaxed', bytesMax: number, bytesMin = 40): string => {
    const key = keys.splice(random.below(keys.length), 1)[0]!;
    return `put ${key} @${bytesMin + 20 * random.below(bytesMax / 20)} as ${1 + random.below(3)} ${mode}`;
  };
  const several = (mode: 'strict' | 'relaxed', bytesMax: number): string[] =>
    Array.from({ length: 1 + random.below(2) }, () => commit(mode, bytesMax));
  const lines: Record<CrashTask['id'], () => string[]> = {
    how_many: () => {
      const second = random.below(2) === 0 ? [...several('relaxed', 120), 'write'] : [];
      return [...several('strict', 120), 'flush', ...second, ...several('strict', 120), 'flush'];
    },
    // The last group is written and not flushed, behind one whose clients were told already.
    which: () => [
      ...PREPARED,
      commit('strict', 80),
      'flush',
      commit('relaxed', 600),
      'write',
      commit('strict', 600),
      'flush',
    ],
    challenge: () => [
      ...several('strict', 120),
      'flush',
      'checkpoint',
      ...several('strict', 120),
      'flush',
      'checkpoint',
      // Longer than a sector in every run, so that the same safeguards are needed in every run: advice holds on the next.
      commit('strict', 120, 600),
      'flush',
    ],
  };
  const off = id === 'how_many' && random.below(2) === 0 ? ['flushBeforeAcknowledge'] : [];
  const script = `${HEAD}seed ${seed}\n${lines[id]().join('\n')}\n`;
  return { seed, script, profile: 'measured_ext4', off };
}

/** The crash point a question is about: before the last flush of the log. */
export function pointOfTask(points: readonly CrashPoint[]): CrashPoint | undefined {
  return points.findLast(({ call }) => call?.kind === 'flush' && call.file === 'log');
}

/** States in which a commit whose client was told is gone: lost as allowed, or silently. */
export function losing(letters: LetterCounts): number {
  return letters.L + letters.S;
}

export interface CountGrade {
  readonly passed: boolean;
  readonly sentence: string;
}
/** Right is within a tenth: whoever counts sees the number, whoever understands is close. */
export function gradeCount(guess: number, letters: LetterCounts): CountGrade {
  const truth = losing(letters);
  const passed = Math.abs(guess - truth) <= truth / 10;
  const gap = guess - truth;
  const told = `${plural(truth, 'state')} ${truth === 1 ? 'loses' : 'lose'} an acknowledged commit: ${letters.L} as its mode allows (L), ${letters.S} in silence (S).`;
  if (gap === 0) return { passed, sentence: `Exactly. ${told}` };
  return {
    passed,
    sentence: `${passed ? 'Close: ' : ''}You said ${guess}, ${Math.abs(gap)} too ${gap > 0 ? 'many' : 'few'}. ${told}`,
  };
}

export interface WhichRow {
  readonly item: number;
  /** The verdict on the state in which it alone is lost. */
  readonly cell: CrashCell;
  readonly said: boolean;
  readonly may: boolean;
  readonly right: boolean;
}
/** May be lost: the state without it is A, nothing that was acknowledged is gone. */
export function gradeWhich(
  pending: readonly PendingItem[],
  said: ReadonlySet<number>,
  cellWithout: (item: number) => CrashCell,
): { rows: readonly WhichRow[]; passed: boolean; sentence: string } {
  const rows = pending.map(({ item }) => {
    const cell = cellWithout(item);
    const may = cell.letter === 'A';
    return { item, cell, said: said.has(item), may, right: said.has(item) === may };
  });
  const right = rows.filter((row) => row.right).length;
  const passed = right === rows.length;
  return { rows, passed, sentence: passed ? 'All right.' : `${right} of ${rows.length} right.` };
}

/** What the hand-in of the challenge came to. */
export interface ChallengeGrade {
  readonly passed: boolean;
  readonly sentence: string;
  /** Switched on, and not needed: the map is as green without it. */
  readonly superfluous: readonly string[];
}
export function gradeChallenge(
  letters: LetterCounts,
  withoutEach: readonly { readonly name: string; readonly letters: LetterCounts }[],
): ChallengeGrade {
  const red = (counts: LetterCounts): number => counts.S + counts.F;
  if (red(letters) > 0) {
    return {
      passed: false,
      superfluous: [],
      sentence: `On a fresh run ${plural(red(letters), 'state')} ${red(letters) === 1 ? 'is' : 'are'} red. Something is still missing.`,
    };
  }
  const superfluous = withoutEach.filter((one) => red(one.letters) === 0).map(({ name }) => name);
  if (superfluous.length > 0) {
    return {
      passed: false,
      superfluous,
      sentence: 'Green on a fresh run too, but it could be cheaper: without these, each by itself, it is as green.',
    };
  }
  return {
    passed: true,
    superfluous,
    sentence:
      'Green on a fresh run, and each safeguard you left on is needed: take any one away and a state turns red.',
  };
}
