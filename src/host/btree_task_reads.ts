/** By hand: which pages a lookup and a scan read, with a pool that holds some; and what an insert paid for that. */
import { encodeText } from '../base/bytes';
import { SeededRandom } from '../base/runtime';
import type { BTreeEvent } from '../btree';
import type { TaskSubject } from './btree_task_tree';
import {
  cellWithSlot,
  eventOf,
  eventsOf,
  mapInWords,
  pageAnswer,
  pageNames,
  subjectBefore,
  type TreeTaskParts,
} from './btree_task_tree';
import { choicesOf, randomKeys, type TaskOperation } from './tasks';

const VALUE_BYTES = 24;
const NOTHING = { id: 'nothing', text: 'none: all it needs is in memory' } as const;

export function readsTask(seed: number): TreeTaskParts {
  const random = new SeededRandom(seed);
  const keys = randomKeys(random, 110 + random.below(40));
  const history = keys.map((key): TaskOperation => ({ do: 'put', key, valueBytes: VALUE_BYTES }));
  const key = keys[random.below(keys.length)]!;
  const warm = Array.from({ length: 1 + random.below(3) }, () => keys[random.below(keys.length)]!);
  const rows = 8 + random.below(12);
  /** Opened again, so that the pool holds what these lookups brought in and nothing else. */
  const fresh = (): TaskSubject => {
    const subject = subjectBefore(history);
    subject.reopen();
    subject.watch(({ store }) => warm.forEach((one) => store.get(encodeText(one))));
    return subject;
  };
  const subject = fresh();
  const tree = subject.describe();
  const lookup = subject.watch(({ store }) => store.get(encodeText(key)));
  const after = subject.describe();
  const scan = fresh().watch(({ store }) => {
    for (const all = store.scan({ from: encodeText(key), limit: rows }); all.next().done !== true;);
  });
  const insert = insertBeside(history, key);
  const lookedUp = readBy(lookup);
  const scanned = readBy(scan);
  const leaves = tree.pages.filter(({ kind }) => kind === 'leaf').length;
  return {
    title: 'What a read reads',
    situation: `The store was opened, and ${warm.length === 1 ? 'one key was' : `${warm.length} keys were`} looked up. Pages with a filled corner are in the buffer pool, which has room for all. Look up \`${key}\`; or scan ${rows} rows from there.`,
    before: tree,
    steps: [
      {
        id: 'looks',
        question: `Height ${tree.height}, ${leaves} leaves. At how many pages does any lookup look, in memory or not?`,
        answer: 'one',
        choices: choicesOf(random, [String(tree.height), '1', String(tree.height + 1), String(leaves)]),
        truth: [String(eventOf(lookup, 'btree.descended')!.path.length)],
        because: `One page a level, ${tree.height} in all: the fan-out keeps the tree low, and all leaves are equally deep.`,
      },
      {
        id: 'lookup',
        question: `Which pages does the lookup of \`${key}\` read from the files?`,
        answer: 'pages',
        choices: [NOTHING],
        truth: orNothing(pageAnswer(lookedUp, tree)),
        because: `Height ${tree.height}: it went through ${pageNames(eventOf(lookup, 'btree.descended')?.path ?? [])}, the leaf last. Read: ${pageNames(lookedUp)}; the others were in memory.`,
      },
      {
        id: 'scan',
        question: `Instead of the lookup, from the same pool: which pages do ${rows} rows from \`${key}\` on read?`,
        answer: 'pages',
        choices: [NOTHING],
        truth: orNothing(pageAnswer(scanned, tree)),
        because: `One way down, then along the leaves by their links: ${pageNames(scanned)}. No inner page is asked again.`,
      },
      {
        id: 'paid',
        question: `Had \`${key}+\` been put instead, a cell of ${cellWithSlot(`${key}+`, VALUE_BYTES)} bytes with its slot: how many pages, those of the map included, does the next checkpoint write for this one insert? ${mapInWords(tree)}`,
        answer: 'one',
        choices: choicesOf(random, [
          String(insert.pages),
          '1',
          String(tree.height + 1),
          String(insert.pages + 2),
          String(leaves),
        ]),
        truth: [String(insert.pages)],
        because: `${insert.treePages} of the tree and ${insert.mapPages} of the map, beside ${insert.logBytes} bytes of log at once. That is the price of order; for it a read looks at ${tree.height} pages of ${tree.pages.length}, and a scan at neighbours.`,
      },
    ],
    events: [...lookup, ...scan, ...insert.events],
    after,
  };
}

const readBy = (events: readonly BTreeEvent[]): number[] => eventsOf(events, 'btree.page_read').map(({ page }) => page);
const orNothing = (pages: string[]): string[] => (pages.length === 0 ? [NOTHING.id] : pages);

function insertBeside(
  history: readonly TaskOperation[],
  key: string,
): { pages: number; treePages: number; mapPages: number; logBytes: number; events: readonly BTreeEvent[] } {
  const subject = subjectBefore(history);
  let logBytes = 0;
  const put = subject.watch((tree) => {
    const before = tree.written().log;
    tree.store.put(encodeText(`${key}+`), new Uint8Array(VALUE_BYTES));
    tree.store.flush();
    logBytes = tree.written().log - before;
  });
  const checkpoint = subject.checkpoint();
  const { mapPages, pages } = eventOf(checkpoint, 'btree.checkpoint_flushed')!;
  return { pages: pages + mapPages, treePages: pages, mapPages, logBytes, events: [...put, ...checkpoint] };
}
