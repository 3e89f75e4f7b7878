/**
 * Memory buys I/O: the same lookups into the same tree, with pools from a hundredth of the data to all of it. Reads are
 * what the store asked of its files once the pool was warm; on a device without a cache of its own above it, each of them
 * waits for the medium.
 */
import { PARAMETERS, priceRun, type MediaCall } from '../storage/media';
import type { MemoryNote, MemoryPrices, MemoryQuestion, PricedKind } from '../protocol/btree';
import { memoryPrices, PRICED } from './btree_devices';
import { loadAscending, MeasuredTree, updateKeys } from './btree_measured';

const LOG_BYTES = 4 * 2 ** 20;
const SLICE = 2000;
const LOAD_POOL_BYTES = 64 * 2 ** 20;

export function* measureMemory(
  question: MemoryQuestion,
  post: (note: MemoryPrices | MemoryNote) => void,
): Generator<number> {
  post(memoryPrices(question.pageBytes));
  let calls: MediaCall[] | undefined;
  const { keys, pageBytes, pattern, seed, valueBytes } = question;
  const tree = new MeasuredTree({
    pageBytes,
    protection: 'copy_on_write',
    poolBytes: LOAD_POOL_BYTES,
    seed,
    logBytes: LOG_BYTES,
    checkpointLogBytes: LOG_BYTES / 2,
    traced: false,
    device: {
      charge: (call, file, at, bytes) => {
        if (call === 'read') calls?.push({ call, file, at, bytes });
      },
    },
  });
  for (const _ of loadAscending(tree, keys, valueBytes, seed)) yield 0;
  const generator = updateKeys(pattern, keys, seed);
  let number = 0;
  let done = 0;
  for (const share of question.shares) {
    const { pages } = tree.stats();
    const poolBytes = Math.ceil(pages * share) * pageBytes;
    tree.reopen(poolBytes);
    // Warm: everything once, while there is room; then as many lookups as settle what stays.
    for (const rows = tree.store.scan(); rows.next().done !== true;);
    const warm = Math.max(question.lookups, 2 * pages);
    for (let i = 0; i < warm + question.lookups; i++) {
      if (i === warm) {
        calls = [];
        tree.startAccount();
        tree.meter.reset();
      }
      tree.store.get(generator.keyOf(number++));
      if (i % SLICE === 0) yield done;
    }
    post(noteOf(tree, share, poolBytes, question, calls!));
    calls = undefined;
    yield ++done;
  }
}

function noteOf(
  tree: MeasuredTree,
  share: number,
  poolBytes: number,
  { lookups, pageBytes }: MemoryQuestion,
  calls: readonly MediaCall[],
): MemoryNote {
  const { height, pages } = tree.stats();
  const end = (file: MediaCall['file']): number =>
    calls.reduce((most, call) => (call.file === file ? Math.max(most, call.at + call.bytes) : most), 0);
  const sizes = { data_0: end('data_0'), data_1: end('data_1') };
  const hits = height * lookups - calls.length;
  const devices = Object.fromEntries(
    PRICED.map((kind) => {
      // Nothing above the device keeps a page: all memory that there is counts as the pool's.
      const { joules, money, ns } = priceRun(calls, kind, { pageCache: false, reads: 'cold', sizes });
      return [kind, { ns, joules, usd: money.total }];
    }),
  ) as Record<PricedKind, { ns: number; joules: number; usd: number }>;
  return {
    note: 'memory',
    share,
    frames: Math.max(32, Math.floor(poolBytes / pageBytes)),
    pages,
    poolBytes: Math.max(32, Math.floor(poolBytes / pageBytes)) * pageBytes,
    height,
    lookups,
    hits,
    reads: calls.length,
    readBytes: calls.reduce((sum, { bytes }) => sum + bytes, 0),
    devices,
    memoryNs: hits * PARAMETERS.dram.latencyNs.value,
  };
}
