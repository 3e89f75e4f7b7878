import { describe, expect, it } from 'vitest';
import { isEngineError } from '../base/errors';
import { pageId, type PageId } from '../base/ids';
import { ExtentAllocator } from '../storage/extent_allocator';
import { MemoryStorage } from '../storage/memory';
import type { BTreeEvent } from './events';
import { ExtentReferences } from './extent_references';
import { PAGE_HEADER_BYTES } from './page';
import type { View } from './former_pages';
import { Pager } from './pager';

const FRAMES = 32; // The least that a pool has.

function makePager(trace: BTreeEvent[] = []) {
  const files = new MemoryStorage().openNow({ create: true });
  const allocator = new ExtentAllocator(files, 512);
  const pager = new Pager({
    allocator,
    storeSeed: 5,
    pageBytes: 256,
    poolBytes: 0,
    verifyChecksums: true,
    wholeWrites: true,
    trace: { emit: (event) => trace.push(event) },
  });
  return { pager, allocator, files };
}

const make = (pager: Pager, mark: number): PageId => {
  const page = pager.allocate('leaf', 0);
  pager.change(page)[PAGE_HEADER_BYTES] = mark;
  return page;
};
const markOf = (bytes: Uint8Array): number => bytes[PAGE_HEADER_BYTES]!;
const usedExtents = (allocator: ExtentAllocator): number => allocator.describe().filter(({ isUsed }) => isUsed).length;

describe('a view', () => {
  it('sees every page as it was when it was opened (P4), in memory or not', () => {
    const { pager } = makePager();
    const pages = Array.from({ length: 80 }, (_, i) => make(pager, i));
    const first = pager.former.openView();
    for (const page of pages) if (page % 2 === 0) pager.change(page)[PAGE_HEADER_BYTES] = 100;
    const second = pager.former.openView();
    for (const page of pages) if (page % 3 === 0) pager.change(page)[PAGE_HEADER_BYTES] = 200;
    const seen = (view: View) => pages.map((page) => markOf(pager.readAt(view, page)));
    expect(seen(first)).toEqual(pages.map((_, i) => i));
    expect(seen(second)).toEqual(pages.map((page, i) => (page % 2 === 0 ? 100 : i)));
    expect(pages.map((page) => markOf(pager.read(page)))).toEqual(
      pages.map((page, i) => (page % 3 === 0 ? 200 : page % 2 === 0 ? 100 : i)),
    );
  });

  it('sees pages that are freed since, and their numbers given out again', () => {
    const { pager } = makePager();
    const page = make(pager, 1);
    const view = pager.former.openView();
    pager.free(page);
    expect(pager.exists(page)).toBe(false);
    expect(make(pager, 2)).toBe(page);
    expect([markOf(pager.readAt(view, page)), markOf(pager.read(page))]).toEqual([1, 2]);
    expect(pager.versionAt(view, page)).toBeDefined();
  });

  it('that is closed lets go of what only it saw', () => {
    const { allocator, pager } = makePager();
    const pages = Array.from({ length: 3 * FRAMES }, (_, i) => make(pager, i));
    const [first, second] = [pager.former.openView(), pager.former.openView()];
    for (const page of pages) pager.change(page)[PAGE_HEADER_BYTES] = 250;
    const held = usedExtents(allocator);
    pager.former.closeView(first);
    expect(markOf(pager.readAt(second, pages[0]!))).toBe(0);
    pager.former.closeView(second);
    pager.former.closeView(second);
    expect(pager.former.bytes).toBe(0);
    expect([...pager.former.extents()]).toEqual([]);
    expect(usedExtents(allocator)).toBeLessThan(held);
    for (const page of pages) pager.free(page);
    expect(usedExtents(allocator)).toBe(0);
  });
});

describe('a pool that is too small', () => {
  it('spills dirty pages to free extents, several with one call, and reads them from there', () => {
    const trace: BTreeEvent[] = [];
    const { allocator, pager } = makePager(trace);
    const pages = Array.from({ length: 100 }, (_, i) => make(pager, i));
    expect(pager.pagesSpilled).toBeGreaterThanOrEqual(100 - FRAMES);
    expect(usedExtents(allocator)).toBe(pager.pagesSpilled);
    for (const [i, page] of pages.entries()) expect(markOf(pager.read(page))).toBe(i);
    expect(pager.pagesRead).toBeGreaterThan(0);
    // A page that is changed again has no place: what was spilled is nobody's.
    const before = usedExtents(allocator);
    pager.change(pages[0]!);
    expect(usedExtents(allocator)).toBe(before - 1);
    expect(trace.filter(({ kind }) => kind === 'btree.page_spilled').length).toBe(pager.pagesSpilled);
  });

  it('keeps pinned pages where they are', () => {
    const { pager } = makePager();
    const page = make(pager, 7);
    const pinned = pager.pin(page);
    for (let i = 0; i < 3 * FRAMES; i++) make(pager, i);
    pinned[PAGE_HEADER_BYTES] = 77;
    expect(markOf(pager.read(page))).toBe(77);
    pager.unpin(page);
  });

  it('says which page is damaged, and where it lies, each time that it is asked for', () => {
    const { allocator, files, pager } = makePager();
    const pages = Array.from({ length: 100 }, (_, i) => make(pager, i));
    const lost = pages.find((page) => pager.placeOf(page) !== undefined && pager.pool.find(page) < 0)!;
    const { at, name } = allocator.locate(pager.placeOf(lost)!.extent);
    files[name].write(at + 100, new Uint8Array([1, 2, 3]));
    for (let tries = 0; tries < 2; tries++) {
      try {
        pager.read(lost);
        expect.unreachable();
      } catch (error) {
        if (!isEngineError(error, 'page_damaged')) throw error;
        expect(error.place).toEqual({ file: name, offset: at, page: lost });
      }
    }
    expect(markOf(pager.read(pages[99]!))).toBe(99);
    expect(() => pager.read(pageId(999))).toThrow('cannot be found');
  });

  it('reads a page again before it calls it damaged: a read can go wrong once', () => {
    const { files, pager } = makePager();
    const pages = Array.from({ length: 100 }, (_, i) => make(pager, i));
    const lost = pages.find((page) => pager.pool.find(page) < 0)!;
    const file = files.data_0;
    const read = file.read.bind(file);
    let calls = 0;
    file.read = (at, into) => {
      const count = read(at, into);
      if (++calls === 1) into.fill(0);
      return count;
    };
    expect(markOf(pager.read(lost))).toBe(pages.indexOf(lost));
    expect(calls).toBe(2);
  });
});

describe('references to an extent', () => {
  it('are counted: the last to let go frees it', () => {
    const { allocator } = makePager();
    const references = new ExtentReferences(allocator);
    const extent = allocator.allocate('data_0');
    references.add(extent);
    references.add(extent);
    references.drop(extent);
    expect([references.count(extent), allocator.isUsed(extent)]).toEqual([1, true]);
    references.drop(extent);
    expect([references.count(extent), allocator.isUsed(extent)]).toEqual([0, false]);
    expect(() => references.drop(extent)).toThrow('only what was referred to');
  });
});
