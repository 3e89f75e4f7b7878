import { describe, expect, it } from 'vitest';
import { toHex } from '../../base/bytes';
import { logPosition, lsn } from '../../base/ids';
import { eachFlippedBit, fromHex } from '../../base/testing/bits';
import {
  decodeGroupHeader,
  encodeGroupHeader,
  GROUP_HEADER_BYTES,
  looksStarted,
  type GroupHeader,
} from './group_header';

const SEED = 0xcafef00d;
const HEADER: GroupHeader = {
  salt: 0x11121314,
  link: 0x21222324,
  position: logPosition(0x313233343536),
  firstLsn: lsn(0x4142),
  flushedLsn: lsn(0x4141),
  bytes: 0x5152,
  count: 3,
};

function encoded(header = HEADER): Uint8Array {
  const bytes = new Uint8Array(GROUP_HEADER_BYTES);
  encodeGroupHeader(bytes, 0, SEED, header);
  return bytes;
}

describe('a group header', () => {
  it('lies in the file as the drawing says', () => {
    // crc | "FLGR" | salt | link | position | first lsn | flushed lsn | bytes | count
    const drawn = `996a8b0c 464c4752 14131211 24232221 3635343332310000 4241000000000000
                   4141000000000000 52510000 03000000`;
    expect(toHex(encoded())).toBe(toHex(fromHex(drawn)));
  });

  it('comes back as it went in, wherever it lies', () => {
    const bytes = new Uint8Array(100);
    encodeGroupHeader(bytes, 13, SEED, HEADER);
    expect(decodeGroupHeader(bytes, 13, SEED, true)).toEqual(HEADER);
  });

  it('with any one bit flipped is refused', () => {
    eachFlippedBit(encoded(), (flipped) => expect(decodeGroupHeader(flipped, 0, SEED, true)).toBeTypeOf('string'));
  });

  it('of another store is refused whole', () => {
    expect(decodeGroupHeader(encoded(), 0, SEED ^ 1, true)).toBe('the checksum of the group header does not match');
  });

  it('is not where zeros are, or where the bytes end too early', () => {
    expect(decodeGroupHeader(new Uint8Array(512), 0, SEED, true)).toBe('no group header here');
    expect(decodeGroupHeader(encoded(), 1, SEED, true)).toBe('the log ends inside a group header');
  });

  it('with a number that no integer holds is refused even if its checksum is not looked at', () => {
    const bytes = encoded();
    bytes[31] = 0xff;
    expect(decodeGroupHeader(bytes, 0, SEED, false)).toBe('a number in the group header is out of range');
  });
});

describe('what is left of a group', () => {
  it('is recognized although any one bit of its header is flipped', () => {
    eachFlippedBit(encoded(), (flipped) => expect(looksStarted(flipped, 0, SEED, HEADER.position)).toBe(true));
  });

  it('is not seen in zeros, or in a whole header of another life', () => {
    expect(looksStarted(new Uint8Array(512), 0, SEED, HEADER.position)).toBe(false);
    const earlierLap = encoded({ ...HEADER, position: logPosition(HEADER.position - 8192) });
    expect(looksStarted(earlierLap, 0, SEED, HEADER.position)).toBe(false);
  });
});
