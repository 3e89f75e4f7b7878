/** Unsigned LEB128: seven bits a byte, the lowest first, the top bit set on all but the last. At most 2^53 - 1. */
export const VARINT_BYTES_MAX = 8;

export function varintBytes(value: number): number {
  let bytes = 1;
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes++;
  return bytes;
}

/** Writes `value` at `at`; returns the end. */
export function putVarint(into: Uint8Array, at: number, value: number): number {
  for (; value >= 0x80; value = Math.floor(value / 0x80)) into[at++] = (value % 0x80) | 0x80;
  into[at++] = value;
  return at;
}

/** Reads one into `result`; false if it is cut off at `end` or too large. The caller keeps `result`: no allocation. */
export function getVarint(bytes: Uint8Array, at: number, end: number, result: { value: number; end: number }): boolean {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < VARINT_BYTES_MAX && at + i < end; i++) {
    const byte = bytes[at + i]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      result.value = value;
      result.end = at + i + 1;
      return Number.isSafeInteger(value);
    }
    scale *= 0x80;
  }
  return false;
}
