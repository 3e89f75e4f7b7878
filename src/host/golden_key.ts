/** A key in a drawing for golden files: as text where it is one word, else in hexadecimal. */
import { decodeText, toHex } from '../base/bytes';

export function keyText(key: Uint8Array): string {
  const text = decodeText(key);
  return text !== undefined && /^[\x21-\x7e]+$/.test(text) ? text : `0x${toHex(key)}`;
}
