/** What a run of an index costs on a device, and what memory costs that spares it reads. */
import { PRICED_KINDS, type DeviceTimes, type MemoryPrices, type PricedKind } from '../protocol/prices';
import type { FileName } from '../storage/file';
import {
  DEVICE_DEFAULTS,
  devicePrice,
  makeDevice,
  PARAMETERS,
  priceRequests,
  STACK_DEFAULTS,
  StorageStack,
} from '../storage/media';
import type { DeviceModel, MeteredCall } from '../storage/metered';

export interface Priced {
  readonly all: Float64Array;
  readonly flush: Float64Array;
}

const LIFE_SECONDS = PARAMETERS.host.lifeYears.value * 365.25 * 86_400;
const { dram } = PARAMETERS;
const RANDOM_READS = 200;

/**
 * The five-minute rule (Gray and Putzolu 1987), with the figures of `notes/media.md`: a page in memory costs rent, a page
 * that is read costs a share of the drive. Both at the same price:
 *
 *     seconds between two uses = (price of the drive * time of a read) / (price of memory for a page)
 *
 * Both shares are of five years, which cancel out. The drive reads one page at a time, as the store does.
 */
export function memoryPrices(pageBytes: number): MemoryPrices {
  const usdPerByte = dram.pricePerGb.value / 1e9;
  const devices = Object.fromEntries(
    PRICED_KINDS.map((kind) => {
      const readNs = randomReadNs(kind, pageBytes);
      const priceUsd = devicePrice(kind);
      const breakEvenSeconds = (priceUsd * readNs) / 1e9 / (usdPerByte * pageBytes);
      return [kind, { readNs, breakEvenSeconds, priceUsd }];
    }),
  ) as MemoryPrices['devices'];
  return {
    note: 'prices',
    usdPerByteSecond:
      usdPerByte / LIFE_SECONDS +
      ((dram.readyW.value / dram.capacityBytes.value) * PARAMETERS.host.electricityPerKwh.value) / 3.6e6,
    wattsPerByte: dram.readyW.value / dram.capacityBytes.value,
    devices,
    memoryUsdPerGb: dram.pricePerGb.value,
  };
}

/** Anywhere on the device, one at a time. */
function randomReadNs(kind: PricedKind, pageBytes: number): number {
  const span = PARAMETERS[kind].capacityBytes.value;
  const requests = Array.from({ length: RANDOM_READS }, (_, i) => ({
    kind: 'read' as const,
    at: Math.floor((((i * 0.618_034) % 1) * span) / pageBytes) * pageBytes,
    bytes: pageBytes,
  }));
  return priceRequests(requests, kind, 1).ns / RANDOM_READS;
}

/** The same calls on each device, and how long it has been busy with them: clocks that a run can be held against. */
export class DeviceClocks implements DeviceModel {
  readonly #stacks = PRICED_KINDS.map((kind) => ({
    kind,
    stack: new StorageStack(makeDevice(kind, DEVICE_DEFAULTS), {}, STACK_DEFAULTS),
  }));
  #isStopped = false;

  charge(call: MeteredCall, file: FileName, at: number, bytes: number): void {
    if (this.#isStopped) return;
    for (const { stack } of this.#stacks) stack.charge(call, file, at, bytes);
  }

  /** What `look` asks of the files is no part of the run. */
  without<T>(look: () => T): T {
    this.#isStopped = true;
    const seen = look();
    this.#isStopped = false;
    return seen;
  }

  times(): DeviceTimes {
    return Object.fromEntries(this.#stacks.map(({ kind, stack }) => [kind, stack.bill.ns])) as DeviceTimes;
  }
}
