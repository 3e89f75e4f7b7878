import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../base/runtime';
import { BlockCache, CREDIT } from './block_cache';

const block = (bytes: number): Uint8Array => new Uint8Array(bytes);
const here = (cache: BlockCache): string[] => cache.describe().map(({ table, at }) => `${table}:${at}`);

describe('the block cache', () => {
  it('keeps blocks by table and offset, and counts what it was asked', () => {
    const cache = new BlockCache(1000);
    expect(cache.find(1, 0, CREDIT.data)).toBeUndefined();
    const bytes = block(100);
    cache.put(1, 0, bytes, CREDIT.data);
    expect(cache.find(1, 0, CREDIT.data)).toBe(bytes);
    expect(cache.find(1, 1, CREDIT.data)).toBeUndefined();
    expect(cache.find(2, 0, CREDIT.data)).toBeUndefined();
    expect(cache.counters).toEqual({ hits: 1, misses: 3, evictions: 0 });
    expect(() => cache.put(1, 0, bytes, 0)).toThrow('C2');
  });

  it('lets go first of what a scan brought, then of data, last of what finds other blocks', () => {
    const cache = new BlockCache(400);
    cache.put(1, 0, block(100), CREDIT.guide);
    cache.put(1, 100, block(100), CREDIT.data);
    cache.put(1, 200, block(100), CREDIT.scanned);
    cache.put(1, 300, block(100), CREDIT.scanned);
    cache.put(1, 400, block(100), CREDIT.scanned);
    expect(here(cache).sort()).toEqual(['1:0', '1:100', '1:300', '1:400']);
    cache.find(1, 400, CREDIT.data);
    cache.put(1, 500, block(100), CREDIT.data);
    cache.put(1, 600, block(100), CREDIT.data);
    expect(here(cache)).not.toContain('1:300');
    expect(here(cache)).toContain('1:0');
  });

  it('lets go of a whole table at once, and of nothing else', () => {
    const cache = new BlockCache(1000);
    for (const table of [1, 2, 1, 2, 1]) cache.put(table, cache.bytes, block(50), CREDIT.guide);
    cache.drop(1);
    expect(here(cache)).toEqual(['2:50', '2:150']);
    expect(cache.bytes).toBe(100);
    cache.drop(3);
    for (let at = 0; at < 18; at++) cache.put(4, at, block(50), 0);
    expect(cache.bytes).toBe(1000);
    expect(cache.counters.evictions).toBe(0);
  });

  it('is bounded in bytes, whatever is put in, and never keeps what is larger than itself', () => {
    const random = new SeededRandom(3);
    for (const capacity of [0, 100, 5000]) {
      const cache = new BlockCache(capacity);
      const known = new Map<string, Uint8Array>();
      for (let i = 0; i < 400; i++) {
        const [table, at] = [random.below(4), random.below(60)];
        const found = cache.find(table, at, random.below(4));
        if (found) expect(found).toBe(known.get(`${table}:${at}`));
        else {
          const bytes = block(1 + random.below(300));
          known.set(`${table}:${at}`, bytes);
          cache.put(table, at, bytes, random.below(4));
        }
        if (random.below(100) === 0) cache.drop(random.below(4));
        expect(cache.bytes).toBeLessThanOrEqual(capacity);
        expect(cache.describe().reduce((sum, each) => sum + each.bytes, 0)).toBe(cache.bytes);
      }
      expect(cache.counters.hits > 0).toBe(capacity > 0);
    }
  });
});
