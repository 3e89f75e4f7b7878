/**
 * `npm run growth -- --index lsm [--rows N] [--only growth,policies,mixes] [--json FILE]`: how the store with an LSM tree
 * behaves as it grows, what each policy pays, and from which share of writes on it is the better choice. In Node, on a
 * real file system.
 *
 *     growth     1 k to N rows in random order: bytes written, blocks a lookup, levels, memory
 *     policies   the same rows and updates under each: measured, and by the closed forms of `lsm/theory.ts`
 *     mixes      lookups or scans with more and more writes among them, beside a B-tree with the same memory
 *
 * Bytes and blocks are counted; times are of this process alone, medians of slices or sums of processor time.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { SeededRandom } from '../base/runtime';
import type { Store } from '../kv_store';
import { DEFAULT_LSM_TUNING, WHOLE_KEY, type LsmStats, type LsmTuning, type PolicyOptions } from '../lsm';
import { theoryOf, wastedReadsOf } from '../lsm/theory';
import { keyOfIndex } from '../workload/generators';
import { memoryMiB, MIB, openMetered, put, round, ROWS_A_BATCH, VALUE_BYTES, type Opened } from './growth_store';
import { measureMixes } from './lsm_mixes';
import { PEER_LSM } from './peers';
import { median } from './statistics';

const LOOKUPS_A_SLICE = 2000;
const SLICES = 15;
const ROW_BYTES = keyOfIndex(0).length + VALUE_BYTES;

const open = (folder: string, lsm: Partial<LsmTuning>): Opened =>
  openMetered(folder, { format: { lsm: { filterPrefix: WHOLE_KEY } }, tuning: { lsm } });

/** Every merge that is due, and no log to speak of. */
function settle(store: Store): void {
  store.checkpoint();
  while (!store.step(MIB).done);
}

const tableBytesWritten = (store: Store): number =>
  store.lsmStats()!.levels.reduce((sum, { flushedBytes, writtenBytes }) => sum + flushedBytes + writtenBytes, 0);

/** The numbers below a power of two in an order that looks random; each step of it can be undone, so none comes twice. */
function scrambled(number: number, bits: number): number {
  const mask = 2 ** bits - 1;
  let mixed = number;
  for (let turn = 0; turn < 3; turn++) {
    mixed = Math.imul(mixed, 0x9e3779b1) & mask;
    mixed ^= mixed >>> ((bits >>> 1) + 1);
  }
  return mixed;
}

/** Row `number` of so many at most: even keys are there, odd ones are missing between them. */
const rowOf = (number: number, bits: number): number => 2 * scrambled(number, bits);

function load(store: Store, from: number, to: number, bits: number): void {
  for (let row = from; row < to; row += ROWS_A_BATCH) {
    const count = Math.min(ROWS_A_BATCH, to - row);
    store.batch(Array.from({ length: count }, (_, i) => put(rowOf(row + i, bits), row + i)));
    store.flush();
  }
}

// ---- growth

interface Growth {
  readonly rows: number;
  /** Tables of each level, once nothing is due. */
  readonly tables: string;
  /** Bytes written to tables for each byte of key and value, and what the closed form says of the full tree. */
  readonly writeAmplification: number;
  readonly inTheory: number;
  /** Of data from the files, for a key that is there and one that is not. */
  readonly blocksALookup: number;
  readonly blocksAMiss: number;
  readonly lookupMicroseconds: number;
  readonly missMicroseconds: number;
  readonly filterMiB: number;
  readonly cacheMiB: number;
  readonly processMiB: number;
  readonly diskMiB: number;
  readonly openMs: number;
}

function grow(rowsMax: number): Growth[] {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'lsm_growth_'));
  const bits = Math.ceil(Math.log2(rowsMax));
  const grown: Growth[] = [];
  let written = 0;
  try {
    let loaded = 0;
    for (let rows = 1000; rows <= rowsMax; rows *= 10) {
      const { store } = open(folder, PEER_LSM);
      load(store, loaded, rows, bits);
      settle(store);
      written += tableBytesWritten(store);
      store.close();
      loaded = rows;
      grown.push(measureGrown(folder, rows, bits, written));
      console.log(JSON.stringify(grown.at(-1)));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return grown;
}

function measureGrown(folder: string, rows: number, bits: number, written: number): Growth {
  const { files, openMs, store } = open(folder, PEER_LSM);
  const random = new SeededRandom(rows);
  const lookups = measureLookups(store, () => rowOf(random.below(rows), bits), true);
  const misses = measureLookups(store, () => rowOf(random.below(rows), bits) + 1, false);
  const stats = store.lsmStats()!;
  const theory = theoryOf({ ...tuningOf(PEER_LSM), dataBytes: rows * ROW_BYTES });
  const grown: Growth = {
    rows,
    tables: stats.levels.map(({ tables }) => tables).join(' '),
    writeAmplification: round(written / (rows * ROW_BYTES)),
    inTheory: round(theory.writeAmplification),
    blocksALookup: lookups.blocks,
    blocksAMiss: misses.blocks,
    lookupMicroseconds: lookups.microseconds,
    missMicroseconds: misses.microseconds,
    filterMiB: round(stats.pinnedBytes / MIB),
    cacheMiB: round(stats.cacheBytes / MIB),
    processMiB: memoryMiB(),
    diskMiB: round((files.data_0.size() + files.data_1.size()) / MIB),
    openMs: round(openMs),
  };
  store.close();
  return grown;
}

interface Lookups {
  readonly microseconds: number;
  readonly blocks: number;
}

function measureLookups(store: Store, rowToRead: () => number, isThere: boolean): Lookups {
  const slice = (): number => {
    const keys = Array.from({ length: LOOKUPS_A_SLICE }, () => keyOfIndex(rowToRead()));
    const begun = performance.now();
    for (const key of keys)
      if ((store.get(key) !== undefined) !== isThere) throw new Error('a lookup finds what is there');
    return ((performance.now() - begun) * 1000) / LOOKUPS_A_SLICE;
  };
  // Until the cache holds what it will hold.
  for (let i = 0; i < 10; i++) slice();
  const before = store.lsmStats()!.reads.blocksRead;
  const slices = Array.from({ length: SLICES }, slice);
  const blocks = (store.lsmStats()!.reads.blocksRead - before) / (SLICES * LOOKUPS_A_SLICE);
  return { microseconds: round(median(slices)), blocks: round(blocks) };
}

const tuningOf = (lsm: Partial<LsmTuning>): LsmTuning => ({ ...DEFAULT_LSM_TUNING, ...lsm });

// ---- policies

interface PolicyCost {
  readonly policy: string;
  readonly shape: string;
  /** Bytes written to tables for each byte of the last third of the rows; and of all rows, from the empty tree on. */
  readonly writes: number;
  readonly writesFromEmpty: number;
  readonly writesInTheory: number;
  /** Runs that a lookup may have to ask. */
  readonly runs: number;
  readonly runsInTheory: number;
  /** Blocks that a lookup of a missing key reads in vain: with the same bits for every level, and shared out by Monkey. */
  readonly vainReads: number;
  readonly vainInTheory: number;
  readonly vainByMonkey: number;
  readonly vainByMonkeyInTheory: number;
  /** Bytes in tables for each live byte: loaded, and at its worst under updates. */
  readonly space: number;
  readonly spaceUnderUpdates: number;
  readonly spaceInTheory: number;
}

/** Small, so that three levels below level 0 fill with rows for a few seconds. */
const POLICY_ROWS = 150_000;
const POLICY_TUNING: Partial<LsmTuning> = {
  memtableBytes: 64 * 1024,
  tableBytes: 64 * 1024,
  cacheBytes: 4 * MIB,
};
/** Few bits: more would make wrong answers too rare to count. */
const POLICY_BITS = 5;
const POLICIES: readonly PolicyOptions[] = [
  { kind: 'leveled', ratio: 10, l0Tables: 4 },
  { kind: 'leveled', ratio: 4, l0Tables: 4 },
  { kind: 'tiered', ratio: 4 },
  { kind: 'tiered', ratio: 10 },
  { kind: 'lazy_leveling', ratio: 4 },
  { kind: 'lazy_leveling', ratio: 10 },
];

const inWords = (policy: PolicyOptions): string => `${policy.kind.replace('_', ' ')}, ratio ${policy.ratio}`;

function policyCosts(): PolicyCost[] {
  return POLICIES.map((policy) => {
    const equal = policyRun(policy, 'equal');
    const monkey = policyRun(policy, 'monkey');
    const theory = theoryOf({
      policy,
      memtableBytes: POLICY_TUNING.memtableBytes!,
      dataBytes: POLICY_ROWS * ROW_BYTES,
    });
    const filter = { kind: 'full', bitsPerKey: POLICY_BITS } as const;
    const cost: PolicyCost = {
      policy: inWords(policy),
      shape: equal.stats.levels.map(({ runs }) => runs).join(' '),
      writes: equal.writes,
      writesFromEmpty: equal.writesFromEmpty,
      writesInTheory: round(theory.writeAmplification),
      runs: equal.stats.levels.reduce((sum, { runs }) => sum + runs, 0),
      runsInTheory: theory.runs,
      vainReads: equal.vainReads,
      vainInTheory: round(wastedReadsOf(theory, { ...filter, allocation: 'equal' })),
      vainByMonkey: monkey.vainReads,
      vainByMonkeyInTheory: round(wastedReadsOf(theory, { ...filter, allocation: 'monkey' })),
      space: equal.space,
      spaceUnderUpdates: equal.spaceUnderUpdates,
      spaceInTheory: round(theory.spaceAmplification),
    };
    console.log(JSON.stringify(cost));
    return cost;
  });
}

interface PolicyRun {
  readonly stats: LsmStats;
  readonly writes: number;
  readonly writesFromEmpty: number;
  readonly vainReads: number;
  readonly space: number;
  readonly spaceUnderUpdates: number;
}

/** Loads all rows in random order, asks for missing ones, then writes as many updates of random rows. */
function policyRun(policy: PolicyOptions, allocation: 'equal' | 'monkey'): PolicyRun {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'lsm_policy_'));
  const bits = Math.ceil(Math.log2(POLICY_ROWS));
  try {
    const filter = { kind: 'full', bitsPerKey: POLICY_BITS, allocation } as const;
    const { store } = open(folder, { ...POLICY_TUNING, policy, filter });
    const mostRows = Math.floor((POLICY_ROWS * 2) / 3);
    load(store, 0, mostRows, bits);
    settle(store);
    const before = tableBytesWritten(store);
    load(store, mostRows, POLICY_ROWS, bits);
    settle(store);
    const stats = store.lsmStats()!;
    const writes = round((tableBytesWritten(store) - before) / ((POLICY_ROWS - mostRows) * ROW_BYTES));
    const writesFromEmpty = round(tableBytesWritten(store) / (POLICY_ROWS * ROW_BYTES));
    const vainReads = vainReadsOf(store, bits);
    const liveBytes = POLICY_ROWS * ROW_BYTES;
    let worst = 0;
    for (let row = 0; row < POLICY_ROWS; row += 10 * ROWS_A_BATCH) {
      const random = new SeededRandom(row);
      for (let i = 0; i < 10; i++) {
        store.batch(Array.from({ length: ROWS_A_BATCH }, () => put(rowOf(random.below(POLICY_ROWS), bits), row + i)));
        store.flush();
      }
      worst = Math.max(worst, store.lsmStats()!.tableBytes / liveBytes);
    }
    store.close();
    const space = round(stats.tableBytes / liveBytes);
    return { stats, writes, writesFromEmpty, vainReads, space, spaceUnderUpdates: round(worst) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Tables asked in vain: their filter said maybe, and the key was not there. */
function vainReadsOf(store: Store, bits: number): number {
  const random = new SeededRandom(3);
  const asked = 20_000;
  const before = store.lsmStats()!.reads.filterFalsePositives;
  for (let i = 0; i < asked; i++) store.get(keyOfIndex(rowOf(random.below(POLICY_ROWS), bits) + 1));
  return round((store.lsmStats()!.reads.filterFalsePositives - before) / asked);
}

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    only: { type: 'string', default: 'growth,policies,mixes' },
    json: { type: 'string' },
  },
});
const wanted = values.only.split(',');
const report: Record<string, object[]> = {};
if (wanted.includes('growth')) report['growth'] = grow(Number(values.rows));
if (wanted.includes('policies')) report['policies'] = policyCosts();
if (wanted.includes('mixes')) report['mixes'] = measureMixes();
for (const rows of Object.values(report)) console.table(rows);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
