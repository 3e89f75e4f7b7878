/** Keys in a drawing for golden files. */
import { decodeText, toHex } from '../base/bytes';
import { commitOf, isVersion, userKeyOf } from '../mvcc';

/** As text where it is one word, else in hexadecimal. */
export function keyText(key: Uint8Array): string {
  const text = decodeText(key);
  return text !== undefined && /^[\x21-\x7e]+$/.test(text) ? text : `0x${toHex(key)}`;
}

/** The key of a record of an index with versions: `apple@4`. Where damage passes for a record, as it lies there. */
export const recordText = (key: Uint8Array): string =>
  isVersion(key, ANY_VALUE) ? `${keyText(userKeyOf(key))}@${commitOf(key)}` : keyText(key);

const ANY_VALUE = Uint8Array.of(0);
