import { describe, expect, it } from 'vitest';
import { encodeText, toHex } from '../../base/bytes';
import { lsn } from '../../base/ids';
import { eachFlippedBit, fromHex } from '../../base/testing/bits';
import { decodeRecord, encodeRecord, RECORD_HEADER_BYTES } from './record';

const SALT = 0xcafef00d;

function encoded(payload: string, number = 0x0102030405): Uint8Array {
  const bytes = new Uint8Array(RECORD_HEADER_BYTES + payload.length);
  bytes.set(encodeText(payload), RECORD_HEADER_BYTES);
  const end = encodeRecord(bytes, 0, SALT, { type: 1, lsn: lsn(number), payloadBytes: payload.length });
  expect(end).toBe(bytes.length);
  return bytes;
}

describe('a log record', () => {
  it('lies in the file as the drawing says', () => {
    // crc | length | type | lsn | payload
    expect(toHex(encoded('abc'))).toBe(toHex(fromHex('a9131a1b 03000000 01 0504030201000000 616263')));
  });

  it('comes back as it went in, wherever it lies', () => {
    for (const payload of ['', 'a', 'x'.repeat(5000)]) {
      const bytes = new Uint8Array(7 + RECORD_HEADER_BYTES + payload.length + 9);
      bytes.set(encoded(payload), 7);
      const record = decodeRecord(bytes, 7, SALT, true);
      expect(record).toMatchObject({ type: 1, lsn: 0x0102030405, bytes: RECORD_HEADER_BYTES + payload.length });
      expect(record).toHaveProperty('payload', encodeText(payload));
    }
  });

  it('with any one bit flipped is refused', () => {
    eachFlippedBit(encoded('abc'), (flipped) => expect(decodeRecord(flipped, 0, SALT, true)).toBeTypeOf('string'));
  });

  it('R1: is never made of zeros', () => {
    for (const verify of [true, false])
      expect(decodeRecord(new Uint8Array(64), 0, SALT, verify)).toBe('its type is zero');
    expect(() => encodeRecord(new Uint8Array(64), 0, SALT, { type: 0, lsn: lsn(1), payloadBytes: 0 })).toThrow('R1');
  });

  it('R2: of another life is refused whole', () => {
    expect(decodeRecord(encoded('abc'), 0, SALT + 1, true)).toBe('its checksum does not match');
  });

  it('that is cut off says where', () => {
    const bytes = encoded('abc');
    for (let length = 0; length < bytes.length; length++) {
      const expected =
        length < RECORD_HEADER_BYTES
          ? 'the group ends inside a record header'
          : 'its length runs past the end of its group';
      expect(decodeRecord(bytes.subarray(0, length), 0, SALT, true)).toBe(expected);
    }
  });

  it('is taken at its word without verification, but never beyond its group', () => {
    const bytes = encoded('abc');
    bytes[RECORD_HEADER_BYTES]! ^= 1;
    expect(decodeRecord(bytes, 0, SALT, false)).toHaveProperty('payload', encodeText('`bc'));
    bytes[7] = 0xff;
    expect(decodeRecord(bytes, 0, SALT, false)).toBe('its length runs past the end of its group');
  });
});
