/**
 * Recovery: the normal way to open.
 *
 *     1  superblock   read both slots, take the valid one with the higher epoch                      (P1)
 *     2  checkpoint   read the index it names; every block verified before anything is served; of a tree with images of
 *                     its pages in the log, those are looked for first: step 4 needs whole pages
 *     3  guard        the last group before the redo point must still be there, or something newer
 *     4  log          read on from the redo point, applying each commit; stop at the first that does not fit. An LSM tree
 *                     may have durably what the superblock does not know of yet (R1): that is passed over
 *     5  verdict      an end that nobody was promised is a result; a hole in what was promised is an error
 *     6  flush        what this opening showed must not vanish in a later power cut
 *     7  slots        make both equal, and durable, before the first commit                          (P2); only then pages
 *                     that a checkpoint was writing over are put back: the older root may need what is there
 *     8  doubt        if a flush of the log had failed, or the index has more than the log, take a checkpoint (in
 *                     `Store.open`)                                                                  (P5, R1)
 *
 *   R1  The manifest of an LSM tree is durable before the superblock that names its newest edit. A crash in between leaves
 *       an index that is ahead of the superblock; one that a failed flush of the log came before, even an index that is
 *       ahead of the log, which then starts anew behind it.
 *
 * Damage in steps 2 to 5 ends the opening with an error, unless it is for salvage: then what was read before the damage
 * is kept, the next step is taken all the same, and the store that comes of it only reads. Each entry it serves is as
 * it was at the last commit it found; some are missing.
 *
 * Steps 1 to 5 change nothing but extents that are free, where a tree puts pages that memory has no room for; a slot that
 * may be in the cache alone is flushed before, since the root of the older one may need those. 6 and 7 change nothing
 * that a second recovery would see differently: recovering twice gives the same state, and so does a crash anywhere in
 * between (ARIES calls this repeating history; with redo alone, applying a commit again to a freshly loaded checkpoint
 * is all there is to it).
 */
import { logPosition, lsn, type Lsn } from '../base/ids';
import type { Operation } from '../base/ordered_index';
import { Slab } from '../base/slab';
import { ExtentAllocator } from '../storage/extent_allocator';
import type { FileSet } from '../storage/file';
import {
  alignUp,
  decodeGroupHeader,
  GROUP_HEADER_BYTES,
  scanLog,
  type LogGeometry,
  type RedoPoint,
  type ScanOptions,
  type ScanResult,
} from '../storage/log_region';
import { MergeGarbage } from '../mvcc';
import { WriteAheadLog } from '../wal';
import { decodeBatch } from './batch_codec';
import type { StoreTrace } from './events';
import { completeFormat, fillWithZeros, formatStore, isUnformatted } from './format';
import { ImageLog } from './image_log';
import { summarize } from './limits';
import type { OpenOptions } from './open_options';
import { logDamage, logLengthDamage, readableLog, untouchedFiles } from './salvage';
import { openIndex, type StoreIndex } from './store_index';
import { recordsOf } from './store_versions';
import { storeSeed, type Superblock } from './superblock';
import { SuperblockFile } from './superblock_file';
import { POOL_BYTES } from './tuning';
import { ALL_PROTECTIONS, type FormatOptions, type RecoveryReport } from './types';

/** A store brought back: its parts, and what was done to get there. */
export interface Recovered {
  readonly superblocks: SuperblockFile;
  readonly superblock: Superblock;
  readonly allocator: ExtentAllocator;
  readonly index: StoreIndex;
  /** The files as the index has them, without a trace. */
  readonly unwatchedFiles: FileSet;
  readonly log: WriteAheadLog;
  readonly images: ImageLog;
  /** Of an LSM tree with versions. */
  readonly garbage: MergeGarbage | undefined;
  /** The log is of no more use: everything has to be in the data files before the first commit. */
  readonly leavesLogBehind: boolean;
  readonly geometry: LogGeometry;
  readonly report: RecoveryReport;
}

export function recover(options: OpenOptions): Recovered {
  const { clock, files, random } = options;
  const trace = options.trace ?? null;
  const protections = options.protections ?? ALL_PROTECTIONS;
  const startedAt = clock?.now() ?? 0;

  const superblocks = new SuperblockFile(files.superblock, protections, trace);
  const isSalvage = options.salvage === true;
  const opened = withLog(openSuperblock(options, superblocks, trace), superblocks, files, isSalvage);
  const { superblock } = opened;
  const geometry: LogGeometry = {
    logBytes: superblock.format.logBytes,
    alignBytes: protections.alignedGroups ? superblock.format.groupAlignBytes : 1,
    storeSeed: storeSeed(superblock.storeId),
  };
  const lengthDamage = superblock.isLogCut === true ? undefined : logLengthDamage(files.log, geometry);
  if (lengthDamage && !isSalvage) throw lengthDamage;

  // What is free under the root in force may be all that the older one has, if a power cut brings it back.
  if (superblock.format.tree && opened.otherSlot !== 'same' && !isSalvage) superblocks.flush(superblock);
  const readable = { ...files, log: readableLog(files.log, geometry) };
  const redo: RedoPoint = {
    position: superblock.redoPosition,
    lsn: lsn(superblock.checkpointLsn + 1),
    link: superblock.redoLink,
  };
  const scanOptions: ScanOptions = {
    verifyChecksums: protections.logChecksum,
    verifyLinks: protections.logSalt,
    durableLsn: superblock.durableLsn,
    durablePosition: superblock.durablePosition,
  };
  const images = new ImageLog({
    file: readable.log,
    geometry,
    redo,
    scan: scanOptions,
  });
  const isLookedAt = isSalvage && (superblock.format.tree ?? superblock.format.lsm) !== undefined;
  const quiet = options.unwatchedFiles ?? files;
  const untouched = isLookedAt ? untouchedFiles(files, quiet) : undefined;
  const indexFiles = untouched?.files ?? files;
  const allocator = new ExtentAllocator(indexFiles, superblock.format.extentBytes, trace);
  const { lsm, versions } = superblock.format;
  const garbage = lsm && versions === true ? new MergeGarbage() : undefined;
  const index = openIndex({
    root: superblock.root,
    format: superblock.format,
    allocator,
    storeSeed: geometry.storeSeed,
    random,
    protections,
    tuning: options.tuning ?? {},
    poolBytes: options.tuning?.poolBytes ?? POOL_BYTES,
    unwatchedFiles: isSalvage ? undefined : options.unwatchedFiles,
    log: images,
    flushLog: () => images.flushLog(),
    trace,
    garbage,
    salvageLsn: isSalvage ? superblock.checkpointLsn : undefined,
  });
  trace?.emit({
    kind: 'store.checkpoint_loaded',
    lsn: superblock.checkpointLsn,
    keys: index.stats().keys,
    extents: index.liveExtents,
  });
  const checkpointKeys = index.keysAbout ?? index.stats().keys;

  const replay = replayLog(readable, geometry, redo, superblock, scanOptions, index, trace);
  const { scan } = replay;
  const scanDamage = scan.end === 'damaged' ? logDamage(scan, geometry) : undefined;
  if (scanDamage && !isSalvage) throw scanDamage;
  const damage = lengthDamage ?? index.damage ?? scanDamage;
  if (!damage && (indexFiles !== files || superblock.isLogCut === true)) return recover({ ...options, salvage: false }); // Nothing is damaged: it may write.
  if (!damage) {
    // A group without one whole record counts too: what is written next links to it, and it may become the guard. And
    // where there is none, that may be so in the cache alone: what was wiped there must not come back with the next cut.
    if (!opened.formatted) flushLog(files, superblocks, superblock);
    if (opened.otherSlot !== 'same' && protections.twoSuperblockSlots) {
      superblocks.makeEqual(opened.slot, superblock);
    } else if (!opened.formatted) {
      superblocks.flush(superblock);
    }
    index.finishOpening?.();
  }

  // The index may have what the log has lost: its flush was the last thing that reached the disk.
  const lastLsn = lsn(Math.max(scan.lastLsn, index.durableLsn));
  const log = new WriteAheadLog({
    file: files.log,
    geometry,
    start: {
      position: scan.position,
      nextLsn: lsn(lastLsn + 1),
      link: scan.link,
      redoPosition: redo.position,
      guardPosition: superblock.guardPosition,
      lastGroup: scan.lastGroup ?? (superblock.guardPosition < redo.position ? superblock.guardPosition : undefined),
    },
    random,
    trace,
    protections,
  });
  const report: RecoveryReport = {
    formatted: opened.formatted,
    slot: opened.slot,
    otherSlot: opened.otherSlot,
    checkpointLsn: superblock.checkpointLsn,
    checkpointKeys,
    recordsScanned: replay.records,
    recordsApplied: replay.records - replay.skipped,
    recordsSkipped: replay.skipped,
    logBytesScanned: scan.position - redo.position,
    lastLsn,
    end: damage ? 'damaged' : scan.end,
    reason: damage === scanDamage ? scan.reason : damage!.message,
    position: scan.position,
    ticks: (clock?.now() ?? 0) - startedAt,
    ...(damage && { damage: damage.toPlain() }),
  };
  const leavesLogBehind = superblock.logInDoubt || lastLsn > scan.lastLsn;
  const unwatchedFiles = untouched?.unwatched ?? quiet;
  return {
    ...{ superblocks, superblock, allocator, index, unwatchedFiles, log, images, garbage },
    ...{ leavesLogBehind, geometry, report },
  };
}

interface OpenedSuperblock {
  readonly superblock: Superblock;
  readonly slot: 0 | 1;
  readonly otherSlot: 'same' | 'older' | 'damaged';
  readonly formatted: boolean;
}

/** Step 1; a new store is made where none was ever finished. */
function openSuperblock(options: OpenOptions, superblocks: SuperblockFile, trace: StoreTrace | null): OpenedSuperblock {
  const { files, format, random } = options;
  if (isUnformatted(files, superblocks.read())) {
    const superblock = formatStore(files, superblocks, completeFormat(format), random, trace);
    return { superblock, slot: 0, otherSlot: 'same', formatted: true };
  }
  return { ...superblocks.choose(), formatted: false };
}

/** P7: a log that was cut off is whole again before anything is written to it; for salvage it is read as it is. */
function withLog(
  opened: OpenedSuperblock,
  superblocks: SuperblockFile,
  files: FileSet,
  isSalvage: boolean,
): OpenedSuperblock {
  const { otherSlot, slot, superblock } = opened;
  if (superblock.isLogCut !== true || isSalvage) return opened;
  // What was read may be in the cache alone: one slot is durable before the other is touched (P6).
  if (otherSlot === 'same') superblocks.flush(superblock);
  else superblocks.makeEqual(slot, superblock);
  const logFile = files.log;
  if (logFile.size() > superblock.format.logBytes) logFile.truncate(superblock.format.logBytes);
  fillWithZeros(logFile, superblock.format.logBytes);
  const next = { ...superblock, epoch: superblock.epoch + 1, isLogCut: false };
  for (const each of superblocks.writeOrder) superblocks.replace(each, next);
  return { ...opened, superblock: next, otherSlot: 'same' };
}

/** Steps 3 to 5. */
function replayLog(
  files: FileSet,
  geometry: LogGeometry,
  redo: RedoPoint,
  superblock: Superblock,
  options: ScanOptions,
  index: StoreIndex,
  trace: StoreTrace | null,
): { scan: ScanResult; records: number; skipped: number } {
  const slab = new Slab();
  let records = 0;
  let skipped = 0;
  trace?.emit({ kind: 'wal.scan_started', position: redo.position, expectedLsn: redo.lsn });
  let scan = scanLog(files.log, geometry, redo, options, {
    group({ bytes, firstLsn, position, salt }) {
      trace?.emit({
        kind: 'wal.group_scanned',
        position,
        bytes: alignUp(bytes, geometry.alignBytes),
        firstLsn,
        salt,
      });
    },
    record(record, position) {
      records++;
      const { bytes } = record;
      if (record.lsn <= index.durableLsn) {
        skipped++;
        trace?.emit({ kind: 'wal.record_scanned', lsn: record.lsn, position, bytes, verdict: 'skip' });
        return;
      }
      const batch = decodeBatch(record.payload, slab);
      trace?.emit({ kind: 'wal.record_scanned', lsn: record.lsn, position, bytes, verdict: 'redo' });
      applyAgain(index, batch, record.lsn, superblock.format, trace);
    },
  });
  if (scan.end !== 'damaged' && records === 0 && !guardHolds(files, geometry, superblock)) {
    scan = {
      ...scan,
      end: 'damaged',
      reason: 'the log is older than the superblock: the group before the redo point is gone',
    };
  }
  trace?.emit({
    kind: 'wal.scan_ended',
    position: scan.position,
    lastLsn: scan.lastLsn,
    end: scan.end,
    reason: scan.reason,
  });
  return { scan, records, skipped };
}

function applyAgain(
  index: StoreIndex,
  batch: Operation[],
  at: Lsn,
  format: FormatOptions,
  trace: StoreTrace | null,
): void {
  index.apply(recordsOf(batch, at, format), at);
  trace?.emit({ kind: 'store.commit_replayed', lsn: at, keys: index.stats().keys, operations: batch.map(summarize) });
}

/** Step 3: the group that was last when the superblock was written. Nothing after it may have replaced it unseen. */
export function guardHolds(files: FileSet, geometry: LogGeometry, superblock: Superblock): boolean {
  const { guardPosition, redoLink, redoPosition } = superblock;
  if (guardPosition === redoPosition) return true;
  const logFile = files.log;
  const bytes = new Uint8Array(GROUP_HEADER_BYTES);
  const at = guardPosition % geometry.logBytes;
  const untilEnd = Math.min(GROUP_HEADER_BYTES, geometry.logBytes - at);
  logFile.read(at, bytes.subarray(0, untilEnd));
  if (untilEnd < GROUP_HEADER_BYTES) logFile.read(0, bytes.subarray(untilEnd));
  const header = decodeGroupHeader(bytes, 0, geometry.storeSeed, true);
  return typeof header !== 'string' && header.position === logPosition(guardPosition) && header.salt === redoLink;
}

function flushLog(files: FileSet, superblocks: SuperblockFile, superblock: Superblock): void {
  const logFile = files.log;
  try {
    logFile.flush();
  } catch (error) {
    superblocks.noteLogInDoubt(superblock);
    throw error;
  }
}
