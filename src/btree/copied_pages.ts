/**
 * Pages that a checkpoint writes over their own places, of which the same bytes lie somewhere else until that is done: as
 * copies (`double_write.ts`) or as images in the log (`log_images.ts`). An opening finds them, reads by them what is torn,
 * and puts all of them in their places before the first commit.
 *
 *     opening    find ──▶ apply the log, reading copies and images where a page is not whole ──▶ put back, flush
 *     close      every page is in its place, and flushed: the root names no copies and no images any more
 */
import { EngineError } from '../base/errors';
import { pageId, type ExtentId, type PageId } from '../base/ids';
import { decodeCopies } from './double_write';
import type { PageRestored } from './events';
import type { BTreeOptions } from './options';
import { kindOf } from './page';
import type { PageMap, PagePlace } from './page_map';
import type { Pager } from './pager';
import type { TreeRoot } from './tree_root';

/**
 * A page that the last checkpoint copied, and whether it is at home: it may have been torn there, or never written.
 * `copy` is what to read it by; of an image in the log, its home.
 */
export interface CopiedPage {
  readonly page: PageId;
  readonly copy: PagePlace;
  readonly home: ExtentId;
  readonly isHome: boolean;
  readonly from: PageRestored['from'];
}

export interface CopiedPages {
  readonly pages: readonly CopiedPage[];
  /** Where the copies and their directory lie: in use until the next checkpoint has finished. */
  readonly extents: readonly ExtentId[];
}

export const NO_COPIES: CopiedPages = { pages: [], extents: [] };

/**
 * Pages that were written over their own places. Until they are put back (`putCopiesBack`) those that are not at home
 * are read from their copies. A copy that is damaged is of no use, and no harm: the page is home, or reading it says
 * what it lacks.
 */
export function findCopies(root: TreeRoot, map: PageMap, pager: Pager, options: BTreeOptions): CopiedPages {
  const pages: CopiedPage[] = [];
  const extents: ExtentId[] = [];
  const hold = (extent: ExtentId): void => {
    if (!options.allocator.exists(extent) || options.allocator.isUsed(extent)) return;
    options.allocator.markUsed(extent);
    pager.references.add(extent);
    extents.push(extent);
  };
  let number = 0;
  for (let at = root.copies; at; number++) {
    const directory = pager.readIfWhole(pageId(number), at);
    if (!directory || kindOf(directory) !== 'copies') {
      assertNoneMissing(root.copies!, map, pager, options);
      break;
    }
    hold(at.extent);
    const { copies, next } = decodeCopies(directory);
    for (const { extent, page } of copies) {
      hold(extent);
      const home = pager.exists(page) ? map.place(page) : undefined;
      const copy = home && { extent, crc: home.crc };
      if (!copy || !pager.readIfWhole(page, copy)) continue;
      const isHome = pager.readIfWhole(page, home) !== undefined;
      if (!isHome) pager.lookAt(page, copy);
      pages.push({ page, copy, home: home.extent, isHome, from: 'double_write' });
    }
    at = next;
  }
  return { pages, extents };
}

/**
 * Writes every copied page over its own place, and flushes. Also those that are at home already: a flush may have failed
 * that should have made them durable, and what reads show of them be in the cache alone, where a power cut takes it after
 * the copies are gone (Rebello and others 2020, "Can applications recover from fsync failures?"). A store that was closed
 * has had that flush, and says so: its root names none (`settled` in `tree_root.ts`).
 *
 * @throws EngineError page_damaged, read_failed, write_failed, flush_failed
 */
export function putCopiesBack({ pages }: CopiedPages, pager: Pager, { protections, trace }: BTreeOptions): void {
  for (const { copy, from, home, isHome, page } of pages) {
    pager.writer.write([{ extent: home, bytes: pager.readPlace(page, copy) }]);
    if (pager.placeOf(page)?.extent === copy.extent) pager.lookAt(page, { extent: home, crc: copy.crc });
    if (!isHome) trace?.emit({ kind: 'btree.page_restored', page, extent: home, from });
  }
  pager.dropImages();
  if (pages.length > 0 && protections.dataBeforeSuperblock) pager.writer.flush();
}

/**
 * Without the directory nobody knows which pages were being written over. If all are what the map says, none was: else
 * the next checkpoint must not write over the copies, which are still there.
 */
function assertNoneMissing(directory: PagePlace, map: PageMap, pager: Pager, { allocator, isSalvage }: BTreeOptions) {
  if (isSalvage === true) return;
  for (const page of pager.pages()) {
    if (pager.readIfWhole(page, map.place(page)!)) continue;
    const { at, name } = allocator.locate(directory.extent);
    const problem = `Page ${page} is damaged, and so is the list of the copies, of which one may be of it.`;
    throw new EngineError('page_damaged', problem, { file: name, offset: at, page });
  }
}
