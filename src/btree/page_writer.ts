/**
 * Writes pages to their extents, those that lie side by side with one call: a write has a fixed price, the same for
 * 4 KiB as for 64 (figures in `notes/perf.md`).
 */
import type { ExtentId } from '../base/ids';
import { DATA_FILES, type DataFileName, type ExtentAllocator } from '../storage/extent_allocator';
import { assertWholeWrite } from '../storage/file';

/** Longer runs are no cheaper a byte, and this is memory. */
const RUN_BYTES_MAX = 256 * 1024;

export interface PageWrite {
  readonly extent: ExtentId;
  readonly bytes: Uint8Array;
}

export class PageWriter {
  readonly #allocator: ExtentAllocator;
  readonly #wholeWrites: boolean;
  readonly #unflushed = new Set<DataFileName>();
  #buffer = new Uint8Array(0);
  /** Bytes written since opening. */
  bytesWritten = 0;

  constructor(allocator: ExtentAllocator, wholeWrites: boolean) {
    this.#allocator = allocator;
    this.#wholeWrites = wholeWrites;
  }

  /**
   * Writes all of them; in the order of their places, not of the list.
   *
   * @throws EngineError write_failed, store_full; some of them may be written then
   */
  write(writes: readonly PageWrite[]): void {
    const stride = this.#allocator.extentBytes;
    const placed = writes
      .map(({ bytes, extent }) => ({ bytes, ...this.#allocator.locate(extent) }))
      .sort((a, b) => (a.name === b.name ? a.at - b.at : a.name < b.name ? -1 : 1));
    for (let from = 0; from < placed.length;) {
      const first = placed[from]!;
      let to = from + 1;
      while (
        to < placed.length &&
        placed[to]!.name === first.name &&
        placed[to]!.at === first.at + (to - from) * stride &&
        (to - from + 1) * stride <= RUN_BYTES_MAX
      )
        to++;
      this.#writeRun(first.name, first.at, placed.slice(from, to));
      from = to;
    }
  }

  /** Flushes what was written since the last flush. */
  flush(): void {
    for (const name of DATA_FILES) {
      if (!this.#unflushed.has(name)) continue;
      const dataFile = this.#allocator.file(name);
      dataFile.flush();
      this.#unflushed.delete(name);
    }
  }

  /** A page shorter than its extent leaves the rest of it as zeros. */
  #writeRun(name: DataFileName, at: number, pages: readonly { readonly bytes: Uint8Array }[]): void {
    const stride = this.#allocator.extentBytes;
    const length = pages.length * stride;
    let run = pages[0]!.bytes;
    if (pages.length > 1 || run.length < stride) {
      if (this.#buffer.length < length) this.#buffer = new Uint8Array(length);
      run = this.#buffer.subarray(0, length);
      if (pages[0]!.bytes.length < stride) run.fill(0);
      pages.forEach(({ bytes }, i) => run.set(bytes, i * stride));
    }
    const dataFile = this.#allocator.file(name);
    this.#unflushed.add(name); // Also what a failed write left has to be flushed one day.
    const count = dataFile.write(at, run);
    if (this.#wholeWrites) assertWholeWrite(dataFile, at, length, count);
    this.bytesWritten += length;
  }
}
