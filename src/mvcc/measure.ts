/**
 * What versions cost: a walk over all records that says which bytes are live, which are garbage, and which old versions
 * somebody keeps. Reads everything; for reports and pictures.
 */
import type { Lsn } from '../base/ids';
import type { OrderedIndex } from '../base/ordered_index';
import { commitOf, isOfPrefix, isTombstone, prefixOf } from './version_key';

export interface VersionMeasure {
  /** Keys with any version, deleted ones too as long as their tombstone is there. */
  readonly keys: number;
  readonly versions: number;
  /** Of the newest version of each key: what there would be without versions; tombstones are not counted. */
  readonly liveBytes: number;
  /** Of older versions, and tombstones, that no snapshot in use can read. */
  readonly garbageBytes: number;
  /**
   * Of older versions that are kept, for each snapshot in use: what could go once this one has ended, and all that are older
   * than it. In the order of the snapshots.
   */
  readonly heldBytes: readonly number[];
  /** Of the longest chain. */
  readonly versionsMax: number;
}

/** @param inUse snapshots in use, oldest first; @param watermark the first of them, or what is published */
export function measureVersions(
  index: Pick<OrderedIndex, 'cursor'>,
  inUse: readonly Lsn[],
  watermark: Lsn,
): VersionMeasure {
  const measure = {
    keys: 0,
    versions: 0,
    liveBytes: 0,
    garbageBytes: 0,
    heldBytes: inUse.map(() => 0),
    versionsMax: 0,
  };
  const cursor = index.cursor({}, false);
  let prefix: Uint8Array | undefined;
  /** Of the version before this one in the chain: from then on this one is read by nobody new. */
  let replacedAt: Lsn | undefined;
  let length = 0;
  try {
    for (let record = cursor.next(); record; record = cursor.next()) {
      const bytes = record.key.length + record.value.length;
      const isNewest = !prefix || !isOfPrefix(record.key, prefix);
      if (isNewest) {
        measure.keys++;
        prefix = prefixOf(record.key);
        replacedAt = undefined;
        length = 0;
      }
      measure.versions++;
      measure.versionsMax = Math.max(measure.versionsMax, ++length);
      // A tombstone reads as nothing: it is garbage as soon as nobody can look behind it, from its own commit on.
      const deadFrom = isTombstone(record.value) ? commitOf(record.key) : replacedAt;
      replacedAt = commitOf(record.key);
      if (deadFrom === undefined) measure.liveBytes += bytes;
      else if (deadFrom <= watermark) measure.garbageBytes += bytes;
      else measure.heldBytes[lastBelow(inUse, deadFrom)]! += bytes;
    }
  } finally {
    cursor.close();
  }
  return measure;
}

/** The place of the newest snapshot that is older than the commit; there is one, or it would be at or below the watermark. */
function lastBelow(inUse: readonly Lsn[], commit: Lsn): number {
  return inUse.findLastIndex((snapshot) => snapshot < commit);
}
