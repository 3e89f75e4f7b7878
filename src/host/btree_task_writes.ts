/** By hand: which pages the next checkpoint writes for a few operations, and how many of the map. */
import { SeededRandom } from '../base/runtime';
import type { BTreeEvent } from '../btree';
import {
  cellWithSlot,
  eventOf,
  eventsOf,
  mapInWords,
  NEW_PAGE,
  pageAnswer,
  pageNames,
  subjectBefore,
  type TreeTaskParts,
} from './btree_task_tree';
import { choicesOf, randomKeys, type TaskOperation } from './tasks';

export function writesTask(seed: number): TreeTaskParts {
  const random = new SeededRandom(seed);
  // Some of these trees have one map page, some two and one above.
  const keys = randomKeys(random, 140);
  const held = keys.slice(0, 60 + random.below(60));
  const history = held.map((key): TaskOperation => ({ do: 'put', key, valueBytes: 24 }));
  const operations = operationsOf(random, held, keys.slice(held.length));
  const subject = subjectBefore(history);
  const tree = subject.describe();
  const events: BTreeEvent[] = operations.flatMap((operation) => [...subject.apply(operation)]);
  const checkpoint = subject.checkpoint();
  const written = eventsOf(checkpoint, 'btree.page_written').map(({ page }) => page);
  const flushed = eventOf(checkpoint, 'btree.checkpoint_flushed')!;
  const splits = eventsOf(events, 'btree.leaf_split').length;
  const freed = eventsOf(events, 'btree.page_freed').length;
  return {
    title: 'What a checkpoint writes',
    situation: `Everything is durable and clean; pages go to new places (copy on write). A page holds ${tree.usableBytes} bytes, and with less than ${tree.underflowBytes} in it it merges or borrows; a leaf knows its neighbours by number. Then: ${operations.map(inWords).join('; ')}. Then a checkpoint.`,
    before: tree,
    steps: [
      {
        id: 'pages',
        question: 'Which pages of the tree does the checkpoint write?',
        answer: 'pages',
        choices: [NEW_PAGE],
        truth: pageAnswer(written, tree),
        because: `The engine wrote ${pageNames(written)}: what was changed, once each.${splits > 0 ? ' There was a split: both halves, the parent, and the leaf behind.' : ''}${freed > 0 ? ' A page that was freed is not written; the map forgets it.' : ''} A parent whose child only changed its content stays: it names the child by number, not by place.`,
      },
      {
        id: 'map',
        question: `And how many pages of the page map, which says where each page lies? ${mapInWords(tree)}`,
        answer: 'one',
        choices: choicesOf(random, [String(flushed.mapPages), '0', '1', '2', '3', String(written.length + 3)]),
        truth: [String(flushed.mapPages)],
        because: `${flushed.mapPages}: ${flushed.mapPages === 1 ? 'one map page holds the entries of all of them' : 'those that hold their entries, and the one above them'}. The superblock names the topmost.`,
      },
    ],
    events: [...events, ...checkpoint],
    after: subject.describe(),
  };
}

/** A replacement, a put and a delete, in some order: two or three of them. */
function operationsOf(random: SeededRandom, held: readonly string[], others: readonly string[]): TaskOperation[] {
  const key = (): string => held[random.below(held.length)]!;
  const all: TaskOperation[] = [
    { do: 'put', key: key(), valueBytes: 24 },
    { do: 'put', key: others[random.below(others.length)]!, valueBytes: 24 },
    { do: 'delete', key: key() },
  ];
  const from = random.below(3);
  return [...all.slice(from), ...all.slice(0, from)].slice(0, 2 + random.below(2));
}

function inWords(operation: TaskOperation): string {
  return operation.do === 'delete'
    ? `delete \`${operation.key}\``
    : `put \`${operation.key}\`, ${cellWithSlot(operation.key, operation.valueBytes)} bytes with its slot`;
}
