/**
 * From which share of writes on an LSM tree is the better index: lookups, or scans of 100 rows, with more and more random
 * updates among them, in a B-tree and an LSM tree over the same rows with the same memory, an eighth of the data.
 *
 * Time is of two kinds. What the processor took is measured; what the device would have taken is priced call by call by
 * the models of `storage/media`, for flash and for a disk, without a page cache of the system: each engine has its own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { SeededRandom } from '../base/runtime';
import type { Store } from '../kv_store';
import { WHOLE_KEY } from '../lsm';
import type { DeviceModel, MeteredCall } from '../storage/metered';
import type { FileName } from '../storage/file';
import { DEVICE_DEFAULTS, makeDevice, STACK_DEFAULTS, StorageStack } from '../storage/media';
import { keyOfIndex } from '../workload/generators';
import { cpuMs, openMetered, put, round, ROWS_A_BATCH, VALUE_BYTES, type StoreToOpen } from './growth_store';

const ROWS = 150_000;
const OPERATIONS = 20_000;
const MEMORY_BYTES = 2 * 1024 * 1024;
const LOG_BYTES = 2 * 1024 * 1024;
const PUTS_A_GROUP = 100;
const SCAN_ROWS = 100;
const ROW_BYTES = keyOfIndex(0).length + VALUE_BYTES;

export type Reads = 'lookups' | 'scans';

export interface Mix {
  readonly reads: Reads;
  /** Of a hundred operations. */
  readonly writes: number;
  readonly index: 'B-tree' | 'LSM tree';
  /** Microseconds an operation. */
  readonly processor: number;
  readonly flash: number;
  readonly disk: number;
  /** Bytes an operation. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Bytes written, log and all, for each byte of key and value put. */
  readonly writeAmplification: number;
}

const INDEXES: Readonly<Record<Mix['index'], Pick<StoreToOpen, 'format' | 'tuning'>>> = {
  'B-tree': {
    format: { tree: { pageBytes: 4096, protection: 'copy_on_write' }, logBytes: LOG_BYTES },
    tuning: { poolBytes: MEMORY_BYTES },
  },
  'LSM tree': {
    format: { lsm: { filterPrefix: WHOLE_KEY }, logBytes: LOG_BYTES },
    tuning: {
      lsm: {
        memtableBytes: MEMORY_BYTES / 8,
        cacheBytes: MEMORY_BYTES - (2 * MEMORY_BYTES) / 8,
        tableBytes: MEMORY_BYTES / 8,
      },
    },
  },
};

export function measureMixes(): Mix[] {
  const mixes: Mix[] = [];
  for (const reads of ['lookups', 'scans'] as const) {
    for (const writes of [0, 5, 25, 50, 75, 95, 100]) {
      for (const index of ['B-tree', 'LSM tree'] as const) {
        if (reads === 'scans' && writes === 100) continue; // The same as without scans.
        mixes.push(measureMix(reads, writes, index));
        console.log(JSON.stringify(mixes.at(-1)));
      }
    }
  }
  return mixes;
}

/** Two devices that are asked the same. */
class TwoDevices implements DeviceModel {
  readonly flash = newStack('nvme');
  readonly disk = newStack('hdd');

  charge(call: MeteredCall, file: FileName, at: number, bytes: number): void {
    this.flash.charge(call, file, at, bytes);
    this.disk.charge(call, file, at, bytes);
  }
}

const newStack = (kind: 'nvme' | 'hdd'): StorageStack =>
  new StorageStack(makeDevice(kind, DEVICE_DEFAULTS), {}, { ...STACK_DEFAULTS, pageCache: false, reads: 'cold' });

function measureMix(reads: Reads, writes: number, index: Mix['index']): Mix {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mix_'));
  const device = new TwoDevices();
  try {
    const { meter, store } = openMetered(folder, { ...INDEXES[index], device });
    fill(store);
    const run = new MixedRun(store, reads, writes);
    run.carryOut(OPERATIONS); // Until cache and levels are as this mix leaves them.
    meter.reset();
    const before = { processor: cpuMs(), flash: device.flash.bill.ns, disk: device.disk.bill.ns, puts: run.puts };
    run.carryOut(OPERATIONS);
    const { readBytes, writtenBytes } = meter.total();
    const mix: Mix = {
      reads,
      writes,
      index,
      processor: round(((cpuMs() - before.processor) * 1000) / OPERATIONS),
      flash: round((device.flash.bill.ns - before.flash) / 1000 / OPERATIONS),
      disk: round((device.disk.bill.ns - before.disk) / 1000 / OPERATIONS),
      bytesRead: Math.round(readBytes / OPERATIONS),
      bytesWritten: Math.round(writtenBytes / OPERATIONS),
      writeAmplification: run.puts === before.puts ? 0 : round(writtenBytes / ((run.puts - before.puts) * ROW_BYTES)),
    };
    store.close();
    return mix;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fill(store: Store): void {
  for (let row = 0; row < ROWS; row += ROWS_A_BATCH) {
    store.batch(Array.from({ length: ROWS_A_BATCH }, (_, i) => put(row + i, row + i)));
    store.flush();
  }
  store.checkpoint();
}

/** Puts gather to groups, as those of many callers would; reads do not wait for them. */
class MixedRun {
  puts = 0;
  readonly #store: Store;
  readonly #reads: Reads;
  readonly #writes: number;
  readonly #random = new SeededRandom(5);
  #ungrouped = 0;

  constructor(store: Store, reads: Reads, writes: number) {
    this.#store = store;
    this.#reads = reads;
    this.#writes = writes;
  }

  carryOut(operations: number): void {
    for (let i = 0; i < operations; i++) {
      const row = this.#random.below(ROWS);
      if (this.#random.below(100) < this.#writes) this.#put(row);
      else this.#read(row);
    }
  }

  #put(row: number): void {
    this.#store.batch([put(row, this.puts++)], { mode: 'relaxed' });
    if (++this.#ungrouped < PUTS_A_GROUP) return;
    this.#store.write();
    this.#ungrouped = 0;
  }

  #read(row: number): void {
    if (this.#reads === 'lookups') {
      if (this.#store.get(keyOfIndex(row))?.length !== VALUE_BYTES) throw new Error('every row is found');
      return;
    }
    let rows = 0;
    for (const { value } of this.#store.scan({ from: keyOfIndex(row), limit: SCAN_ROWS }))
      rows += value.length > 0 ? 1 : 0;
    if (rows < Math.min(SCAN_ROWS, ROWS - row)) throw new Error('a scan gives its rows');
  }
}
