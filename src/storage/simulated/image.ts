/**
 * The bytes of one file as an overlay: a base that is shared and never written, and the sectors that differ from it.
 *
 *     base      | 0 | 1 | 2 | 3 | 4 | 5 |            shared by every image forked from it
 *     overlay       | 1'|       | 4'|        | 7'|   sector index -> Sector, shared until one side writes
 *     shows     | 0 | 1'| 2 | 3 | 4'| 0 | 0 | 7'|    0 = zeros: past `baseEnd`, or a hole
 *                               baseEnd ^            ^ size
 *
 * Forking copies nothing; the first write after it copies the map, not the sectors. A crash search makes thousands of
 * images a second out of one run, each a few sectors away from the next.
 *
 *   I1  At rest, what lies past `size` is zero in every overlay sector and hidden in the base, so that growing shows
 *       zeros. (While a power cut is being put together, sectors may wait beyond the end for the length to follow.)
 *   I2  Images that show the same bytes have the same hash, whatever base and overlay they are made of.
 */
import { assert } from '../../base/assert';
import { SECTOR_BYTES } from '../file';
import { finish, Sector, type SectorHash } from './sector';

export class Image {
  readonly #base: Uint8Array;
  /** Bytes of the base that still show; what a truncate cut off is zero from then on. */
  #baseEnd: number;
  #overlay: Map<number, Sector>;
  #overlayIsShared = false;
  #size: number;

  /** `base` belongs to the image from here on: nobody writes it again. */
  constructor(base: Uint8Array) {
    this.#base = base;
    this.#baseEnd = base.length;
    this.#overlay = new Map();
    this.#size = base.length;
  }

  fork(): Image {
    const copy = new Image(this.#base);
    copy.#baseEnd = this.#baseEnd;
    copy.#overlay = this.#overlay;
    copy.#size = this.#size;
    copy.#overlayIsShared = this.#overlayIsShared = true;
    return copy;
  }

  get size(): number {
    return this.#size;
  }

  /** How many sectors differ from the base: what a fork that is written to costs. */
  get changedSectors(): number {
    return this.#overlay.size;
  }

  read(at: number, into: Uint8Array): number {
    const count = Math.max(0, Math.min(into.length, this.#size - at));
    if (count > 0) this.#fill(at, count, into);
    return count;
  }

  /** The sector as it shows, its part past the end as zeros. A copy, unless it lies in the overlay. */
  sector(index: number): Sector {
    const changed = this.#overlay.get(index);
    if (changed !== undefined) return changed;
    return new Sector(this.#sectorOfBase(index));
  }

  put(index: number, sector: Sector): void {
    this.#ownOverlay();
    this.#overlay.set(index, sector);
  }

  /** Lengthens the file to at least `size`. */
  growTo(size: number): void {
    if (size > this.#size) this.#size = size;
  }

  /** Sets the length; what was past the shorter of the two lengths is zero afterwards (I1). */
  resize(size: number): void {
    this.cut(size);
    this.#size = size;
  }

  /** Makes every byte from `from` on zero, whatever the length is. */
  cut(from: number): void {
    this.#baseEnd = Math.min(this.#baseEnd, from);
    if (this.#overlay.size === 0) return;
    this.#ownOverlay();
    const boundary = Math.floor(from / SECTOR_BYTES);
    const keptBytes = from % SECTOR_BYTES;
    for (const [index, sector] of this.#overlay) {
      if (index < boundary) continue;
      if (index === boundary && keptBytes > 0) this.#overlay.set(index, zeroTail(sector, keptBytes));
      else this.#overlay.delete(index);
    }
  }

  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.#size);
    this.#fill(0, this.#size, bytes);
    return bytes;
  }

  /** I2: the sum (exclusive or) of what each sector weighs in its place. Costs what the overlay is long. */
  hash(): SectorHash {
    const base = hashesOfBase(this.#base);
    const sum = { low: base.low ^ finish(this.#size), high: base.high ^ finish(~this.#size) };
    this.#hideCutBase(base, sum);
    for (const [index, sector] of this.#overlay) {
      if (index < base.sectors.length) toggle(sum, index, this.#baseHash(base, index));
      toggle(sum, index, sector.hash);
    }
    return sum;
  }

  /** Copies `count` bytes from `at` on, all of them inside the file. */
  #fill(at: number, count: number, into: Uint8Array): void {
    const fromBase = Math.max(0, Math.min(count, this.#baseEnd - at));
    if (fromBase > 0) into.set(this.#base.subarray(at, at + fromBase));
    into.fill(0, fromBase, count);
    if (this.#overlay.size === 0) return;
    const first = Math.floor(at / SECTOR_BYTES);
    const last = Math.floor((at + count - 1) / SECTOR_BYTES);
    if (last - first < this.#overlay.size) {
      for (let index = first; index <= last; index++) {
        const sector = this.#overlay.get(index);
        if (sector !== undefined) copySector(sector, index, at, count, into);
      }
    } else {
      for (const [index, sector] of this.#overlay) {
        if (index >= first && index <= last) copySector(sector, index, at, count, into);
      }
    }
  }

  #sectorOfBase(index: number): Uint8Array {
    const bytes = new Uint8Array(SECTOR_BYTES);
    const from = index * SECTOR_BYTES;
    const to = Math.min(from + SECTOR_BYTES, this.#baseEnd);
    if (to > from) bytes.set(this.#base.subarray(from, to));
    return bytes;
  }

  #ownOverlay(): void {
    if (!this.#overlayIsShared) return;
    this.#overlay = new Map(this.#overlay);
    this.#overlayIsShared = false;
  }

  /** Takes the sectors of the base that a truncate has hidden out of the sum. */
  #hideCutBase(base: BaseHashes, sum: Sum): void {
    if (this.#baseEnd === this.#base.length) return;
    for (let index = Math.floor(this.#baseEnd / SECTOR_BYTES); index < base.sectors.length; index++) {
      toggle(sum, index, base.sectors[index]!);
      toggle(sum, index, this.#baseHash(base, index));
    }
  }

  /** What a sector of the base weighs as far as it still shows. */
  #baseHash(base: BaseHashes, index: number): SectorHash {
    if ((index + 1) * SECTOR_BYTES <= this.#baseEnd || this.#baseEnd === this.#base.length) return base.sectors[index]!;
    return new Sector(this.#sectorOfBase(index)).hash;
  }
}

function copySector(sector: Sector, index: number, at: number, count: number, into: Uint8Array): void {
  const start = index * SECTOR_BYTES;
  const from = Math.max(at, start);
  const to = Math.min(at + count, start + SECTOR_BYTES);
  into.set(sector.bytes.subarray(from - start, to - start), from - at);
}

function zeroTail(sector: Sector, keptBytes: number): Sector {
  assert(keptBytes < SECTOR_BYTES, 'a tail is part of a sector');
  const bytes = new Uint8Array(SECTOR_BYTES);
  bytes.set(sector.bytes.subarray(0, keptBytes));
  return new Sector(bytes);
}

interface Sum {
  low: number;
  high: number;
}

interface BaseHashes extends Sum {
  readonly sectors: readonly SectorHash[];
}

/** Bases are shared by thousands of images: each is hashed once. */
const baseHashes = new WeakMap<Uint8Array, BaseHashes>();

function hashesOfBase(base: Uint8Array): BaseHashes {
  const known = baseHashes.get(base);
  if (known !== undefined) return known;
  const sectors: SectorHash[] = [];
  const sum = { low: 0, high: 0 };
  for (let from = 0; from < base.length; from += SECTOR_BYTES) {
    const bytes = new Uint8Array(SECTOR_BYTES);
    bytes.set(base.subarray(from, from + SECTOR_BYTES));
    const { hash } = new Sector(bytes);
    toggle(sum, sectors.length, hash);
    sectors.push(hash);
  }
  const hashes = { ...sum, sectors };
  baseHashes.set(base, hashes);
  return hashes;
}

/** Adds a sector to a sum, or takes it out again: exclusive or undoes itself. Zeros weigh nothing in any place. */
function toggle(sum: Sum, index: number, { low, high }: SectorHash): void {
  if (low === 0 && high === 0) return;
  sum.low ^= finish(low + Math.imul(index + 1, 0x9e3779b1));
  sum.high ^= finish(high + Math.imul(index + 1, 0x85ebca77));
}
