/**
 * What the bytes of the manifest mean, by the drawing of `manifest_codec.ts`, record by record; and which tables they name.
 * Where a record is not whole, what follows it is left of an earlier life, or room. Never throws.
 */
import { getU64, isAllZero, readU32, viewOf } from '../base/bytes';
import { crc32c } from '../base/checksum';
import { extentId, lsn, type ExtentId } from '../base/ids';
import { locateExtent } from '../storage/extent_allocator';
import { hexOf, textOf, verdictOf, type ExtentFields } from './annotate_fields';
import { ByteReader } from './byte_writer';
import { PAYLOAD, readHeader, RECORD_FIELDS, toSectors, type RecordHeader } from './manifest_codec';
import type { TableId, TableMeta } from './table/table_meta';

/** What an area says: its life, the tables in force at its end, and those that its records name besides. */
export interface AreaTables {
  readonly epoch: number;
  readonly live: ReadonlyMap<TableId, TableMeta>;
  readonly former: readonly TableMeta[];
}

export interface AreaToAnnotate {
  readonly area: 0 | 1;
  readonly bytes: Uint8Array;
  readonly extentBytes: number;
  readonly storeSeed: number;
  readonly out: ExtentFields;
}

/** @returns undefined where no whole snapshot stands */
export function annotateArea(input: AreaToAnnotate): AreaTables | undefined {
  return new AreaFields(input).all();
}

class AreaFields {
  readonly #input: AreaToAnnotate;
  readonly #live = new Map<TableId, TableMeta>();
  readonly #former: TableMeta[] = [];
  #structure = '';
  /** Of the record that is read: where it begins, and its numbers. */
  #at = 0;
  #reader = new ByteReader(new Uint8Array(0));

  constructor(input: AreaToAnnotate) {
    this.#input = input;
  }

  all(): AreaTables | undefined {
    const { area, bytes, out, storeSeed } = this.#input;
    const first = readHeader(bytes, 0, storeSeed, true);
    let at = 0;
    let last = first;
    for (let header = first; header !== undefined; header = readHeader(bytes, at, storeSeed, true)) {
      const isNext =
        header === first || (header.kind === 'edit' && header.epoch === last?.epoch && header.edit === last.edit + 1);
      if (!isNext) break;
      this.#record(at, header);
      at += toSectors(header.length);
      last = header;
      if (header.kind === 'closed') break;
    }
    const rest = bytes.subarray(at);
    const why = isAllZero(rest) ? 'room for edits' : 'left of an earlier life, or not whole';
    out.free(`manifest area ${area}`, at, rest.length, 'unused', first ? why : 'no record of this area stands here');
    return first?.kind === 'snapshot' ? { epoch: first.epoch, live: this.#live, former: this.#former } : undefined;
  }

  #record(at: number, header: RecordHeader): void {
    const { area, bytes, out, storeSeed } = this.#input;
    const { edit, kind, length } = header;
    this.#structure = `manifest area ${area}, ${kind === 'closed' ? 'closed' : `${kind} ${edit}`}`;
    for (const { length: fieldBytes, name, offset } of RECORD_FIELDS) {
      if (name === 'checksum') {
        const stored = readU32(bytes, at + offset);
        const computed = crc32c(bytes, at + fieldBytes, at + length, storeSeed);
        out.add(this.#structure, at + offset, fieldBytes, name, hexOf(stored), verdictOf(stored, computed));
      } else out.add(this.#structure, at + offset, fieldBytes, name, this.#headerValue(at + offset, name, header));
    }
    this.#at = at;
    this.#reader = new ByteReader(bytes.subarray(at, at + length), PAYLOAD);
    if (kind === 'snapshot') this.#snapshot(length);
    else if (kind === 'edit') this.#edit();
    const padded = toSectors(length);
    out.free(this.#structure, at + length, padded - length, 'padding', 'zeros to the end of the sector');
  }

  #headerValue(at: number, name: (typeof RECORD_FIELDS)[number]['name'], header: RecordHeader): string {
    const view = viewOf(this.#input.bytes, at);
    switch (name) {
      case 'kind':
        return header.kind;
      case 'zero':
        return 'zeros';
      case 'epoch':
      case 'edit':
        return `${getU64(view, 0)}`;
      default:
        return `${view.getUint32(0, true)}`;
    }
  }

  // ---- payloads

  #snapshot(length: number): void {
    const { bytes, out } = this.#input;
    let at = this.#at + PAYLOAD;
    const count = readU32(bytes, at);
    out.add(this.#structure, at, 4, 'extents of this area behind its first', `${count}`);
    at += 4;
    for (let i = 0; i < count; i++, at += 4) {
      const extent = extentId(readU32(bytes, at));
      out.add(this.#structure, at, 4, 'extent', `${extent}`, { target: this.#placeOf(extent) });
    }
    this.#reader = new ByteReader(bytes.subarray(this.#at, this.#at + length), at - this.#at);
    this.#number('flushed LSN');
    this.#number('next table');
    this.#list('levels', () => {
      this.#list('runs', () => {
        this.#number('run');
        this.#list('tables', () => this.#live.set(...this.#table()));
      });
    });
  }

  #edit(): void {
    const cause = ['flush', 'compaction', 'trivial move'];
    this.#field('cause', () => cause[this.#reader.varint()] ?? '?');
    this.#number('flushed LSN');
    this.#number('next table');
    this.#list('tables removed', () => {
      this.#number('from level');
      const id = this.#number('table');
      const gone = this.#live.get(id);
      if (gone) this.#former.push(gone);
      this.#live.delete(id);
    });
    this.#list('tables added', () => {
      this.#number('to level');
      this.#field('run', () => {
        const run = this.#reader.varint();
        return run === 0 ? 'one that begins here' : `${run - 1}`;
      });
      this.#live.set(...this.#table());
    });
  }

  #table(): [TableId, TableMeta] {
    const id = this.#number('table');
    const salt = this.#number('salt of its blocks');
    const extents: ExtentId[] = [];
    this.#list('its extents', () => void extents.push(this.#extent()));
    const bytes = this.#number('bytes');
    const entries = this.#number('entries');
    const tombstones = this.#number('tombstones');
    const smallest = this.#key('smallest key');
    const largest = this.#key('largest key');
    const minLsn = this.#number('smallest LSN');
    const span = this.#number('largest LSN, less the smallest');
    const lsns = { minLsn: lsn(minLsn), maxLsn: lsn(minLsn + span) };
    return [id, { id, salt, extents, bytes, entries, tombstones, smallest, largest, ...lsns }];
  }

  #list(name: string, read: () => void): void {
    for (let left = this.#number(name); left > 0 && this.#reader.isWhole; left--) read();
  }

  #number(name: string): number {
    let value = 0;
    this.#field(name, () => `${(value = this.#reader.varint())}`);
    return value;
  }

  #extent(): ExtentId {
    const from = this.#reader.at;
    const extent = extentId(this.#reader.varint());
    const target = this.#placeOf(extent);
    this.#input.out.add(this.#structure, this.#at + from, this.#reader.at - from, 'extent', `${extent}`, { target });
    return extent;
  }

  #key(name: string): Uint8Array {
    let key: Uint8Array = new Uint8Array(0);
    this.#field(name, () => textOf((key = this.#reader.string())));
    return key;
  }

  #field(name: string, read: () => string): void {
    const from = this.#reader.at;
    const value = read();
    this.#input.out.add(this.#structure, this.#at + from, this.#reader.at - from, name, value);
  }

  #placeOf(extent: ExtentId): { readonly file: string; readonly at: number } {
    const { at, name } = locateExtent(extent, this.#input.extentBytes);
    return { file: name, at };
  }
}
