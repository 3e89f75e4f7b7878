/**
 * The block cache: blocks of tables that are in memory, a bounded number of bytes of them, for all tables of a tree.
 *
 * Which stay is decided by a clock, as in the B-tree's buffer pool, but its marks count (a generalized clock: Smith 1978,
 * "Sequentiality and prefetching in database systems", section 5). A use sets a block's credit, the hand takes one of it at each
 * pass, and a block without credit goes. Blocks of an index or a filter have more credit than those with data, since each
 * of them is needed to find a hundred others. What a scan brings in has none, so the next pass of the hand takes it, unless
 * a lookup wanted it meanwhile.
 *
 *            hand
 *             v
 *     [7: 0, 1][3: 8192, 0][7: index, 3][9: 4096, 1] ...       table: offset, credit
 *
 * Tables never change, so a block in the cache can only be right; it goes when its table does. Blocks that were handed out
 * stay as they are for whoever holds them: the cache only lets go of them.
 *
 *   C1  At most `capacityBytes` of blocks are in the cache.
 *   C2  A block is there once.
 */
import { assert } from '../../base/assert';
import type { TableId } from './table_meta';

export interface CacheCounters {
  hits: number;
  misses: number;
  evictions: number;
}

/** What a use is worth: how many times the hand passes by before the block goes. */
export const CREDIT = { scanned: 0, data: 1, guide: 3 } as const;

interface Slot {
  readonly table: TableId;
  readonly at: number;
  readonly bytes: Uint8Array;
  credit: number;
}

export interface CachedBlock {
  readonly table: TableId;
  readonly at: number;
  readonly bytes: number;
  readonly credit: number;
}

export class BlockCache {
  readonly capacityBytes: number;
  readonly counters: CacheCounters = { hits: 0, misses: 0, evictions: 0 };
  #bytes = 0;
  /** The clock's ring; a place may be empty. */
  readonly #ring: (Slot | undefined)[] = [];
  readonly #empty: number[] = [];
  #hand = 0;
  /** By table and offset: the place in the ring. */
  readonly #places = new Map<TableId, Map<number, number>>();

  constructor(capacityBytes: number) {
    assert(capacityBytes >= 0, 'C1: a cache has a capacity');
    this.capacityBytes = capacityBytes;
  }

  /** Bytes of blocks in the cache. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The block at `at` of `table`, if it is here. */
  find(table: TableId, at: number, credit: number): Uint8Array | undefined {
    const place = this.#places.get(table)?.get(at);
    if (place === undefined) {
      this.counters.misses++;
      return undefined;
    }
    this.counters.hits++;
    const slot = this.#ring[place]!;
    if (slot.credit < credit) slot.credit = credit;
    return slot.bytes;
  }

  /** Keeps a block that `find` did not find; others may go for it. One larger than the whole cache is not kept. */
  put(table: TableId, at: number, bytes: Uint8Array, credit: number): void {
    if (bytes.length > this.capacityBytes) return;
    while (this.#bytes + bytes.length > this.capacityBytes) this.#evict();
    let places = this.#places.get(table);
    if (!places) {
      places = new Map<number, number>();
      this.#places.set(table, places);
    }
    assert(!places.has(at), 'C2: a block is there once');
    const place = this.#empty.pop() ?? this.#ring.length;
    this.#ring[place] = { table, at, bytes, credit };
    places.set(at, place);
    this.#bytes += bytes.length;
  }

  /** No reader needs the table any more. */
  drop(table: TableId): void {
    for (const place of this.#places.get(table)?.values() ?? []) this.#clear(place);
    this.#places.delete(table);
  }

  /** In clock order from the hand on. */
  describe(): CachedBlock[] {
    const fromHand = [...this.#ring.slice(this.#hand), ...this.#ring.slice(0, this.#hand)];
    return fromHand.flatMap((slot) => (slot ? [{ ...slot, bytes: slot.bytes.length }] : []));
  }

  /** Moves the hand to the next block without credit, and lets it go. */
  #evict(): void {
    for (;;) {
      const place = this.#hand;
      this.#hand = (place + 1) % this.#ring.length;
      const slot = this.#ring[place];
      if (!slot) continue;
      if (slot.credit > 0) {
        slot.credit--;
        continue;
      }
      this.#clear(place);
      const places = this.#places.get(slot.table)!;
      places.delete(slot.at);
      if (places.size === 0) this.#places.delete(slot.table);
      this.counters.evictions++;
      return;
    }
  }

  #clear(place: number): void {
    this.#bytes -= this.#ring[place]!.bytes.length;
    this.#ring[place] = undefined;
    this.#empty.push(place);
  }
}
