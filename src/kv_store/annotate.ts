/**
 * What the bytes of a store's files mean, field by field: for the byte view of the lab. Works on any stretch of a file
 * taken at any moment, live or rebuilt, and decodes with the same codecs as recovery does. Never throws: where
 * decoding stops, the last annotation says why, and the bytes after it are left without one.
 */
import { decodeText, getU64, toHex, viewOf } from '../base/bytes';
import { crc32c } from '../base/checksum';
import type { FieldAnnotation, Stretch } from '../base/fields';
import { annotatePage } from '../btree';
import { annotateLsm } from '../lsm';
import { extentId, logPosition } from '../base/ids';
import { locateExtent } from '../storage/extent_allocator';
import type { FileName } from '../storage/file';
import {
  decodeGroupHeader,
  decodeRecord,
  GROUP_FIELDS,
  GROUP_HEADER_BYTES,
  GROUP_MAGIC,
  RECORD_FIELDS,
  RECORD_HEADER_BYTES,
  RECORD_TYPES,
} from '../storage/log_region';
import { batchFields } from './batch_fields';
import { BLOCK_FIELDS, BLOCK_HEADER_BYTES, decodeBlockHeader, NO_NEXT } from './checkpoint_block';
import {
  decodeSlot,
  SLOT_BYTES,
  SLOT_OFFSETS,
  slotFieldsOf,
  storeSeed,
  type SlotField,
  type Superblock,
} from './superblock';
import type { FormatOptions } from './types';
import { VERSION_WORDS, withVersionFields } from './version_fields';

/** What the codecs need to know of the store. */
export interface AnnotationContext {
  readonly format: FormatOptions;
  readonly storeSeed: number;
  /** Where the index is found, as a slot has it. */
  readonly root: Uint8Array;
}

/** The context as the superblock itself tells it, for a store that is down; undefined where no slot can be read. */
export function contextOfSuperblock(bytes: Uint8Array): AnnotationContext | undefined {
  const slots = SLOT_OFFSETS.map((offset) => decodeSlot(bytes.subarray(offset, offset + SLOT_BYTES), true));
  const good = slots.flatMap((slot) => (slot.ok ? [slot.superblock] : []));
  // The first checkpoint fills one slot, then the other.
  const superblock = good.find(({ root }) => root.length > 0) ?? good[0];
  return superblock && contextOf(superblock);
}

export const contextOf = ({ format, root, storeId }: Superblock): AnnotationContext => ({
  format,
  root,
  storeSeed: storeSeed(storeId),
});

/** How far before a place of the log the group may begin that it lies in; longer groups are told from their records on. */
const GROUP_REACH_BYTES = 16 * 1024;
/** Who owns an extent of an LSM tree, the manifest says: up to here a data file is read from its beginning. */
const LSM_REACH_BYTES = 2 * 1024 * 1024;
/** A record that begins at a place of the log is shown whole up to this length. */
const RECORD_REACH_BYTES = 8 * 1024;

/** What has to be read so that the structures in a stretch of a file are whole. */
export function wholeStretch(file: FileName, { from, to }: Stretch, { format }: AnnotationContext): Stretch {
  if (file === 'superblock') return { from: 0, to: Math.max(to, SLOT_OFFSETS[1] + SLOT_BYTES) };
  if (format.lsm && file !== 'log' && to <= LSM_REACH_BYTES) return { from: 0, to: LSM_REACH_BYTES };
  const unit = file === 'log' ? format.groupAlignBytes : format.extentBytes;
  const first = file === 'log' ? Math.max(0, from - GROUP_REACH_BYTES) : from;
  const last = file === 'log' ? to + RECORD_REACH_BYTES : to;
  return { from: Math.floor(first / unit) * unit, to: Math.ceil(last / unit) * unit };
}

type Family = FieldAnnotation['family'];

/** Annotates `bytes`, which lie at `at` in the file. Structures cut off by either end are annotated where they start here. */
export function annotateBytes(
  file: FileName,
  at: number,
  bytes: Uint8Array,
  context: AnnotationContext,
): FieldAnnotation[] {
  if (file === 'superblock') return annotateSuperblock(at, bytes);
  if (file === 'log') return annotateLog(at, bytes, context);
  const { extentBytes, lsm, versions } = context.format;
  if (lsm)
    return annotateLsm({ file, at, bytes, extentBytes, ...context, words: versions ? VERSION_WORDS : undefined });
  return context.format.tree ? annotatePages(at, bytes, context) : annotateBlocks(at, bytes, context);
}

function annotateSuperblock(at: number, bytes: Uint8Array): FieldAnnotation[] {
  const fields: FieldAnnotation[] = [];
  SLOT_OFFSETS.forEach((offset, slot) => {
    const from = offset - at;
    if (from < 0 || from + SLOT_BYTES > bytes.length) return;
    const slotBytes = bytes.subarray(from, from + SLOT_BYTES);
    const contents = decodeSlot(slotBytes, true);
    if (!contents.ok && contents.problem === 'empty') return;
    const computed = crc32c(slotBytes, 4);
    const table = slotFieldsOf(contents.ok ? contents.superblock.format : {});
    fields.push(...tabulate(table, slotBytes, 0, offset, `superblock slot ${slot}`, 'page', computed));
  });
  return fields;
}

/** Groups start at multiples of the alignment; whatever else is there belongs to no group that starts in this stretch. */
function annotateLog(at: number, bytes: Uint8Array, context: AnnotationContext): FieldAnnotation[] {
  const fields: FieldAnnotation[] = [];
  const { groupAlignBytes } = context.format;
  for (
    let from = (groupAlignBytes - (at % groupAlignBytes)) % groupAlignBytes;
    from + GROUP_HEADER_BYTES <= bytes.length;
  ) {
    if (viewOf(bytes, from).getUint32(4, true) !== GROUP_MAGIC) {
      from += groupAlignBytes;
      continue;
    }
    const end = annotateGroup(at, bytes, from, context, fields);
    from = Math.max(Math.ceil((at + end) / groupAlignBytes) * groupAlignBytes - at, from + groupAlignBytes);
  }
  return fields;
}

/** Appends the fields of one group; returns where it ends, or where decoding stopped. */
function annotateGroup(
  at: number,
  bytes: Uint8Array,
  from: number,
  context: AnnotationContext,
  fields: FieldAnnotation[],
): number {
  const computed = crc32c(bytes, from + 4, from + GROUP_HEADER_BYTES, context.storeSeed);
  const header = decodeGroupHeader(bytes, from, context.storeSeed, false);
  const firstLsn = typeof header === 'string' ? '?' : header.firstLsn;
  const structure = `group of LSN ${firstLsn}`;
  fields.push(...tabulate(GROUP_FIELDS, bytes, from, at + from, structure, 'log', computed));
  if (
    typeof header === 'string' ||
    crc32c(bytes, from + 4, from + GROUP_HEADER_BYTES, context.storeSeed) !== viewOf(bytes, from).getUint32(0, true)
  ) {
    return from + GROUP_HEADER_BYTES;
  }
  const isHere = header.position % context.format.logBytes === at + from;
  if (!isHere) return from + GROUP_HEADER_BYTES;
  const end = Math.min(from + header.bytes, bytes.length);
  let record = from + GROUP_HEADER_BYTES;
  for (let i = 0; i < header.count && record < end; i++) {
    const next = annotateRecord(at, bytes, record, end, header.salt, context, fields);
    if (next === undefined) return record;
    record = next;
  }
  const padded = Math.min(
    Math.ceil((at + record) / context.format.groupAlignBytes) * context.format.groupAlignBytes - at,
    bytes.length,
  );
  if (padded > record) {
    fields.push({
      at: at + record,
      length: padded - record,
      structure,
      name: 'padding',
      value: 'zeros to the end of the sector',
      family: 'free',
    });
  }
  return padded;
}

/** Appends the fields of one record; returns its end, or undefined where it does not check out. */
function annotateRecord(
  at: number,
  bytes: Uint8Array,
  from: number,
  end: number,
  salt: number,
  context: AnnotationContext,
  fields: FieldAnnotation[],
): number | undefined {
  if (from + RECORD_HEADER_BYTES > end) {
    fields.push(stopped(at + from, end - from, 'log', 'the group ends inside a record header'));
    return undefined;
  }
  const window = bytes.subarray(0, end);
  const claimed = from + RECORD_HEADER_BYTES + viewOf(bytes, from).getUint32(4, true);
  const isImage = bytes[from + 8] === RECORD_TYPES.page_image;
  const structure = `${isImage ? 'image after record' : 'record'} ${getU64(viewOf(bytes, from), 9)}`;
  const computed = claimed <= end ? crc32c(bytes, from + 4, claimed, salt) : undefined;
  fields.push(...tabulate(RECORD_FIELDS, bytes, from, at + from, structure, 'log', computed));
  const record = decodeRecord(window, from, salt, true);
  if (typeof record === 'string') {
    const rest = Math.min(claimed, end) - from - RECORD_HEADER_BYTES;
    if (rest > 0) fields.push(stopped(at + from + RECORD_HEADER_BYTES, rest, 'log', record));
    return undefined;
  }
  const payloadAt = at + from + RECORD_HEADER_BYTES;
  fields.push(
    ...(isImage
      ? annotatePages(payloadAt, record.payload, context, payloadAt)
      : batchFields(record.payload, payloadAt, structure)),
  );
  return from + record.bytes;
}

/** Of a store with a tree: an extent holds a page, or nothing yet; so does an image in the log, from `start` on. */
function annotatePages(
  at: number,
  bytes: Uint8Array,
  { format, storeSeed }: AnnotationContext,
  start = 0,
): FieldAnnotation[] {
  const { extentBytes, tree, versions } = format;
  if (!tree) return [];
  const locate = (extent: number): { file: string; at: number } => {
    const place = locateExtent(extentId(extent), extentBytes);
    return { file: place.name, at: place.at };
  };
  const fields: FieldAnnotation[] = [];
  for (
    let from = (extentBytes - ((at - start) % extentBytes)) % extentBytes;
    from < bytes.length;
    from += extentBytes
  ) {
    const extent = bytes.subarray(from, Math.min(from + extentBytes, bytes.length));
    fields.push(...annotatePage({ bytes: extent, at: at + from, pageBytes: tree.pageBytes, storeSeed, locate }));
  }
  return versions === true ? withVersionFields(fields, at, bytes) : fields;
}

function annotateBlocks(at: number, bytes: Uint8Array, context: AnnotationContext): FieldAnnotation[] {
  const { extentBytes } = context.format;
  const fields: FieldAnnotation[] = [];
  for (
    let from = (extentBytes - (at % extentBytes)) % extentBytes;
    from + BLOCK_HEADER_BYTES <= bytes.length;
    from += extentBytes
  ) {
    const block = bytes.subarray(from, Math.min(from + extentBytes, bytes.length));
    const header = decodeBlockHeader(block, context.storeSeed, false);
    if (typeof header === 'string') continue;
    const structure = `checkpoint block ${header.number}`;
    const computed = crc32c(block, 4, BLOCK_HEADER_BYTES + header.used, context.storeSeed);
    fields.push(...tabulate(BLOCK_FIELDS, block, 0, at + from, structure, 'page', computed));
    const entriesAt = at + from + BLOCK_HEADER_BYTES;
    if (header.used > 0) {
      fields.push({
        at: entriesAt,
        length: header.used,
        structure,
        name: 'entries',
        value: preview(block.subarray(BLOCK_HEADER_BYTES, BLOCK_HEADER_BYTES + header.used)),
        family: 'page',
      });
    }
    const free = block.length - BLOCK_HEADER_BYTES - header.used;
    if (free > 0)
      fields.push({
        at: entriesAt + header.used,
        length: free,
        structure,
        name: 'unused',
        value: 'zeros',
        family: 'free',
      });
  }
  return fields;
}

/** One annotation per row of a codec's field table; the checksum row carries its verdict. */
function tabulate(
  table: readonly SlotField[],
  bytes: Uint8Array,
  from: number,
  fileAt: number,
  structure: string,
  family: Family,
  computed: number | undefined,
): FieldAnnotation[] {
  return table
    .filter(({ offset, length }) => from + offset + length <= bytes.length)
    .map(({ length, name, offset }) => {
      const field = {
        at: fileAt + offset,
        length,
        structure,
        name,
        value: valueOf(bytes, from + offset, length, name),
        family,
      };
      if (name !== 'checksum' || computed === undefined) return field;
      const ok = viewOf(bytes, from + offset).getUint32(0, true) === computed;
      const note = ok ? 'matches the bytes' : `the bytes give ${hexOf(computed)}`;
      return { ...field, verdict: { ok, note } };
    });
}

const HEX_FIELDS = new Set(['checksum', 'magic', 'salt', 'link', 'redo link', 'store id', 'root', 'rest of the root']);

function valueOf(bytes: Uint8Array, at: number, length: number, name: string): string {
  if (name === 'magic') return decodeText(bytes.subarray(at, at + length)) ?? toHex(bytes.subarray(at, at + length));
  if (HEX_FIELDS.has(name))
    return length === 4 ? hexOf(viewOf(bytes, at).getUint32(0, true)) : toHex(bytes.subarray(at, at + length));
  const view = viewOf(bytes, at);
  const number =
    length === 8
      ? getU64(view, 0)
      : length === 4
        ? view.getUint32(0, true)
        : length === 2
          ? view.getUint16(0, true)
          : view.getUint8(0);
  if (name === 'next' && number === NO_NEXT) return 'none, last block';
  return name === 'position' && Number.isFinite(number) ? `${logPosition(number)}` : `${number}`;
}

const hexOf = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;

function preview(bytes: Uint8Array): string {
  const head = bytes.subarray(0, 48);
  let text = '';
  for (const byte of head) text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·';
  return bytes.length > head.length ? `${text}…` : text;
}

function stopped(at: number, length: number, family: Family, reason: string): FieldAnnotation {
  return {
    at,
    length,
    structure: 'decoding stopped',
    name: 'not decoded',
    value: reason,
    family,
    verdict: { ok: false, note: reason },
  };
}
