import { describe, expect, it } from 'vitest';
import { encodeText, toHex } from '../base/bytes';
import { extentId, lsn } from '../base/ids';
import { eachFlippedBit, fromHex } from '../base/testing/bits';
import {
  BLOCK_HEADER_BYTES,
  blocksFor,
  decodeBlockHeader,
  decodeRoot,
  encodeBlockHeader,
  encodeRoot,
  type BlockHeader,
} from './checkpoint_block';

const SEED = 0xcafef00d;
const HEADER: BlockHeader = { extent: extentId(0x0102), number: 3, next: undefined, lsn: lsn(0x4142), used: 7 };

function encoded(header = HEADER): Uint8Array {
  const block = new Uint8Array(64);
  block.set(encodeText('entries'), BLOCK_HEADER_BYTES);
  encodeBlockHeader(block, SEED, header);
  return block;
}

describe('a checkpoint block', () => {
  it('lies in the file as the drawing says', () => {
    // crc | "FLCB" | extent | number | next | lsn | used | entries
    const drawn = 'f4293f18 464c4342 02010000 03000000 ffffffff 4241000000000000 07000000 656e7472696573';
    expect(toHex(encoded().subarray(0, 39))).toBe(toHex(fromHex(drawn)));
  });

  it('comes back as it went in', () => {
    for (const next of [undefined, extentId(0), extentId(12)]) {
      expect(decodeBlockHeader(encoded({ ...HEADER, next }), SEED, true)).toEqual({ ...HEADER, next });
    }
  });

  it('with any one bit flipped is refused; the unused rest may be anything', () => {
    const refuse = (flipped: Uint8Array): void => expect(decodeBlockHeader(flipped, SEED, true)).toBeTypeOf('string');
    eachFlippedBit(encoded(), refuse, 0, BLOCK_HEADER_BYTES + HEADER.used);
    const pass = (flipped: Uint8Array): void => expect(decodeBlockHeader(flipped, SEED, true)).toEqual(HEADER);
    eachFlippedBit(encoded(), pass, BLOCK_HEADER_BYTES + HEADER.used);
  });

  it('of another store, of zeros, or longer than its extent is refused', () => {
    expect(decodeBlockHeader(encoded(), SEED ^ 1, true)).toBe('its checksum does not match');
    expect(decodeBlockHeader(new Uint8Array(64), SEED, true)).toBe('no checkpoint block here');
    const long = encoded();
    long[28] = 33;
    expect(decodeBlockHeader(long, SEED, false)).toBe('its length runs past the end of its extent');
    expect(decodeBlockHeader(encoded().subarray(0, 31), SEED, true)).toBe('the file ends inside the block');
  });
});

describe('the root of a checkpoint', () => {
  const root = { first: extentId(0x0102), blocks: 3, lsn: lsn(0x4142), entries: 5 };

  it('lies in the superblock as the drawing says, and comes back', () => {
    // first extent | blocks | lsn | entries
    expect(toHex(encodeRoot(root))).toBe('0201000003000000' + '4241000000000000' + '0500000000000000');
    expect(decodeRoot(encodeRoot(root))).toEqual(root);
  });

  it('of another length is none', () => {
    expect(decodeRoot(new Uint8Array(23))).toBeUndefined();
    expect(decodeRoot(new Uint8Array(0))).toBeUndefined();
  });
});

describe('how many blocks entries fill', () => {
  it('is never underestimated', () => {
    expect(blocksFor(0, 512)).toBe(1);
    expect(blocksFor(480, 512)).toBe(2);
    expect(blocksFor(481, 512)).toBe(3);
  });
});
