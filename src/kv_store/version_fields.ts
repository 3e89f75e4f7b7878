/**
 * A record of a store with versions, field by field, for people: what the codecs of the indexes call a key and a value are, in
 * such a store, a version of a key (drawn in `mvcc/version_key.ts`). Only splits fields; every byte stays in exactly one.
 */
import { decodeText, toHex } from '../base/bytes';
import type { FieldAnnotation } from '../base/fields';
import { commitOf, isTombstone, isVersion, TERMINATOR_BYTES, TIMESTAMP_BYTES, userKeyOf, userValueOf } from '../mvcc';

/** `bytes` lie at `at`, as the fields count. */
export function withVersionFields(
  fields: readonly FieldAnnotation[],
  at: number,
  bytes: Uint8Array,
): FieldAnnotation[] {
  const partOf = ({ at: from, length }: FieldAnnotation): Uint8Array => bytes.subarray(from - at, from - at + length);
  let isOfVersion = false;
  return fields.flatMap((field) => {
    const part = partOf(field);
    const isWhole = part.length === field.length;
    if (field.name === 'key') {
      isOfVersion = isWhole && isVersion(part, ANY_VALUE);
      return isOfVersion ? keyFields(field, part) : [field];
    }
    if (field.name !== 'value' || !isOfVersion) return [field];
    isOfVersion = false;
    return isWhole && (part[0] === 0 || part[0] === 1) ? valueFields(field, part) : [field];
  });
}

/** A tombstone: of the value nothing is asked. */
const ANY_VALUE = Uint8Array.of(0);

function keyFields(field: FieldAnnotation, key: Uint8Array): FieldAnnotation[] {
  const keyBytes = key.length - TERMINATOR_BYTES - TIMESTAMP_BYTES;
  const version = { ...field, family: 'version' as const };
  return [
    ...(keyBytes > 0 ? [{ ...version, length: keyBytes, name: 'user key', value: textOf(userKeyOf(key)) }] : []),
    {
      ...version,
      at: field.at + keyBytes,
      length: TERMINATOR_BYTES,
      name: 'end of the key',
      value: '00 01: in the key a 00 is written as 00 ff',
    },
    {
      ...version,
      at: field.at + keyBytes + TERMINATOR_BYTES,
      length: TIMESTAMP_BYTES,
      name: 'commit',
      value: `LSN ${commitOf(key)}, turned round so that the newest comes first`,
    },
  ];
}

function valueFields(field: FieldAnnotation, value: Uint8Array): FieldAnnotation[] {
  const version = { ...field, family: 'version' as const };
  const tag = { ...version, length: 1, name: 'tag', value: isTombstone(value) ? '0: deleted' : '1: a value' };
  const user = isTombstone(value) ? undefined : userValueOf(value);
  if (user === undefined || user.length === 0) return [tag];
  return [tag, { ...version, at: field.at + 1, length: user.length, name: 'value', value: textOf(user) }];
}

/** In a table a key is kept without what it shares with the one before it: there the whole of it is told in one field. */
export const VERSION_WORDS = {
  key: (key: Uint8Array): string =>
    isVersion(key, ANY_VALUE) ? `${textOf(userKeyOf(key))}, version of LSN ${commitOf(key)}` : textOf(key),
  value: (value: Uint8Array): string => {
    if (value[0] !== 0 && value[0] !== 1) return textOf(value);
    const user = isTombstone(value) ? undefined : userValueOf(value);
    return user === undefined ? 'tag 0: deleted' : `tag 1: a value, ${textOf(user)}`;
  },
};

const SHOWN_MAX = 48;

function textOf(bytes: Uint8Array): string {
  const text = decodeText(bytes.subarray(0, SHOWN_MAX));
  const more = bytes.length > SHOWN_MAX ? '…' : '';
  return text === undefined || /\p{C}/u.test(text) ? `0x${toHex(bytes.subarray(0, 16))}${more}` : `“${text}”${more}`;
}
