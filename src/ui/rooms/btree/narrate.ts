/** Each step in one plain sentence: what happened to which page, and what it means. */
import type { BTreeEvent } from '../../../btree';
import type { StoreEvent } from '../../../kv_store/events';
import type { TraceRecord } from '../../../protocol/trace';
import { fileSentence } from '../common_sentences';
import { heldWords } from './damage';
import { bodyIn } from './fold_pages';
import type { TreeView } from './model';
import { SLOT_BYTES } from './page_body';
import { bytesText, digits, keyText, percent, plural } from '../../marks/units';

export function narrate(record: TraceRecord, before: TreeView, after: TreeView): string {
  const { event } = record;
  if (event.kind.startsWith('btree.')) return treeSentence(event as BTreeEvent, before, after);
  if (event.kind.startsWith('store.')) return storeSentence(event as StoreEvent, after);
  switch (event.kind) {
    case 'wal.record_buffered':
      return `Commit ${event.lsn} becomes a record of ${event.bytes} bytes in the log: the tree is changed in memory only, and the log can repeat it.`;
    case 'wal.group_written':
      if (event.unnumbered !== undefined)
        return `${plural(event.unnumbered, 'image')} of pages in one write of ${bytesText(event.bytes)} to the log: what a torn page would be put right by.`;
      return `The log record is handed to the file, ${bytesText(event.bytes)}; no page is written for it.`;
    case 'wal.group_flushed':
      return 'The log is flushed: the change is durable, although every page it touched is in memory only.';
    case 'wal.record_scanned':
      return `Recovery finds record ${event.lsn} in the log${event.verdict === 'redo' ? ': it is applied to the tree again' : ', which the checkpoint already holds'}.`;
    case 'wal.scan_ended':
      return `The log ends here: ${event.reason}.`;
    case 'storage.file_written':
    case 'storage.file_flushed':
    case 'storage.file_read':
      return fileSentence(event);
    case 'storage.extents_counted':
      return `${event.file} has ${plural(event.extents, 'extent')} now: each has room for one page.`;
    case 'host.command_started':
      return `The script asks: ${event.text}`;
    case 'host.crashed':
      return 'The process ends: pool and dirty pages are gone, and the tree is what the last superblock names, with the log for the rest.';
    case 'host.power_cut':
      return powerCutSentence(event.items.map(({ fate }) => fate));
    case 'host.byte_flipped':
      return `Behind the store’s back a bit of ${event.file} is flipped at byte ${digits(event.at)}, ${placeWords(event.file, event.at, after)}.`;
    case 'storage.file_truncated':
      return event.file.startsWith('data_')
        ? `${event.file} is cut to ${bytesText(event.size)}: behind that, nothing was in use.`
        : `${event.file} is ${bytesText(event.size)} long now.`;
    case 'host.narrated':
    case 'host.fault_armed':
      return 'text' in event ? event.text : event.sentence;
    case 'host.store_opened':
      return event.recovery.formatted
        ? 'The store is open: the tree is one empty leaf, which is its root.'
        : `The store is open: ${plural(event.recovery.recordsApplied, 'record')} of the log were applied again.`;
    case 'host.protection_switched':
      return `${event.protection} is switched ${event.on ? 'on' : 'off'}, from the next opening on.`;
    default:
      return '';
  }
}

const powerCutSentence = (fates: readonly string[]): string => {
  const count = (fate: string): number => fates.filter((one) => one === fate).length;
  return `The power goes: of ${plural(fates.length, 'pending sector')}, ${count('kept')} reached the disk, ${count('lost')} did not, ${count('torn')} did in part.`;
};

/** What lies where a bit was flipped, and who would notice. */
function placeWords(file: string, at: number, view: TreeView): string {
  const parity = file === 'data_0' ? 0 : file === 'data_1' ? 1 : undefined;
  if (parity === undefined || view.extentBytes === 0) return 'and nobody has noticed yet';
  const extent = view.extents.get(2 * Math.floor(at / view.extentBytes) + parity);
  if (!extent || extent.state === 'free' || extent.flips.length === 0) return 'where nothing lies that anybody reads';
  const what = extent.holds === 'page' ? `in page ${extent.page}` : `in extent ${extent.extent}`;
  const isInMemory = extent.holds === 'page' && (view.pages.get(extent.page)?.frame ?? -1) >= 0;
  return isInMemory
    ? `${what}; readers find that page in memory and notice nothing, a scrub would`
    : `${what}; nobody has noticed yet`;
}

function treeSentence(event: BTreeEvent, before: TreeView, after: TreeView): string {
  switch (event.kind) {
    case 'btree.descended': {
      const purpose = { get: 'To look up', put: 'To insert', delete: 'To delete', seek: 'To scan from' }[event.purpose];
      const way = event.path.join(' → ');
      return event.path.length === 1
        ? `${purpose} ${keyText(event.key)}, there is one page to look at: the root is a leaf.`
        : `${purpose} ${keyText(event.key)}, the way goes down by comparing separators: page ${way}, ${event.path.length} pages.`;
    }
    case 'btree.cell_inserted':
      return `${keyText(event.key)} goes into page ${event.page} as slot ${event.slot}: a cell of ${event.cellBytes} bytes at the free end, and only slots move.`;
    case 'btree.cell_replaced':
      return `The value in page ${event.page}, slot ${event.slot}, is written over: it is as long as before.`;
    case 'btree.cell_removed': {
      const cell = bodyIn(before, event.page).cells[event.slot];
      return `${cell ? keyText(cell.key) : 'A cell'} leaves page ${event.page}: its slot is closed, its bytes become a hole.`;
    }
    case 'btree.leaf_overfull':
      return `Page ${event.page} has ${event.freeBytes} bytes free and the cell needs ${event.cellBytes + SLOT_BYTES}: the page must split.`;
    case 'btree.leaf_split':
      return event.why === 'append'
        ? `Keys arrive in ascending order, so page ${event.left} stays full and page ${event.right} begins with the new key.`
        : `${plural(event.moved, 'cell')} move as a block from page ${event.left} to page ${event.right}, and the links of the leaves go through both.`;
    case 'btree.inner_split':
      return `Inner page ${event.left} splits too: what lies behind ${keyText(event.separator)} goes to page ${event.right}, and ${keyText(event.separator)} itself moves up.`;
    case 'btree.separator_inserted':
      return event.from === 'leaf'
        ? `${keyText(event.separator)} is copied up into page ${event.page}: from there on, keys are in page ${event.child}; the leaf keeps its key.`
        : `${keyText(event.separator)} arrives in page ${event.page}: moved, not copied, since an inner page only guides.`;
    case 'btree.root_grown':
      return `The root was full, so a new root, page ${event.root}, stands above it: the tree is ${event.height} levels high, and all leaves stay equally deep.`;
    case 'btree.page_underfull':
      return `Page ${event.page} has ${event.usedBytes} bytes in it, less than the ${event.underflowBytes} of a third: it looks at its neighbours (${neighbours(event)}).`;
    case 'btree.leaf_borrowed':
      return event.count === 0
        ? `Page ${event.page} could take nothing from page ${event.from} that would make it better.`
        : `${plural(event.count, 'cell')} come over from page ${event.from}: the two are about equally full now.`;
    case 'btree.inner_borrowed':
      return `Inner pages ${event.left} and ${event.right} share their separators anew, through their parent.`;
    case 'btree.separator_replaced':
      return `The boundary between the two has moved, so their separator in page ${event.page} becomes ${keyText(event.separator)}.`;
    case 'btree.leaf_merged':
      return `All of page ${event.from} fits into page ${event.into}: ${plural(event.moved, 'cell')} slide over, and the links pass it by.`;
    case 'btree.inner_merged':
      return `The separator comes down, and the children of page ${event.from} join those of page ${event.into}.`;
    case 'btree.separator_removed':
      return `Page ${event.page} forgets the separator of the page that is gone.`;
    case 'btree.root_shrunk':
      return `The root had one child left, so page ${event.root} is the root now: the tree is ${plural(event.height, 'level')} high.`;
    case 'btree.overflow_written':
      return `The value of ${digits(event.bytes)} bytes is too long for a leaf: it lies in ${plural(event.pages.length, 'overflow page')}, and the cell only points there.`;
    case 'btree.overflow_freed':
      return `${plural(event.pages.length, 'overflow page')} of the old value are free.`;
    case 'btree.page_allocated':
      return `Page ${event.page} is new: an empty ${event.pageKind} page in frame ${event.frame}, without a place on disk.`;
    case 'btree.page_freed':
      return `Page ${event.page} is free: its number and its frame may be used again.`;
    case 'btree.page_read':
      return `Page ${event.page} is not in the pool and is read from extent ${event.extent}, checksum and all.`;
    case 'btree.page_referenced':
      return `Page ${event.page} is asked for again: its bit is set, and the clock will pass it by once.`;
    case 'btree.victim_chosen':
      return `A frame is needed. The hand clears ${plural(event.cleared.length, 'bit')} and takes page ${event.page}, which nobody asked for since it last came by${event.isDirty ? '; it is dirty and must be written first' : ''}.`;
    case 'btree.page_pinned':
      return `Page ${event.page} is pinned: until the operation is through with it, it keeps its frame, and the hand passes it by.`;
    case 'btree.pages_unpinned':
      return `${event.pages.length === 1 ? 'Page' : 'Pages'} ${event.pages.join(' and ')} may leave memory again: the pins are gone.`;
    case 'btree.damage_found':
      if (!event.isNewest)
        return `The superblock in force names an older self of page ${event.page} in extent ${event.extent}, and it is not there any more: ${event.problem}. A crash now would lose it.`;
      return `What lies in extent ${event.extent} is not page ${event.page} as it was written: ${event.problem}. Lost with it: ${heldWords(after, event.page)}. Everything else can be read.`;
    case 'btree.map_damage_found':
      return `Page ${event.number} of level ${event.level} of the page map is damaged: ${event.problem}. Nobody knows where the pages lie that it named.`;
    case 'btree.tree_scrubbed':
      return scrubSentence(event, after);
    case 'btree.leaf_relinked':
      return `Page ${event.page} could not be read when its left neighbour changed; now it links to page ${event.left}.`;
    case 'btree.tree_mended':
      return `Every page can be read again, so what damage had kept from being done is done: ${plural(event.freed.length, 'page')} given back, ${plural(event.relinked.length, 'link')} put right.`;
    case 'btree.page_evicted':
      return `Page ${event.page} leaves memory; the file has it.`;
    case 'btree.page_spilled':
      return `Dirty page ${event.page} goes to extent ${event.extent}, which no superblock names: a crash would simply forget it.`;
    case 'btree.page_dirtied':
      return `Page ${event.page} is about to change: from here on its newest state is in memory only.`;
    default:
      return checkpointSentence(event);
  }
}

function scrubSentence(
  { damaged, pagesRead }: Extract<BTreeEvent, { kind: 'btree.tree_scrubbed' }>,
  view: TreeView,
): string {
  const read = `A scrub has read all ${plural(pagesRead, 'durable page')} from the files, past the pool`;
  if (damaged.length === 0) return `${read}: all are as they were written.`;
  const [first] = damaged;
  const more = damaged.length > 1 ? `, and ${plural(damaged.length - 1, 'more')}` : '';
  return `${read}: page ${first!.page} is damaged (${heldWords(view, first!.page)})${more}. No reader had to run into it.`;
}

const neighbours = ({
  left,
  right,
}: {
  readonly left: number | undefined;
  readonly right: number | undefined;
}): string =>
  [left === undefined ? '' : `left ${left} B`, right === undefined ? '' : `right ${right} B`]
    .filter(Boolean)
    .join(', ') || 'none';

function checkpointSentence(event: BTreeEvent): string {
  switch (event.kind) {
    case 'btree.former_page_spilled':
      return `What page ${event.page} was before is still needed, and memory has no room for it: it goes to extent ${event.extent}, until whoever sees it is done.`;
    case 'btree.rebuild_started':
      return `The tree is built anew: entries come in key order and fill one page after the other, up to ${percent(event.fillShare)}. The old tree stays whole beside it.`;
    case 'btree.page_built':
      return builtSentence(event);
    case 'btree.rebuild_abandoned':
      return 'The new pages are given back: the tree is what it was.';
    case 'btree.tree_rebuilt':
      return `The ${plural(event.pages, 'new page')} are the tree from here on, page ${event.root} its root, ${plural(event.height, 'level')} high. The old pages are freed; the next checkpoint makes it durable.`;
    case 'btree.page_written':
      return event.where === 'new_place'
        ? `Page ${event.page} is written to extent ${event.extent}, which nothing in force uses: the old one stays whole.`
        : event.where === 'double_write'
          ? `A copy of page ${event.page} goes to extent ${event.extent} first: should the page be torn later, recovery has it.`
          : `Page ${event.page} is written over its own place, extent ${event.extent}.`;
    case 'btree.page_logged':
      return `An image of page ${event.page} goes to the log first: should the page be torn later, in extent ${event.extent}, recovery has it.`;
    case 'btree.map_changed':
      return `Every page of the checkpoint is written; the page map for the next superblock says where they lie now.`;
    case 'btree.map_page_written':
      return `Map page ${event.number} of level ${event.level} goes to extent ${event.extent}: it says where pages lie, with their checksums.`;
    case 'btree.copies_listed':
      return `Extent ${event.extent} gets the list of the copies, ${digits(event.copies)} of them: with it recovery finds them again.`;
    case 'btree.checkpoint_flushed':
      return `${plural(event.pages, 'page')} and ${plural(event.mapPages, 'map page')} are durable, but no superblock names them yet.`;
    case 'btree.page_restored':
      return `Page ${event.page} was not whole in its place: it is put right from its ${event.from === 'log' ? 'image in the log' : 'copy'}.`;
    case 'btree.tree_opened':
      return `A tree with pages of ${bytesText(event.pageBytes)} opens, protected by ${PROTECTION_WORDS[event.protection]}; the pool has ${plural(event.frames, 'frame')}.`;
    case 'btree.map_loaded':
      return `The page map is read: ${plural(event.pages, 'page')}, the root is page ${event.root}. No page itself is read before somebody needs it.`;
    default:
      return '';
  }
}

function builtSentence({ content, page }: Extract<BTreeEvent, { kind: 'btree.page_built' }>): string {
  return content.kind === 'inner'
    ? `Page ${page} stands above ${plural(content.cells.length + 1, 'of them', 'of them')}, with the shortest separators that tell them apart.`
    : `Page ${page} has all that it gets: ${plural(content.cells.length, 'key')}, ${plural(content.freeBytes, 'byte')} free.`;
}

export const PROTECTION_WORDS = {
  copy_on_write: 'copy on write',
  double_write: 'double write',
  none: 'nothing',
  log_images: 'images in the log',
} as const;

function storeSentence(event: StoreEvent, after: TreeView): string {
  switch (event.kind) {
    case 'store.commit_submitted':
      return `${event.operations.map(({ key, kind }) => `${kind} ${keyText(key)}`).join(', ')}: commit ${event.lsn} is logged before any page is changed.`;
    case 'store.commit_applied':
      return `Commit ${event.lsn} is in the tree: readers see it. ${plural(after.dirtyCount, 'page')} differ from the files.`;
    case 'store.commit_acknowledged':
      return `The client is told: commit ${event.lsn} is safe, by the log alone.`;
    case 'store.commit_rejected':
      return `The client is told that commit ${event.lsn} failed (${event.code}).`;
    case 'store.key_read':
      return `${keyText(event.key)} is ${event.found ? 'found' : 'not there'}.`;
    case 'store.checkpoint_started':
      return `A checkpoint begins: ${plural(after.dirtyCount, 'dirty page')} as they are now will be written to the data files.`;
    case 'store.superblock_written':
      return `Superblock slot ${'AB'[event.slot]} is written: it names the new root of the map, and with it every page.`;
    case 'store.superblock_flushed':
      return `Slot ${'AB'[event.slot]} is durable.`;
    case 'store.checkpoint_finished':
      return `The checkpoint is finished: what only the old one needed, ${plural(event.freed.length, 'extent')}, is free, and the log may be reused.`;
    case 'store.checkpoint_abandoned':
      return `The checkpoint is given up (${event.code}): the old one stays in force, and the log has everything since.`;
    case 'store.formatted':
      return event.format.tree
        ? `A new store with a tree: pages of ${bytesText(event.format.tree.pageBytes)}, protected by ${PROTECTION_WORDS[event.format.tree.protection]}.`
        : 'A new store, whose index is a map in memory: there is no tree in it.';
    case 'store.superblock_read':
      return event.valid
        ? `Superblock slot ${'AB'[event.slot]} checks out: epoch ${event.epoch}.`
        : `Superblock slot ${'AB'[event.slot]} does not count: ${event.reason.replaceAll('_', ' ')}.`;
    case 'store.commit_replayed':
      return `Commit ${event.lsn} is applied again from the log: the tree comes to the same, page by page.`;
    case 'store.recovered':
      return event.report.end === 'damaged'
        ? `Recovery ends at damage: ${event.report.reason}. The store only reads.`
        : 'Recovery is done: the tree is as it was promised.';
    case 'store.poisoned':
      return `The store takes no more commits (${event.code}) until it is opened again.`;
    case 'store.closed':
      return 'The store is closed.';
    default:
      return '';
  }
}
