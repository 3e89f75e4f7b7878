/** The byte grid as data: which field each byte belongs to, which cells a key press goes to, and the same as text. */
import type { FieldAnnotation } from '../../base/fields';

/** How much of a file is shown at once. */
export const WINDOW_BYTES = 512;

export interface ByteWindow {
  readonly file: string;
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** Index of the field each byte of the window belongs to, or -1. The narrowest field wins where two overlap. */
export function fieldOfEachByte(window: ByteWindow, fields: readonly FieldAnnotation[]): Int32Array {
  const owner = new Int32Array(window.bytes.length).fill(-1);
  const widestFirst = fields.map((field, index) => ({ field, index })).sort((a, b) => b.field.length - a.field.length);
  for (const { field, index } of widestFirst) {
    const from = Math.max(0, field.at - window.at);
    const to = Math.min(owner.length, field.at + Math.max(1, field.length) - window.at);
    if (from < to) owner.fill(index, from, to);
  }
  return owner;
}

/** Fields of one structure, in the order in which they lie in the file. */
export interface FieldGroup {
  readonly structure: string;
  readonly fields: readonly { readonly field: FieldAnnotation; readonly index: number }[];
}

export function groupFields(fields: readonly FieldAnnotation[], window: ByteWindow): FieldGroup[] {
  const groups: { structure: string; fields: { field: FieldAnnotation; index: number }[] }[] = [];
  const end = window.at + window.bytes.length;
  fields.forEach((field, index) => {
    if (field.at >= end || field.at + Math.max(1, field.length) <= window.at) return;
    const last = groups.at(-1);
    if (last?.structure === field.structure) last.fields.push({ field, index });
    else groups.push({ structure: field.structure, fields: [{ field, index }] });
  });
  return groups;
}

/** The cell an arrow key leads to; undefined for keys that do not move. */
export function cellAfterKey(key: string, cell: number, columns: number, count: number): number | undefined {
  const target = {
    ArrowLeft: cell - 1,
    ArrowRight: cell + 1,
    ArrowUp: cell - columns,
    ArrowDown: cell + columns,
    Home: 0,
    End: count - 1,
  }[key];
  if (target === undefined) return undefined;
  return Math.min(count - 1, Math.max(0, target));
}

export const hexByte = (byte: number): string => byte.toString(16).padStart(2, '0');
export const printable = (byte: number): string => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·');

/** A hex dump with the fields under it: what "copy as text" gives. */
export function asText(window: ByteWindow, fields: readonly FieldAnnotation[], origin: string): string {
  const lines = [`${window.file}, bytes ${window.at} to ${window.at + window.bytes.length}, ${origin}`, ''];
  for (let row = 0; row < window.bytes.length; row += 16) {
    const bytes = [...window.bytes.subarray(row, row + 16)];
    const hex = bytes.map(hexByte).join(' ').padEnd(47);
    lines.push(`${String(window.at + row).padStart(10)}  ${hex}  ${bytes.map(printable).join('')}`);
  }
  for (const { fields: members, structure } of groupFields(fields, window)) {
    lines.push('', structure);
    for (const { field } of members) {
      const verdict =
        field.verdict === undefined ? '' : `   ${field.verdict.ok ? 'holds' : 'FAILS'}: ${field.verdict.note}`;
      lines.push(
        `  ${String(field.at).padStart(8)}  +${String(field.length).padEnd(5)} ${field.name}: ${field.value}${verdict}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}
