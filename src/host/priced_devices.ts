/** What a run of an index costs on a device, and what memory costs that spares it reads. */
import { PARAMETERS, devicePrice, priceRequests } from '../storage/media';
import { PRICED_KINDS, type MemoryPrices, type PricedKind } from '../protocol/prices';

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
