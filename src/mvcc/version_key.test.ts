import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes, toHex } from '../base/bytes';
import { lsn } from '../base/ids';
import { fromHex } from '../base/testing/bits';
import {
  commitOf,
  isTombstone,
  isVersion,
  LATEST,
  userKeyOf,
  userValueOf,
  versionBytes,
  versionKey,
  versionKeyAt,
  versionKeyBytes,
  versionPrefix,
  versionsOf,
} from './version_key';

/** Few bytes, so that keys begin with each other, and the bytes of escape and end are among them. */
const userKey = fc
  .array(fc.constantFrom(0x00, 0x01, 0x02, 0x61, 0xfe, 0xff), { maxLength: 6 })
  .map((bytes) => Uint8Array.from(bytes));
const commit = fc
  .oneof(fc.nat(4), fc.integer({ min: 2 ** 32 - 2, max: 2 ** 32 + 2 }), fc.maxSafeNat())
  .map((n) => lsn(n));

describe('a version as a record', () => {
  it('has the bytes of the drawing', () => {
    expect(toHex(versionKey(fromHex('61 62'), lsn(1)))).toBe('6162' + '0001' + 'fffffffffffffffe');
    expect(toHex(versionKey(fromHex('61 00 62 00'), lsn(0x1_0000_0002)))).toBe(
      '6100ff6200ff' + '0001' + 'fffffffe' + 'fffffffd',
    );
    expect(toHex(versionKey(fromHex('ff'), LATEST))).toBe('ff' + '0001' + 'ffe0000000000000');
    expect(toHex(versionPrefix(fromHex('00')))).toBe('00ff' + '0001');
    const [put, deleted] = versionsOf(
      [
        { kind: 'put', key: fromHex('61'), value: fromHex('aa bb') },
        { kind: 'delete', key: fromHex('62') },
      ],
      lsn(7),
    );
    expect(put).toEqual({ kind: 'put', key: versionKey(fromHex('61'), lsn(7)), value: fromHex('01 aa bb') });
    expect(deleted).toEqual({ kind: 'put', key: versionKey(fromHex('62'), lsn(7)), value: fromHex('00') });
  });

  it('comes back: key, commit, value or tombstone', () => {
    fc.assert(
      fc.property(userKey, commit, fc.option(fc.uint8Array({ maxLength: 3 }), { nil: undefined }), (key, at, value) => {
        const batch = [
          value === undefined ? ({ kind: 'delete', key } as const) : ({ kind: 'put', key, value } as const),
        ];
        const [operation] = versionsOf(batch, at);
        expect(operation!.key.length).toBe(versionKeyBytes(key));
        expect(userKeyOf(operation!.key)).toEqual(key);
        expect(commitOf(operation!.key)).toBe(at);
        expect(versionKeyAt(versionPrefix(key), at)).toEqual(operation!.key);
        const bytes = operation!.kind === 'put' ? operation!.value : fromHex('');
        expect(userValueOf(bytes)).toEqual(value);
        expect(isTombstone(bytes)).toBe(value === undefined);
        expect(isVersion(operation!.key, bytes)).toBe(true);
        expect(versionBytes(batch)).toBe(operation!.key.length + bytes.length);
      }),
    );
  });

  it('V1: is in the order of user keys, and of one key the newest commit comes first', () => {
    fc.assert(
      fc.property(userKey, commit, userKey, commit, (a, atA, b, atB) => {
        const order = compareBytes(a, b) || atB - atA;
        expect(Math.sign(compareBytes(versionKey(a, atA), versionKey(b, atB)))).toBe(Math.sign(order));
      }),
      { numRuns: 500 },
    );
  });

  it('V2: what is no version is told', () => {
    expect(isVersion(fromHex('61 0001 ffffffffffffffff'), fromHex('01'))).toBe(true);
    for (const [key, value] of [
      ['61 0002 ffffffffffffffff', '01'], // no end
      ['0001 ffffffffffffff', '01'], // too short
      ['00 61 0001 ffffffffffffffff', '01'], // 00 without its escape
      ['61 0001 ffffffffffffffff', '02'], // no such tag
      ['61 0001 ffffffffffffffff', ''],
      ['61 0001 ffffffffffffffff', '00 61'], // a tombstone with a value
    ] as const) {
      expect(isVersion(fromHex(key), fromHex(value)), key).toBe(false);
    }
    expect(() => userKeyOf(fromHex('61 0002 ffffffffffffffff'))).toThrow('V2');
    expect(() => userKeyOf(fromHex('00 61 0001 ffffffffffffffff'))).toThrow('V2');
    expect(() => userValueOf(fromHex('02'))).toThrow('V2');
  });
});
