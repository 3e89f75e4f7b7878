/** The payload of a commit record, field by field, for people; the drawing is in `batch_codec.ts`. */
import { decodeText, toHex } from '../base/bytes';
import type { FieldAnnotation } from '../base/fields';
import { getVarint } from '../base/varint';

/** `fileAt` is where the payload starts in its file. */
export function batchFields(payload: Uint8Array, fileAt: number, structure: string): FieldAnnotation[] {
  const fields: FieldAnnotation[] = [];
  const varint = { value: 0, end: 0 };
  let at = 0;
  const add = (length: number, name: string, value: string): void => {
    fields.push({ at: fileAt + at, length, structure, name, value, family: 'log' });
    at += length;
  };
  const addLength = (name: string): number | undefined => {
    if (!getVarint(payload, at, payload.length, varint)) return undefined;
    const { value } = varint;
    add(varint.end - at, name, `${value}`);
    return value;
  };
  const count = addLength('operations') ?? 0;
  for (let i = 0; i < count && at < payload.length; i++) {
    const isPut = payload[at] === 1;
    add(1, 'kind', isPut ? 'put' : 'delete');
    for (const part of isPut ? ['key', 'value'] : ['key']) {
      const length = addLength(`${part} length`);
      if (length === undefined) return fields;
      if (length > 0) add(length, part, readable(payload.subarray(at, at + length)));
    }
  }
  return fields;
}

const SHOWN_MAX = 64;

function readable(bytes: Uint8Array): string {
  const text = decodeText(bytes.subarray(0, SHOWN_MAX));
  const more = bytes.length > SHOWN_MAX ? '…' : '';
  return text === undefined ? `0x${toHex(bytes.subarray(0, 16))}${bytes.length > 16 ? '…' : ''}` : `“${text}”${more}`;
}
