/**
 * What a file has been told and has not flushed: the sectors with every version they had, and the length changes.
 *
 * Three writes and a truncate, then nothing flushed (each `v` is a whole sector as it was after that call):
 *
 *     call          1 write 0..700   2 write 500..600   3 truncate 512    4 write 0..8
 *     sector 0      v0               v1                                   v2
 *     sector 1      v0               v1
 *     length        0 -> 700                            700 -> 512
 *
 *   P1  A version holds the whole sector, older versions included: the cache writes sectors, not byte ranges.
 *   P2  Items keep the order in which they first became pending, and their place while they stay pending.
 *   P3  A length change is a value, not a difference: the one that survives last says how long the file is.
 *   P4  A shrink that survives zeroes what is older than it and lies past its end; what was written later stays.
 */
import { SECTOR_BYTES, type FileName } from '../file';
import { garbageSector, tornSector } from './damage';
import type { Fate, LengthFate, SectorFate } from './fates';
import type { Image } from './image';
import type { Sector } from './sector';

/** One state a sector would have if the disk had got this far: after the call numbered `call`. */
export interface SectorVersion {
  readonly call: number;
  /** The bytes of the sector that this call wrote: `[from, to)`, at most 0 to 512. */
  readonly from: number;
  readonly to: number;
  readonly sector: Sector;
}

export interface PendingSector {
  readonly kind: 'sector';
  readonly file: FileName;
  /** Number of the call that made it pending. */
  readonly call: number;
  readonly index: number;
  /** Oldest first; never empty. */
  readonly versions: readonly SectorVersion[];
}

export interface PendingLength {
  readonly kind: 'length';
  readonly file: FileName;
  readonly call: number;
  readonly by: 'write' | 'truncate';
  readonly from: number;
  readonly to: number;
}

export type PendingItem = PendingSector | PendingLength;

interface OpenSector extends PendingSector {
  readonly versions: SectorVersion[];
}

/** The pending items of one file. Forks, and whoever looked, share them until one side adds to them. */
export class PendingChanges {
  #items: PendingItem[] = [];
  #sectors = new Map<number, OpenSector>();
  #isShared = false;

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** The items as they are now; what becomes pending later does not show in the list handed out. */
  items(): readonly PendingItem[] {
    this.#isShared = true;
    return this.#items;
  }

  fork(): PendingChanges {
    const copy = new PendingChanges();
    copy.#items = this.#items;
    copy.#sectors = this.#sectors;
    copy.#isShared = this.#isShared = true;
    return copy;
  }

  addVersion(file: FileName, index: number, version: SectorVersion): void {
    this.#own();
    const known = this.#sectors.get(index);
    if (known !== undefined) {
      known.versions.push(version);
      return;
    }
    const item: OpenSector = { kind: 'sector', file, call: version.call, index, versions: [version] };
    this.#sectors.set(index, item);
    this.#items.push(item);
  }

  addLength(length: PendingLength): void {
    this.#own();
    this.#items.push(length);
  }

  #own(): void {
    if (!this.#isShared) return;
    this.#sectors = new Map();
    this.#items = this.#items.map((item) => {
      if (item.kind === 'length') return item;
      const copy = { ...item, versions: [...item.versions] };
      this.#sectors.set(item.index, copy);
      return copy;
    });
    this.#isShared = false;
  }
}

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
