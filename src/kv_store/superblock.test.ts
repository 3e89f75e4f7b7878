import { describe, expect, it } from 'vitest';
import { isEngineError } from '../base/errors';
import { toHex, viewOf } from '../base/bytes';
import { crc32c } from '../base/checksum';
import { logPosition, lsn } from '../base/ids';
import { eachFlippedBit, fromHex } from '../base/testing/bits';
import { MemoryStorage } from '../storage/memory';
import { decodeSlot, encodeSlot, SLOT_BYTES, SLOT_OFFSETS, type Superblock } from './superblock';
import { SuperblockFile } from './superblock_file';

const SUPERBLOCK: Superblock = {
  storeId: Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i),
  epoch: 5,
  format: { logBytes: 0x10000, extentBytes: 0x400, groupAlignBytes: 4096 },
  checkpointLsn: lsn(0x0102),
  redoPosition: logPosition(0x111213141516),
  redoLink: 0x21222324,
  guardPosition: logPosition(0x111213141314),
  durableLsn: lsn(0x0103),
  logInDoubt: false,
  root: fromHex('ee ff'),
};

/** The slot with some bytes changed and the checksum made right again: what another version might have written. */
function changed(changes: Record<number, number>): Uint8Array {
  const bytes = encodeSlot(SUPERBLOCK);
  for (const [at, value] of Object.entries(changes)) bytes[Number(at)] = value;
  viewOf(bytes).setUint32(0, crc32c(bytes, 4), true);
  return bytes;
}

describe('a superblock slot', () => {
  it('lies in the file as the drawing says, and zeros follow', () => {
    // crc | "FAULTLNE" | version | readable by | store id | epoch | log bytes | extent | align | flags
    const first = `e739e680 4641554c544c4e45 0100 0100 a0a1a2a3a4a5a6a7a8a9aaabacadaeaf 0500000000000000
                   0000010000000000 00040000 00100000 00000000`;
    // checkpoint lsn | redo position | redo link | guard position | durable lsn | root length | root
    const second = `0201000000000000 1615141312110000 24232221 1413141312110000 0301000000000000 02000000 eeff`;
    const expected = new Uint8Array(SLOT_BYTES);
    expected.set(fromHex(first + second));
    expect(toHex(encodeSlot(SUPERBLOCK))).toBe(toHex(expected));
  });

  it('of a store with a B-tree is of version 2, and says which pages it has and how they are protected', () => {
    const tree = { pageBytes: 0x400, protection: 'double_write' } as const;
    const withTree = { ...SUPERBLOCK, format: { ...SUPERBLOCK.format, tree } };
    const bytes = encodeSlot(withTree);
    expect(toHex(bytes.subarray(12, 16))).toBe('02000200');
    expect(toHex(bytes.subarray(228, 236))).toBe('0100010000040000');
    expect(decodeSlot(bytes, true)).toEqual({ ok: true, superblock: withTree });
  });

  it('of a store with images in the log says up to where a flush covered it', () => {
    const tree = { pageBytes: 0x400, protection: 'log_images' } as const;
    const withImages = {
      ...SUPERBLOCK,
      format: { ...SUPERBLOCK.format, tree },
      durablePosition: logPosition(0x1_0000_0200),
    };
    const bytes = encodeSlot(withImages);
    expect(toHex(bytes.subarray(228, 244))).toBe('0100030000040000' + '0002000001000000');
    expect(decodeSlot(bytes, true)).toEqual({ ok: true, superblock: withImages });
  });

  it('of a store with an LSM tree is of version 3, and says what of a key its filters are built on', () => {
    for (const [filterPrefix, fields] of [
      [{ kind: 'whole_key' }, '0200000000000000'],
      [{ kind: 'all_but_last', bytes: 8 }, '0200010008000000'],
    ] as const) {
      const withLsm = { ...SUPERBLOCK, format: { ...SUPERBLOCK.format, lsm: { filterPrefix } } };
      const bytes = encodeSlot(withLsm);
      expect(toHex(bytes.subarray(12, 16))).toBe('03000300');
      expect(toHex(bytes.subarray(228, 236))).toBe(fields);
      expect(decodeSlot(bytes, true)).toEqual({ ok: true, superblock: withLsm });
    }
  });

  it('comes back as it went in', () => {
    expect(decodeSlot(encodeSlot(SUPERBLOCK), true)).toEqual({ ok: true, superblock: SUPERBLOCK });
    const full = { ...SUPERBLOCK, root: new Uint8Array(128).fill(7) };
    expect(decodeSlot(encodeSlot(full), true)).toEqual({ ok: true, superblock: full });
    const inDoubt = { ...SUPERBLOCK, logInDoubt: true };
    expect(decodeSlot(encodeSlot(inDoubt), true)).toEqual({ ok: true, superblock: inDoubt });
    const cut = { ...SUPERBLOCK, isLogCut: true };
    expect(decodeSlot(encodeSlot(cut), true)).toEqual({ ok: true, superblock: cut });
    expect(encodeSlot(cut)[56]).toBe(4);
    const versions = { ...SUPERBLOCK, format: { ...SUPERBLOCK.format, versions: true } };
    expect(decodeSlot(encodeSlot(versions), true)).toEqual({ ok: true, superblock: versions });
    expect(encodeSlot(versions)[56]).toBe(8);
    expect(() => encodeSlot({ ...SUPERBLOCK, root: new Uint8Array(129) })).toThrow('fits into its field');
  });

  it('with any one bit flipped is refused, and never taken for a later version or an empty slot', () => {
    eachFlippedBit(encodeSlot(SUPERBLOCK), (flipped, at) => {
      const problem = at >= 4 && at < 12 ? 'not_ours' : 'damaged';
      expect(decodeSlot(flipped, true)).toEqual({ ok: false, problem });
    });
  });

  it('says what it is when it is not a superblock', () => {
    expect(decodeSlot(new Uint8Array(SLOT_BYTES), true)).toEqual({ ok: false, problem: 'empty' });
    expect(decodeSlot(new Uint8Array(0), true)).toEqual({ ok: false, problem: 'empty' });
    expect(decodeSlot(new Uint8Array(SLOT_BYTES).fill(9), true)).toEqual({ ok: false, problem: 'not_ours' });
    expect(decodeSlot(encodeSlot(SUPERBLOCK, true), true)).toEqual({ ok: false, problem: 'formatting' });
    // Readable by version 4 and later; a flag, an index, a page protection and prefix rules that this version does not know.
    for (const change of [{ 14: 4 }, { 56: 16 }, { 228: 3 }, { 230: 9 }, { 228: 2, 230: 2 }, { 228: 2, 232: 1 }]) {
      expect(decodeSlot(changed(change), true)).toEqual({ ok: false, problem: 'too_new' });
    }
    // A later version that this one can still read.
    expect(decodeSlot(changed({ 12: 4 }), true)).toMatchObject({ ok: true });
    // The epoch as a number that no integer holds.
    expect(decodeSlot(changed({ 39: 0xff }), true)).toEqual({ ok: false, problem: 'damaged' });
  });
});

describe('the slot in force', () => {
  function slots(first: Uint8Array, second: Uint8Array): SuperblockFile {
    const file = new MemoryStorage().openNow({ create: true }).superblock;
    file.write(SLOT_OFFSETS[0], first);
    file.write(SLOT_OFFSETS[1], second);
    const superblocks = new SuperblockFile(
      file,
      { checkpointChecksum: true, twoSuperblockSlots: true, wholeWrites: true },
      null,
    );
    superblocks.read();
    return superblocks;
  }
  const epoch = (value: number): Uint8Array => encodeSlot({ ...SUPERBLOCK, epoch: value });
  const spoiled = epoch(9).fill(1, 200, 210);
  const nothing = new Uint8Array(SLOT_BYTES);

  it.each([
    ['both the same', epoch(5), epoch(5), 0, 5, 'same', [0, 1]],
    ['the first newer', epoch(6), epoch(5), 0, 6, 'older', [1, 0]],
    ['the second newer', epoch(5), epoch(6), 1, 6, 'older', [0, 1]],
    ['the first damaged', spoiled, epoch(5), 1, 5, 'damaged', [0, 1]],
    ['the second damaged', epoch(5), spoiled, 0, 5, 'damaged', [1, 0]],
    ['the second never written', epoch(1), nothing, 0, 1, 'damaged', [1, 0]],
  ] as const)('P1: %s', (_, first, second, slot, number, otherSlot, writeOrder) => {
    const superblocks = slots(first, second);
    expect(superblocks.choose()).toMatchObject({ slot, otherSlot, superblock: { epoch: number } });
    expect(superblocks.writeOrder).toEqual(writeOrder);
  });

  it.each([
    ['both damaged', spoiled, spoiled, 'superblock_damaged'],
    ['one damaged, one empty', nothing, spoiled, 'superblock_damaged'],
    ['neither ours', nothing.slice().fill(3), nothing.slice().fill(3), 'not_a_store'],
    ['one from a later version, one good', changed({ 14: 4 }), epoch(5), 'format_too_new'],
  ])('refuses %s', (_, first, second, code) => {
    let refusal: unknown;
    try {
      slots(first, second).choose();
    } catch (error) {
      refusal = error;
    }
    expect(isEngineError(refusal) && refusal.code).toBe(code);
  });
});
