/**
 * Amplification: what the device gets to do for what the user asked, for each page protection and each pattern of
 * updates. Write, read and space amplification are named and defined as RocksDB's tuning guide has them: bytes written to
 * storage for each byte written to the database; reads of the device for each query; bytes of the files for each byte of
 * data. The tables of an LSM tree then stand beside these under the same names.
 */
import { PAGE_PROTECTIONS, type PageProtection } from '../btree';
import { isEngineError } from '../base/errors';
import { DEFAULT_FORMAT, Store } from '../kv_store';
import { ManualSchedule, SeededRandom } from '../base/runtime';
import { MemoryStorage } from '../storage/memory';
import type { KeyPattern, SpaceBytes, WritesNote, WritesPoint, WritesQuestion } from '../protocol/btree';
import { keyOfIndex } from '../workload/generators';
import { loadAscending, MeasuredTree } from './btree_measured';
import { quickValue, updateKeys } from './measured_rows';

const PATTERNS: readonly KeyPattern[] = ['sequential', 'random', 'skewed'];
const POOL_BYTES = 64 * 2 ** 20;
/** Reads are counted with a pool of this share of the data. */
const READ_POOL_SHARE = 0.1;
const GETS = 1000;
const SCANS = 100;
const SCAN_ROWS = 100;
const SLICE = 1000;
const POINTS = 10;

export function* measureWrites(question: WritesQuestion, post: (note: WritesNote) => void): Generator<number> {
  let done = 0;
  for (const protection of protectionsThatOpen(question.pageBytes)) {
    for (const pattern of PATTERNS) {
      yield* measureOne(question, protection, pattern, done, post);
      yield ++done;
    }
  }
}

/** The engine says which it has: a store is made with each, and those that are refused are left out. */
export function protectionsThatOpen(pageBytes: number): PageProtection[] {
  return PAGE_PROTECTIONS.filter((protection) => {
    try {
      Store.open({
        files: new MemoryStorage().openNow({ create: true }),
        random: new SeededRandom(1),
        schedule: new ManualSchedule().schedule,
        format: { ...DEFAULT_FORMAT, logBytes: 64 * 1024, tree: { pageBytes, protection } },
      }).close();
      return true;
    } catch (error) {
      if (isEngineError(error, 'option_invalid')) return false;
      throw error;
    }
  });
}

function* measureOne(
  question: WritesQuestion,
  protection: PageProtection,
  pattern: KeyPattern,
  done: number,
  post: (note: WritesNote) => void,
): Generator<number> {
  const { checkpointLogBytes, groupCommits, keys, pageBytes, seed, updates, valueBytes } = question;
  const tree = new MeasuredTree({
    pageBytes,
    protection,
    poolBytes: POOL_BYTES,
    seed,
    logBytes: 2 * checkpointLogBytes,
    checkpointLogBytes,
  });
  for (const _ of loadAscending(tree, keys, valueBytes, seed)) yield done;
  const generator = updateKeys(pattern, keys, seed);
  tree.meter.reset();
  tree.startAccount();
  const { checkpoints: checkpointsBefore, groups: groupsBefore } = tree.store.stats();
  const rowBytes = keyOfIndex(0).length + valueBytes;
  const points: WritesPoint[] = [];
  const note = (count: number): void => {
    const { flushes: logSyncs, writes: logWrites } = tree.meter.of('log');
    const { checkpoints, groups } = tree.store.stats();
    points.push({
      updates: count,
      userBytes: count * rowBytes,
      groups: groups - groupsBefore,
      logWrites,
      logSyncs,
      checkpoints: checkpoints - checkpointsBefore,
      written: tree.written(),
    });
  };
  for (let number = 0; number < updates; number++) {
    tree.store.put(generator.keyOf(number), quickValue(keys + number, valueBytes));
    if (number % groupCommits === groupCommits - 1) tree.store.flush();
    if (points.length < POINTS - 1 && number + 1 >= ((points.length + 1) * updates) / POINTS) note(number + 1);
    if (number % SLICE === 0) yield done;
  }
  tree.store.flush();
  // What is dirty still has to be written: else the last updates would be free.
  tree.store.checkpoint();
  note(updates);
  const written = tree.written();
  const { flushes } = tree.meter.total();
  const checkpoints = tree.store.stats().checkpoints - checkpointsBefore;
  yield done;
  const space = spaceOf(tree, 2 * checkpointLogBytes);
  const read = readsOf(tree, question);
  post({
    note: 'writes',
    pattern,
    protection,
    userBytes: updates * rowBytes,
    written,
    flushes,
    checkpoints,
    pagesInTree: tree.stats().pages,
    points,
    read,
    space,
  });
}

function readsOf(tree: MeasuredTree, { keys, pageBytes, seed, valueBytes }: WritesQuestion): WritesNote['read'] {
  tree.reopen(Math.ceil(tree.stats().pages * READ_POOL_SHARE) * pageBytes);
  const random = new SeededRandom(seed + 2);
  const looked = (): { pages: number; reads: number } => {
    const { hits, misses } = tree.stats();
    return { pages: hits + misses, reads: misses };
  };
  for (let i = 0; i < GETS; i++) tree.store.get(keyOfIndex(random.below(keys)));
  const start = looked();
  for (let i = 0; i < GETS; i++) tree.store.get(keyOfIndex(random.below(keys)));
  const afterGets = looked();
  let scanBytes = 0;
  let scanRows = 0;
  for (let i = 0; i < SCANS; i++) {
    for (const { key, value } of tree.store.scan({ from: keyOfIndex(random.below(keys)), limit: SCAN_ROWS })) {
      scanBytes += key.length + value.length;
      scanRows++;
    }
  }
  const afterScans = looked();
  const extent = tree.extentBytes;
  return {
    pagesPerGet: (afterGets.pages - start.pages) / GETS,
    readsPerGet: (afterGets.reads - start.reads) / GETS,
    bytesPerGet: ((afterGets.reads - start.reads) * extent) / GETS,
    getBytes: keyOfIndex(0).length + valueBytes,
    pagesPerScan: (afterScans.pages - afterGets.pages) / SCANS,
    readsPerScan: (afterScans.reads - afterGets.reads) / SCANS,
    bytesPerScan: ((afterScans.reads - afterGets.reads) * extent) / SCANS,
    scanBytes: scanBytes / SCANS,
    scanRows: scanRows / SCANS,
  };
}

function spaceOf(tree: MeasuredTree, logBytes: number): SpaceBytes {
  const { userBytes } = tree.store.stats();
  const { extents } = tree.store.describe();
  const { pages } = tree.describe();
  const extent = tree.extentBytes;
  const gaps =
    pages.reduce((sum, { freeBytes }) => sum + freeBytes, 0) + pages.length * (extent - tree.settings.pageBytes);
  const inUse = extents.filter(({ state }) => state !== 'free').length;
  return {
    userBytes,
    format: pages.length * extent - gaps - userBytes,
    gaps,
    mapAndCopies: (inUse - pages.length) * extent,
    free: (extents.length - inUse) * extent,
    log: logBytes,
    superblock: 8192,
  };
}
