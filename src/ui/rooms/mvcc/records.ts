/**
 * Records of versions, as an index has them: `mvcc/version_key.ts` draws their keys, and a test holds the two equal; the page
 * knows their bytes here and nowhere else. And where such a record lies, in a store over a tree: what the room of the B-tree knows of its pages.
 */
import { compareBytes, toHex } from '../../../base/bytes';
import type { TreeView } from '../btree/model';
import type { VersionView } from './model';

const TIMESTAMP_BYTES = 8;
const TERMINATOR = [0, 1] as const;
const ESCAPED_ZERO = 0xff;
const TAG_BYTES = 1;
const ALL_ONES = 0xffffffff;

/** Keys in selections are hexadecimal. */
export const fromHex = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

/** Bytes of the key of the record. */
function recordKeyBytes(key: Uint8Array): number {
  let bytes = key.length + TERMINATOR.length + TIMESTAMP_BYTES;
  for (const byte of key) if (byte === 0) bytes++;
  return bytes;
}

/** Bytes of the record, key and value: of a tombstone there is the tag alone. */
export const recordBytes = ({
  isTombstone,
  key,
  valueBytes,
}: Pick<VersionView, 'isTombstone' | 'key' | 'valueBytes'>): number =>
  recordKeyBytes(key) + TAG_BYTES + (isTombstone ? 0 : valueBytes);

/** The key of the record: the user's, its end, and the number of the commit turned round. */
export function recordKeyOf(key: Uint8Array, lsn: number): Uint8Array {
  const record = new Uint8Array(recordKeyBytes(key));
  const bytes = Array.from(key).flatMap((byte) => (byte === 0 ? [byte, ESCAPED_ZERO] : [byte]));
  record.set([...bytes, ...TERMINATOR]);
  const number = new DataView(record.buffer, record.length - TIMESTAMP_BYTES);
  number.setUint32(0, ALL_ONES - Math.floor(lsn / 2 ** 32));
  number.setUint32(4, ALL_ONES - (lsn >>> 0));
  return record;
}

/** Undefined where a key is that of no version. */
export function versionOfRecord(
  record: Uint8Array,
): { readonly key: Uint8Array; readonly keyHex: string; readonly lsn: number } | undefined {
  const end = record.length - TIMESTAMP_BYTES - TERMINATOR.length;
  if (end < 0 || record[end] !== TERMINATOR[0] || record[end + 1] !== TERMINATOR[1]) return undefined;
  const bytes: number[] = [];
  for (let at = 0; at < end; at++) {
    bytes.push(record[at]!);
    if (record[at] === 0 && record[++at] !== ESCAPED_ZERO) return undefined;
  }
  const number = new DataView(record.buffer, record.byteOffset + end + TERMINATOR.length);
  const lsn = (ALL_ONES - number.getUint32(0)) * 2 ** 32 + (ALL_ONES - number.getUint32(4));
  const key = Uint8Array.from(bytes);
  return { key, keyHex: toHex(key), lsn };
}

export interface RecordPage {
  readonly page: number;
  readonly slot: number;
  readonly isInMemory: boolean;
}

/** The leaf that has the record, as far as this run has seen the tree. */
export function pageOf({ pages }: TreeView, key: Uint8Array, lsn: number): RecordPage | undefined {
  const record = recordKeyOf(key, lsn);
  let found: RecordPage | undefined;
  pages.each((page) => {
    if (found || page?.body.kind !== 'leaf' || page.isLeaving) return;
    const { cells } = page.body;
    const [first, last] = [cells[0], cells.at(-1)];
    if (!first || compareBytes(first.key, record) > 0 || compareBytes(last!.key, record) < 0) return;
    const slot = cells.findIndex((cell) => compareBytes(cell.key, record) === 0);
    if (slot >= 0) found = { page: page.page, slot, isInMemory: page.frame >= 0 };
  });
  return found;
}
