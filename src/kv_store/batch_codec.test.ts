import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeText, toHex } from '../base/bytes';
import { isEngineError } from '../base/errors';
import type { Batch } from '../base/ordered_index';
import { eachFlippedBit, fromHex } from '../base/testing/bits';
import { batchBytes, decodeBatch, encodeBatch } from './batch_codec';

const BATCH: Batch = [
  { kind: 'put', key: encodeText('key'), value: encodeText('ab') },
  { kind: 'delete', key: encodeText('z') },
  { kind: 'put', key: new Uint8Array(200).fill(1), value: new Uint8Array(0) },
];

function encoded(batch: Batch): Uint8Array {
  const bytes = new Uint8Array(batchBytes(batch));
  encodeBatch(batch, bytes, 0);
  return bytes;
}

function refused(bytes: Uint8Array): boolean {
  try {
    decodeBatch(bytes);
    return false;
  } catch (error) {
    expect(isEngineError(error, 'log_damaged')).toBe(true);
    return true;
  }
}

describe('the payload of a commit', () => {
  it('lies in its record as the drawing says', () => {
    // count | 1 key length, key, value length, value | 2 key length, key | 1 key length of two bytes, key, 0
    const drawn = `03 01 03 6b6579 02 6162 02 01 7a 01 c801 ${'01'.repeat(200)} 00`;
    expect(toHex(encoded(BATCH))).toBe(toHex(fromHex(drawn)));
  });

  it('comes back as it went in, as copies', () => {
    const operation = fc.oneof(
      fc.record({ kind: fc.constant('put' as const), key: fc.uint8Array(), value: fc.uint8Array({ maxLength: 300 }) }),
      fc.record({ kind: fc.constant('delete' as const), key: fc.uint8Array() }),
    );
    const property = fc.property(fc.array(operation, { minLength: 1 }), (batch) => {
      const bytes = encoded(batch);
      const decoded = decodeBatch(bytes);
      bytes.fill(0xee);
      expect(decoded).toEqual(batch);
    });
    fc.assert(property);
  });

  it('cut off anywhere, or with bytes left over, is refused', () => {
    const bytes = encoded(BATCH);
    for (let length = 0; length < bytes.length; length++) expect(refused(bytes.subarray(0, length))).toBe(true);
    expect(refused(new Uint8Array([...bytes, 0]))).toBe(true);
  });

  it('with a flipped bit is another batch or none, and never anything worse: the checksum is the record’s', () => {
    eachFlippedBit(encoded(BATCH), (flipped) => {
      if (!refused(flipped)) expect(decodeBatch(flipped)).not.toEqual(BATCH);
    });
  });
});
