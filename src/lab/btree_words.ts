/** What the tree's events say, for whoever follows an exercise event by event; and names of what is counted. */
import { decodeText, toHex } from '../base/bytes';
import type { BTreeEvent, PageProtection } from '../btree';
import type { KeyPattern, WrittenBytes } from '../protocol/btree';

export { PAGE_PROTECTION_NAMES } from '../workload/protection_names';

export const PATTERN_TITLES: Readonly<Record<KeyPattern, string>> = {
  sequential: 'sequential',
  random: 'random',
  skewed: 'skewed',
};
export const PROTECTION_TITLES: Readonly<Record<PageProtection, string>> = {
  copy_on_write: 'copy on write',
  double_write: 'double write',
  none: 'none',
  log_images: 'images in the log',
};
export const WRITTEN_TITLES: Readonly<Record<keyof WrittenBytes, string>> = {
  log: 'log',
  pages: 'pages',
  copies: 'copies',
  map: 'page map',
  spilled: 'spilled',
  superblock: 'superblock',
  room: 'room ahead',
};
const text = (key: Uint8Array): string => decodeText(key) ?? toHex(key);

const PURPOSES = {
  get: 'The lookup goes',
  put: 'The put goes',
  delete: 'The delete goes',
  seek: 'The scan goes',
} as const;

/** One sentence for an event, and the pages it is about; undefined for what only moves memory about. */
export function eventInWords(
  event: BTreeEvent,
): { readonly sentence: string; readonly pages: readonly number[] } | undefined {
  switch (event.kind) {
    case 'btree.descended':
      return {
        sentence: `${PURPOSES[event.purpose]} from the root down: ${event.path.map((page) => `page ${page}`).join(', ')}.`,
        pages: event.path,
      };
    case 'btree.leaf_overfull':
      return {
        sentence: `Page ${event.page} has ${event.freeBytes} bytes free; the cell needs ${event.cellBytes} and a slot.`,
        pages: [event.page],
      };
    case 'btree.leaf_split':
      return {
        sentence: `${event.moved} cells of page ${event.left} go to the new page ${event.right}.`,
        pages: [event.left, event.right],
      };
    case 'btree.inner_split':
      return {
        sentence: `Page ${event.left} splits: \`${text(event.separator)}\` goes up, ${event.rightCells.length} separators go to page ${event.right}.`,
        pages: [event.left, event.right],
      };
    case 'btree.separator_inserted':
      return {
        sentence: `\`${text(event.separator)}\` is ${event.from === 'leaf' ? 'copied' : 'moved'} up into page ${event.page}, before page ${event.child}.`,
        pages: [event.page, event.child],
      };
    case 'btree.root_grown':
      return { sentence: `Page ${event.root} is the new root: the tree is ${event.height} high.`, pages: [event.root] };
    default:
      return otherInWords(event);
  }
}

function otherInWords(event: BTreeEvent): { readonly sentence: string; readonly pages: readonly number[] } | undefined {
  switch (event.kind) {
    case 'btree.cell_inserted':
      return { sentence: `\`${text(event.key)}\` is in page ${event.page}.`, pages: [event.page] };
    case 'btree.cell_replaced':
      return { sentence: `A cell of page ${event.page} has a new value.`, pages: [event.page] };
    case 'btree.cell_removed':
      return { sentence: `A cell of page ${event.page} is gone.`, pages: [event.page] };
    case 'btree.page_underfull':
      return {
        sentence: `Page ${event.page} has ${event.usedBytes} bytes left, less than ${event.underflowBytes}: it looks at its neighbours.`,
        pages: [event.page],
      };
    case 'btree.leaf_merged':
      return {
        sentence: `The ${event.moved} cells of page ${event.from} join page ${event.into}.`,
        pages: [event.into, event.from],
      };
    case 'btree.leaf_borrowed':
      return {
        sentence: `Page ${event.page} gets ${event.count} ${event.count === 1 ? 'cell' : 'cells'} from page ${event.from}.`,
        pages: [event.page, event.from],
      };
    case 'btree.separator_removed':
      return { sentence: `A separator of page ${event.page} is taken out.`, pages: [event.page] };
    case 'btree.separator_replaced':
      return {
        sentence: `A separator of page ${event.page} is \`${text(event.separator)}\` now.`,
        pages: [event.page],
      };
    case 'btree.root_shrunk':
      return { sentence: `Page ${event.root} is the root now: the tree is ${event.height} high.`, pages: [event.root] };
    case 'btree.page_freed':
      return { sentence: `Page ${event.page} is free.`, pages: [event.page] };
    case 'btree.page_dirtied':
      return { sentence: `Page ${event.page} is dirty.`, pages: [event.page] };
    case 'btree.page_allocated':
      return { sentence: `Page ${event.page} is new.`, pages: [event.page] };
    case 'btree.page_read':
      return { sentence: `Page ${event.page} is read from the files.`, pages: [event.page] };
    case 'btree.page_written':
      return { sentence: `Page ${event.page} is written to a new place.`, pages: [event.page] };
    case 'btree.map_page_written':
      return { sentence: `A map page of level ${event.level} is written.`, pages: [] };
    case 'btree.checkpoint_flushed':
      return {
        sentence: `${event.pages} pages of the tree and ${event.mapPages} of the map are flushed; a superblock may name them.`,
        pages: [],
      };
    default:
      return undefined;
  }
}
