/** By hand: what a compaction reads, drops and writes, entry by entry. */
import { assert } from '../base/assert';
import { SeededRandom } from '../base/runtime';
import type { LsmEvent } from '../lsm';
import { choicesOf, randomKeys } from './tasks';
import {
  bytesInWords,
  LsmSubject,
  mixedHistory,
  tableNames,
  tableOf,
  type LsmTaskParts,
  type Merged,
  type WatchedCompaction,
} from './lsm_task_tree';
import { type StepWithTruth } from './tasks';

const POLICY = { kind: 'leveled', ratio: 3, l0Tables: 2 } as const;
const MEMTABLE_BYTES = 640;
/** Two answers that are nearer than this share to each other would be luck. */
const APART = 0.12;

export function bytesTask(seed: number): LsmTaskParts {
  const random = new SeededRandom(seed);
  const subject = new LsmSubject({ policy: POLICY, memtableBytes: MEMTABLE_BYTES, bitsPerKey: 0, showsKeys: true });
  const watched = findMerge(subject, random);
  const names = tableNames(watched.started.inputs);
  return {
    title: 'What a compaction costs',
    situation: `The policy chose: ${names} are merged into level ${watched.started.to}. Upper levels are newer. A key that is struck through is a tombstone: it says that the key was deleted. A table has a few hundred bytes besides its entries.`,
    before: watched.before,
    steps: stepsOf(watched, random),
    events: watched.events,
    after: watched.after,
  };
}

/** One in which enough is dropped to tell reading from writing. */
function findMerge(subject: LsmSubject, random: SeededRandom): WatchedCompaction {
  const history = mixedHistory(random, randomKeys(random, 60), 1200);
  let skip = 1 + random.below(4);
  for (let from = 0; from < history.length;) {
    const watched = subject.findCompaction(history.slice(from), ({ inputs }, { levels }) => {
      const count = levels.flatMap(({ runs }) => runs.flatMap(({ tables }) => tables)).length;
      return levels.length > 1 && inputs.length > 1 && count < 9 && skip-- <= 0;
    });
    assert(watched !== undefined, 'updates of a few keys hide each other');
    const { read, written } = amounts(watched);
    if (watched.cause === 'compaction' && written < (1 - APART) * read) return watched;
    from += 40;
  }
  throw new Error('H1: every seed has such a merge');
}

interface Amounts {
  readonly read: number;
  readonly fromAbove: number;
  readonly written: number;
  readonly overwritten: number;
  readonly dropped: number;
  readonly entries: number;
}

function amounts({ after, before, events, started }: WatchedCompaction): Amounts {
  const merged = events.filter((event): event is Merged => event.kind === 'lsm.entry_merged');
  const of = (outcome: Merged['outcome']): number => merged.filter((event) => event.outcome === outcome).length;
  const bytesOf = (ids: readonly number[]): number => ids.reduce((sum, id) => sum + tableOf(before, id).bytes, 0);
  const above = started.inputs.filter((id) =>
    before.levels[started.from]!.runs.some(({ tables }) => tables.some(({ table }) => table === id)),
  );
  const edit = events.find(
    (event): event is Extract<LsmEvent, { kind: 'lsm.version_edited' }> =>
      event.kind === 'lsm.version_edited' && event.cause !== 'flush',
  );
  const written = (edit?.added ?? []).reduce((sum, { table }) => sum + tableOf(after, table).bytes, 0);
  return {
    read: bytesOf(started.inputs),
    fromAbove: bytesOf(above),
    written,
    overwritten: of('overwritten'),
    dropped: of('tombstone_at_bottom'),
    entries: merged.length,
  };
}

function stepsOf(watched: WatchedCompaction, random: SeededRandom): StepWithTruth[] {
  const { dropped, entries, fromAbove, overwritten, read, written } = amounts(watched);
  const all = watched.before.levels.reduce((sum, { bytes }) => sum + bytes, 0);
  const kept = entries - overwritten - dropped;
  const counts = (truth: number): string[] =>
    [truth, truth + 2, Math.max(0, truth - 2), truth + 5, entries].map((count) => String(count));
  return [
    {
      id: 'read',
      question: 'How many bytes does it read?',
      answer: 'one',
      choices: choicesOf(
        random,
        [read, fromAbove, read - fromAbove, all, 2 * read].filter((one) => one > 0).map(bytesInWords),
      ),
      truth: [bytesInWords(read)],
      because: `All of ${tableNames(watched.started.inputs)}: a merge reads its inputs whole, whether an entry is still of use or not.`,
    },
    {
      id: 'overwritten',
      question: `${entries} entries go in. How many are dropped because a newer one of the same key is in the merge?`,
      answer: 'one',
      choices: choicesOf(random, counts(overwritten)),
      truth: [String(overwritten)],
      because: `${overwritten}: of each key only the newest entry of the merge is kept.`,
    },
    {
      id: 'tombstones',
      question: 'And how many tombstones are dropped, because nothing older can lie below?',
      answer: 'one',
      choices: choicesOf(random, counts(dropped)),
      truth: [String(dropped)],
      because:
        dropped === 0
          ? `None: ${watched.started.isBottom ? 'there was none left among the newest entries' : 'older tables in this range are not part of the merge, and may have the key'}.`
          : `${dropped}: no table outside the merge can hold an older entry of these keys. ${kept} entries are left.`,
    },
    {
      id: 'written',
      question: 'About how many bytes does it write?',
      answer: 'one',
      choices: choicesOf(
        random,
        apart([written, read, Math.round(written / 2), 2 * written, fromAbove]).map(bytesInWords),
      ),
      truth: [bytesInWords(written)],
      because: `${bytesInWords(written)} for ${kept} entries. What was dropped is the difference to what was read.`,
    },
    {
      id: 'amplification',
      question: `${bytesInWords(fromAbove)} came down from level ${watched.started.from}. How many bytes were written for each of them?`,
      answer: 'one',
      choices: choicesOf(
        random,
        apart([written / fromAbove, read / written, 1, (2 * written) / fromAbove, fromAbove / written]).map((ratio) =>
          ratio.toFixed(1),
        ),
      ),
      truth: [(written / fromAbove).toFixed(1)],
      because: `${bytesInWords(written)} / ${bytesInWords(fromAbove)} = ${(written / fromAbove).toFixed(1)}: this level’s part of the write amplification, at this merge.`,
    },
  ];
}

/** The first one, and of the others those that are not too near to one that is there. */
function apart(values: readonly number[]): number[] {
  const kept: number[] = [];
  for (const value of values) if (kept.every((one) => Math.abs(value / one - 1) > APART)) kept.push(value);
  return kept;
}
