/** The real tree under an exercise: made from a history, watched while it does one thing more. */
import { decodeText, encodeText } from '../base/bytes';
import type { BTreeEvent, TreeDescription } from '../btree';
import { leafCellBytes, usableBytes } from '../btree/page';
import { entriesPerMapPage } from '../btree/page_map';
import { underflowBytes } from '../btree/policy';
import type { TaskPage, TaskTree } from '../protocol/btree';
import { isTreeEvent, MeasuredTree } from './btree_measured';
import { run, type TaskOperation, type TaskParts } from './tasks';

const PAGE_BYTES = 256;
const LOG_BYTES = 256 * 1024;
/** More frames than such a tree has pages. */
const POOL_BYTES = 64 * 1024;

/** The tree before and after. */
export type TreeTaskParts = TaskParts<TaskTree, BTreeEvent>;

export class TaskSubject {
  readonly #tree: MeasuredTree;
  #events: BTreeEvent[] = [];

  constructor(history: readonly TaskOperation[]) {
    this.#tree = new MeasuredTree({
      pageBytes: PAGE_BYTES,
      protection: 'copy_on_write',
      poolBytes: POOL_BYTES,
      seed: 1,
      logBytes: LOG_BYTES,
      checkpointLogBytes: LOG_BYTES / 2,
      listen: (event) => {
        if (isTreeEvent(event)) this.#events.push(event);
      },
    });
    for (const operation of history) this.apply(operation);
  }

  /** @returns what the engine said meanwhile */
  apply(operation: TaskOperation): readonly BTreeEvent[] {
    return this.watch(({ store }) => run(store, operation));
  }

  checkpoint(): readonly BTreeEvent[] {
    return this.watch(({ store }) => store.checkpoint());
  }

  /** Closes it and opens it again: nothing is in memory then. */
  reopen(): void {
    this.#tree.reopen(POOL_BYTES);
  }

  watch(work: (tree: MeasuredTree) => void): readonly BTreeEvent[] {
    this.#events = [];
    work(this.#tree);
    return this.#events;
  }

  describe(): TaskTree {
    return taskTree(this.#tree.describe());
  }
}

export interface Moment {
  readonly before: readonly TaskOperation[];
  readonly operation: TaskOperation;
}

/** Runs a history until an operation does what is wanted. @returns where that is; undefined if none does */
export function findMoment(
  history: readonly TaskOperation[],
  isWanted: (events: readonly BTreeEvent[], number: number) => boolean,
): Moment | undefined {
  const subject = new TaskSubject([]);
  const number = history.findIndex((operation, i) => isWanted(subject.apply(operation), i));
  return number < 0 ? undefined : { before: history.slice(0, number), operation: history[number]! };
}

/** H2: the tree just before the operation, with everything in it durable. */
export function subjectBefore(before: readonly TaskOperation[]): TaskSubject {
  const subject = new TaskSubject(before);
  subject.checkpoint();
  return subject;
}

function taskTree({ height, pageBytes, pages, pool, root }: TreeDescription): TaskTree {
  const usable = usableBytes(pageBytes);
  const frames = new Map(pool.frames.map((frame) => [frame.page as number, frame]));
  return {
    root,
    height,
    usableBytes: usable,
    underflowBytes: underflowBytes(usable),
    pages: pages.map((page): TaskPage => {
      const frame = frames.get(page.page);
      return {
        page: page.page,
        kind: page.kind === 'inner' || page.kind === 'overflow' ? page.kind : 'leaf',
        level: page.level,
        keys: page.cells.map(({ key }) => decodeText(key) ?? ''),
        cellBytes: page.cells.map(({ cellBytes }) => cellBytes + SLOT_BYTES),
        children: page.kind === 'inner' ? [page.left, ...page.cells.map(({ child }) => child ?? 0)] : [],
        usedBytes: usable - page.freeBytes,
        inPool: frame !== undefined,
        dirty: frame?.isDirty === true,
      };
    }),
  };
}
const SLOT_BYTES = 2;

// ---- what a learner has to be told, so that the answer can be found

/** A leaf's cell with its slot. */
export const cellWithSlot = (key: string, valueBytes: number): number =>
  leafCellBytes(encodeText(key).length, valueBytes, false) + SLOT_BYTES;

/** Which map page has the entry of which page, in this tree. */
export function mapInWords({ pages }: TaskTree): string {
  const entries = entriesPerMapPage(PAGE_BYTES);
  const highest = Math.max(...pages.map(({ page }) => page));
  if (highest < entries)
    return `One map page holds the entries of the pages 1 to ${entries - 1}; the next new page is ${highest + 1}.`;
  const stretches = Array.from(
    { length: Math.floor(highest / entries) + 1 },
    (_, i) => `${i === 0 ? 1 : i * entries} to ${(i + 1) * entries - 1}`,
  );
  return `The map: one map page each for the pages ${stretches.join(', ')}, and one above them that says where these lie; the next new page is ${highest + 1}.`;
}

// ---- answers

export const NEW_PAGE = { id: 'new', text: 'a page that is new' } as const;

/** Pages of a later moment as ids of the earlier one: those that did not exist are all called new. */
export function pageAnswer(pages: Iterable<number>, before: TaskTree): string[] {
  const known = new Set(before.pages.map(({ page }) => page));
  return [...new Set([...pages].map((page) => (known.has(page) ? String(page) : NEW_PAGE.id)))];
}

export const dirtyPages = (tree: TaskTree): number[] => tree.pages.filter(({ dirty }) => dirty).map(({ page }) => page);

export function eventOf<K extends BTreeEvent['kind']>(
  events: readonly BTreeEvent[],
  kind: K,
): Extract<BTreeEvent, { kind: K }> | undefined {
  return events.find((event): event is Extract<BTreeEvent, { kind: K }> => event.kind === kind);
}

export function eventsOf<K extends BTreeEvent['kind']>(
  events: readonly BTreeEvent[],
  kind: K,
): Extract<BTreeEvent, { kind: K }>[] {
  return events.filter((event): event is Extract<BTreeEvent, { kind: K }> => event.kind === kind);
}

export const pageNames = (pages: readonly (string | number)[]): string =>
  pages.length === 0 ? 'none' : pages.map((page) => (page === NEW_PAGE.id ? NEW_PAGE.text : `page ${page}`)).join(', ');
