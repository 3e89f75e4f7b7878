/** By hand: which compaction comes next. Which level is due, which tables take part, where they go, and what may be dropped. */
import { assert } from '../base/assert';
import { SeededRandom } from '../base/runtime';
import type { PolicyOptions } from '../lsm';
import { randomKeys } from './tasks';
import {
  bytesInWords,
  LsmSubject,
  mixedHistory,
  tableNames,
  tableOf,
  type LsmTaskParts,
  type WatchedCompaction,
} from './lsm_task_tree';
import { type StepWithTruth } from './tasks';

const MEMTABLE_BYTES = 1024;
const POLICIES: readonly PolicyOptions[] = [
  { kind: 'leveled', ratio: 3, l0Tables: 3 },
  { kind: 'leveled', ratio: 3, l0Tables: 3 },
  { kind: 'tiered', ratio: 3 },
];

export function compactionTask(seed: number): LsmTaskParts {
  const random = new SeededRandom(seed);
  const policy = POLICIES[seed % POLICIES.length]!;
  const subject = new LsmSubject({ policy, memtableBytes: MEMTABLE_BYTES, bitsPerKey: 0, showsKeys: false });
  // A leveled tree is asked about a level below the first every other time.
  const isBelow = policy.kind === 'leveled' && seed % 2 === 0;
  // Now and then a table goes down alone, and nothing is merged.
  const mayMove = seed % 5 === 0;
  let skip = random.below(3);
  const watched = subject.findCompaction(
    mixedHistory(random, randomKeys(random, 300), 2500),
    ({ from, inputs }, { levels }) =>
      levels.length > 2 && (!isBelow || from > 0) && (mayMove || inputs.length > 1) && skip-- <= 0,
  );
  assert(watched !== undefined, 'a tree that is written to for long enough has every kind of compaction');
  return {
    title: 'The next compaction',
    situation: situationOf(policy),
    before: watched.before,
    steps: stepsOf(watched, policy),
    events: watched.events,
    after: watched.after,
  };
}

function situationOf(policy: PolicyOptions): string {
  const rule =
    policy.kind === 'leveled'
      ? 'Leveled: every level below level 0 is one run. The level that is fullest for what it may have is due. From level 0 all tables go; from a deeper level the one table that overlaps the least below it, for its own length. Whatever it overlaps below is merged with it.'
      : `Tiered: a level that has ${policy.ratio} runs is due, and all of them become one run, a level below. Of two levels that are equally full the upper one goes first.`;
  return `${rule} One compaction is due now. Each box is a table; its width is the range of its keys.`;
}

function stepsOf({ before, cause, started }: WatchedCompaction, policy: PolicyOptions): StepWithTruth[] {
  const { from, inputs, isBottom, to, why } = started;
  const levels = Array.from({ length: before.levels.length + 1 }, (_, level) => String(level));
  const choices = levels.map((level) => ({ id: level, text: `level ${level}` }));
  const upper = inputs.filter((id) => before.levels[from]!.runs.some((run) => run.tables.some((t) => t.table === id)));
  const lower = inputs.filter((id) => !upper.includes(id));
  const overlap = lower.length === 0 ? 'nothing below overlaps' : `below, what overlaps is ${tableNames(lower)}`;
  return [
    {
      id: 'level',
      question: 'From which level do tables go down?',
      answer: 'one',
      choices: choices.slice(0, before.levels.length),
      truth: [String(from)],
      because: `The policy said: ${why}.`,
    },
    {
      id: 'tables',
      question: 'Which tables take part, those of the level below included?',
      answer: 'tables',
      choices: [],
      truth: inputs.map(String),
      because:
        policy.kind === 'tiered'
          ? `All of level ${from}: ${tableNames(upper)}. A tier is never merged with what is below it: that is what makes its writes cheap.`
          : `From level ${from}: ${tableNames(upper)}; ${overlap}.`,
    },
    {
      id: 'to',
      question: 'On which level do the results lie?',
      answer: 'one',
      choices,
      truth: [String(to)],
      because:
        to === from ? 'All of it fits into one run of the last level, so it stays.' : `One level down: level ${to}.`,
    },
    {
      id: 'how',
      question: 'Does it have to read and write them?',
      answer: 'one',
      choices: [
        { id: 'compaction', text: 'yes, it merges them' },
        { id: 'trivial_move', text: 'no, only the manifest changes' },
      ],
      truth: [cause],
      because:
        cause === 'compaction'
          ? `Their ranges meet, or something can be dropped: ${bytesInWords(inputs.reduce((sum, id) => sum + tableOf(before, id).bytes, 0))} are read.`
          : 'Nothing below overlaps, and nothing can be dropped: the same files count as a level deeper from now on.',
    },
    {
      id: 'bottom',
      question: 'Is it sure that every tombstone in it can be dropped?',
      answer: 'one',
      choices: [
        { id: 'yes', text: 'yes: nothing older lies in this range' },
        { id: 'no', text: 'no: older tables in this range are not part of it' },
      ],
      truth: [isBottom ? 'yes' : 'no'],
      because: isBottom
        ? 'No table outside the merge, as old or older, meets its range. A tombstone has nothing left to hide.'
        : 'An older table meets the range and stays. A tombstone goes only where its own key can be in none of those.',
    },
  ];
}
