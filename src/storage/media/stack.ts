/**
 * The path of a call: from the page through the system to the device.
 *
 *     call ─▶ page cache ─▶ journal ─▶ drive cache ─▶ media
 *       write stops here ┘              │               │
 *       flush of a file: its dirty pages┘, then, if the flush reaches so far, the drive's cache ┘
 *
 * A write is done when it is in the page cache. A flush writes the dirty pages of its file, neighbours together; if
 * the file has grown, the file system's journal has to remember the new length, which is a second write elsewhere and
 * a second flush; then the drive is asked to empty its cache (ext4, fdatasync: no journal where the length stayed).
 *
 * Each stage can be taken away, to see what remains without it:
 *
 *   P1  Without the page cache every write goes to the device by itself.
 *   P2  Without the journal a grown file costs one write and one flush less, and its length is not safe.
 *   P3  Without the drive's cache every write waits for the medium, and a flush has nothing left to do.
 *   P4  A flush that reaches less far takes less time and leaves bytes where a power cut takes them.
 */
import type { FileName } from '../file';
import { FILE_NAMES } from '../file';
import type { DeviceModel, MeteredCall } from '../metered';
import { Bill } from './bill';
import type { MediaDevice, Request } from './device';
import type { FlushReach } from './flush_reach';
import { DRAM, HOST } from './parameters';

export interface StackOptions {
  readonly pageCache: boolean;
  readonly journal: boolean;
  readonly reach: FlushReach;
  /** Pages that were not written in this run: in the page cache already, or on the device. */
  readonly reads: 'warm' | 'cold';
  /** What the system keeps under way at the device when it writes pages back. */
  readonly depth: number;
}

export const STACK_DEFAULTS: StackOptions = {
  pageCache: true,
  journal: true,
  reach: 'media',
  reads: 'warm',
  depth: 32,
};

const PAGE = HOST.pageBytes.value;

interface FileState {
  readonly base: number;
  readonly dirty: Set<number>;
  readonly resident: Set<number>;
  size: number;
  /** Length as the journal knows it. */
  durableSize: number;
}

export class StorageStack implements DeviceModel {
  readonly bill = new Bill();
  readonly device: MediaDevice;
  readonly #options: StackOptions;
  readonly #files: Record<FileName, FileState>;
  #journalAt = HOST.journalAtBytes.value;

  constructor(device: MediaDevice, sizes: Readonly<Partial<Record<FileName, number>>>, options: StackOptions) {
    this.device = device;
    this.#options = options;
    const state = (name: FileName): FileState => ({
      base: FILE_NAMES.indexOf(name) * HOST.fileSpacingBytes.value,
      dirty: new Set(),
      resident: new Set(),
      size: sizes[name] ?? 0,
      durableSize: sizes[name] ?? 0,
    });
    this.#files = {
      superblock: state('superblock'),
      log: state('log'),
      data_0: state('data_0'),
      data_1: state('data_1'),
    };
  }

  charge(call: MeteredCall, name: FileName, at: number, bytes: number): void {
    const file = this.#files[name];
    switch (call) {
      case 'read':
        this.#read(file, at, bytes);
        break;
      case 'write':
        this.#write(file, at, bytes);
        break;
      case 'truncate':
        this.#truncate(file, at);
        break;
      case 'flush':
        this.#flush(file);
        break;
    }
  }

  /** What a power cut would take now, and where it stands. */
  atRisk(): { readonly pageCacheBytes: number; readonly driveCacheBytes: number; readonly lengths: number } {
    const files = FILE_NAMES.map((name) => this.#files[name]);
    return {
      pageCacheBytes: files.reduce((sum, { dirty }) => sum + dirty.size * PAGE, 0),
      driveCacheBytes: this.device.volatileBytes(),
      lengths: files.filter(({ size, durableSize }) => size !== durableSize).length,
    };
  }

  #read(file: FileState, at: number, bytes: number): void {
    this.bill.spend('call', 'call', HOST.readCallNs.value);
    if (this.#options.reads === 'cold' || !this.#options.pageCache) {
      const missing = pagesOf(at, Math.min(bytes, Math.max(0, file.size - at))).filter(
        (page) => !this.#options.pageCache || !file.resident.has(page),
      );
      this.device.serve(runsOf(missing, file.base, 'read'), 1, this.bill);
      for (const page of missing) file.resident.add(page);
    }
    this.#copy(bytes);
  }

  #write(file: FileState, at: number, bytes: number): void {
    this.bill.spend('call', 'call', HOST.callNs.value);
    file.size = Math.max(file.size, at + bytes);
    const pages = pagesOf(at, bytes);
    this.#copy(bytes);
    for (const page of pages) file.resident.add(page);
    if (this.#options.pageCache) for (const page of pages) file.dirty.add(page);
    else this.device.serve(runsOf(pages, file.base, 'write'), 1, this.bill); // P1
  }

  #truncate(file: FileState, size: number): void {
    this.bill.spend('call', 'call', HOST.callNs.value);
    file.size = size;
    for (const page of file.dirty) if (page * PAGE >= size) file.dirty.delete(page);
  }

  #flush(file: FileState): void {
    this.bill.spend('call', 'call', HOST.flushCallNs.value);
    if (this.#options.reach === 'page_cache') return; // P4
    const pages = [...file.dirty].sort((a, b) => a - b);
    file.dirty.clear();
    this.device.serve(runsOf(pages, file.base, 'write'), this.#options.depth, this.bill);
    if (file.size !== file.durableSize && this.#options.journal) this.#writeJournal(file); // P2
    if (this.#options.reach === 'media') this.device.flush(this.bill);
  }

  /** Blocks of the journal, then, so that they are there first, the block that says they count. */
  #writeJournal(file: FileState): void {
    const blocks = HOST.journalBlocks.value * PAGE;
    this.bill.within('journal', () => {
      this.device.serve([{ kind: 'write', at: this.#journalAt, bytes: blocks }], 1, this.bill);
      if (this.#options.reach === 'media') this.device.flush(this.bill);
      this.device.serve([{ kind: 'write', at: this.#journalAt + blocks, bytes: PAGE }], 1, this.bill);
    });
    this.#journalAt += blocks + PAGE;
    file.durableSize = file.size;
  }

  #copy(bytes: number): void {
    const ns = DRAM.latencyNs.value + (bytes * 1e9) / DRAM.bytesPerSecond.value;
    this.bill.spend('page_cache', 'copy', ns);
    this.bill.burn(bytes * DRAM.joulesPerByte.value);
  }
}

function pagesOf(at: number, bytes: number): number[] {
  const pages: number[] = [];
  for (let page = Math.floor(at / PAGE); page * PAGE < at + bytes; page++) pages.push(page);
  return pages;
}

/** Ascending pages of a file as requests of the device: neighbours are one. */
function runsOf(pages: readonly number[], base: number, kind: Request['kind']): Request[] {
  const runs: { kind: Request['kind']; at: number; bytes: number }[] = [];
  for (const page of pages) {
    const at = base + page * PAGE;
    const last = runs.at(-1);
    if (last !== undefined && last.at + last.bytes === at) last.bytes += PAGE;
    else runs.push({ kind, at, bytes: PAGE });
  }
  return runs;
}
