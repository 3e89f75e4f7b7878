/** By hand: a delete that leaves too little in its leaf. */
import { assert } from '../base/assert';
import { SeededRandom } from '../base/runtime';
import type { BTreeEvent } from '../btree';
import type { TaskTree } from '../protocol/btree';
import {
  dirtyPages,
  eventOf,
  findMoment,
  pageAnswer,
  pageNames,
  subjectBefore,
  type Moment,
  type TreeTaskParts,
} from './btree_task_tree';
import { randomKeys, type StepWithTruth, type TaskOperation } from './tasks';

const CHOICES = [
  { id: 'merge_left', text: 'it is merged with its left neighbour' },
  { id: 'merge_right', text: 'it is merged with its right neighbour' },
  { id: 'borrow_left', text: 'it borrows from its left neighbour' },
  { id: 'borrow_right', text: 'it borrows from its right neighbour' },
] as const;
const PARENT = [
  { id: 'removed', text: 'a separator is taken out' },
  { id: 'replaced', text: 'a separator is replaced by another' },
  { id: 'same', text: 'nothing: it stays as it is' },
] as const;
const NONE = { id: 'none', text: 'none' } as const;
const PUTS = 45;

export function rebalanceTask(seed: number): TreeTaskParts {
  const { before, operation } = momentOf(seed);
  const subject = subjectBefore(before);
  const tree = subject.describe();
  const events = subject.apply(operation);
  const after = subject.describe();
  return {
    title: 'Too little in a page',
    situation: `Delete \`${operation.key}\`. A page holds ${tree.usableBytes} bytes; below ${tree.underflowBytes} it looks for a neighbour under the same parent. Everything is durable and clean.`,
    before: tree,
    steps: stepsOf(tree, after, events),
    events,
    after,
  };
}

/** Not every history holds a loan: the first one of this seed that does. */
function momentOf(seed: number): Moment {
  const random = new SeededRandom(seed);
  const wanted = seed % 2 === 0 ? 'btree.leaf_merged' : 'btree.leaf_borrowed';
  for (let tries = 0; tries < 50; tries++) {
    const history = seed % 2 === 0 ? scatteredDeletes(random) : deletesInARow(random);
    const moment = findMoment(
      history,
      (events) => eventOf(events, wanted) !== undefined && eventOf(events, 'btree.inner_merged') === undefined,
    );
    if (moment) return moment;
  }
  assert(false, 'fifty histories hold a loan and a merge');
}

const put = (random: SeededRandom, key: string): TaskOperation => ({
  do: 'put',
  key,
  valueBytes: 20 + random.below(20),
});

/** Keys leave here and there: pages get empty together, and two of them fit into one. */
function scatteredDeletes(random: SeededRandom): TaskOperation[] {
  const keys = randomKeys(random, PUTS);
  const leaving = random.shuffled(keys);
  return [...keys.map((key) => put(random, key)), ...leaving.map((key) => ({ do: 'delete', key }) as const)];
}

/** Keys leave in a row, up or down: one page gets empty between full ones. */
function deletesInARow(random: SeededRandom): TaskOperation[] {
  const keys = randomKeys(random, PUTS);
  const inOrder = random.below(2) === 0 ? keys.toSorted() : keys.toSorted().reverse();
  const leaving = inOrder.slice(5 + random.below(PUTS - 15)).slice(0, 12);
  return [...keys.map((key) => put(random, key)), ...leaving.map((key) => ({ do: 'delete', key }) as const)];
}

function stepsOf(tree: TaskTree, after: TaskTree, events: readonly BTreeEvent[]): StepWithTruth[] {
  const underfull = eventOf(events, 'btree.page_underfull')!;
  const freed = eventOf(events, 'btree.page_freed');
  const removed = eventOf(events, 'btree.separator_removed');
  const replaced = eventOf(events, 'btree.separator_replaced');
  const done = doneBy(events, underfull.page);
  const neighbours = [
    underfull.left === undefined ? 'no left neighbour' : `${underfull.left} bytes left of it`,
    underfull.right === undefined ? 'no right neighbour' : `${underfull.right} right of it`,
  ].join(', ');
  return [
    {
      id: 'leaf',
      question: 'Which page has too little in it then?',
      answer: 'page',
      choices: [],
      truth: [String(underfull.page)],
      because: `Page ${underfull.page} has ${underfull.usedBytes} bytes left, less than ${underfull.underflowBytes}.`,
    },
    {
      id: 'do',
      question: 'What becomes of it?',
      answer: 'one',
      choices: CHOICES,
      truth: [done],
      because: done.startsWith('merge')
        ? `It has ${underfull.usedBytes} bytes; there are ${neighbours}. Two that fit into one page are joined: one page fewer to read.`
        : `It has ${underfull.usedBytes} bytes; there are ${neighbours}. Neither fits beside it in ${tree.usableBytes}, so the fuller one gives.`,
    },
    {
      id: 'parent',
      question: 'And in the parent?',
      answer: 'one',
      choices: PARENT,
      truth: [removed ? 'removed' : replaced ? 'replaced' : 'same'],
      because: removed
        ? `Two children became one, so page ${removed.page} lost the separator between them.`
        : replaced
          ? `The boundary moved: page ${replaced.page} has \`${new TextDecoder().decode(replaced.separator)}\` there now.`
          : 'The boundary stayed where it was.',
    },
    {
      id: 'freed',
      question: 'Which page is free now?',
      answer: 'page',
      choices: [NONE],
      truth: freed ? pageAnswer([freed.page], tree) : [NONE.id],
      because: freed
        ? `Page ${freed.page} is: the right one of the two goes.`
        : 'No page is: cells moved, pages stayed.',
    },
    {
      id: 'dirty',
      question: 'Which pages are dirty now?',
      answer: 'pages',
      choices: [],
      truth: pageAnswer(dirtyPages(after), tree),
      because: `In the buffer pool these frames are dirty: ${pageNames(dirtyPages(after))}. A page that was freed is not written.`,
    },
  ];
}

function doneBy(events: readonly BTreeEvent[], page: number): string {
  const merged = eventOf(events, 'btree.leaf_merged');
  if (merged) return merged.into === page ? 'merge_right' : 'merge_left';
  return eventOf(events, 'btree.leaf_borrowed')!.side === 'left' ? 'borrow_left' : 'borrow_right';
}
