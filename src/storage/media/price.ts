/**
 * Prices: what a recorded run would cost on a device, in time, joules, wear and money, as a whole, call by call, by
 * stage and by cause. A pure function of the calls: the same calls cost the same whenever they are asked about.
 *
 * Money is electricity plus what is used up of the device. A device ends by wear or by age, whichever comes first, so
 * of the two shares of its price the larger counts, never both.
 */
import type { StorageEvent } from '../events';
import type { FileName } from '../file';
import type { MeteredCall } from '../metered';
import { Bill, type Totals } from './bill';
import { DEVICE_DEFAULTS, type DeviceOptions, type MediaCounts, type MediaDevice, type Request } from './device';
import { Dram } from './dram';
import { HardDisk } from './hard_disk';
import { DRAM, HDD, HOST, NVME, SATA, type MediaKind } from './parameters';
import { SolidStateDrive } from './solid_state_drive';
import { STACK_DEFAULTS, StorageStack, type StackOptions } from './stack';

/** One call of a run. Of a flush both numbers are 0; of a truncate `at` is the new length. */
export interface MediaCall {
  readonly call: MeteredCall;
  readonly file: FileName;
  readonly at: number;
  readonly bytes: number;
}

export interface PriceOptions extends StackOptions, DeviceOptions {
  /** Lengths of the files when the run began. */
  readonly sizes: Readonly<Partial<Record<FileName, number>>>;
}
export const PRICE_DEFAULTS: PriceOptions = { ...STACK_DEFAULTS, ...DEVICE_DEFAULTS, sizes: {} };

export interface OperationPrice extends MediaCall {
  readonly ns: number;
  readonly joules: number;
  /** Bytes that reached the medium because of it. */
  readonly mediaBytes: number;
  readonly wear: number;
  readonly money: number;
}

export interface Price extends Totals {
  readonly kind: MediaKind;
  readonly counts: MediaCounts;
  /** USD: electricity, and the share of the device that is used up. */
  readonly money: { readonly electricity: number; readonly device: number; readonly total: number };
}

export interface RunPrice extends Price {
  readonly operations: readonly OperationPrice[];
  /** What a power cut at the end of the run would take. */
  readonly atRisk: ReturnType<StorageStack['atRisk']>;
}

export function priceRun(calls: Iterable<MediaCall>, kind: MediaKind, options: Partial<PriceOptions> = {}): RunPrice {
  const whole = { ...PRICE_DEFAULTS, ...options };
  const stack = new StorageStack(makeDevice(kind, whole), whole.sizes, whole);
  const operations: OperationPrice[] = [];
  let before = snapshot(stack.bill, stack.device);
  for (const call of calls) {
    stack.charge(call.call, call.file, call.at, call.bytes);
    const after = snapshot(stack.bill, stack.device);
    const ns = after.ns - before.ns;
    const joules = after.joules - before.joules;
    const wear = Math.max(0, after.wear - before.wear);
    const money = moneyOf(kind, ns, joules, wear).total;
    operations.push({ ...call, ns, joules, mediaBytes: after.mediaBytes - before.mediaBytes, wear, money });
    before = after;
  }
  return { ...priceOf(kind, stack.bill, stack.device), operations, atRisk: stack.atRisk() };
}

export interface RequestPrice extends Price {
  readonly requests: number;
  readonly bytes: number;
}

/** Requests straight to the device, without the system around it: what data sheets state. Ends with a flush. */
export function priceRequests(
  requests: readonly Request[],
  kind: MediaKind,
  depth: number,
  options: Partial<DeviceOptions> = {},
): RequestPrice {
  const device = makeDevice(kind, { ...DEVICE_DEFAULTS, ...options });
  const bill = new Bill();
  device.serve(requests, depth, bill);
  if (requests.some((request) => request.kind === 'write')) device.flush(bill);
  const bytes = requests.reduce((sum, request) => sum + request.bytes, 0);
  return { ...priceOf(kind, bill, device), requests: requests.length, bytes };
}

export function makeDevice(kind: MediaKind, options: DeviceOptions): MediaDevice {
  switch (kind) {
    case 'dram':
      return new Dram();
    case 'nvme':
      return new SolidStateDrive(NVME, options);
    case 'sata':
      return new SolidStateDrive(SATA, options);
    case 'hdd':
      return new HardDisk(options);
  }
}

/** The calls of a recorded run: those that did something, whole or in part. */
export function callsOf(events: Iterable<StorageEvent>): MediaCall[] {
  const calls: MediaCall[] = [];
  for (const event of events) {
    switch (event.kind) {
      case 'storage.file_read':
        if (event.result !== 'failed') calls.push({ call: 'read', file: event.file, at: event.at, bytes: event.count });
        break;
      case 'storage.file_written':
        if (event.count > 0) calls.push({ call: 'write', file: event.file, at: event.at, bytes: event.count });
        break;
      case 'storage.file_flushed':
        if (event.result === 'ok') calls.push({ call: 'flush', file: event.file, at: 0, bytes: 0 });
        break;
      case 'storage.file_truncated':
        if (event.result === 'ok') calls.push({ call: 'truncate', file: event.file, at: event.size, bytes: 0 });
        break;
      case 'storage.extents_counted':
        break;
    }
  }
  return calls;
}

function snapshot(bill: Bill, device: MediaDevice): { ns: number; joules: number; mediaBytes: number; wear: number } {
  const { mediaBytes, wear } = device.counts();
  return { ns: bill.ns, joules: bill.joules, mediaBytes, wear };
}

function priceOf(kind: MediaKind, bill: Bill, device: MediaDevice): Price {
  const counts = device.counts();
  return { kind, ...bill.totals(), counts, money: moneyOf(kind, bill.ns, bill.joules, counts.wear) };
}

const DEVICES = { dram: DRAM, nvme: NVME, sata: SATA, hdd: HDD } as const;

export function devicePrice(kind: MediaKind): number {
  const { capacityBytes, pricePerGb } = DEVICES[kind];
  return (capacityBytes.value / 1e9) * pricePerGb.value;
}

function moneyOf(kind: MediaKind, ns: number, joules: number, wear: number): Price['money'] {
  const electricity = (joules / 3.6e6) * HOST.electricityPerKwh.value;
  const age = ns / 1e9 / (HOST.lifeYears.value * 365.25 * 86_400);
  const device = devicePrice(kind) * Math.max(wear, age);
  return { electricity, device, total: electricity + device };
}
