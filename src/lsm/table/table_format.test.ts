import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes, encodeText, toHex } from '../../base/bytes';
import { extentId, lsn } from '../../base/ids';
import { eachFlippedBit, fromHex } from '../../base/testing/bits';
import { blockProblem } from './block';
import { stretchesOf } from './table_extents';
import {
  blockSeed,
  decodeFooter,
  decodeHandle,
  decodeProperties,
  encodeFooter,
  encodeHandle,
  encodeProperties,
  FOOTER_BYTES,
  separatorOf,
  type Footer,
  type TableProperties,
} from './table_format';

const SEED = 0xcafef00d;
const FOOTER: Footer = {
  index: { at: 0x0102, bytes: 3 },
  filter: { at: 0x0201, bytes: 4 },
  properties: { at: 0x0304, bytes: 5 },
};
const OWNER = { id: 7, salt: 0x89abcdef };
const BYTES = 0x1000;

describe('a footer', () => {
  it('lies at the end of the table as the drawing says, and comes back', () => {
    const encoded = encodeFooter(FOOTER, OWNER, BYTES, SEED);
    // table | index | filter | properties | bytes | version | "FLST" | crc
    const drawn =
      '0700000000000000 0201000003000000 0102000004000000 0403000005000000 00100000 01000000 464c5354 092bb469';
    expect(toHex(encoded)).toBe(toHex(fromHex(drawn)));
    expect(decodeFooter(encoded, OWNER, BYTES, SEED, true)).toEqual(FOOTER);
    const bare = { ...FOOTER, filter: undefined };
    expect(decodeFooter(encodeFooter(bare, OWNER, BYTES, SEED), OWNER, BYTES, SEED, true)).toEqual(bare);
  });

  it('with any one bit flipped is refused; so is that of another table, life, place or store', () => {
    const encoded = encodeFooter(FOOTER, OWNER, BYTES, SEED);
    eachFlippedBit(encoded, (flipped) => expect(decodeFooter(flipped, OWNER, BYTES, SEED, true)).toBeTypeOf('string'));
    expect(decodeFooter(encoded, { ...OWNER, id: 8 }, BYTES, SEED, true)).toBe('its checksum does not match');
    expect(decodeFooter(encoded, { ...OWNER, salt: 1 }, BYTES, SEED, true)).toBe('its checksum does not match');
    expect(decodeFooter(encoded, OWNER, BYTES + 1, SEED, true)).toBe('its checksum does not match');
    expect(decodeFooter(encoded, OWNER, BYTES, SEED + 1, true)).toBe('its checksum does not match');
    expect(decodeFooter(encoded, { ...OWNER, id: 8 }, BYTES, SEED, false)).toBe('it says that it is of table 7');
    expect(decodeFooter(new Uint8Array(FOOTER_BYTES), OWNER, BYTES, SEED, true)).toBe('no table ends here');
    const wild = encodeFooter({ ...FOOTER, index: { at: BYTES - FOOTER_BYTES, bytes: 1 } }, OWNER, BYTES, SEED);
    expect(decodeFooter(wild, OWNER, BYTES, SEED, true)).toBe('it names a block past its end');
  });
});

describe('the properties', () => {
  const properties: TableProperties = {
    ...{ id: 7, entries: 10, tombstones: 2, minLsn: lsn(3), maxLsn: lsn(2 ** 40), keyBytes: 30, valueBytes: 40 },
    ...{ dataBlocks: 5, blockBytes: 4096, prefixes: 9, restartInterval: 16, filter: 'partitioned', bitsPerKey: 9.5 },
    ...{ level: 3, smallest: encodeText('ab'), largest: encodeText('xyz') },
  };

  it('lie in the file as the drawing says, and come back', () => {
    const block = encodeProperties(properties, SEED);
    const drawn = [
      '0700000000000000 0a00000000000000 0200000000000000', // table, entries, tombstones
      '0300000000000000 0000000000010000 1e00000000000000 2800000000000000', // LSNs, bytes of keys and of values
      '05000000 00100000 09000000 1000 02 03 00001841 0200 0300', // blocks ... bits a key, lengths of keys
      '6162 78797a 05', // "ab" "xyz", properties
    ];
    expect(toHex(block.subarray(0, -4))).toBe(toHex(fromHex(drawn.join(''))));
    expect(decodeProperties(block)).toEqual(properties);
    eachFlippedBit(block, (flipped) => expect(blockProblem(flipped, 'properties', SEED, true)).toBeTypeOf('string'));
  });

  it('that make no sense are none', () => {
    const block = encodeProperties(properties, SEED);
    expect(decodeProperties(block.subarray(1))).toBeUndefined();
    expect(decodeProperties(block.subarray(0, 40))).toBeUndefined();
    block[70] = 3;
    expect(decodeProperties(block)).toBeUndefined();
  });
});

describe('a separator', () => {
  it('is not below the last key, below the next, and no longer than the last', () => {
    const separator = (last: string, next: string) =>
      new TextDecoder().decode(separatorOf(encodeText(last), encodeText(next)));
    expect(separator('key-000117', 'key-000124')).toBe('key-00012');
    expect(separator('abc', 'abd')).toBe('abc');
    expect(separator('abcxyz', 'abd')).toBe('abcy');
    expect(separator('abcxyz', 'abe')).toBe('abd');
    expect(separator('ab', 'abc')).toBe('ab');
    const keys = fc.uint8Array({ minLength: 1, maxLength: 6, min: 252 });
    const property = fc.property(keys, keys, (a, b) => {
      fc.pre(compareBytes(a, b) !== 0);
      const [last, next] = [a, b].sort(compareBytes) as [Uint8Array, Uint8Array];
      const found = separatorOf(last, next);
      expect(compareBytes(last, found)).toBeLessThanOrEqual(0);
      expect(compareBytes(found, next)).toBeLessThan(0);
      expect(found.length).toBeLessThanOrEqual(last.length);
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe('handles and seeds', () => {
  it('of a block come back, and are no other block’s', () => {
    for (const handle of [
      { at: 0, bytes: 1 },
      { at: 2 ** 32 - 1, bytes: 2 ** 31 },
    ]) {
      const encoded = encodeHandle(handle);
      expect(decodeHandle(encoded, 0, encoded.length)).toEqual(handle);
      expect(decodeHandle(encoded, 0, encoded.length - 1)).toBeUndefined();
    }
    const seed = (store: number, id: number, at: number, salt = 5): number => blockSeed(store, { id, salt }, at);
    const seeds = [seed(1, 2, 3), seed(2, 2, 3), seed(1, 3, 3), seed(1, 2, 4), seed(1, 3, 2), seed(1, 2, 3, 6)];
    expect(new Set(seeds).size).toBe(6);
  });
});

describe('where bytes of a table lie', () => {
  it('is one stretch for neighbours, and one for each that is not', () => {
    const extents = [4, 6, 9, 11, 8].map(extentId); // Two of data_0, two of data_1, one of data_0.
    expect(stretchesOf(extents, 100, 0, 500)).toEqual([
      { name: 'data_0', at: 200, bytes: 200 },
      { name: 'data_1', at: 400, bytes: 200 },
      { name: 'data_0', at: 400, bytes: 100 },
    ]);
    expect(stretchesOf(extents, 100, 150, 160)).toEqual([{ name: 'data_0', at: 350, bytes: 10 }]);
    expect(stretchesOf(extents, 100, 199, 201)).toEqual([
      { name: 'data_0', at: 399, bytes: 1 },
      { name: 'data_1', at: 400, bytes: 1 },
    ]);
    expect(stretchesOf(extents, 100, 200, 200)).toEqual([]);
  });
});
