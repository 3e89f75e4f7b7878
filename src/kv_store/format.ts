/** Making a new store in four empty files, and telling an unfinished one from a damaged one. */
import { isAllZero, toHex } from '../base/bytes';
import { EngineError } from '../base/errors';
import { logPosition, lsn } from '../base/ids';
import type { Random } from '../base/runtime';
import type { TraceSink } from '../base/trace';
import { assertWholeWrite, SECTOR_BYTES, type FileSet, type StorageFile } from '../storage/file';
import type { StoreEvent } from './events';
import { STORE_ID_BYTES, type Superblock } from './superblock';
import type { SuperblockFile } from './superblock_file';
import type { FormatOptions } from './types';

/** 16 MiB of log: measured in `notes/perf.md`; small enough to read back in a blink. */
export const DEFAULT_FORMAT: FormatOptions = Object.freeze({
  logBytes: 16 * 1024 * 1024,
  extentBytes: 64 * 1024,
  groupAlignBytes: 512,
});

const LOG_BYTES_MIN = 8 * 1024;
const EXTENT_BYTES_MAX = 64 * 1024;
const ZEROS_BYTES = 64 * 1024;

/** Fills in defaults; throws `option_invalid` for what no store can have. */
export function completeFormat(options: Partial<FormatOptions> = {}): FormatOptions {
  const format = { ...DEFAULT_FORMAT, ...options };
  const { extentBytes, groupAlignBytes, logBytes } = format;
  const refuse = (problem: string): never => {
    throw new EngineError('option_invalid', problem);
  };
  if (groupAlignBytes !== 512 && groupAlignBytes !== 4096) refuse('Groups align to 512 or to 4096 bytes.');
  if (
    !Number.isSafeInteger(logBytes) ||
    logBytes % 4096 !== 0 ||
    logBytes < Math.max(LOG_BYTES_MIN, 4 * groupAlignBytes)
  ) {
    refuse('The log is a multiple of 4096 bytes, at least 8 KiB and four groups long.');
  }
  if (
    !Number.isSafeInteger(extentBytes) ||
    extentBytes % SECTOR_BYTES !== 0 ||
    extentBytes < SECTOR_BYTES ||
    extentBytes > EXTENT_BYTES_MAX
  ) {
    refuse('An extent is a multiple of 512 bytes, at most 64 KiB.');
  }
  return format;
}

/**
 * True if no store was ever finished here: formatting writes the superblock last, so a crash in the middle leaves no
 * valid slot, an all-zero log and empty data files, and nothing that anybody stored.
 */
export function isUnformatted(files: FileSet): boolean {
  return files.data_0.size() === 0 && files.data_1.size() === 0 && isZeroFile(files.log);
}

function isZeroFile(file: StorageFile): boolean {
  const chunk = new Uint8Array(ZEROS_BYTES);
  const size = file.size();
  for (let at = 0; at < size; at += chunk.length) {
    const wanted = Math.min(chunk.length, size - at);
    const count = file.read(at, chunk.subarray(0, wanted));
    if (count !== wanted || !isAllZero(chunk, 0, wanted)) return false;
  }
  return true;
}

/** Writes an empty store; returns its superblock. Real zero bytes, not a longer file: length alone reserves nothing. */
export function formatStore(
  files: FileSet,
  superblocks: SuperblockFile,
  format: FormatOptions,
  random: Random,
  trace: TraceSink<StoreEvent> | null,
): Superblock {
  const logFile = files.log;
  const zeros = new Uint8Array(ZEROS_BYTES);
  for (let at = 0; at < format.logBytes; at += zeros.length) {
    const run = zeros.subarray(0, Math.min(zeros.length, format.logBytes - at));
    const count = logFile.write(at, run);
    assertWholeWrite(logFile, at, run.length, count);
  }
  logFile.flush();
  superblocks.format();
  const superblock: Superblock = {
    storeId: drawStoreId(random),
    epoch: 1,
    format,
    checkpointLsn: lsn(0),
    redoPosition: logPosition(0),
    redoLink: 0,
    guardPosition: logPosition(0),
    durableLsn: lsn(0),
    root: new Uint8Array(0),
  };
  for (const slot of [0, 1] as const) superblocks.replace(slot, superblock);
  trace?.emit({ kind: 'store.formatted', storeId: toHex(superblock.storeId), format });
  return superblock;
}

function drawStoreId(random: Random): Uint8Array {
  const id = new Uint8Array(STORE_ID_BYTES);
  const view = new DataView(id.buffer);
  for (let at = 0; at < STORE_ID_BYTES; at += 4) view.setUint32(at, random.next() >>> 0, true);
  return id;
}
