/**
 * What an index costs on the devices of `media.md`, whichever index it is: the devices, and lookups by the share of the data
 * that is in memory.
 */
import type { MediaKind } from '../storage/media';

/** Memory is not one of them: it is what caches are made of. */
export type PricedKind = Exclude<MediaKind, 'dram'>;
export const PRICED_KINDS = ['nvme', 'sata', 'hdd'] as const satisfies readonly PricedKind[];

/** How long each device was busy, in ns. */
export type DeviceTimes = Readonly<Record<PricedKind, number>>;

export interface MemoryPrices {
  readonly note: 'prices';
  /** Keeping a byte in memory: its share of the module's price over its life, and of its standby power. */
  readonly usdPerByteSecond: number;
  readonly wattsPerByte: number;
  readonly devices: Readonly<
    Record<
      PricedKind,
      {
        /** One read of a page at a random place, alone. */
        readonly readNs: number;
        /** A page that is asked for again within this time is cheaper in memory. */
        readonly breakEvenSeconds: number;
        readonly priceUsd: number;
      }
    >
  >;
  readonly memoryUsdPerGb: number;
}

export interface MemoryNote {
  readonly note: 'memory';
  /** What was asked for, and what the pool came to: it never has fewer than 32 frames. */
  readonly share: number;
  readonly frames: number;
  readonly pages: number;
  readonly poolBytes: number;
  readonly height: number;
  readonly lookups: number;
  readonly hits: number;
  readonly reads: number;
  readonly readBytes: number;
  /** For all lookups together, the device alone. `usd`: the share of its life that it was busy, and its electricity. */
  readonly devices: Readonly<
    Record<PricedKind, { readonly ns: number; readonly joules: number; readonly usd: number }>
  >;
  /** Time in memory for the pages that were there, for all lookups together. */
  readonly memoryNs: number;
}
