/**
 * Images of pages in the log, found again when the store opens: the full-page writes of PostgreSQL (`full_page_writes`,
 * since 7.1), and InnoDB's doublewrite buffer with the log as the place of the copies.
 *
 *     checkpoint as of X     log  | .. X | X+1 | image of 17 | image of 4 | X+2 | image of 9 |      flush
 *                            slots: root of X                                                       flush, flush
 *                            17, 4 and 9 over their own places                                      flush
 *                                        └── kept until the next checkpoint is durable ──┘
 *
 * A crash while pages are written over tears them, or leaves them what they were: the map then has the checksum of what
 * they should be, and the image in the log is that. An image needs no directory: it is a whole page, which says its own
 * number, and the log keeps everything behind the redo point until nobody needs it.
 *
 * The log is applied again over whole pages only, so images are looked for before it is: a commit that stands before an
 * image in the log may change the very page. What is torn is read from its image until it is back in its place.
 *
 * Here PostgreSQL departs: it writes an image with the first change of a page after a checkpoint, as part of that
 * change's record, and pages go home at any time. Ours go home in a checkpoint only, so that is when images are written:
 * one for each page and checkpoint, whatever happens in between.
 *
 *   B1  An image is of use only if it is what the map in force says: any other is of a checkpoint that was given up, or
 *       of one that is over.
 */
import type { CopiedPage } from './copied_pages';
import type { BTreeOptions } from './options';
import { pageOf, pageProblem } from './page';
import type { PageMap } from './page_map';
import type { Pager } from './pager';
import type { TreeRoot } from './tree_root';

/** Pages that the last checkpoint was writing over with their images in the log; those that are torn are read from there. */
export function findImages(root: TreeRoot, map: PageMap, pager: Pager, options: BTreeOptions): CopiedPage[] {
  const found = new Map<number, CopiedPage>();
  if (root.hasImages !== true) return [];
  options.log?.read((image) => {
    if (image.length !== pager.pageBytes) return;
    const page = pageOf(image);
    const home = pager.exists(page) ? map.place(page) : undefined;
    if (!home || found.has(page)) return;
    if (pageProblem(image, page, pager.storeSeed, home.crc, true) !== undefined) return; // B1
    const isHome = pager.readIfWhole(page, home) !== undefined;
    if (!isHome) pager.readInstead(home.extent, image.slice());
    found.set(page, { page, copy: home, home: home.extent, isHome, from: 'log' });
  });
  return [...found.values()];
}
