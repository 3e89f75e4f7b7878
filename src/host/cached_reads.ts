/**
 * Memory buys I/O: the same lookups into the same store, with caches from a hundredth of the data to all of it. Reads are
 * what the store asked of its files once the cache was warm; on a device without a cache of its own above it, each of them
 * waits for the medium.
 *
 * The cache is a B-tree's buffer pool or an LSM tree's block cache: nothing here knows which.
 */
import type { Store } from '../kv_store';
import type { MemoryNote, PricedKind } from '../protocol/prices';
import { PARAMETERS, priceRun, type MediaCall } from '../storage/media';
import type { DeviceModel } from '../storage/metered';
import { PRICED_KINDS } from '../protocol/prices';
import { updateKeys } from './measured_rows';

const SLICE = 2000;

/** A store whose cache can be made larger and smaller. */
export interface CachedStore {
  readonly store: Store;
  readonly blockBytes: number;
  /** How many blocks, or pages, there are. */
  blocks(): number;
  /** Opens it again with a cache of about so many bytes. @returns how many blocks find room in it */
  reopen(cacheBytes: number): number;
  /** Blocks that were looked at since it was opened, in memory or not. */
  looked(): number;
}

export interface CachedQuestion {
  readonly keys: number;
  readonly lookups: number;
  readonly pattern: 'random' | 'skewed';
  readonly shares: readonly number[];
  readonly seed: number;
}

/** Keeps the reads of a device while it is told to. */
export class NotedReads implements DeviceModel {
  #calls: MediaCall[] | undefined;

  readonly charge: DeviceModel['charge'] = (call, file, at, bytes) => {
    if (call === 'read') this.#calls?.push({ call, file, at, bytes });
  };
  start(): void {
    this.#calls = [];
  }
  end(): readonly MediaCall[] {
    const calls = this.#calls ?? [];
    this.#calls = undefined;
    return calls;
  }
}

export function* measureShares(
  question: CachedQuestion,
  cached: CachedStore,
  reads: NotedReads,
  post: (note: MemoryNote) => void,
): Generator<number> {
  const { keys, lookups, pattern, seed, shares } = question;
  const generator = updateKeys(pattern, keys, seed);
  let number = 0;
  let done = 0;
  for (const share of shares) {
    const blocks = cached.blocks();
    const frames = cached.reopen(Math.ceil(blocks * share) * cached.blockBytes);
    // Warm: everything once, while there is room; then as many lookups as settle what stays.
    for (const rows = cached.store.scan(); rows.next().done !== true;);
    const warm = Math.max(lookups, 2 * blocks);
    let before = 0;
    for (let i = 0; i < warm + lookups; i++) {
      if (i === warm) {
        reads.start();
        before = cached.looked();
      }
      cached.store.get(generator.keyOf(number++));
      if (i % SLICE === 0) yield done;
    }
    const looked = cached.looked() - before;
    post(noteOf({ share, frames, blocks, looked, lookups, blockBytes: cached.blockBytes }, reads.end()));
    yield ++done;
  }
}

interface Measured {
  readonly share: number;
  readonly frames: number;
  readonly blocks: number;
  readonly looked: number;
  readonly lookups: number;
  readonly blockBytes: number;
}

function noteOf(
  { blockBytes, blocks, frames, looked, lookups, share }: Measured,
  calls: readonly MediaCall[],
): MemoryNote {
  const end = (file: MediaCall['file']): number =>
    calls.reduce((most, call) => (call.file === file ? Math.max(most, call.at + call.bytes) : most), 0);
  const sizes = { data_0: end('data_0'), data_1: end('data_1') };
  const hits = Math.max(0, looked - calls.length);
  const devices = Object.fromEntries(
    PRICED_KINDS.map((kind) => {
      // Nothing above the device keeps a block: all memory that there is counts as the cache's.
      const { joules, money, ns } = priceRun(calls, kind, { pageCache: false, reads: 'cold', sizes });
      return [kind, { ns, joules, usd: money.total }];
    }),
  ) as Record<PricedKind, { ns: number; joules: number; usd: number }>;
  return {
    note: 'memory',
    share,
    frames,
    pages: blocks,
    poolBytes: frames * blockBytes,
    // Of a B-tree: its height, since a lookup looks at one page a level.
    height: looked / lookups,
    lookups,
    hits,
    reads: calls.length,
    readBytes: calls.reduce((sum, { bytes }) => sum + bytes, 0),
    devices,
    memoryNs: hits * PARAMETERS.dram.latencyNs.value,
  };
}
