/** What the runs of `npm run growth` have in common: metered stores in Node, rows, and clocks of the process. */
import process from 'node:process';
import { SeededRandom } from '../base/runtime';
import type { Batch } from '../base/ordered_index';
import { Store, type FormatOptions, type TuningOptions } from '../kv_store';
import type { FileSet } from '../storage/file';
import { Meter, meteredFiles, type DeviceModel } from '../storage/metered';
import { NodeStorage } from '../storage/node';
import { keyOfIndex, valueOf } from '../workload/generators';

export const VALUE_BYTES = 100;
export const ROWS_A_BATCH = 1000;
export const MIB = 1024 * 1024;

export interface Opened {
  readonly store: Store;
  readonly files: FileSet;
  readonly meter: Meter;
  readonly openMs: number;
  readonly openCpuMs: number;
}

export interface StoreToOpen {
  readonly format: Partial<FormatOptions>;
  readonly tuning: Partial<TuningOptions>;
  readonly device?: DeviceModel;
}

export function openMetered(folder: string, { device, format, tuning }: StoreToOpen): Opened {
  const meter = new Meter(device);
  const begun = performance.now();
  const cpuBegun = cpuMs();
  const files = meteredFiles(new NodeStorage(folder).openNow({ create: true }), meter);
  const store = Store.open({
    files,
    random: new SeededRandom(Date.now()),
    schedule: (run) => void setImmediate(run),
    format,
    tuning,
  });
  return { store, files, meter, openMs: performance.now() - begun, openCpuMs: cpuMs() - cpuBegun };
}

/** Of this process: what other work on the machine does not change. */
export const cpuMs = (): number => (process.cpuUsage().user + process.cpuUsage().system) / 1000;

/** What the process holds, garbage collected where it may be asked for. */
export function memoryMiB(): number {
  globalThis.gc?.();
  return round((process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers) / MIB);
}

export const put = (row: number, number: number): Batch[number] => ({
  kind: 'put',
  key: keyOfIndex(row),
  value: valueOf(7, number % 1021, VALUE_BYTES),
});

export const round = (value: number): number => Number(value.toPrecision(3));
