/** The protections in plain words, and where a run without one of them first went another way. */
import type { FormatOptions, Protections } from '../kv_store/types';
import type { TraceRecord } from '../protocol/trace';
import { resultInWords } from './result_words';

export const PROTECTION_WORDS: Readonly<Record<keyof Protections, string>> = {
  flushBeforeAcknowledge: 'the flush before “yes”',
  logChecksum: 'checksums in the log',
  logSalt: 'a new salt for each life of the log',
  alignedGroups: 'a sector of its own for each group',
  wholeWrites: 'the check that a write took every byte',
  poisonOnFailedFlush: 'the stop after a failed flush',
  dataBeforeSuperblock: 'data flushed before the superblock',
  twoSuperblockSlots: 'the second superblock slot',
  superblockBeforeReuse: 'the superblock flushed before the log is reused',
  checkpointChecksum: 'checksums of checkpoints',
  pageProtection: 'the protection of pages against a half-done checkpoint',
  imagesBeforeSuperblock: 'images of pages flushed before the superblock',
  tablesBeforeManifest: 'tables flushed before the manifest names them',
  manifestBeforeReuse: 'the manifest flushed before old tables are given away',
  tombstonesToTheBottom: 'the marks of deleted keys, kept as long as something older lies below',
  validateWrites: 'the conflict check at a commit',
  trackReads: 'the list of keys that a serializable transaction has read',
  trackRanges: 'the list of ranges that it has scanned',
  snapshotReads: 'reads as of the snapshot',
  hideUncommitted: 'the wall between a transaction and what others have not committed',
  ownWrites: 'reads of one’s own writes',
  publishInLogOrder: 'publishing in the order of the log',
  wholeCommits: 'publishing a commit as a whole',
  keepVersionAtWatermark: 'the newest version at the watermark, which vacuum leaves alone',
};
/** Those that do something for a store of this format: a map has no pages, the log only some trees' images, and few have versions. */
export function protectionsOf({
  lsm,
  tree,
  versions,
}: Pick<Partial<FormatOptions>, 'lsm' | 'tree' | 'versions'>): readonly (keyof Protections)[] {
  const all = Object.keys(PROTECTION_WORDS) as (keyof Protections)[];
  return all.filter((name) => {
    switch (name) {
      case 'imagesBeforeSuperblock':
        return tree?.protection === 'log_images';
      case 'pageProtection':
        return tree !== undefined;
      case 'tablesBeforeManifest':
      case 'manifestBeforeReuse':
        return lsm !== undefined;
      case 'tombstonesToTheBottom':
        return lsm !== undefined && versions !== true; // There a version says that its key is deleted.
      case 'validateWrites':
      case 'trackReads':
      case 'trackRanges':
      case 'snapshotReads':
      case 'hideUncommitted':
      case 'ownWrites':
      case 'publishInLogOrder':
      case 'wholeCommits':
      case 'keepVersionAtWatermark':
        return versions === true;
      default:
        return true;
    }
  });
}

/** The first record, as a place in the second run, at which the two tell different things; undefined: none. */
export function firstDifference(one: readonly TraceRecord[], other: readonly TraceRecord[]): number | undefined {
  for (let i = 0; i < other.length; i++) {
    if (one[i] === undefined || told(one[i]!) !== told(other[i]!)) return i;
  }
  return one.length > other.length ? Math.max(0, other.length - 1) : undefined;
}

/** What a reader would notice of a record: what it is, what it is about, and how a command ended. */
function told({ event }: TraceRecord): string {
  switch (event.kind) {
    case 'host.command_finished':
      return `${event.kind} ${resultInWords(event.result)}`;
    case 'storage.file_written':
    case 'storage.file_flushed':
      return `${event.kind} ${event.file} ${event.result}`;
    case 'lsm.entry_merged':
      return `${event.kind} ${event.outcome}`;
    case 'mvcc.transaction_begun':
      return `${event.kind} ${event.ahead?.length ?? 0}`;
    case 'mvcc.version_read':
      return `${event.kind} ${event.found} ${event.lsn ?? ''} ${event.stray !== undefined}`;
    case 'store.key_read':
      return `${event.kind} ${event.found}`;
    default:
      return event.kind;
  }
}
