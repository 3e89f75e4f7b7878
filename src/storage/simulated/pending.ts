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
import type { FileName } from '../file';
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
