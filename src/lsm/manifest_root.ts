/**
 * What the superblock keeps of an LSM tree. Little-endian.
 *
 *     0         4         8        16
 *     +---------+---------+--------+
 *     | head 0  | head 1  | edit   |       the first extent of each area of the manifest, and the number of the
 *     | u32     | u32     | u64    |       edit that has to be found there
 *     +---------+---------+--------+
 *
 * The heads stay where they are for the store's whole life: an area that needs more room says itself where the rest of it
 * lies. So the manifest may grow and move without the superblock, and any superblock of the store finds it.
 */
import { getU64, putU64, viewOf } from '../base/bytes';
import { extentId, type ExtentId } from '../base/ids';

const HEADS = [0, 4] as const;
const EDIT = 8;
export const MANIFEST_ROOT_BYTES = 16;

export interface ManifestRoot {
  readonly heads: readonly [ExtentId, ExtentId];
  readonly edit: number;
}

/** For rooms: where the manifest stands, in memory. */
export interface ManifestDescription {
  /** The first extents of both areas; undefined before a new tree has taken them. */
  readonly heads: readonly [ExtentId, ExtentId] | undefined;
  /** The area in force; undefined before the first edit. */
  readonly inForce:
    | {
        readonly area: 0 | 1;
        readonly epoch: number;
        /** Its head first. */
        readonly extents: readonly ExtentId[];
        /** What of it has records. */
        readonly bytes: number;
      }
    | undefined;
  /** The last edit in it. */
  readonly edit: number;
}

export function encodeManifestRoot({ edit, heads }: ManifestRoot): Uint8Array {
  const bytes = new Uint8Array(MANIFEST_ROOT_BYTES);
  const view = viewOf(bytes);
  view.setUint32(HEADS[0], heads[0], true);
  view.setUint32(HEADS[1], heads[1], true);
  putU64(view, EDIT, edit);
  return bytes;
}

/** Undefined for what no LSM tree wrote. */
export function decodeManifestRoot(bytes: Uint8Array): ManifestRoot | undefined {
  if (bytes.length !== MANIFEST_ROOT_BYTES) return undefined;
  const view = viewOf(bytes);
  const heads = [extentId(view.getUint32(HEADS[0], true)), extentId(view.getUint32(HEADS[1], true))] as const;
  const edit = getU64(view, EDIT);
  return heads[0] !== heads[1] && edit > 0 ? { heads, edit } : undefined;
}
