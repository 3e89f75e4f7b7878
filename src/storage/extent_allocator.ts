/**
 * Hands out extents: equal stretches of the two data files, numbered over both.
 *
 *     data_0   | extent 0 | extent 2 | extent 4 | ...         even ids in data_0, odd ids in data_1;
 *     data_1   | extent 1 | extent 3 | ...                    extent e lies at floor(e / 2) * extentBytes
 *
 * The map of what is free is not stored: it follows from what the index's root reaches, so it can never disagree with
 * it after a crash. Whoever opens a store marks what it finds in use; the rest is free.
 *
 * A file grows by writing real zero bytes, in steps, before anybody depends on the space: a longer length alone
 * reserves nothing, and the write that needs the space would be the one to fail. Files never shrink.
 *
 *   E1  Every extent within the files is free or used, exactly one of the two.
 *   E2  Only free extents are handed out; only used ones are taken back.
 */
import { assert } from '../base/assert';
import { extentId, type ExtentId } from '../base/ids';
import type { Finding } from '../base/ordered_index';
import { assertWholeWrite, type FileSet, type StorageFile } from './file';

export type DataFileName = 'data_0' | 'data_1';

/** Growth is by an eighth of the file, at least this many extents and at most 1 MiB: few calls, little waste. */
const GROWTH_EXTENTS_MIN = 2;
const GROWTH_BYTES_MAX = 1024 * 1024;

export interface ExtentState {
  readonly extent: ExtentId;
  readonly isUsed: boolean;
}

export class ExtentAllocator {
  readonly extentBytes: number;
  readonly #files: FileSet;
  readonly #used = new Set<ExtentId>();
  /** Per file, ascending ids that are free; kept as stacks with the lowest last, so taking one is cheap. */
  readonly #free: Record<DataFileName, ExtentId[]> = { data_0: [], data_1: [] };
  readonly #extents: Record<DataFileName, number>;

  /** All extents that the files hold whole count as free until marked. */
  constructor(files: FileSet, extentBytes: number) {
    this.#files = files;
    this.extentBytes = extentBytes;
    this.#extents = {
      data_0: Math.floor(files.data_0.size() / extentBytes),
      data_1: Math.floor(files.data_1.size() / extentBytes),
    };
    for (const name of ['data_0', 'data_1'] as const) {
      for (let i = this.#extents[name] - 1; i >= 0; i--) this.#free[name].push(idOf(name, i));
    }
  }

  file(name: DataFileName): StorageFile {
    return this.#files[name];
  }

  /** Where an extent lies. */
  locate(extent: ExtentId): { readonly name: DataFileName; readonly at: number } {
    return { name: extent % 2 === 0 ? 'data_0' : 'data_1', at: Math.floor(extent / 2) * this.extentBytes };
  }

  place(extent: ExtentId): { readonly file: StorageFile; readonly at: number } {
    const { at, name } = this.locate(extent);
    return { file: this.#files[name], at };
  }

  /** False if the file is too short to hold it. */
  exists(extent: ExtentId): boolean {
    return Math.floor(extent / 2) < this.#extents[this.locate(extent).name];
  }

  isUsed(extent: ExtentId): boolean {
    return this.#used.has(extent);
  }

  /** While opening: this extent is reachable. */
  markUsed(extent: ExtentId): void {
    assert(this.exists(extent) && !this.#used.has(extent), 'E1: an extent is reached once');
    const free = this.#free[this.locate(extent).name];
    free.splice(free.lastIndexOf(extent), 1);
    this.#used.add(extent);
  }

  /**
   * Takes the lowest free extent of the preferred file, so that files stay dense and a checkpoint sequential; a file
   * that has none grows. Throws `store_full`, `write_failed`.
   */
  allocate(preferred: DataFileName): ExtentId {
    if (this.#free[preferred].length === 0) this.#grow(preferred);
    const extent = this.#free[preferred].pop()!;
    assert(!this.#used.has(extent), 'E2: only free extents are handed out');
    this.#used.add(extent);
    return extent;
  }

  free(extent: ExtentId): void {
    assert(this.#used.delete(extent), 'E2: only used extents are taken back');
    const free = this.#free[this.locate(extent).name];
    // Freed in bulk, mostly ascending: find the place from the low end, which is the end of the stack.
    let at = free.length;
    while (at > 0 && free[at - 1]! < extent) at--;
    free.splice(at, 0, extent);
  }

  describe(): ExtentState[] {
    const states: ExtentState[] = [];
    for (const name of ['data_0', 'data_1'] as const) {
      for (let i = 0; i < this.#extents[name]; i++) {
        const extent = idOf(name, i);
        states.push({ extent, isUsed: this.#used.has(extent) });
      }
    }
    return states;
  }

  check(): Finding[] {
    const findings: Finding[] = [];
    const free = new Set([...this.#free.data_0, ...this.#free.data_1]);
    for (const { extent, isUsed } of this.describe()) {
      if (isUsed === free.has(extent))
        findings.push({
          rule: 'E1',
          detail: `extent ${extent} is ${isUsed ? 'both used and free' : 'neither used nor free'}`,
        });
    }
    return findings;
  }

  /** Writes real zeros behind the end; on an error the file may be longer, and nothing depends on it. */
  #grow(name: DataFileName): void {
    const dataFile = this.#files[name];
    const extents = this.#extents[name];
    const wanted = Math.max(
      GROWTH_EXTENTS_MIN,
      Math.min(extents >>> 3, Math.floor(GROWTH_BYTES_MAX / this.extentBytes)),
    );
    const zeros = new Uint8Array(wanted * this.extentBytes);
    const at = extents * this.extentBytes;
    const count = dataFile.write(at, zeros);
    assertWholeWrite(dataFile, at, zeros.length, count);
    this.#extents[name] += wanted;
    for (let i = extents; i < extents + wanted; i++) this.#free[name].unshift(idOf(name, i));
  }
}

function idOf(name: DataFileName, index: number): ExtentId {
  return extentId(2 * index + (name === 'data_0' ? 0 : 1));
}
