import { describe, expect, it } from 'vitest';
import { AssertionError } from '../base/assert';
import { pageId } from '../base/ids';
import { BufferPool } from './buffer_pool';

const FRAMES = 32;

/** A pool with pages 1 to 32 in its frames, none of them asked for since. */
function full(): BufferPool {
  const pool = new BufferPool(0, 256);
  for (let page = 1; page <= FRAMES; page++) pool.place(pool.takeFree()!, pageId(page), false);
  return pool;
}

/** Gives up the next victim for `page`; says which page went. */
function replaceBy(pool: BufferPool, page: number): number {
  const frame = pool.victim();
  const gone = pool.pageIn(frame);
  pool.clear(frame);
  pool.place(frame, pageId(page), false);
  return gone;
}

describe('the buffer pool', () => {
  it('has as many frames as its bytes, and enough for one operation (B3)', () => {
    expect(new BufferPool(100 * 256 + 255, 256).capacity).toBe(100);
    const pool = full();
    expect(pool.capacity).toBe(FRAMES);
    expect(pool.takeFree()).toBeUndefined();
  });

  it('gives up pages in the order of the clock, and passes by once those that were used', () => {
    const pool = full();
    pool.use(pool.find(pageId(1)));
    pool.use(pool.find(pageId(3)));
    expect(pool.nextVictim()).toBe(2);
    expect([101, 102, 103].map((page) => replaceBy(pool, page))).toEqual([2, 4, 5]);
    expect(pool.hand).toBe(5);
    for (let page = 104; page < 104 + FRAMES - 5; page++) replaceBy(pool, page);
    // A round later: 1 was not asked for again.
    expect(pool.nextVictim()).toBe(1);
    expect(pool.counters.evictions).toBe(3 + FRAMES - 5);
  });

  it('keeps pinned pages, however often the hand comes by (B2)', () => {
    const pool = full();
    const frame = pool.find(pageId(7));
    pool.pin(frame);
    pool.pin(frame);
    pool.unpin(frame);
    const gone = Array.from({ length: 3 * FRAMES }, (_, i) => replaceBy(pool, 200 + i));
    expect(gone).not.toContain(7);
    expect(() => pool.clear(frame)).toThrow(AssertionError);
    pool.unpin(frame);
    expect(() => pool.unpin(frame)).toThrow('B2');
    expect(Array.from({ length: FRAMES }, (_, i) => replaceBy(pool, 900 + i))).toContain(7);
  });

  it('has no victim where every page is pinned', () => {
    const pool = full();
    for (let page = 1; page <= FRAMES; page++) pool.pin(pool.find(pageId(page)));
    expect(pool.nextVictim()).toBeUndefined();
    expect(() => pool.victim()).toThrow('B3');
  });

  it('lets a scan recycle its own frames, and leaves what is used', () => {
    const pool = full();
    for (let page = 1; page <= 24; page++) pool.use(pool.find(pageId(page)));
    const gone = Array.from({ length: 8 }, (_, i) => replaceBy(pool, 300 + i));
    expect(gone).toEqual([25, 26, 27, 28, 29, 30, 31, 32]);
  });

  it('has a page in one frame (B1), and counts the dirty ones', () => {
    const pool = full();
    const frame = pool.victim();
    pool.clear(frame);
    expect(() => pool.place(frame, pageId(5), true)).toThrow('B1');
    pool.place(frame, pageId(50), true);
    pool.setDirty(frame, true);
    pool.setDirty(frame, true);
    expect(pool.dirtyCount).toBe(1);
    expect(pool.dirtyAfterHand(4, FRAMES)).toEqual([frame]);
    pool.pin(frame);
    expect(pool.dirtyAfterHand(4, FRAMES)).toEqual([]);
    pool.unpin(frame);
    pool.clear(frame);
    expect([pool.dirtyCount, pool.find(pageId(50))]).toEqual([0, -1]);
  });

  it('hands its buffer over where a former self is kept, and goes on with another', () => {
    const pool = full();
    const frame = pool.find(pageId(1));
    pool.bytes(frame).fill(7);
    const old = pool.detach(frame);
    pool.bytes(frame).fill(9);
    expect([old[0], pool.bytes(frame)[0]]).toEqual([7, 9]);
  });
});
