/**
 * Who touched a byte of a page last. The page keeps its identity wherever it is written: with copy on write its bytes go
 * to another place at every checkpoint, and the file alone would say that a checkpoint had touched all of them.
 *
 * The fold says when a page was changed last, so a page's changes are a chain backwards; cells that a change brought, or
 * laid elsewhere, are its own.
 */
import type { Lsn, PageId } from '../../../../base/ids';
import type { LabEvent, TraceRecord } from '../../../../protocol/trace';
import type { FileName } from '../../../../storage/file';
import type { Touched } from '../../../inspect/last_write';
import type { TreeView } from '../model';
import { keyText, partsOf } from './page_parts';

export interface Touch {
  readonly seq: number;
  /** Of the page after it: that of the operation. */
  readonly lsn: Lsn;
  readonly words: string;
}

/** A page that was changed more often than that is followed no further back. */
const CHANGES_MAX = 200;

/** By the id of the cell; what was there before the run, or too long ago, is left out. */
export function touchesOf(
  page: PageId,
  seq: number,
  viewAt: (seq: number) => TreeView,
  recordAt: (seq: number) => TraceRecord | undefined,
): ReadonlyMap<string, Touch> {
  const touches = new Map<string, Touch>();
  let now = viewAt(seq).pages.get(page);
  const open = new Map(now?.body.cells.map((cell) => [cell.id, cell]));
  for (let changes = 0; now !== undefined && now.changedAt >= 0 && open.size > 0 && changes < CHANGES_MAX; changes++) {
    const at = now.changedAt;
    const known = viewAt(at - 1).pages.get(page);
    const before = known?.id === now.id && known.state === 'known' ? known : undefined;
    const old = new Map(before?.body.cells.map((cell) => [cell.id, cell]));
    const event = recordAt(at)?.event;
    for (const [id, cell] of [...open]) {
      const was = old.get(id);
      if (was !== undefined && was.at === cell.at && was.cellBytes === cell.cellBytes) continue;
      const words = event === undefined ? 'before what is kept' : touchInWords(event, page, cell.key);
      touches.set(id, { seq: at, lsn: now.body.lsn, words });
      open.delete(id);
    }
    // A chain goes back in time, or it ends.
    now = before !== undefined && before.changedAt < at ? before : undefined;
  }
  return touches;
}

function touchInWords(event: LabEvent, page: PageId, key: Uint8Array): string {
  switch (event.kind) {
    case 'btree.cell_inserted':
      return keyText(event.key) === keyText(key) ? 'inserted' : 'laid closer together';
    case 'btree.cell_replaced':
      return 'replaced';
    case 'btree.separator_inserted':
      return keyText(event.separator) === keyText(key) ? 'inserted' : 'laid closer together';
    case 'btree.separator_replaced':
      return 'replaced';
    case 'btree.leaf_split':
    case 'btree.inner_split':
      return event.right === page ? 'moved here by a split' : 'laid closer together by a split';
    case 'btree.leaf_borrowed':
    case 'btree.inner_borrowed':
      return 'laid anew by a borrow';
    case 'btree.leaf_merged':
    case 'btree.inner_merged':
      return 'laid anew by a merge';
    case 'btree.page_read':
      return 'read from the file';
    case 'btree.map_loaded':
      return 'there when the store was opened';
    default:
      return 'changed';
  }
}

/** What the operation with this LSN was, as whoever asked for it would say. */
export function operationOf(lsn: number, records: readonly TraceRecord[]): string | undefined {
  const record = records.findLast(({ event }) => event.kind === 'store.commit_submitted' && event.lsn === lsn);
  if (record?.event.kind !== 'store.commit_submitted') return undefined;
  const [first, ...others] = record.event.operations;
  if (first === undefined) return undefined;
  return `${first.kind} ${keyText(first.key)}${others.length > 0 ? ` and ${others.length} more` : ''}`;
}

interface Asked {
  readonly file: FileName;
  readonly offset: number;
  /** The step that wrote the byte into the file. */
  readonly write: number;
  readonly now: TreeView;
  readonly viewAt: (seq: number) => TreeView;
  readonly recordAt: (seq: number) => TraceRecord | undefined;
  readonly records: (from: number, to: number) => readonly TraceRecord[];
}

/** A byte of a data file that belongs to a page: who touched it before it was written there. */
export function pageByteTouched(asked: Asked): Touched | undefined {
  const { file, now, offset, recordAt, records, viewAt, write } = asked;
  if ((file !== 'data_0' && file !== 'data_1') || write < 0 || now.extentBytes === 0) return undefined;
  const index = 2 * Math.floor(offset / now.extentBytes) + (file === 'data_1' ? 1 : 0);
  const extent = now.extents.get(index);
  if (extent === undefined || (extent.holds !== 'page' && extent.holds !== 'copy')) return undefined;
  const page = viewAt(write).pages.get(extent.page);
  const inPage = offset % now.extentBytes;
  const pageBytes = now.tree?.pageBytes ?? 0;
  // A checkpoint in slices writes the page as it was when it began; what is in memory may be newer.
  if (page?.state !== 'known' || page.body.lsn !== extent.lsn || page.id !== extent.pageLife || inPage >= pageBytes) {
    return { words: `page ${extent.page}, as LSN ${extent.lsn ?? '?'} left it`, seq: undefined };
  }
  const part = partsOf(page.body, pageBytes).find(({ from, to }) => from <= inPage && inPage < to);
  const of = (lsn: number): string => `LSN ${lsn}, ${operationOf(lsn, records(0, write)) ?? 'before what is kept'}`;
  if (part === undefined) return undefined;
  switch (part.what) {
    case 'cell': {
      const touch = touchesOf(page.page, write, viewAt, recordAt).get(part.id);
      const words = `cell ${part.text} of page ${page.page}`;
      if (touch === undefined) return { words: `${words}: touched before what is kept`, seq: undefined };
      return { words: `${words}: ${of(touch.lsn)}, ${touch.words}`, seq: touch.seq };
    }
    case 'header':
    case 'slots':
      return {
        words: `${part.text} of page ${page.page}, changed last by ${of(page.body.lsn)}`,
        seq: page.changedAt < 0 ? undefined : page.changedAt,
      };
    default:
      return { words: `${part.text} of page ${page.page}: nothing that counts`, seq: undefined };
  }
}
