import { describe, expect, it } from 'vitest';
import { encodeText, toHex } from '../base/bytes';
import { lsn, pageId } from '../base/ids';
import { SeededRandom } from '../base/runtime';
import {
  cellBytesOf,
  childAt,
  childSlotFor,
  compactCells,
  formatPage,
  freeBytes,
  gapBytes,
  holeBytesOf,
  innerCells,
  keepCells,
  keyAt,
  keyBytesMax,
  leafCellBytes,
  NO_PAGE,
  openSlot,
  overflows,
  PAGE_FIELDS,
  PAGE_HEADER_BYTES,
  pageProblem,
  putLeafCell,
  removeCell,
  roomFor,
  sealPage,
  searchPage,
  setLeft,
  setLsn,
  setRight,
  slotCount,
  usableBytes,
  usedBytes,
  valueAt,
  writeInner,
  type ValuePlace,
} from './page';

const SEED = 0x5eed;
const text = encodeText;

function leafOf(...entries: [key: string, value: string, overflow?: number][]): Uint8Array {
  const page = new Uint8Array(256);
  formatPage(page, 'leaf', 0, pageId(7), SEED);
  for (const [key, value, overflow = 0] of entries) insert(page, key, value, overflow);
  return page;
}

function insert(page: Uint8Array, key: string, value: string, overflow = 0): void {
  const slot = ~searchPage(page, text(key));
  const at = openSlot(page, slot, leafCellBytes(key.length, value.length, overflow !== 0));
  putLeafCell(page, at, text(key), text(value), pageId(overflow));
}

const keysOf = (page: Uint8Array): string[] =>
  Array.from({ length: slotCount(page) }, (_, slot) => new TextDecoder().decode(keyAt(page, slot)));

function valueOf(page: Uint8Array, slot: number): ValuePlace {
  const place: ValuePlace = { at: 0, length: 0, overflow: NO_PAGE };
  valueAt(page, slot, place);
  return place;
}

describe('the bytes of a page', () => {
  it('of a leaf are those of the drawing', () => {
    const page = leafOf(['b', 'two'], ['a', 'one'], ['c', 'x'.repeat(300), 31]);
    setLsn(page, lsn(0x1_0000_0002));
    setLeft(page, pageId(5));
    setRight(page, pageId(9));
    const crc = sealPage(page, SEED);
    const header = [
      toHex(new Uint8Array(new Uint32Array([crc]).buffer)),
      '01', // leaf
      '00', // level
      '0300', // slots
      '07000000', // page
      'ed5e0000', // store
      '0200000001000000', // LSN
      '05000000', // left
      '09000000', // right
      '1400', // cells: 6 + 6 + 8
      '0000', // holes
    ].join('');
    expect(toHex(page.subarray(0, PAGE_HEADER_BYTES))).toBe(header);
    // Slots in key order: a lies below b, which came first; c below both.
    expect(toHex(page.subarray(36, 42))).toBe('f400fa00ec00');
    expect(page.subarray(42, 236).every((byte) => byte === 0)).toBe(true);
    expect(toHex(page.subarray(236))).toBe(
      ['0163' + 'd904' + '1f000000', '0161' + '06' + '6f6e65', '0162' + '06' + '74776f'].join(''),
    );
  });

  it('of an inner page are those of the drawing', () => {
    const page = new Uint8Array(256);
    formatPage(page, 'inner', 2, pageId(3), SEED);
    writeInner(page, pageId(10), [
      { separator: text('k'), child: pageId(11) },
      { separator: text('rr'), child: pageId(0x01020304) },
    ]);
    expect(toHex(page.subarray(4, 12))).toBe('0202020003000000');
    expect(toHex(page.subarray(24, 36))).toBe('0a00000000000000' + '0d000000');
    expect(toHex(page.subarray(36, 40))).toBe('fa00f300');
    expect(toHex(page.subarray(243))).toBe('027272' + '04030201' + '016b' + '0b000000');
    expect([-1, 0, 1].map((slot) => childAt(page, slot))).toEqual([10, 11, 0x01020304]);
    expect(innerCells(page)).toEqual([
      { separator: text('k'), child: 11 },
      { separator: text('rr'), child: 0x01020304 },
    ]);
  });

  it('are named field by field, in order, to the end of the header', () => {
    let end = 0;
    for (const { length, offset } of PAGE_FIELDS) {
      expect(offset).toBe(end);
      end += length;
    }
    expect(end).toBe(PAGE_HEADER_BYTES);
  });
});

describe('the checksum of a page', () => {
  it('finds any one bit that is flipped, in cells, gap and header', () => {
    const page = leafOf(['a', 'one'], ['b', 'two']);
    const crc = sealPage(page, SEED);
    expect(pageProblem(page, pageId(7), SEED, crc, true)).toBeUndefined();
    for (let at = 0; at < page.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        page[at]! ^= 1 << bit;
        expect(pageProblem(page, pageId(7), SEED, crc, true), `bit ${bit} of byte ${at}`).toBeDefined();
        page[at]! ^= 1 << bit;
      }
    }
  });

  it('is not all that is asked: number, store and edition have to be right as well', () => {
    const page = leafOf(['a', 'one']);
    const crc = sealPage(page, SEED);
    expect(pageProblem(page, pageId(8), SEED, crc, true)).toBe('it says that it is page 7');
    expect(pageProblem(page, pageId(7), SEED + 1, crc, true)).toBe('its checksum does not match');
    expect(pageProblem(page, pageId(7), SEED, crc + 1, true)).toMatch('another edition');
    const foreign = leafOf(['a', 'one']);
    foreign[12]! ^= 1;
    const own = sealPage(foreign, SEED);
    expect(pageProblem(foreign, pageId(7), SEED, own, true)).toBe('it belongs to another store');
  });

  it('left out, lets everything pass but what no code could follow', () => {
    const page = leafOf(['a', 'one']);
    expect(pageProblem(page, pageId(99), SEED, 0, false)).toBeUndefined();
    page[4] = 9;
    expect(pageProblem(page, pageId(7), SEED, 0, false)).toBe('it is of no known kind');
    page[4] = 1;
    page[7] = 0xff;
    expect(pageProblem(page, pageId(7), SEED, 0, false)).toBe('G2: slots and cells meet');
  });
});

describe('cells', () => {
  it('keep key order, whatever order they come in, and leave holes that are used again', () => {
    const page = leafOf(['m', '1'], ['c', '2'], ['x', '3'], ['a', '4']);
    expect(keysOf(page)).toEqual(['a', 'c', 'm', 'x']);
    const before = freeBytes(page);
    removeCell(page, 2); // m came first: it lies highest, so a hole is left.
    expect([holeBytesOf(page), gapBytes(page)]).toEqual([4, before + 2]);
    expect(freeBytes(page)).toBe(before + roomFor(4));
    removeCell(page, 0); // a came last: the gap grows.
    expect(holeBytesOf(page)).toBe(4);
    expect(cellBytesOf(page)).toBe(12);
    compactCells(page);
    expect([holeBytesOf(page), cellBytesOf(page), keysOf(page).join('')]).toEqual([0, 8, 'cx']);
    removeCell(page, 0);
    removeCell(page, 0);
    expect([usedBytes(page), cellBytesOf(page), freeBytes(page)]).toEqual([0, 0, usableBytes(256)]);
  });

  it('are found, or the slot where they would go', () => {
    const page = leafOf(['c', ''], ['e', ''], ['ee', '']);
    expect(['c', 'e', 'ee'].map((key) => searchPage(page, text(key)))).toEqual([0, 1, 2]);
    expect(['a', 'd', 'ea', 'f'].map((key) => ~searchPage(page, text(key)))).toEqual([0, 1, 2, 3]);
    expect(['a', 'c', 'd', 'z'].map((key) => childSlotFor(page, text(key)))).toEqual([-1, 0, 0, 2]);
  });

  it('hold values of any length, in the page or elsewhere', () => {
    const page = leafOf(['a', ''], ['b', 'x'.repeat(63)], ['c', 'y'.repeat(64)], ['d', 'z'.repeat(20_000), 77]);
    expect(valueOf(page, 0)).toMatchObject({ length: 0, overflow: NO_PAGE });
    expect(valueOf(page, 1)).toMatchObject({ length: 63, overflow: NO_PAGE });
    const { at, length } = valueOf(page, 2);
    expect(new TextDecoder().decode(page.subarray(at, at + length))).toBe('y'.repeat(64));
    expect(valueOf(page, 3)).toMatchObject({ length: 20_000, overflow: 77 });
  });

  it('stay what they are through hundreds of changes, holes and all', () => {
    const random = new SeededRandom(11);
    const page = leafOf();
    const model = new Map<string, string>();
    for (let i = 0; i < 2000; i++) {
      const key = `k${random.below(30)}`;
      const slot = searchPage(page, text(key));
      if (slot >= 0) {
        removeCell(page, slot);
        model.delete(key);
      } else {
        const value = 'v'.repeat(random.below(30));
        if (freeBytes(page) < roomFor(leafCellBytes(key.length, value.length, false))) continue;
        insert(page, key, value);
        model.set(key, value);
      }
      expect(keysOf(page)).toEqual([...model.keys()].sort());
      for (const [slotOf, each] of keysOf(page).entries())
        expect(valueOf(page, slotOf).length).toBe(model.get(each)!.length);
    }
    keepCells(page, 1, slotCount(page) - 1);
    expect(keysOf(page)).toEqual([...model.keys()].sort().slice(1, -1));
    expect(holeBytesOf(page)).toBe(0);
  });
});

describe('what goes where', () => {
  it('two of the longest keys fit into a page, whose values lie elsewhere', () => {
    for (const pageBytes of [256, 4096, 65536]) {
      const longest = Math.min(1024, keyBytesMax(pageBytes));
      const cell = roomFor(leafCellBytes(longest, 2 ** 30, true));
      expect(2 * cell).toBeLessThanOrEqual(usableBytes(pageBytes));
    }
    expect(keyBytesMax(256)).toBe(97);
  });

  it('a value lies elsewhere if it is longer than a quarter of a page, or two such cells would not fit into one (G4)', () => {
    expect(overflows(4096, 16, 1024)).toBe(false);
    expect(overflows(4096, 16, 1025)).toBe(true);
    expect(overflows(256, 3, 64)).toBe(false);
    expect(overflows(256, 3, 65)).toBe(true);
    const half = Math.floor(usableBytes(256) / 2);
    const fits = half - roomFor(leafCellBytes(60, 0, false));
    expect(fits).toBeLessThan(64);
    expect(overflows(256, 60, fits)).toBe(false);
    expect(overflows(256, 60, fits + 1)).toBe(true);
    // A pointer takes as much as that.
    expect(overflows(256, 97, 4)).toBe(false);
  });
});
