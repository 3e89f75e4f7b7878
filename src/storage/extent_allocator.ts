/**
 * Hands out extents: equal stretches of the two data files, numbered over both.
 *
 *     data_0   | extent 0 | extent 2 | extent 4 | ...         even ids in data_0, odd ids in data_1;
 *     data_1   | extent 1 | extent 3 | ...                    extent e lies at floor(e / 2) * extentBytes
 *
 * The numbering lets each file grow without renumbering the other. Two files, so that what is being written and what
 * is in force can lie apart, each with a flush of its own.
 *
 * The map of what is free is not stored: it follows from what the index's root reaches, so it can never disagree with
 * it after a crash. Whoever opens a store marks what it finds in use; the rest is free.
 *
 * A file grows by writing real zero bytes, in steps, before anybody depends on the space: a longer length alone
 * reserves nothing, and the write that needs the space would be the one to fail. Growing is no part of a commit; only
 * checkpoints and compactions allocate, and their own flush makes the new length durable together with the data.
 *
 *   E1  Every extent that lies whole within the files is free or used, exactly one of the two. What a failed growth
 *       left behind the last whole one is nobody's.
 *   E2  Only free extents are handed out; only used ones are taken back.
 *   E3  Files shrink in `trim` alone, after what replaces the bytes is flushed, and the shrink is flushed at once: a
 *       pending shrink could otherwise zero bytes that were flushed after it.
 *   E4  A disk that is full costs nothing that was there before.
 */
import { assert } from '../base/assert';
import { EngineError, isEngineError } from '../base/errors';
import { extentId, type ExtentId } from '../base/ids';
import type { Finding } from '../base/ordered_index';
import type { TraceSink } from '../base/trace';
import type { StorageEvent } from './events';
import { assertWholeWrite, type FileSet, type StorageFile } from './file';

export const DATA_FILES = ['data_0', 'data_1'] as const;
export type DataFileName = (typeof DATA_FILES)[number];

export interface ExtentState {
  readonly extent: ExtentId;
  readonly isUsed: boolean;
}

/** What `chooseExtent` looks at. */
export interface ExtentQuestion {
  readonly preferred: DataFileName;
  /** The lowest free extent of each file, if it has one. */
  readonly lowestFree: Readonly<Record<DataFileName, ExtentId | undefined>>;
  /** Whether the device still has room, as far as is known. */
  readonly canGrow: boolean;
}

export type ExtentChoice =
  | { readonly take: ExtentId; readonly why: 'lowest_in_preferred' | 'no_room_to_grow' }
  | { readonly grow: DataFileName; readonly why: 'preferred_is_full' }
  | { readonly why: 'store_is_full' };

/**
 * Which extent to take. The lowest of the preferred file: files stay dense at their front, so a checkpoint is
 * sequential and `trim` finds a free end. A preferred file without one grows, rather than mixing old and new in the
 * other; only when there is no room left is the other file's space worth more than the order.
 */
export function chooseExtent({ canGrow, lowestFree, preferred }: ExtentQuestion): ExtentChoice {
  const first = lowestFree[preferred];
  if (first !== undefined) return { take: first, why: 'lowest_in_preferred' };
  if (canGrow) return { grow: preferred, why: 'preferred_is_full' };
  const other = lowestFree[preferred === 'data_0' ? 'data_1' : 'data_0'];
  return other === undefined ? { why: 'store_is_full' } : { take: other, why: 'no_room_to_grow' };
}

/** Growth is by an eighth of the file, at least this many extents and at most 1 MiB: few calls, little waste. */
const GROWTH_EXTENTS_MIN = 2;
const GROWTH_BYTES_MAX = 1024 * 1024;

/** How many extents a file of so many grows by. */
export function growthExtents(extents: number, extentBytes: number): number {
  return Math.max(GROWTH_EXTENTS_MIN, Math.min(extents >>> 3, Math.floor(GROWTH_BYTES_MAX / extentBytes)));
}

/** Where an extent of a store with such extents lies. */
export const locateExtent = (extent: ExtentId, extentBytes: number) => ({
  name: fileOf(extent),
  at: indexOf(extent) * extentBytes,
});

export class ExtentAllocator {
  readonly extentBytes: number;
  readonly #files: FileSet;
  readonly #maps: Readonly<Record<DataFileName, UsageMap>>;
  readonly #trace: TraceSink<StorageEvent> | null;

  /** All extents that the files hold whole count as free until marked. */
  constructor(files: FileSet, extentBytes: number, trace: TraceSink<StorageEvent> | null = null) {
    assert(Number.isSafeInteger(extentBytes) && extentBytes > 0, 'an extent has a length');
    this.#files = files;
    this.#trace = trace;
    this.extentBytes = extentBytes;
    const map = (name: DataFileName): UsageMap => new UsageMap(Math.floor(files[name].size() / extentBytes));
    this.#maps = { data_0: map('data_0'), data_1: map('data_1') };
    for (const name of DATA_FILES) this.#sayLength(name);
  }

  file(name: DataFileName): StorageFile {
    return this.#files[name];
  }

  /** Where an extent lies. */
  locate(extent: ExtentId): { readonly name: DataFileName; readonly at: number } {
    return locateExtent(extent, this.extentBytes);
  }

  place(extent: ExtentId): { readonly file: StorageFile; readonly at: number } {
    const { at, name } = this.locate(extent);
    return { file: this.#files[name], at };
  }

  /** False if the file is too short to hold it. */
  exists(extent: ExtentId): boolean {
    return Number.isSafeInteger(extent) && extent >= 0 && indexOf(extent) < this.#maps[fileOf(extent)].length;
  }

  isUsed(extent: ExtentId): boolean {
    return this.#maps[fileOf(extent)].has(indexOf(extent));
  }

  /** How many extents of a file are free: what can be allocated there without growing it. */
  freeExtents(name: DataFileName): number {
    return this.#maps[name].freeCount;
  }

  /** While opening: this extent is reachable. The caller has found that it exists, and reaches it once. */
  markUsed(extent: ExtentId): void {
    assert(this.exists(extent) && !this.isUsed(extent), 'E1: an extent is reached once');
    this.#maps[fileOf(extent)].take(indexOf(extent));
  }

  /**
   * Takes the extent that `chooseExtent` says, growing a file for it if need be.
   *
   * @throws EngineError store_full, write_failed
   */
  allocate(preferred: DataFileName): ExtentId {
    for (let canGrow = true; ;) {
      const choice = chooseExtent({ preferred, lowestFree: this.#lowestFree(), canGrow });
      if ('take' in choice) {
        this.markUsed(choice.take);
        return choice.take;
      }
      if (!('grow' in choice)) throw storeFull(preferred);
      canGrow = this.#grow(choice.grow, growthExtents(this.#maps[choice.grow].length, this.extentBytes)) > 0;
    }
  }

  /**
   * Sees to it that `extents` of a file are free, so that as many allocations will not grow it.
   *
   * @throws EngineError store_full, write_failed; what was gained until then stays free
   */
  reserve(name: DataFileName, extents: number): void {
    const stepMax = Math.max(1, Math.floor(GROWTH_BYTES_MAX / this.extentBytes));
    while (this.freeExtents(name) < extents) {
      const missing = extents - this.freeExtents(name);
      if (this.#grow(name, Math.min(missing, stepMax)) === 0) throw storeFull(name);
    }
  }

  free(extent: ExtentId): void {
    assert(this.exists(extent) && this.isUsed(extent), 'E2: only used extents are taken back');
    this.#maps[fileOf(extent)].release(indexOf(extent));
  }

  /** E3: gives back the free extents at the end of each file. @returns the bytes given back */
  trim(): number {
    let trimmedBytes = 0;
    for (const name of DATA_FILES) {
      const dataFile = this.#files[name];
      const sizeBytes = this.#maps[name].dropFreeEnd() * this.extentBytes;
      const sizeBytesBefore = dataFile.size();
      if (sizeBytes >= sizeBytesBefore) continue;
      this.#sayLength(name);
      dataFile.flush();
      dataFile.truncate(sizeBytes);
      dataFile.flush();
      trimmedBytes += sizeBytesBefore - sizeBytes;
    }
    return trimmedBytes;
  }

  describe(): ExtentState[] {
    return DATA_FILES.flatMap((name) =>
      Array.from({ length: this.#maps[name].length }, (_, index) => ({
        extent: idOf(name, index),
        isUsed: this.#maps[name].has(index),
      })),
    );
  }

  /** @param reached every extent that the owner's roots reach; without it, only the map itself is checked */
  check(reached?: Iterable<ExtentId>): Finding[] {
    const findings: Finding[] = [];
    for (const name of DATA_FILES) {
      const neededBytes = this.#maps[name].length * this.extentBytes;
      const sizeBytes = this.#files[name].size();
      if (sizeBytes < neededBytes) found(findings, `${name} has ${sizeBytes} bytes, its extents end at ${neededBytes}`);
    }
    return reached === undefined ? findings : [...findings, ...this.#compare(reached)];
  }

  #compare(reached: Iterable<ExtentId>): Finding[] {
    const findings: Finding[] = [];
    const seen = new Set<ExtentId>();
    for (const extent of reached) {
      if (seen.has(extent)) found(findings, `extent ${extent} is reached twice`);
      else if (!this.exists(extent)) found(findings, `extent ${extent} is reached and lies past the end of its file`);
      else if (!this.isUsed(extent)) found(findings, `extent ${extent} is reached and counts as free`);
      seen.add(extent);
    }
    for (const { extent, isUsed } of this.describe()) {
      if (isUsed && !seen.has(extent)) found(findings, `extent ${extent} counts as used and nothing reaches it`);
    }
    return findings;
  }

  #lowestFree(): ExtentQuestion['lowestFree'] {
    const lowest = (name: DataFileName): ExtentId | undefined => {
      const index = this.#maps[name].lowestFree();
      return index === undefined ? undefined : idOf(name, index);
    };
    return { data_0: lowest('data_0'), data_1: lowest('data_1') };
  }

  /** Grows by `wanted` extents, or by as many of them as there is room for. @returns how many */
  #grow(name: DataFileName, wanted: number): number {
    for (let extents = wanted; extents > 0; extents >>>= 1) {
      if (!this.#appendZeros(name, extents)) continue;
      this.#maps[name].lengthen(extents);
      this.#sayLength(name);
      return extents;
    }
    return 0;
  }

  #sayLength(name: DataFileName): void {
    this.#trace?.emit({ kind: 'storage.extents_counted', file: name, extents: this.#maps[name].length });
  }

  /** E4: false if there is no room; the file may be longer then, and the next growth writes over it. */
  #appendZeros(name: DataFileName, extents: number): boolean {
    const dataFile = this.#files[name];
    const at = this.#maps[name].length * this.extentBytes;
    const zeros = new Uint8Array(extents * this.extentBytes);
    let count: number;
    try {
      count = dataFile.write(at, zeros);
    } catch (error) {
      if (isEngineError(error, 'store_full')) return false;
      throw error;
    }
    // A real full disk first cuts a write short, and refuses the next.
    if (count >= 0 && count < zeros.length) return false;
    assertWholeWrite(dataFile, at, zeros.length, count);
    return true;
  }
}

/** Which extents of one file are used: a byte each, and where to start looking for a free one. */
class UsageMap {
  #used = new Uint8Array(16);
  #length: number;
  #usedCount = 0;
  /** No extent below this is free. */
  #searchFrom = 0;

  constructor(length: number) {
    this.#length = 0;
    this.lengthen(length);
  }

  get length(): number {
    return this.#length;
  }

  get freeCount(): number {
    return this.#length - this.#usedCount;
  }

  has(index: number): boolean {
    return index < this.#length && this.#used[index] === 1;
  }

  take(index: number): void {
    this.#used[index] = 1;
    this.#usedCount++;
  }

  release(index: number): void {
    this.#used[index] = 0;
    this.#usedCount--;
    this.#searchFrom = Math.min(this.#searchFrom, index);
  }

  lowestFree(): number | undefined {
    while (this.has(this.#searchFrom)) this.#searchFrom++;
    return this.#searchFrom < this.#length ? this.#searchFrom : undefined;
  }

  lengthen(extents: number): void {
    const length = this.#length + extents;
    if (length > this.#used.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#used.length));
      larger.set(this.#used);
      this.#used = larger;
    }
    this.#length = length;
  }

  /** Forgets the free extents behind the last used one. @returns how many are left */
  dropFreeEnd(): number {
    while (this.#length > 0 && !this.has(this.#length - 1)) this.#length--;
    return this.#length;
  }
}

const fileOf = (extent: ExtentId): DataFileName => (extent % 2 === 0 ? 'data_0' : 'data_1');
const indexOf = (extent: ExtentId): number => Math.floor(extent / 2);
const idOf = (name: DataFileName, index: number): ExtentId => extentId(2 * index + (name === 'data_0' ? 0 : 1));

function found(findings: Finding[], detail: string): void {
  findings.push({ rule: 'E1', detail });
}

function storeFull(name: DataFileName): EngineError {
  return new EngineError('store_full', `The device has no room for another extent of ${name}.`, { file: name });
}
