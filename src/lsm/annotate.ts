/**
 * What the bytes of a data file of an LSM tree mean. An extent does not say whose it is: the manifest does, and a table is
 * read from its end. So this takes as much of a file as can be had, finds the manifest by its two heads, and from there the
 * tables in force; then those that its records name besides, as far as nobody has written over them. What nobody names, a
 * table in the making or bytes that are free, has no fields. Never throws.
 */
import { concatBytes } from '../base/bytes';
import type { FieldAnnotation } from '../base/fields';
import { extentId, type ExtentId } from '../base/ids';
import { locateExtent, type DataFileName } from '../storage/extent_allocator';
import { ExtentFields, type RecordWords } from './annotate_fields';
import { annotateArea, type AreaTables } from './annotate_manifest';
import { annotateTable, isTable } from './annotate_table';
import { areaBytes } from './manifest_area';
import { decodeManifestRoot } from './manifest_root';
import type { TableMeta } from './table/table_meta';

export interface LsmToAnnotate {
  readonly file: DataFileName;
  /** Of the first of the bytes. */
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly extentBytes: number;
  readonly storeSeed: number;
  /** As a superblock has it; empty while none does. */
  readonly root: Uint8Array;
  readonly words?: RecordWords | undefined;
}

/** A new tree takes the first two extents of the first file for its heads. */
const FIRST_HEADS: readonly [ExtentId, ExtentId] = [extentId(0), extentId(2)];

/** In the order of the file. */
export const annotateLsm = (input: LsmToAnnotate): FieldAnnotation[] => new LsmFields(input).all();

interface Area {
  readonly fields: readonly FieldAnnotation[];
  readonly tables: AreaTables | undefined;
}

class LsmFields {
  readonly #input: LsmToAnnotate;
  readonly #fields: FieldAnnotation[] = [];
  readonly #taken = new Set<ExtentId>();

  constructor(input: LsmToAnnotate) {
    this.#input = input;
  }

  all(): FieldAnnotation[] {
    const heads = decodeManifestRoot(this.#input.root)?.heads ?? FIRST_HEADS;
    const areas = heads.map((head, i) => this.#area(head, i as 0 | 1));
    const inForce = areas.reduce<Area | undefined>((a, b) => (epochOf(b) > epochOf(a) ? b : a), undefined);
    for (const area of areas) this.#fields.push(...(area === inForce ? area.fields : asFree(area.fields)));
    for (const meta of inForce?.tables?.live.values() ?? []) this.#table(meta, true);
    const others = areas.filter((area) => area !== inForce).flatMap(({ tables }) => [...(tables?.live.values() ?? [])]);
    const former = [...areas.flatMap(({ tables }) => tables?.former ?? []), ...others];
    for (const meta of former.sort((a, b) => b.id - a.id)) this.#table(meta, false);
    return this.#fields.sort((a, b) => a.at - b.at);
  }

  #area(head: ExtentId, area: 0 | 1): Area {
    const { extentBytes, file, storeSeed } = this.#input;
    if (!this.#read(head)) return { fields: [], tables: undefined };
    const { bytes, extents } = areaBytes(head, extentBytes, (extent) => this.#read(extent));
    const out = new ExtentFields(file, extents, extentBytes, 'page');
    const tables = annotateArea({ area, bytes, extentBytes, storeSeed, out });
    // What a closed area had behind its head is free.
    const own = tables ? extents : [head];
    for (const extent of own) this.#taken.add(extent);
    const end = locateExtent(head, extentBytes).at + extentBytes;
    return { fields: tables ? out.fields : out.fields.filter(({ at }) => at >= end - extentBytes && at < end), tables };
  }

  /** Of one that is not in force, only what nobody has written over. */
  #table(meta: TableMeta, isInForce: boolean): void {
    const { extentBytes, file, storeSeed } = this.#input;
    const parts = meta.extents.flatMap((extent) => this.#read(extent) ?? []);
    const isHere = parts.length === meta.extents.length && !meta.extents.some((extent) => this.#taken.has(extent));
    const content = concatBytes(parts);
    if (!isHere || content.length < meta.bytes || (!isInForce && !isTable(content, meta, storeSeed))) return;
    const out = new ExtentFields(file, meta.extents, extentBytes, 'table');
    annotateTable(content, meta, storeSeed, out, this.#input.words);
    if (!isInForce && !out.fields.every(isWhole)) return; // By something that no record names any more.
    for (const extent of meta.extents) this.#taken.add(extent);
    this.#fields.push(...(isInForce ? out.fields : asFree(out.fields)));
  }

  #read(extent: ExtentId): Uint8Array | undefined {
    return extentIn(this.#input, extent);
  }
}

const isWhole = ({ name, verdict }: FieldAnnotation): boolean => verdict?.ok !== false && name !== 'not decoded';

const epochOf = (area: Area | undefined): number => area?.tables?.epoch ?? 0;

/** Still there, and of no use to anybody: the next table may be written over it. */
const asFree = (fields: readonly FieldAnnotation[]): FieldAnnotation[] =>
  fields.map((field) => ({ ...field, structure: `${field.structure}, not in force`, family: 'free' }));

/** Undefined where it does not lie whole among the bytes. */
function extentIn({ at, bytes, extentBytes, file }: LsmToAnnotate, extent: ExtentId): Uint8Array | undefined {
  const place = locateExtent(extent, extentBytes);
  const from = place.at - at;
  if (place.name !== file || from < 0 || from + extentBytes > bytes.length) return undefined;
  return bytes.subarray(from, from + extentBytes);
}
