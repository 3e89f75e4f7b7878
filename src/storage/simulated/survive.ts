/**
 * What a power cut leaves of a file: the durable image, and over it what the fates of the pending items let through, in
 * the order of the calls that made them. P3 and P4 are those of `pending.ts`.
 */
import { SECTOR_BYTES } from '../file';
import { garbageSector, tornSector } from './damage';
import type { Fate, LengthFate, SectorFate } from './fates';
import type { Image } from './image';
import type { PendingItem, PendingLength, PendingSector, SectorVersion } from './pending';
import type { Sector } from './sector';

/** One thing that reached the disk, in the order of the calls. */
interface Arrival {
  readonly call: number;
  readonly item: PendingItem;
  readonly fate: SectorFate | LengthFate;
}

/** The durable image of a file after a power cut: `durable`, and of `items` what their `fates` let through (P3, P4). */
export function survive(durable: Image, items: readonly PendingItem[], fates: readonly Fate[]): Image {
  const arrivals: Arrival[] = [];
  items.forEach((item, i) => {
    const fate = fates[i]!;
    if (fate.fate !== 'lost') arrivals.push({ call: callOf(item, fate), item, fate });
  });
  const image = durable.fork();
  if (arrivals.length === 0) return image;
  arrivals.sort((a, b) => a.call - b.call);

  let size = durable.size;
  for (const { item, fate } of arrivals) {
    if (item.kind === 'sector') image.put(item.index, arriving(image, item, fate));
    else {
      size = lengthOf(item, fate as LengthFate);
      if (item.to < item.from) image.cut(size);
    }
  }
  image.resize(size);
  return image;
}

function callOf(item: PendingItem, fate: Fate): number {
  return item.kind === 'length' ? item.call : versionOf(item, fate).call;
}

function versionOf(item: PendingSector, fate: SectorFate): SectorVersion {
  const index = fate.fate === 'lost' ? undefined : fate.version;
  return index === undefined ? item.versions.at(-1)! : item.versions[index]!;
}

function lengthOf(item: PendingLength, fate: LengthFate): number {
  return fate.fate === 'kept' ? (fate.to ?? item.to) : item.from;
}

/** The sector that lands on the disk; `image` is the disk as everything older has left it. */
function arriving(image: Image, item: PendingSector, fate: SectorFate): Sector {
  const version = versionOf(item, fate);
  switch (fate.fate) {
    case 'torn': {
      const under = fate.under === undefined ? image.sector(item.index) : item.versions[fate.under]!.sector;
      return tornSector(version.sector, under, fate.atByte, fate.part ?? 'head');
    }
    case 'garbage':
      return fate.wholeSector === true
        ? garbageSector(version.sector, 0, SECTOR_BYTES, fate.seed)
        : garbageSector(version.sector, version.from, version.to, fate.seed);
    default:
      return version.sector;
  }
}
