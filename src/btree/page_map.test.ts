import { describe, expect, it } from 'vitest';
import { toHex } from '../base/bytes';
import { extentId } from '../base/ids';
import { cellBytesOf, kindOf, levelOf, pageOf } from './page';
import { entriesPerMapPage, mapEntries, PageMap, type PagePlace } from './page_map';

const place = (extent: number, crc = extent * 3): PagePlace => ({ extent: extentId(extent), crc });
const PER_PAGE = 27; // of 256 bytes

/** Writes what a checkpoint would: every changed page of every level, each at the next free extent. */
function write(map: PageMap, from = 1000): { pages: Map<string, Uint8Array>; top: PagePlace } {
  const pages = new Map<string, Uint8Array>();
  let extent = from;
  for (let level = 1; level <= map.depth; level++) {
    for (const number of map.changedPages(level)) {
      const bytes = new Uint8Array(256);
      map.encode(bytes, level, number, 5);
      pages.set(`${level}.${number}`, bytes);
      map.setMapPlace(level, number, place(extent++));
    }
  }
  map.settleTop(map.depth);
  return { pages, top: map.mapPlace(map.depth, 0)! };
}

describe('the page map', () => {
  it('has the bytes of the drawing', () => {
    const map = new PageMap(256);
    map.set(1, place(0, 0x11223344));
    map.set(3, place(258, 0x55667788));
    const { pages } = write(map);
    const bytes = pages.get('1.0')!;
    expect([kindOf(bytes), levelOf(bytes), pageOf(bytes), cellBytesOf(bytes)]).toEqual(['map', 1, 0, 32]);
    expect(toHex(bytes.subarray(36, 68))).toBe(
      '0000000000000000' + '0100000044332211' + '0000000000000000' + '0301000088776655',
    );
    expect(mapEntries(bytes, cellBytesOf(bytes))).toBe(4);
  });

  it('grows by levels as pages are added: one page of it for every page of the level below', () => {
    expect(entriesPerMapPage(256)).toBe(PER_PAGE);
    const map = new PageMap(256);
    const depthWith = (highest: number): number => {
      map.set(highest, place(highest));
      return map.depth;
    };
    expect(map.depth).toBe(0);
    expect([1, PER_PAGE - 1].map(depthWith)).toEqual([1, 1]);
    expect([PER_PAGE, PER_PAGE ** 2 - 1].map(depthWith)).toEqual([2, 2]);
    expect(depthWith(PER_PAGE ** 2)).toBe(3);
  });

  it('writes only the way up from what changed, and says beforehand how many pages that is at most', () => {
    const map = new PageMap(256);
    for (let page = 1; page <= 1000; page++) map.set(page, place(page));
    expect(write(map).pages.size).toBe(38 + 2 + 1);
    expect([1, 2, 3].flatMap((level) => map.changedPages(level))).toEqual([]);
    map.set(500, place(7777));
    expect(map.pagesToWrite(0)).toBeGreaterThanOrEqual(3);
    expect([...write(map, 5000).pages.keys()]).toEqual(['1.18', '2.0', '3.0']);
    map.set(1, undefined);
    map.set(999, undefined);
    const promised = map.pagesToWrite(0);
    expect(write(map, 6000).pages.size).toBeLessThanOrEqual(promised);
  });

  it('is the same after it was written and loaded, level by level', () => {
    const map = new PageMap(256);
    for (let page = 1; page <= 900; page += 2) map.set(page, place(page));
    const { pages, top } = write(map);
    const again = new PageMap(256);
    again.loadTop(3, top);
    let numbers = [0];
    for (let level = 3; level > 0; level--) {
      numbers = numbers.flatMap((number) => {
        const bytes = pages.get(`${level}.${number}`)!;
        return again.load(bytes, level, number, mapEntries(bytes, cellBytesOf(bytes)));
      });
    }
    expect(numbers).toEqual(Array.from({ length: 450 }, (_, i) => 2 * i + 1));
    for (let page = 0; page < 1000; page++) expect(again.place(page)).toEqual(map.place(page));
    expect([...again.extents()].sort((a, b) => a - b)).toEqual([...map.extents()].sort((a, b) => a - b));
    expect([1, 2, 3].flatMap((level) => again.changedPages(level))).toEqual([]);
  });

  it('forgets a map page that was written for nothing: what is below is to be written again', () => {
    const map = new PageMap(256);
    map.set(1, place(1));
    write(map);
    map.set(1, place(2));
    const before = map.setMapPlace(1, 0, place(2000));
    expect(before).toEqual(place(1000));
    expect(map.changedPages(1)).toEqual([]);
    map.unsetMapPlace(1, 0, before);
    expect(map.mapPlace(1, 0)).toEqual(place(1000));
    expect(map.changedPages(1)).toEqual([0]);
  });
});
