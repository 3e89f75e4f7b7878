/**
 * The superblock: where everything else is found. Two slots in sectors of their own; little-endian.
 *
 *     slot 0 at byte 0, slot 1 at byte 4096, each 512 bytes:
 *
 *     0      4          12        14        16          32      40         48       52      56        60
 *     +------+----------+---------+---------+-----------+-------+----------+--------+-------+---------+--
 *     | crc  | magic    | version | readable| store id  | epoch | log bytes| extent | align | flags   | ..
 *     | u32  | 8 bytes  | u16     | by u16  | 16 bytes  | u64   | u64      | u32    | u32   | u32     |
 *     +------+----------+---------+---------+-----------+-------+----------+--------+-------+---------+--
 *     60             68         76      80        88          96        100       228     230          232     236       244    512
 *     --+------------+----------+-------+---------+-----------+---------+---------+-------+------------+-------+---------+------+
 *       | checkpoint | redo     | redo  | guard   | durable   | root    | root    | index | page       | page  | durable | zero |
 *       | lsn u64    | pos u64  | link  | pos u64 | lsn u64   | length  | 128 B   | u16   | protection | bytes | pos u64 |      |
 *       |            |          |       |         |           |         |         |       | u16        | u32   |         |      |
 *     --+------------+----------+-------+---------+-----------+---------+---------+-------+------------+-------+---------+------+
 *
 * `index` 0 is the map in memory; a slot that has it is of version 1, and has zeros from 228 on. `index` 1 is a B-tree,
 * of version 2: its page protection (a place in `PAGE_PROTECTIONS`) and the length of its pages. `durable pos` is 0 but
 * where that protection is images in the log. `index` 2 is an LSM tree, of version 3. It has no pages; the fields of
 * theirs say what of a key its filters are built on:
 *
 *     228     230            232          236
 *     +-------+--------------+------------+-----------+
 *     | index | prefix rule  | bytes cut  | zero      |      rule 0: the whole key, `bytes cut` is 0
 *     | = 2   | u16          | off u32    |           |      rule 1: all but its last bytes, so many of them
 *     +-------+--------------+------------+-----------+
 *
 * crc32c over bytes 4 to 512. Those three, the place of the slots, the checksum over the whole slot and the magic,
 * stay the same in every later version, so that this code can say "too new" of a store it must not touch.
 *
 *   P1  Of two valid slots the one with the higher epoch counts. A new epoch is written to the slot that does not hold
 *       the current one, flushed, then to the other, flushed: at every instant one valid slot is on disk.
 *   P2  The log is reused only after both slots name the new redo point; so whichever slot survives damage, the log
 *       it asks for is there. A store that opens with unequal slots makes them equal before it takes a commit.
 *   P3  `durable lsn`: a flush had covered it when the slot was written. A log that ends before it is damaged. So is one
 *       that ends before `durable pos`: images of pages have no LSN of their own.
 *   P4  `flags` bit 0 marks a store whose formatting has begun and not ended. Formatting writes the mark to slot 1,
 *       alone, while the other files are empty; then the log; then slot 0, then slot 1. So a crash in between leaves
 *       slot 0 invalid and either the mark, or nothing but empty files: never anything that somebody stored.
 *   P5  `flags` bit 1 says that the log is in doubt: a flush of it failed, so what reads show of it may be in the cache
 *       alone, and no later flush can be believed to change that. Whoever opens such a store takes a checkpoint first,
 *       and starts the log anew behind it. The mark is written and not flushed: it has to live as long as the cache.
 *   P7  `flags` bit 2 says that the log was cut off: the store was compacted and closed, everything is in its checkpoint,
 *       and the log file may have any length. Whoever opens it fills the log with zeros again, flushes that, and takes
 *       the mark away, before it commits anything. Both slots have the mark before the log gets shorter.
 *   P8  `flags` bit 3 says that the store keeps versions: the records of its index are those of `mvcc/version_key.ts`, while
 *       the log holds batches as in any other store. It is set when the store is made and stays.
 *   P6  At most one slot is un-flushed at any time, over any number of openings: where a flush fails, the next write goes
 *       to the slot that it left in doubt, or to none.
 */
import { assert } from '../base/assert';
import { getU64, isAllZero, putU64, toHex, viewOf } from '../base/bytes';
import { crc32c } from '../base/checksum';
import { logPosition, lsn, type LogPosition, type Lsn } from '../base/ids';
import { ROOT_BYTES_MAX } from '../base/ordered_index';
import { PAGE_PROTECTIONS } from '../btree';
import { WHOLE_KEY, type FilterPrefixRule } from '../lsm';
import type { FormatOptions } from './types';

export const SLOT_BYTES = 512;
export const SLOT_OFFSETS = [0, 4096] as const;
export const FORMAT_VERSION = 3;
export const STORE_ID_BYTES = 16;
const MAGIC_BYTES = new Uint8Array([0x46, 0x41, 0x55, 0x4c, 0x54, 0x4c, 0x4e, 0x45]); // "FAULTLNE"

const CRC = 0;
const MAGIC = 4;
const VERSION = 12;
const READABLE_BY = 14;
const STORE_ID = 16;
const EPOCH = 32;
const LOG_BYTES = 40;
const EXTENT_BYTES = 48;
const ALIGN = 52;
const FLAGS = 56;
const FORMATTING = 1;
const LOG_IN_DOUBT = 2;
const LOG_CUT = 4;
const VERSIONS = 8;
const FLAGS_KNOWN = FORMATTING | LOG_IN_DOUBT | LOG_CUT | VERSIONS;
const CHECKPOINT_LSN = 60;
const REDO_POSITION = 68;
const REDO_LINK = 76;
const GUARD_POSITION = 80;
const DURABLE_LSN = 88;
const ROOT_LENGTH = 96;
const ROOT = 100;
const INDEX = 228;
const PROTECTION = 230;
const PAGE_BYTES = 232;
const DURABLE_POSITION = 236;
const INDEX_BTREE = 1;
const INDEX_LSM = 2;
const PREFIX_RULE = PROTECTION;
const PREFIX_CUT = PAGE_BYTES;

export interface Superblock {
  readonly storeId: Uint8Array;
  readonly epoch: number;
  readonly format: FormatOptions;
  /** Everything up to it is in the checkpoint. */
  readonly checkpointLsn: Lsn;
  /** Where the log goes on from there. */
  readonly redoPosition: LogPosition;
  /** Salt of the group before the redo point. */
  readonly redoLink: number;
  /** Start of that group; the redo point itself if there is none. */
  readonly guardPosition: LogPosition;
  readonly durableLsn: Lsn;
  /** The same as a position in the log (P3). Absent: nobody says. */
  readonly durablePosition?: LogPosition | undefined;
  /** P5. */
  readonly logInDoubt: boolean;
  /** P7. Absent: no. */
  readonly isLogCut?: boolean;
  /** The index's own: at most `ROOT_BYTES_MAX`. Empty before the first checkpoint. */
  readonly root: Uint8Array;
}

export type SlotProblem = 'empty' | 'not_ours' | 'too_new' | 'damaged' | 'formatting';
export type SlotContents =
  { readonly ok: true; readonly superblock: Superblock } | { readonly ok: false; readonly problem: SlotProblem };

/** `isFormatting` sets the mark (P4). */
export function encodeSlot(superblock: Superblock, isFormatting = false): Uint8Array {
  assert(superblock.root.length <= ROOT_BYTES_MAX, 'a root fits into its field');
  const bytes = new Uint8Array(SLOT_BYTES);
  const view = viewOf(bytes);
  bytes.set(MAGIC_BYTES, MAGIC);
  const { lsm, tree } = superblock.format;
  const version = lsm ? 3 : tree ? 2 : 1;
  view.setUint16(VERSION, version, true);
  view.setUint16(READABLE_BY, version, true);
  bytes.set(superblock.storeId, STORE_ID);
  putU64(view, EPOCH, superblock.epoch);
  putU64(view, LOG_BYTES, superblock.format.logBytes);
  view.setUint32(EXTENT_BYTES, superblock.format.extentBytes, true);
  view.setUint32(ALIGN, superblock.format.groupAlignBytes, true);
  view.setUint32(FLAGS, flagsOf(superblock, isFormatting), true);
  putU64(view, CHECKPOINT_LSN, superblock.checkpointLsn);
  putU64(view, REDO_POSITION, superblock.redoPosition);
  view.setUint32(REDO_LINK, superblock.redoLink, true);
  putU64(view, GUARD_POSITION, superblock.guardPosition);
  putU64(view, DURABLE_LSN, superblock.durableLsn);
  view.setUint32(ROOT_LENGTH, superblock.root.length, true);
  bytes.set(superblock.root, ROOT);
  if (tree) {
    view.setUint16(INDEX, INDEX_BTREE, true);
    view.setUint16(PROTECTION, PAGE_PROTECTIONS.indexOf(tree.protection), true);
    view.setUint32(PAGE_BYTES, tree.pageBytes, true);
    putU64(view, DURABLE_POSITION, superblock.durablePosition ?? 0);
  }
  if (lsm) {
    view.setUint16(INDEX, INDEX_LSM, true);
    putPrefixRule(view, lsm.filterPrefix);
  }
  view.setUint32(CRC, crc32c(bytes, MAGIC), true);
  return bytes;
}

function putPrefixRule(view: DataView, rule: FilterPrefixRule): void {
  if (rule.kind === 'whole_key') return;
  view.setUint16(PREFIX_RULE, 1, true);
  view.setUint32(PREFIX_CUT, rule.bytes, true);
}

/** Undefined for a rule that only a later version knows. */
function getPrefixRule(view: DataView): FilterPrefixRule | undefined {
  const bytes = view.getUint32(PREFIX_CUT, true);
  switch (view.getUint16(PREFIX_RULE, true)) {
    case 0:
      return bytes === 0 ? WHOLE_KEY : undefined;
    case 1:
      return bytes > 0 ? { kind: 'all_but_last', bytes } : undefined;
    default:
      return undefined;
  }
}

/** What the slot says of its index; undefined for what only a later version knows. */
function indexFormat(view: DataView): Pick<FormatOptions, 'lsm' | 'tree'> | undefined {
  const index = view.getUint16(INDEX, true);
  if (index === INDEX_LSM) {
    const filterPrefix = getPrefixRule(view);
    return filterPrefix && { lsm: { filterPrefix } };
  }
  const protection = PAGE_PROTECTIONS[view.getUint16(PROTECTION, true)];
  if (index > INDEX_LSM || protection === undefined) return undefined;
  return index === INDEX_BTREE ? { tree: { pageBytes: view.getUint32(PAGE_BYTES, true), protection } } : {};
}

function flagsOf({ format, isLogCut, logInDoubt }: Superblock, isFormatting: boolean): number {
  return (
    (isFormatting ? FORMATTING : 0) |
    (logInDoubt ? LOG_IN_DOUBT : 0) |
    (isLogCut === true ? LOG_CUT : 0) |
    (format.versions === true ? VERSIONS : 0)
  );
}

/** Reads one slot. With `verify` off (a protection) whatever stands there is taken at its word. */
export function decodeSlot(bytes: Uint8Array, verify: boolean): SlotContents {
  if (bytes.length < SLOT_BYTES || isAllZero(bytes)) return { ok: false, problem: 'empty' };
  const view = viewOf(bytes);
  const hasMagic = toHex(bytes.subarray(MAGIC, MAGIC + MAGIC_BYTES.length)) === toHex(MAGIC_BYTES);
  const checksumHolds = crc32c(bytes, MAGIC, SLOT_BYTES) === view.getUint32(CRC, true);
  if (!hasMagic) return { ok: false, problem: 'not_ours' };
  if (!checksumHolds && verify) return { ok: false, problem: 'damaged' };
  const flags = view.getUint32(FLAGS, true);
  if (view.getUint16(READABLE_BY, true) > FORMAT_VERSION || (flags & ~FLAGS_KNOWN) !== 0) {
    return { ok: false, problem: 'too_new' };
  }
  if ((flags & FORMATTING) !== 0) return { ok: false, problem: 'formatting' };
  const index = indexFormat(view);
  if (index === undefined) return { ok: false, problem: 'too_new' };
  const align = view.getUint32(ALIGN, true);
  const rootLength = view.getUint32(ROOT_LENGTH, true);
  const durablePosition = getU64(view, DURABLE_POSITION);
  const superblock: Superblock = {
    storeId: bytes.slice(STORE_ID, STORE_ID + STORE_ID_BYTES),
    epoch: getU64(view, EPOCH),
    format: {
      logBytes: getU64(view, LOG_BYTES),
      extentBytes: view.getUint32(EXTENT_BYTES, true),
      groupAlignBytes: align === 4096 ? 4096 : 512,
      ...index,
      ...((flags & VERSIONS) !== 0 && { versions: true }),
    },
    checkpointLsn: lsn(getU64(view, CHECKPOINT_LSN)),
    redoPosition: logPosition(getU64(view, REDO_POSITION)),
    redoLink: view.getUint32(REDO_LINK, true),
    guardPosition: logPosition(getU64(view, GUARD_POSITION)),
    durableLsn: lsn(getU64(view, DURABLE_LSN)),
    ...(durablePosition > 0 && { durablePosition: logPosition(durablePosition) }),
    logInDoubt: (flags & LOG_IN_DOUBT) !== 0,
    ...((flags & LOG_CUT) !== 0 && { isLogCut: true }),
    root: bytes.slice(ROOT, ROOT + Math.min(rootLength, ROOT_BYTES_MAX)),
  };
  const numbers = superblock.epoch + superblock.format.logBytes + superblock.checkpointLsn + superblock.redoPosition;
  if (Number.isNaN(numbers + superblock.guardPosition + superblock.durableLsn + durablePosition))
    return { ok: false, problem: 'damaged' };
  return { ok: true, superblock };
}

/** The seed that group headers and checkpoint blocks of this store start their checksums from. */
export function storeSeed(storeId: Uint8Array): number {
  return crc32c(storeId);
}

export interface SlotField {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

/** Field by field, for people: name, offset in the slot, length. */
const SLOT_FIELDS: readonly SlotField[] = [
  { name: 'checksum', offset: CRC, length: 4 },
  { name: 'magic', offset: MAGIC, length: 8 },
  { name: 'format version', offset: VERSION, length: 2 },
  { name: 'readable by version', offset: READABLE_BY, length: 2 },
  { name: 'store id', offset: STORE_ID, length: 16 },
  { name: 'epoch', offset: EPOCH, length: 8 },
  { name: 'log bytes', offset: LOG_BYTES, length: 8 },
  { name: 'extent bytes', offset: EXTENT_BYTES, length: 4 },
  { name: 'group alignment', offset: ALIGN, length: 4 },
  { name: 'flags', offset: FLAGS, length: 4 },
  { name: 'checkpoint LSN', offset: CHECKPOINT_LSN, length: 8 },
  { name: 'redo position', offset: REDO_POSITION, length: 8 },
  { name: 'redo link', offset: REDO_LINK, length: 4 },
  { name: 'guard position', offset: GUARD_POSITION, length: 8 },
  { name: 'durable LSN', offset: DURABLE_LSN, length: 8 },
  { name: 'root length', offset: ROOT_LENGTH, length: 4 },
  { name: 'root', offset: ROOT, length: ROOT_BYTES_MAX },
  { name: 'index', offset: INDEX, length: 2 },
  { name: 'page protection', offset: PROTECTION, length: 2 },
  { name: 'page bytes', offset: PAGE_BYTES, length: 4 },
  { name: 'durable position', offset: DURABLE_POSITION, length: 8 },
];
/** The same bytes mean something else where the index is an LSM tree: its root as `lsm/manifest_root.ts` draws it. */
const OF_LSM: Readonly<Record<string, readonly SlotField[]>> = {
  root: [
    { name: 'head of manifest area 0', offset: ROOT, length: 4 },
    { name: 'head of manifest area 1', offset: ROOT + 4, length: 4 },
    { name: 'edit that has to be there', offset: ROOT + 8, length: 8 },
    { name: 'rest of the root', offset: ROOT + 16, length: ROOT_BYTES_MAX - 16 },
  ],
  'page protection': [{ name: 'prefix rule', offset: PREFIX_RULE, length: 2 }],
  'page bytes': [{ name: 'bytes cut off for filters', offset: PREFIX_CUT, length: 4 }],
};

export const slotFieldsOf = ({ lsm }: Pick<FormatOptions, 'lsm'>): readonly SlotField[] =>
  lsm ? SLOT_FIELDS.flatMap((field) => OF_LSM[field.name] ?? [field]) : SLOT_FIELDS;
