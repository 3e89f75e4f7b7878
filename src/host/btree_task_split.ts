/** By hand: an insert that finds its leaf full. One seed in three, the parent has no room either. */
import { assert } from '../base/assert';
import { SeededRandom } from '../base/runtime';
import type { BTreeEvent } from '../btree';
import type { TaskTree } from '../protocol/btree';
import {
  dirtyPages,
  eventOf,
  eventsOf,
  findMoment,
  NEW_PAGE,
  pageAnswer,
  pageNames,
  subjectBefore,
  type TreeTaskParts,
} from './btree_task_tree';
import { choicesOf, randomKeys, type StepWithTruth, type TaskOperation } from './tasks';

const COPIED = { id: 'copied', text: 'copied: it is in the leaf and above' } as const;
const MOVED = { id: 'moved', text: 'moved: it is above only' } as const;

export function splitTask(seed: number): TreeTaskParts {
  const random = new SeededRandom(seed);
  const isCascade = seed % 3 === 0;
  const least = 10 + random.below(8);
  const moment = findMoment(historyOf(random), (events, number) => {
    const split = eventOf(events, 'btree.leaf_split');
    if (split?.why !== 'halves' || number < least) return false;
    const inner = eventsOf(events, 'btree.inner_split').length;
    // A root that grows above a lone leaf would leave nothing to ask about the parent.
    return isCascade ? inner === 1 : inner === 0 && eventOf(events, 'btree.root_grown') === undefined;
  });
  assert(moment !== undefined, 'a tree that only grows splits its leaves, and then its inner pages');
  const { before, operation } = moment;
  const subject = subjectBefore(before);
  const tree = subject.describe();
  const events = subject.apply(operation);
  const after = subject.describe();
  return {
    title: isCascade ? 'A split that the parent has no room for' : 'A split',
    situation: `Put \`${operation.key}\` with ${operation.do === 'put' ? operation.valueBytes : 0} bytes: a cell of ${newCell(events)} bytes with its slot. Everything in the tree is durable and clean.`,
    before: tree,
    steps: stepsOf(random, operation, tree, after, events),
    events,
    after,
  };
}

/** Puts only, in random order; values of one length make the arithmetic fair. */
function historyOf(random: SeededRandom): TaskOperation[] {
  const valueBytes = 20 + random.below(16);
  return randomKeys(random, 380).map((key) => ({ do: 'put', key, valueBytes }));
}

const newCell = (events: readonly BTreeEvent[]): number => eventOf(events, 'btree.leaf_overfull')!.cellBytes + 2;

function stepsOf(
  random: SeededRandom,
  operation: TaskOperation,
  tree: TaskTree,
  after: TaskTree,
  events: readonly BTreeEvent[],
): StepWithTruth[] {
  const overfull = eventOf(events, 'btree.leaf_overfull')!;
  const split = eventOf(events, 'btree.leaf_split')!;
  const pageAfter = (page: number) => after.pages.find((one) => one.page === page)!;
  const left = pageAfter(split.left);
  const right = pageAfter(split.right);
  const firstRight = right.keys[0]!;
  const lastLeft = left.keys.at(-1)!;
  const separator = separatorBefore(after, split.right);
  const dirty = pageAnswer(dirtyPages(after), tree);
  const full = tree.pages.find(({ page }) => page === overfull.page)!;
  const all = [...full.keys, operation.key].sort();
  const steps: StepWithTruth[] = [
    {
      id: 'leaf',
      question: `Which leaf does \`${operation.key}\` belong to?`,
      answer: 'page',
      choices: [],
      truth: [String(overfull.page)],
      because: `The separators lead to page ${overfull.page}. It has ${overfull.freeBytes} bytes free, and the cell needs ${overfull.cellBytes + 2}.`,
    },
    {
      id: 'cut',
      question: `Its cells and the new one: ${all.map((key) => `\`${key}\``).join(' ')}. Which is the first that goes to the new right page?`,
      answer: 'one',
      choices: all.slice(1).map((key) => ({ id: key, text: key })),
      truth: [firstRight],
      because: `The engine left ${left.usedBytes} bytes in page ${left.page} and put ${right.usedBytes} into page ${right.page}: as equal as the cells allow.`,
    },
    {
      id: 'up',
      question: `Left ends with \`${lastLeft}\`, right begins with \`${firstRight}\`. Which separator goes to the parent?`,
      answer: 'one',
      choices: choicesOf(random, [separator, firstRight, lastLeft, firstRight.slice(0, 1), firstRight.slice(0, -1)]),
      truth: [separator],
      because: `\`${separator}\` is the shortest that is larger than \`${lastLeft}\` and not larger than \`${firstRight}\`: short separators make room for more children.`,
    },
    {
      id: 'how',
      question: 'Is that separator copied up, or moved?',
      answer: 'one',
      choices: [COPIED, MOVED],
      truth: [right.keys.includes(firstRight) ? COPIED.id : MOVED.id],
      because: `\`${firstRight}\` is still in page ${right.page}: keys live in leaves, and what stands above only guides.`,
    },
  ];
  const inner = eventOf(events, 'btree.inner_split');
  if (inner) steps.push(...innerSteps(random, inner, after));
  steps.push({
    id: 'dirty',
    question: 'Which pages are dirty now? A leaf knows its neighbours.',
    answer: 'pages',
    choices: [NEW_PAGE],
    truth: dirty,
    because: `In the buffer pool these frames are dirty: ${pageNames(dirtyPages(after))}.${split.next === 0 ? '' : ` Page ${split.next} has a new left neighbour.`}`,
  });
  return steps;
}

function innerSteps(
  random: SeededRandom,
  inner: Extract<BTreeEvent, { kind: 'btree.inner_split' }>,
  after: TaskTree,
): StepWithTruth[] {
  const text = (key: Uint8Array): string => new TextDecoder().decode(key);
  const middle = text(inner.separator);
  const around = [...inner.leftCells.slice(-2), ...inner.rightCells.slice(0, 2)].map(({ separator }) =>
    text(separator),
  );
  const halves = after.pages.filter(({ page }) => page === inner.left || page === inner.right);
  const stays = halves.some(({ keys }) => keys.includes(middle));
  return [
    {
      id: 'inner',
      question:
        'The parent has no room for it and splits, the new separator among its own. Which separator leaves it upwards?',
      answer: 'one',
      choices: choicesOf(random, [middle, ...around]),
      truth: [middle],
      because: `Left of \`${middle}\` are ${inner.leftCells.length} separators, right of it ${inner.rightCells.length}: as equal in bytes as can be.`,
    },
    {
      id: 'innerHow',
      question: 'Is that one copied, or moved?',
      answer: 'one',
      choices: [COPIED, MOVED],
      truth: [stays ? COPIED.id : MOVED.id],
      because: `It is in neither of pages ${inner.left} and ${inner.right} any more: an inner page holds no entry that could get lost.`,
    },
  ];
}

/** The separator that stands before a child, wherever in the tree it ended up. */
function separatorBefore({ pages }: TaskTree, child: number): string {
  for (const { children, keys } of pages) {
    const at = children.indexOf(child);
    if (at > 0) return keys[at - 1]!;
    // The first child of its parent: the separator stands before the parent.
    if (at === 0) {
      const parent = pages.find((page) => page.children.includes(child))!;
      return separatorBefore({ pages } as TaskTree, parent.page);
    }
  }
  assert(false, 'a page that was split off has a separator before it');
}
