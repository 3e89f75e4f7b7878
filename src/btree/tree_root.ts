/**
 * What the superblock keeps of a tree: where its page map starts, and what the tree was at the checkpoint. Little-endian.
 *
 *     0        4       8       9        10     12        16      20      24     32      40           48        52      56
 *     +--------+-------+-------+--------+------+---------+-------+-------+------+-------+------------+---------+-------+
 *     | map    | map   | map   | tree   | flags| map     | root  | page  | lsn  | keys  | user bytes | copies  | copies|
 *     |extent+1| crc   | depth | height |      | entries | page  | bytes | u64  | u64   | u64        | extent+1| crc   |
 *     | u32    | u32   | u8    | u8     | u16  | u32     | u32   | u32   |      |       |            | u32     | u32   |
 *     +--------+-------+-------+--------+------+---------+-------+-------+------+-------+------------+---------+-------+
 *
 * `map` is the topmost map page (`page_map.ts`); `copies` the directory of the double-write area (`double_write.ts`),
 * 0 if there is none. `flags` bit 0: a damaged page kept something from being put right (`mend.ts`); bit 1: images of
 * pages stand in the log behind the redo point (`log_images.ts`).
 */
import { getU64, putU64, viewOf } from '../base/bytes';
import { extentId, lsn, pageId, type Lsn, type PageId } from '../base/ids';
import type { PagePlace } from './page_map';

const MAP = 0;
const DEPTH = 8;
const HEIGHT = 9;
const FLAGS = 10;
const NEEDS_MENDING = 1;
const HAS_IMAGES = 2;
const ENTRIES = 12;
const ROOT = 16;
const PAGE_BYTES = 20;
const LSN = 24;
const KEYS = 32;
const USER_BYTES = 40;
const COPIES = 48;
export const TREE_ROOT_BYTES = 56;

export interface TreeRoot {
  readonly map: PagePlace;
  readonly mapDepth: number;
  /** One more than the highest page number. */
  readonly mapEntries: number;
  readonly root: PageId;
  readonly height: number;
  readonly pageBytes: number;
  readonly lsn: Lsn;
  readonly keys: number;
  readonly userBytes: number;
  readonly needsMending: boolean;
  readonly copies: PagePlace | undefined;
  /** Absent: no. */
  readonly hasImages?: boolean;
}

export function encodeTreeRoot(root: TreeRoot): Uint8Array {
  const bytes = new Uint8Array(TREE_ROOT_BYTES);
  const view = viewOf(bytes);
  putPlace(view, MAP, root.map);
  bytes[DEPTH] = root.mapDepth;
  bytes[HEIGHT] = root.height;
  view.setUint16(FLAGS, (root.needsMending ? NEEDS_MENDING : 0) | (root.hasImages === true ? HAS_IMAGES : 0), true);
  view.setUint32(ENTRIES, root.mapEntries, true);
  view.setUint32(ROOT, root.root, true);
  view.setUint32(PAGE_BYTES, root.pageBytes, true);
  putU64(view, LSN, root.lsn);
  putU64(view, KEYS, root.keys);
  putU64(view, USER_BYTES, root.userBytes);
  putPlace(view, COPIES, root.copies);
  return bytes;
}

/** Undefined for what no tree wrote. */
export function decodeTreeRoot(bytes: Uint8Array): TreeRoot | undefined {
  if (bytes.length !== TREE_ROOT_BYTES) return undefined;
  const view = viewOf(bytes);
  const map = getPlace(view, MAP);
  if (!map) return undefined;
  return {
    map,
    mapDepth: bytes[DEPTH]!,
    mapEntries: view.getUint32(ENTRIES, true),
    root: pageId(view.getUint32(ROOT, true)),
    height: bytes[HEIGHT]!,
    needsMending: (view.getUint16(FLAGS, true) & NEEDS_MENDING) !== 0,
    pageBytes: view.getUint32(PAGE_BYTES, true),
    lsn: lsn(getU64(view, LSN)),
    keys: getU64(view, KEYS),
    userBytes: getU64(view, USER_BYTES),
    copies: getPlace(view, COPIES),
    ...((view.getUint16(FLAGS, true) & HAS_IMAGES) !== 0 && { hasImages: true }),
  };
}

/**
 * The same root, once every page is durable in its own place: nobody needs copies or images any more. Undefined if that
 * is what it says already.
 */
export function settled(bytes: Uint8Array): Uint8Array | undefined {
  const root = decodeTreeRoot(bytes);
  if (root?.copies === undefined && root?.hasImages !== true) return undefined;
  return encodeTreeRoot({ ...root, copies: undefined, hasImages: false });
}

function putPlace(view: DataView, at: number, place: PagePlace | undefined): void {
  view.setUint32(at, place ? place.extent + 1 : 0, true);
  view.setUint32(at + 4, place?.crc ?? 0, true);
}

function getPlace(view: DataView, at: number): PagePlace | undefined {
  const extent = view.getUint32(at, true);
  return extent === 0 ? undefined : { extent: extentId(extent - 1), crc: view.getUint32(at + 4, true) };
}
