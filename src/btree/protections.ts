/** What keeps a tree whole on disk, chosen per store or switched off by the lab. */

/**
 * How a checkpoint makes sure that a crash in the middle of it leaves a whole tree.
 *   copy_on_write  pages go to new places; the superblock then names those (Rodeh 2008; ZFS, btrfs, LMDB)
 *   double_write   copies go to a place of their own, are flushed and named by the superblock; then the pages are written
 *                  over (InnoDB's doublewrite buffer)
 *   none           pages are written over at once: for the lab, to see what it costs
 *   log_images     images go to the log, which is flushed before the superblock; then the pages are written over
 *                  (PostgreSQL's full-page writes)
 */
export type PageProtection = 'copy_on_write' | 'double_write' | 'none' | 'log_images';

/** As a number in the superblock. */
export const PAGE_PROTECTIONS: readonly PageProtection[] = ['copy_on_write', 'double_write', 'none', 'log_images'];

/** On unless the lab or the crash suite switches them off. */
export interface TreeProtections {
  /** Pages and map pages are held against their checksums when read. */
  readonly pageChecksum: boolean;
  /** A write is believed only if the device took every byte. */
  readonly wholeWrites: boolean;
  /** Pages are flushed before a superblock slot names them. */
  readonly dataBeforeSuperblock: boolean;
}
