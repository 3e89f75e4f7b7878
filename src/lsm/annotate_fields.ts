/** Fields of something that lies in several extents: told by its own offsets, found by those of the file. */
import { decodeText, toHex } from '../base/bytes';
import type { FieldAnnotation } from '../base/fields';
import type { ExtentId } from '../base/ids';
import type { DataFileName } from '../storage/extent_allocator';
import { placeOf, stretchesOf } from './table/table_extents';

/** What keys and values of records are to people, where a store puts more into them than the tree knows. */
export interface RecordWords {
  readonly key: (key: Uint8Array) => string;
  readonly value: (value: Uint8Array) => string;
}

type Extra = Pick<FieldAnnotation, 'target' | 'verdict'>;

export class ExtentFields {
  readonly fields: FieldAnnotation[] = [];
  readonly #file: DataFileName;
  readonly #extents: readonly ExtentId[];
  readonly #extentBytes: number;
  readonly #family: FieldAnnotation['family'];

  constructor(
    file: DataFileName,
    extents: readonly ExtentId[],
    extentBytes: number,
    family: FieldAnnotation['family'],
  ) {
    this.#file = file;
    this.#extents = extents;
    this.#extentBytes = extentBytes;
    this.#family = family;
  }

  get bytes(): number {
    return this.#extents.length * this.#extentBytes;
  }

  /** A field that runs across the end of an extent comes in parts, as its bytes do. */
  add(structure: string, at: number, length: number, name: string, value: string, extra: Partial<Extra> = {}): void {
    this.#add(structure, at, length, { name, value, family: this.#family, ...extra });
  }

  free(structure: string, at: number, length: number, name: string, value: string): void {
    this.#add(structure, at, length, { name, value, family: 'free' });
  }

  /** Where a byte of it lies. */
  place(at: number): FieldAnnotation['target'] {
    const { at: offset, name } = placeOf(this.#extents, this.#extentBytes, at);
    return { file: name, at: offset };
  }

  #add(
    structure: string,
    at: number,
    length: number,
    field: Omit<FieldAnnotation, 'at' | 'length' | 'structure'>,
  ): void {
    if (length <= 0) return;
    const parts = stretchesOf(this.#extents, this.#extentBytes, at, at + length);
    parts.forEach((part, i) => {
      if (part.name !== this.#file) return;
      const name = parts.length === 1 ? field.name : `${field.name} (part ${i + 1} of ${parts.length})`;
      this.fields.push({ ...field, at: part.at, length: part.bytes, structure, name });
    });
  }
}

export const hexOf = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;

const SHOWN_BYTES = 32;

/** As text where it is text, else in hexadecimal; cut where it is long. */
export function textOf(bytes: Uint8Array): string {
  const shown = bytes.subarray(0, SHOWN_BYTES);
  const text = decodeText(shown);
  const readable = text !== undefined && /^[\x20-\x7e]*$/.test(text) ? `“${text}”` : `0x${toHex(shown)}`;
  return bytes.length > SHOWN_BYTES ? `${readable}…` : readable;
}

/** What a checksum that stands there is worth. */
export const verdictOf = (stored: number, computed: number): Pick<FieldAnnotation, 'verdict'> => ({
  verdict:
    stored === computed
      ? { ok: true, note: 'matches the bytes' }
      : { ok: false, note: `the bytes give ${hexOf(computed)}` },
});
