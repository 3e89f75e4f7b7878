/**
 * `npm run growth [-- --rows N] [--json FILE]`: how the store with a B-tree behaves as it grows, and what each page
 * protection costs. In Node, on a real file system: up to ten million rows, which no visit to a page should wait for.
 *
 *     grows        1 k to N rows: time and pages read a lookup, height, memory, bytes on disk
 *     protections  the same updates under each: bytes written by kind, flushes, time, and the next opening
 *
 * Times are medians of slices, in one run, one after the other; the figures to compare are ratios and counts.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { isEngineError } from '../base/errors';
import { SeededRandom } from '../base/runtime';
import type { Batch } from '../base/ordered_index';
import type { PageProtection } from '../btree';
import type { Store } from '../kv_store';
import { closeAll } from '../storage/file';
import { RECORD_HEADER_BYTES } from '../storage/log_region';
import { keyOfIndex } from '../workload/generators';
import { cpuMs, memoryMiB, MIB, openMetered, put, round, ROWS_A_BATCH, VALUE_BYTES, type Opened } from './growth_store';
import { median } from './statistics';

const PAGE_BYTES = 4096;
const POOL_BYTES = 16 * 1024 * 1024;
/** Checkpoints come after as many bytes of commits in each, also where the log is longer to have room for images. */
const LOG_BYTES = 16 * 1024 * 1024;
const LONG_LOG_BYTES = 64 * 1024 * 1024;
const CHECKPOINT_LOG_BYTES = LOG_BYTES / 2;
const LOOKUPS_A_SLICE = 2000;
const SLICES = 15;

const open = (folder: string, protection: PageProtection, logBytes = LOG_BYTES): Opened =>
  openMetered(folder, {
    format: { tree: { pageBytes: PAGE_BYTES, protection }, logBytes },
    tuning: { poolBytes: POOL_BYTES, checkpointLogBytes: CHECKPOINT_LOG_BYTES },
  });

/** Rows in key order: the tree is as full as it gets, as it is after a load by time or counter. */
function load(store: Store, from: number, to: number): void {
  for (let row = from; row < to; row += ROWS_A_BATCH) {
    const count = Math.min(ROWS_A_BATCH, to - row);
    const batch: Batch = Array.from({ length: count }, (_, i) => put(row + i, row + i));
    store.batch(batch);
    store.flush();
  }
}

interface Growth {
  readonly rows: number;
  readonly height: number;
  readonly pages: number;
  readonly lookupMicroseconds: number;
  readonly pagesReadALookup: number;
  readonly openMs: number;
  readonly heapMiB: number;
  readonly diskMiB: number;
}

function grow(rowsMax: number): Growth[] {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'growth_'));
  const grown: Growth[] = [];
  try {
    let loaded = 0;
    for (let rows = 1000; rows <= rowsMax; rows *= 10) {
      const filling = open(folder, 'copy_on_write').store;
      load(filling, loaded, rows);
      filling.checkpoint();
      filling.close();
      loaded = rows;
      grown.push(measure(folder, rows));
      console.log(JSON.stringify(grown.at(-1)));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return grown;
}

function measure(folder: string, rows: number): Growth {
  const { files, openMs, store } = open(folder, 'copy_on_write');
  const random = new SeededRandom(rows);
  /** @returns microseconds a lookup; the keys are made before */
  const lookups = (): number => {
    const keys = Array.from({ length: LOOKUPS_A_SLICE }, () => keyOfIndex(random.below(rows)));
    const begun = performance.now();
    for (const key of keys) if (store.get(key)?.length !== VALUE_BYTES) throw new Error('every row is found');
    return ((performance.now() - begun) * 1000) / LOOKUPS_A_SLICE;
  };
  // Until the pool holds what it will hold.
  for (let i = 0; i < 10; i++) lookups();
  const readBefore = store.stats().tree!.pagesRead;
  const slices = Array.from({ length: SLICES }, lookups);
  const { height, pages, pagesRead } = store.stats().tree!;
  const figures: Growth = {
    rows,
    height,
    pages,
    lookupMicroseconds: round(median(slices)),
    pagesReadALookup: round((pagesRead - readBefore) / (SLICES * LOOKUPS_A_SLICE)),
    openMs: round(openMs),
    heapMiB: memoryMiB(),
    diskMiB: round((files.data_0.size() + files.data_1.size()) / MIB),
  };
  store.close();
  return figures;
}

type Updates = 'sequential' | 'random' | 'skewed';

interface ProtectionCost {
  readonly protection: PageProtection;
  readonly logMiB: number;
  readonly updates: Updates;
  /** Bytes written for each byte of key and value that was put. */
  readonly logAmplification: number;
  readonly imageAmplification: number;
  readonly pageAmplification: number;
  readonly flushesACommit: number;
  readonly milliseconds: number;
  /** Processor time: of the updates, of an opening after a close, and of one after the process just ended. */
  readonly cpuMs: number;
  readonly openAfterCloseMs: number;
  /** Absent where the store refused: pages were being written over, and nothing protected them. */
  readonly openAfterKillMs?: number;
}

const ROWS = 100_000;
const UPDATES = 200_000;

function protectionCosts(): ProtectionCost[] {
  const costs: ProtectionCost[] = [];
  for (const updates of ['sequential', 'random', 'skewed'] as const) {
    for (const [protection, logBytes] of [
      ['copy_on_write', LOG_BYTES],
      ['double_write', LOG_BYTES],
      ['log_images', LOG_BYTES],
      ['none', LOG_BYTES],
      ['copy_on_write', LONG_LOG_BYTES],
      ['log_images', LONG_LOG_BYTES],
    ] as const) {
      costs.push(protectionCost(protection, logBytes, updates));
      console.log(JSON.stringify(costs.at(-1)));
    }
  }
  return costs;
}

function protectionCost(protection: PageProtection, logBytes: number, updates: Updates): ProtectionCost {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'protection_'));
  try {
    const { meter, store } = open(folder, protection, logBytes);
    load(store, 0, ROWS);
    store.checkpoint();
    meter.reset();
    const imagesBefore = store.stats().tree!.pagesLogged;
    const random = new SeededRandom(11);
    const begun = performance.now();
    const cpuBegun = cpuMs();
    for (let i = 0; i < UPDATES; i += 100) {
      store.batch(Array.from({ length: 100 }, (_, k) => put(rowOf(updates, i + k, random), i + k)));
      store.flush();
    }
    store.checkpoint();
    const milliseconds = performance.now() - begun;
    const cpu = cpuMs() - cpuBegun;
    const userBytes = UPDATES * (keyOfIndex(0).length + VALUE_BYTES);
    const written = (name: 'log' | 'data_0' | 'data_1'): number => meter.of(name).writtenBytes;
    const flushes = meter.total().flushes;
    const images = (store.stats().tree!.pagesLogged - imagesBefore) * (RECORD_HEADER_BYTES + PAGE_BYTES);
    const log = written('log') - images;
    const pages = written('data_0') + written('data_1');
    return {
      protection,
      logMiB: logBytes / MIB,
      updates,
      logAmplification: round(log / userBytes),
      imageAmplification: round(images / userBytes),
      pageAmplification: round(pages / userBytes),
      flushesACommit: round(flushes / (UPDATES / 100)),
      milliseconds: Math.round(milliseconds),
      cpuMs: Math.round(cpu),
      ...reopened(
        store,
        () => open(folder, protection, logBytes),
        (i) => rowOf(updates, i, random),
      ),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Once after a close; and once more, after more updates, as the end of the process would leave it. */
function reopened(
  store: Store,
  open: () => Opened,
  rowOfUpdate: (number: number) => number,
): Pick<ProtectionCost, 'openAfterCloseMs' | 'openAfterKillMs'> {
  store.close();
  const closed = open();
  for (let i = 0; i < UPDATES / 2; i += 100) {
    closed.store.batch(Array.from({ length: 100 }, (_, k) => put(rowOfUpdate(i + k), i + k)));
    closed.store.flush();
  }
  closeAll(closed.files);
  const openAfterCloseMs = round(closed.openCpuMs);
  try {
    const killed = open();
    killed.store.close();
    return { openAfterCloseMs, openAfterKillMs: round(killed.openCpuMs) };
  } catch (error) {
    if (!isEngineError(error, 'page_damaged')) throw error;
    return { openAfterCloseMs };
  }
}

/** Skewed: a fifth of the rows gets four fifths of the updates. */
function rowOf(updates: Updates, number: number, random: SeededRandom): number {
  if (updates === 'sequential') return number % ROWS;
  if (updates === 'random') return random.below(ROWS);
  const hot = ROWS / 5;
  return random.below(5) === 0 ? hot + random.below(ROWS - hot) : random.below(hot);
}

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, json: { type: 'string' } },
});
const growth = grow(Number(values.rows));
const protections = protectionCosts();
console.table(growth);
console.table(protections);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ growth, protections }, null, 2)}\n`);
