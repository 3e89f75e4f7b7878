/**
 * The run that is killed at every I/O: 20 commits, some relaxed, some of several keys, on a log of 8 KiB that they fill
 * more than twice, so that checkpoints start by themselves and the tape wraps.
 *
 * What each commit does is known here, without asking the engine: state j is what the store holds after the first j
 * commits, and no two states are equal.
 */
import { SeededRandom } from '../../../src/base/runtime';

export interface Write {
  readonly key: string;
  /** Absent: the key is deleted. */
  readonly value?: string;
}
export interface Commit {
  readonly mode: 'strict' | 'relaxed';
  readonly writes: readonly Write[];
}
export type Contents = ReadonlyMap<string, string>;

export const FORMAT = { logBytes: 8 * 1024, extentBytes: 1024, groupAlignBytes: 512 } as const;
const COMMITS = 20;

export interface FixedRun {
  readonly commits: readonly Commit[];
  /** The same as commands of the script language; commit n is the n-th of them that writes, and has LSN n. */
  readonly script: string;
  /** Commands that a recovered store has to take as well, and a check at their end. */
  readonly afterwards?: string;
}

export function fixedRun(seed: number): FixedRun {
  const random = new SeededRandom(seed);
  const commits = Array.from({ length: COMMITS }, (_, index) => commitNumber(index + 1, random));
  const lines: string[] = [];
  let groupIsRelaxed = true;
  commits.forEach((commit, index) => {
    lines.push(lineOf(commit, index % 3));
    groupIsRelaxed &&= commit.mode === 'relaxed';
    const groupEnds = random.below(3) === 0 || index === COMMITS - 1;
    if (!groupEnds) return;
    // `write` leaves a relaxed group un-flushed, and flushes a strict one.
    lines.push(groupIsRelaxed || random.below(2) === 0 ? 'write' : 'flush');
    groupIsRelaxed = true;
  });
  return { commits, script: lines.join('\n') };
}

function commitNumber(number: number, random: SeededRandom): Commit {
  const mode = number % 5 === 2 || number % 5 === 3 ? 'relaxed' : 'strict';
  const own = { key: `key_${String(number).padStart(2, '0')}`, value: text(number, 500 + random.below(600), random) };
  if (number % 3 !== 0) return { mode, writes: [own] };
  const shared = ['left', 'right'].map((key) => ({ key, value: text(number, 60 + random.below(200), random) }));
  return { mode, writes: [shared[0]!, own, { key: `key_${String(number - 2).padStart(2, '0')}` }, shared[1]!] };
}

/** Letters that are no filler, so that a torn value is not like a whole one. */
function text(number: number, length: number, random: SeededRandom): string {
  let letters = `v${number}_`;
  while (letters.length < length) letters += random.next().toString(36);
  return letters.slice(0, length);
}

function lineOf({ mode, writes }: Commit, client: number): string {
  const words = writes.map(({ key, value }) => (value === undefined ? `delete ${key}` : `put ${key} ${value}`));
  const [single] = words;
  return `${words.length === 1 ? single! : `batch ${words.join(' ; ')}`} as ${client + 1} ${mode}`;
}

export function contentsAfter(commits: readonly Commit[], count: number): Contents {
  const contents = new Map<string, string>();
  for (const { writes } of commits.slice(0, count)) {
    for (const { key, value } of writes) {
      if (value === undefined) contents.delete(key);
      else contents.set(key, value);
    }
  }
  return contents;
}

export interface Judgement {
  /** The number of commits whose state this is; undefined if it is the state after none. */
  readonly prefix: number | undefined;
  /** Acknowledged and missing, by number. */
  readonly lost: readonly number[];
  /** Some writes there and some not, by number. */
  readonly half: readonly number[];
}

/** What came back, against the commits in order and the numbers that the page was told yes for. */
export function judgeFixedRun(
  commits: readonly Commit[],
  recovered: Contents,
  acknowledged: ReadonlySet<number>,
): Judgement {
  for (let prefix = commits.length; prefix >= 0; prefix--) {
    if (!sameContents(contentsAfter(commits, prefix), recovered)) continue;
    return { prefix, lost: [...acknowledged].filter((number) => number > prefix), half: [] };
  }
  const lost: number[] = [];
  const half: number[] = [];
  commits.forEach(({ writes }, index) => {
    // Only what no later commit wrote over still tells of this one.
    const later = new Set(commits.slice(index + 1).flatMap((commit) => commit.writes.map(({ key }) => key)));
    const visible = writes.filter(({ key }) => !later.has(key));
    const there = visible.filter(({ key, value }) => recovered.get(key) === value);
    if (there.length === visible.length) return;
    // A deletion of what was never there looks done: one write that is there for certain is one that put something.
    if (there.some(({ value }) => value !== undefined)) half.push(index + 1);
    else if (acknowledged.has(index + 1)) lost.push(index + 1);
  });
  return { prefix: undefined, lost, half };
}

function sameContents(a: Contents, b: Contents): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
