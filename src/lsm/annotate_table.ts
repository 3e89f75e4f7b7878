/**
 * What the bytes of a table mean, by the drawings of `table_format.ts`, `block.ts` and `bloom_filter.ts`: from its footer to
 * its index, and from there to every block. What does not hold together is said to be not decoded. Never throws.
 */
import { getU64, readU32, viewOf } from '../base/bytes';
import { crc32c } from '../base/checksum';
import { getVarint } from '../base/varint';
import { hexOf, textOf, verdictOf, type ExtentFields, type RecordWords } from './annotate_fields';
import {
  BLOCK_KINDS,
  blockOverheadBytes,
  blockProblem,
  restartCount,
  TRAILER_BYTES,
  type BlockKind,
} from './table/block';
import { FILTER_FIELDS, filterBits, filterProbes } from './table/bloom_filter';
import {
  blockSeed,
  decodeFooter,
  decodeHandle,
  FOOTER_BYTES,
  FOOTER_FIELDS,
  PROPERTIES_FIELDS,
  type BlockHandle,
} from './table/table_format';
import type { TableMeta } from './table/table_meta';

const FILTER_KINDS = ['none', 'full', 'partitioned'];

/** True if what stands there is a table of this number, as far as its footer says. */
export function isTable(content: Uint8Array, meta: TableMeta, storeSeed: number): boolean {
  const { bytes } = meta;
  if (content.length < bytes || bytes < FOOTER_BYTES) return false;
  const footer = content.subarray(bytes - FOOTER_BYTES, bytes);
  return typeof decodeFooter(footer, meta, bytes, storeSeed, true) !== 'string';
}

/** `content`: its bytes from the first to the end of its last extent. */
export function annotateTable(
  content: Uint8Array,
  meta: TableMeta,
  storeSeed: number,
  out: ExtentFields,
  words: RecordWords = { key: textOf, value: textOf },
): void {
  new TableFields(content, meta, storeSeed, out, words).all();
}

interface NamedBlock {
  readonly handle: BlockHandle;
  readonly kind: BlockKind;
  readonly name: string;
}

class TableFields {
  readonly #content: Uint8Array;
  readonly #meta: TableMeta;
  readonly #storeSeed: number;
  readonly #out: ExtentFields;
  readonly #words: RecordWords;
  readonly #varint = { value: 0, end: 0 };

  constructor(content: Uint8Array, meta: TableMeta, storeSeed: number, out: ExtentFields, words: RecordWords) {
    this.#content = content;
    this.#meta = meta;
    this.#storeSeed = storeSeed;
    this.#out = out;
    this.#words = words;
  }

  all(): void {
    const { bytes, id } = this.#meta;
    const end = bytes - FOOTER_BYTES;
    let at = 0;
    for (const block of this.#blocks()) {
      const { at: from, bytes: length } = block.handle;
      if (from < at || from + length > end) continue;
      this.#gap(at, from);
      this.#block(block);
      at = from + length;
    }
    this.#gap(at, end);
    this.#footer(end);
    this.#out.free(`table ${id}`, bytes, this.#out.bytes - bytes, 'unused', 'the table ends before its last extent');
  }

  /** In the order of their places; no more than can be followed. */
  #blocks(): readonly NamedBlock[] {
    const { bytes } = this.#meta;
    const encoded = this.#content.subarray(bytes - FOOTER_BYTES, bytes);
    const footer = decodeFooter(encoded, this.#meta, bytes, this.#storeSeed, false);
    if (typeof footer === 'string') return [];
    const blocks: NamedBlock[] = [
      { handle: footer.index, kind: 'index', name: 'index' },
      { handle: footer.properties, kind: 'properties', name: 'properties' },
    ];
    this.#handlesIn(footer.index, 'index').forEach((handle, i) =>
      blocks.push({ handle, kind: 'data', name: `data block ${i}` }),
    );
    if (footer.filter) {
      const isFull = this.#kindAt(footer.filter) === BLOCK_KINDS.filter;
      blocks.push({
        handle: footer.filter,
        kind: isFull ? 'filter' : 'filter_index',
        name: isFull ? 'filter' : 'filter index',
      });
      if (!isFull) {
        this.#handlesIn(footer.filter, 'filter_index').forEach((handle, i) =>
          blocks.push({ handle, kind: 'filter', name: `filter partition ${i}` }),
        );
      }
    }
    return blocks.sort((a, b) => a.handle.at - b.handle.at);
  }

  #kindAt({ at, bytes }: BlockHandle): number | undefined {
    return this.#content[at + bytes - TRAILER_BYTES];
  }

  #problemOf({ at, bytes }: BlockHandle, kind: BlockKind): string | undefined {
    const block = this.#content.subarray(at, at + bytes);
    return blockProblem(block, kind, blockSeed(this.#storeSeed, this.#meta, at), true);
  }

  /** What an index names; nothing if it is not what was written. */
  #handlesIn(index: BlockHandle, kind: 'index' | 'filter_index'): BlockHandle[] {
    if (this.#problemOf(index, kind) !== undefined) return [];
    const handles: BlockHandle[] = [];
    this.#eachEntry(this.#content.subarray(index.at, index.at + index.bytes), (entry) => {
      const handle = decodeHandle(entry.block, entry.valueAt, entry.end);
      if (handle) handles.push(handle);
    });
    return handles;
  }

  #gap(from: number, to: number): void {
    if (from < to)
      this.#out.add(`table ${this.#meta.id}`, from, to - from, 'not decoded', 'nothing that is whole leads here');
  }

  #block({ handle, kind, name }: NamedBlock): void {
    const { at, bytes } = handle;
    const structure = `table ${this.#meta.id}, ${name}`;
    const block = this.#content.subarray(at, at + bytes);
    const end = bytes - TRAILER_BYTES;
    const problem = this.#problemOf(handle, kind);
    if (problem !== undefined) this.#out.add(structure, at, end, 'not decoded', problem);
    else if (kind === 'filter') this.#filter(structure, at, block);
    else if (kind === 'properties') this.#properties(structure, at, block);
    else this.#entries(structure, at, block, kind);
    const kindName = Object.entries(BLOCK_KINDS).find(([, number]) => number === block[end])?.[0] ?? `${block[end]}`;
    this.#out.add(structure, at + end, 1, 'kind', kindName.replace('_', ' '));
    const stored = readU32(block, end + 1);
    const computed = crc32c(block, 0, end + 1, blockSeed(this.#storeSeed, this.#meta, at));
    this.#out.add(structure, at + end + 1, 4, 'checksum', hexOf(stored), verdictOf(stored, computed));
  }

  // ---- entries

  #entries(structure: string, at: number, block: Uint8Array, kind: BlockKind): void {
    const isData = kind === 'data';
    this.#eachEntry(block, ({ end, from, key, keyAt, lsn, places, valueAt, valueCode }) => {
      const [unsharedAt, valueCodeAt, lsnAt] = places;
      const add = (start: number, to: number, name: string, value: string): void =>
        this.#out.add(structure, at + start, to - start, name, value);
      add(from, unsharedAt, 'shared', `${key.length - (valueAt - keyAt)}`);
      add(unsharedAt, valueCodeAt, 'unshared', `${valueAt - keyAt}`);
      add(valueCodeAt, lsnAt, 'value length', valueCode === 0 ? 'none: a tombstone' : `${valueCode - 1}`);
      add(lsnAt, keyAt, 'LSN', `${lsn}`);
      add(keyAt, valueAt, isData ? 'key' : 'separator', isData ? this.#words.key(key) : textOf(key));
      const handle = isData ? undefined : decodeHandle(block, valueAt, end);
      if (handle) this.#handle(structure, at + valueAt, end - valueAt, 'block', handle);
      else add(valueAt, end, 'value', this.#words.value(block.subarray(valueAt, end)));
    });
    const restarts = restartCount(block);
    let list = block.length - blockOverheadBytes(restarts);
    for (let i = 0; i < restarts; i++, list += 4) {
      this.#out.add(structure, at + list, 4, `restart ${i}`, `entry at ${readU32(block, list)}`);
    }
    this.#out.add(structure, at + list, 4, 'restarts', `${restarts}`);
  }

  #handle(structure: string, at: number, length: number, name: string, handle: BlockHandle): void {
    const isThere = handle.bytes > 0 && handle.at < this.#meta.bytes;
    const target = isThere ? this.#out.place(handle.at) : undefined;
    const value = handle.bytes > 0 ? `at ${handle.at}, ${handle.bytes} bytes` : 'none';
    this.#out.add(structure, at, length, name, value, target && { target });
  }

  #eachEntry(block: Uint8Array, take: (entry: EntryPlaces) => void): void {
    const restarts = restartCount(block);
    const limit = block.length - blockOverheadBytes(restarts);
    const isRestart = new Set(Array.from({ length: restarts }, (_, i) => readU32(block, limit + 4 * i)));
    let last = new Uint8Array(0);
    let base = 0;
    for (let from = 0; from < limit;) {
      const numbers: number[] = [];
      const places: number[] = [];
      let at = from;
      while (numbers.length < 4 && getVarint(block, at, limit, this.#varint)) {
        numbers.push(this.#varint.value);
        places.push((at = this.#varint.end));
      }
      const [shared = 0, unshared = 0, valueCode = 0, lsnCode = 0] = numbers;
      const valueAt = at + unshared;
      const end = valueAt + Math.max(0, valueCode - 1);
      if (numbers.length < 4 || end > limit || shared > last.length) return;
      if (isRestart.has(from)) base = lsnCode;
      const change = lsnCode % 2 === 0 ? lsnCode / 2 : -(lsnCode + 1) / 2;
      const key = new Uint8Array(shared + unshared);
      key.set(last.subarray(0, shared));
      key.set(block.subarray(at, valueAt), shared);
      const lsn = isRestart.has(from) ? lsnCode : base + change;
      take({ block, from, places: [places[0]!, places[1]!, places[2]!], keyAt: at, key, lsn, valueAt, valueCode, end });
      last = key;
      from = end;
    }
  }

  // ---- the others

  #filter(structure: string, at: number, block: Uint8Array): void {
    const values = { bits: filterBits(block), probes: filterProbes(block) };
    let head = 0;
    for (const { length, name, offset } of FILTER_FIELDS) {
      this.#out.add(structure, at + offset, length, name, `${values[name]}`);
      head = offset + length;
    }
    const bits = block.subarray(head, block.length - TRAILER_BYTES);
    let set = 0;
    for (const byte of bits) for (let rest = byte; rest > 0; rest >>= 1) set += rest & 1;
    this.#out.add(structure, at + head, bits.length, 'the bits', `${set} of ${values.bits} are set`);
  }

  #properties(structure: string, at: number, block: Uint8Array): void {
    let head = 0;
    for (const { length, name, offset } of PROPERTIES_FIELDS) {
      this.#out.add(structure, at + offset, length, name, numberAt(block, offset, length, name));
      head = offset + length;
    }
    const end = block.length - TRAILER_BYTES;
    const view = viewOf(block);
    const [smallest, largest] = PROPERTIES_FIELDS.slice(-2).map(({ offset }) => view.getUint16(offset, true));
    if (head + smallest! + largest! !== end) return;
    this.#out.add(structure, at + head, smallest!, 'smallest key', textOf(block.subarray(head, head + smallest!)));
    this.#out.add(
      structure,
      at + head + smallest!,
      largest!,
      'largest key',
      textOf(block.subarray(head + smallest!, end)),
    );
  }

  #footer(at: number): void {
    const structure = `table ${this.#meta.id}, footer`;
    const footer = this.#content.subarray(at, at + FOOTER_BYTES);
    for (const { length, name, offset } of FOOTER_FIELDS) {
      const stored = readU32(footer, offset);
      if (name === 'index' || name === 'filter' || name === 'properties') {
        this.#handle(structure, at + offset, length, name, { at: stored, bytes: readU32(footer, offset + 4) });
      } else if (name === 'checksum') {
        const computed = crc32c(footer, 0, offset, blockSeed(this.#storeSeed, this.#meta, at));
        this.#out.add(structure, at + offset, length, name, hexOf(stored), verdictOf(stored, computed));
      } else this.#out.add(structure, at + offset, length, name, numberAt(footer, offset, length, name));
    }
  }
}

/** One entry of a block: where its parts begin, and what they come to. */
interface EntryPlaces {
  readonly block: Uint8Array;
  readonly from: number;
  /** After the first number, the second and the third. */
  readonly places: readonly [number, number, number];
  readonly keyAt: number;
  readonly key: Uint8Array;
  readonly lsn: number;
  readonly valueAt: number;
  readonly valueCode: number;
  readonly end: number;
}

function numberAt(bytes: Uint8Array, at: number, length: number, name: string): string {
  const view = viewOf(bytes, at);
  if (name === 'bits a key') return `${view.getFloat32(0, true)}`;
  if (name === 'magic') return textOf(bytes.subarray(at, at + length));
  if (name === 'filter kind') return FILTER_KINDS[view.getUint8(0)] ?? `${view.getUint8(0)}`;
  if (length === 8) return `${getU64(view, 0)}`;
  if (length === 4) return `${view.getUint32(0, true)}`;
  return `${length === 2 ? view.getUint16(0, true) : view.getUint8(0)}`;
}
