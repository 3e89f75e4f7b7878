/** Making a new store in four empty files, and telling an unfinished one from a damaged one. */
import { toHex } from '../base/bytes';
import { PAGE_BYTES_MAX, PAGE_BYTES_MIN, PAGE_PROTECTIONS } from '../btree';
import { EngineError } from '../base/errors';
import { logPosition, lsn } from '../base/ids';
import type { Random } from '../base/runtime';
import type { TraceSink } from '../base/trace';
import { TIMESTAMP_BYTES } from '../mvcc';
import { assertWholeWrite, SECTOR_BYTES, type FileSet, type StorageFile } from '../storage/file';
import type { StoreEvent } from './events';
import { STORE_ID_BYTES, type SlotContents, type Superblock } from './superblock';
import type { SuperblockFile } from './superblock_file';
import type { FormatOptions, TreeFormat } from './types';

/** 16 MiB of log: measured in `notes/perf.md`; small enough to read back in a blink. */
export const DEFAULT_FORMAT: FormatOptions = Object.freeze({
  logBytes: 16 * 1024 * 1024,
  extentBytes: 64 * 1024,
  groupAlignBytes: 512,
});

const LOG_BYTES_MIN = 8 * 1024;
const EXTENT_BYTES_MAX = 64 * 1024;
/** A version at the end of a key: a byte says how long it is. */
const PREFIX_CUT_MAX = 255;
/** What of a version goes into the filters of an LSM tree: all but its number. */
const VERSION_PREFIX = Object.freeze({ kind: 'all_but_last', bytes: TIMESTAMP_BYTES } as const);
const ZEROS_BYTES = 64 * 1024;

/** Fills in defaults; throws `option_invalid` for what no store can have. */
export function completeFormat(options: Partial<FormatOptions> = {}): FormatOptions {
  const given = { ...DEFAULT_FORMAT, ...options };
  // An extent holds a page; where a page is shorter than a sector, it has the sector to itself.
  const format = given.tree
    ? { ...given, extentBytes: Math.max(SECTOR_BYTES, given.tree.pageBytes) }
    : withPrefix(given);
  const { extentBytes, groupAlignBytes, logBytes } = format;
  const refuse = (problem: string): never => {
    throw new EngineError('option_invalid', problem);
  };
  if (![512, 4096].includes(groupAlignBytes)) refuse('Groups align to 512 or to 4096 bytes.');
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
  if (format.tree) checkTreeFormat(format.tree, refuse);
  if (format.lsm) checkLsmFormat(format, refuse);
  return format;
}

/** Filters over versions are asked for all versions of a key at once; who left the rule to the store gets that one. */
function withPrefix(given: FormatOptions): FormatOptions {
  if (given.versions !== true || given.lsm?.filterPrefix.kind !== 'whole_key') return given;
  return { ...given, lsm: { filterPrefix: VERSION_PREFIX } };
}

function checkTreeFormat({ pageBytes, protection }: TreeFormat, refuse: (problem: string) => never): void {
  if (!(pageBytes >= PAGE_BYTES_MIN && pageBytes <= PAGE_BYTES_MAX) || Math.log2(pageBytes) % 1 !== 0) {
    refuse('A page is a power of two, 256 bytes to 64 KiB.');
  }
  if (!PAGE_PROTECTIONS.includes(protection)) refuse(`There is no page protection called ${protection}.`);
}

function checkLsmFormat({ lsm, tree, versions }: FormatOptions, refuse: (problem: string) => never): void {
  if (tree) refuse('A store has one index: a B-tree or an LSM tree.');
  const rule = lsm!.filterPrefix;
  if (rule.kind === 'whole_key') return;
  if (versions === true && rule.bytes !== VERSION_PREFIX.bytes)
    refuse(`The versions of a key differ in its last ${VERSION_PREFIX.bytes} bytes: filters leave out just these.`);
  if (!Number.isSafeInteger(rule.bytes) || rule.bytes < 1 || rule.bytes > PREFIX_CUT_MAX)
    refuse(`A filter prefix leaves out 1 to ${PREFIX_CUT_MAX} bytes of a key, or none at all.`);
}

/** True if no store was ever finished here (P4): the mark says so, or there is nothing at all but an empty slot 0. */
export function isUnformatted(files: FileSet, [first, second]: readonly [SlotContents, SlotContents]): boolean {
  if (first.ok || second.ok || first.problem === 'too_new' || second.problem === 'too_new') return false;
  if (second.problem === 'formatting') return true;
  const isEmpty = files.log.size() === 0 && files.data_0.size() === 0 && files.data_1.size() === 0;
  return isEmpty && first.problem === 'empty';
}

/**
 * Writes an empty store, in the order of P4; returns its superblock. The log gets real zero bytes, not only a length,
 * which would reserve nothing.
 */
export function formatStore(
  files: FileSet,
  superblocks: SuperblockFile,
  format: FormatOptions,
  random: Random,
  trace: TraceSink<StoreEvent> | null,
): Superblock {
  const superblock: Superblock = {
    storeId: drawStoreId(random),
    epoch: 1,
    format,
    checkpointLsn: lsn(0),
    redoPosition: logPosition(0),
    redoLink: 0,
    guardPosition: logPosition(0),
    durableLsn: lsn(0),
    logInDoubt: false,
    root: new Uint8Array(0),
  };
  superblocks.markFormatting(superblock);
  for (const name of ['log', 'data_0', 'data_1'] as const) emptyFile(files[name]);
  fillWithZeros(files.log, format.logBytes);
  for (const slot of [0, 1] as const) superblocks.replace(slot, superblock);
  trace?.emit({ kind: 'store.formatted', storeId: toHex(superblock.storeId), format });
  return superblock;
}

/** What a formatting that was cut short left: its length would count as extents. */
function emptyFile(file: StorageFile): void {
  if (file.size() > 0) file.truncate(0);
}

/** Real zero bytes, flushed: a length alone reserves nothing. */
export function fillWithZeros(logFile: StorageFile, length: number): void {
  const zeros = new Uint8Array(ZEROS_BYTES);
  for (let at = 0; at < length; at += zeros.length) {
    const run = zeros.subarray(0, Math.min(zeros.length, length - at));
    const count = logFile.write(at, run);
    assertWholeWrite(logFile, at, run.length, count);
  }
  logFile.flush();
}

function drawStoreId(random: Random): Uint8Array {
  const id = new Uint8Array(STORE_ID_BYTES);
  const view = new DataView(id.buffer);
  for (let at = 0; at < STORE_ID_BYTES; at += 4) view.setUint32(at, random.next() >>> 0, true);
  return id;
}
