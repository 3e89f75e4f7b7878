import { describe, expect, it } from 'vitest';
import { toHex } from '../base/bytes';
import { extentId, lsn, pageId } from '../base/ids';
import { ROOT_BYTES_MAX } from '../base/ordered_index';
import { decodeTreeRoot, encodeTreeRoot, settled, TREE_ROOT_BYTES, type TreeRoot } from './tree_root';

const ROOT: TreeRoot = {
  map: { extent: extentId(0x10), crc: 0xaabbccdd },
  mapDepth: 2,
  height: 3,
  needsMending: true,
  mapEntries: 0x0102,
  root: pageId(9),
  pageBytes: 4096,
  lsn: lsn(0x1_0000_0005),
  keys: 70_000,
  userBytes: 123_456_789_012,
  copies: { extent: extentId(6), crc: 0x01020304 },
};

describe('the root of a tree', () => {
  it('has the bytes of the drawing, and fits into the superblock', () => {
    expect(toHex(encodeTreeRoot(ROOT))).toBe(
      [
        '11000000ddccbbaa', // map: extent + 1, crc
        '0203' + '0100', // depth, height, flags
        '02010000' + '09000000' + '00100000', // entries, root, page bytes
        '0500000001000000', // LSN
        '7011010000000000', // keys
        '141a99be1c000000', // user bytes
        '0700000004030201', // copies: extent + 1, crc
      ].join(''),
    );
    expect(TREE_ROOT_BYTES).toBeLessThanOrEqual(ROOT_BYTES_MAX);
  });

  it('comes back as it went in', () => {
    expect(decodeTreeRoot(encodeTreeRoot(ROOT))).toEqual(ROOT);
    const other = { ...ROOT, copies: undefined, needsMending: false, map: { extent: extentId(0), crc: 0 } };
    expect(decodeTreeRoot(encodeTreeRoot(other))).toEqual(other);
    const withImages = { ...other, hasImages: true };
    expect(encodeTreeRoot(withImages)[10]).toBe(2);
    expect(decodeTreeRoot(encodeTreeRoot(withImages))).toEqual(withImages);
  });

  it('once every page is in its place, says nothing of copies or images', () => {
    expect(decodeTreeRoot(settled(encodeTreeRoot({ ...ROOT, hasImages: true }))!)).toEqual({
      ...ROOT,
      copies: undefined,
    });
    expect(settled(encodeTreeRoot({ ...ROOT, copies: undefined }))).toBeUndefined();
    expect(settled(new Uint8Array(0))).toBeUndefined();
  });

  it('is none where there is no map, or bytes are missing', () => {
    expect(decodeTreeRoot(new Uint8Array(TREE_ROOT_BYTES))).toBeUndefined();
    expect(decodeTreeRoot(encodeTreeRoot(ROOT).subarray(1))).toBeUndefined();
  });
});
