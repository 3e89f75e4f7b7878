/**
 * A solid-state drive: many dies that work at once, a write cache, and the translation layer that hides erase blocks.
 *
 *     host ══interface══▶ cache ──▶ open flash page ──▶ dies (program)      the dies work on while the host goes on:
 *                                                        ▲                  a write waits only when the cache is full,
 *                                     cleaning ──────────┘                  a flush waits until the dies are done
 *
 *   S1  A read of one flash page takes command + flash + interface; several on different dies overlap.
 *   S2  A flush programs the flash page that is open, full or not, and one page of the map: what is small and
 *       flushed is padded, and the padding wears as much as data.
 *   S3  Every page cleaning moves costs a read and a program, every block an erase, all on the dies' time.
 */
import { assert } from '../../base/assert';
import type { Bill, Cause } from './bill';
import type { DeviceOptions, MediaCounts, MediaDevice, Request } from './device';
import { FlashTranslation } from './flash_translation';
import type { FlashParameters } from './parameters';

/** The translation layer keeps track of this much at a time, as real ones do. */
const SLOT_BYTES = 4096;

export class SolidStateDrive implements MediaDevice {
  readonly #parameters: FlashParameters;
  readonly #cached: boolean;
  readonly #slotsPerPage: number;
  readonly #translation: FlashTranslation;
  /** Slots of the device that were ever written, and the logical pages they were given. */
  readonly #slots = new Map<number, number>();

  /** When the dies will have done what they were given, on the bill's clock. */
  #busyUntilNs = 0;
  /** Slots in the open flash page. */
  #openSlots = 0;
  /** The slot written last: small writes that follow each other meet in the cache and are programmed once. */
  #lastSlot = -1;
  #unflushedBytes = 0;
  #lastReadEnd = -1;
  #hostBytes = 0;
  /** Flash pages filled up or added by flushes. */
  #paddedBytes = 0;

  constructor(parameters: FlashParameters, { driveCache, fill, modelledBytes }: DeviceOptions) {
    this.#parameters = parameters;
    this.#cached = driveCache;
    this.#slotsPerPage = parameters.nandPageBytes.value / SLOT_BYTES;
    this.#translation = new FlashTranslation({
      logicalPages: Math.ceil(modelledBytes / SLOT_BYTES),
      pagesPerBlock: parameters.modelledBlockBytes.value / SLOT_BYTES,
      overProvisioning: parameters.overProvisioning.value,
    });
    if (fill === 'full') this.#translation.fill();
  }

  serve(requests: readonly Request[], depth: number, bill: Bill): void {
    const reads = requests.filter(({ kind }) => kind === 'read');
    if (reads.length > 0) this.#read(reads, Math.max(1, depth), bill);
    const writes = requests.filter(({ kind }) => kind === 'write');
    if (writes.length > 0) this.#write(writes, Math.max(1, depth), bill);
  }

  flush(bill: Bill): void {
    this.#spend(bill, 'drive_cache', 'command', this.#parameters.commandNs.value, 0);
    if (this.#unflushedBytes === 0) return;
    this.#settle(bill);
  }

  volatileBytes(): number {
    return this.#unflushedBytes;
  }

  counts(): MediaCounts {
    const { hostPages, movedPages, erases } = this.#translation;
    const mediaBytes = (hostPages + movedPages) * SLOT_BYTES + this.#paddedBytes;
    const { capacityBytes, overProvisioning, eraseCycles } = this.#parameters;
    const budget = capacityBytes.value * (1 + overProvisioning.value) * eraseCycles.value;
    return {
      hostBytes: this.#hostBytes,
      mediaBytes,
      movedBytes: movedPages * SLOT_BYTES,
      paddedBytes: this.#paddedBytes,
      erases,
      seeks: 0,
      wear: mediaBytes / budget,
    };
  }

  // ---- reading

  /** A list schedule: a place in the queue, then a die for each flash page, then the one interface. S1. */
  #read(requests: readonly Request[], depth: number, bill: Bill): void {
    const { units, nandPageBytes, readNs, commandNs, interfaceBytesPerSecond } = this.#parameters;
    const dies = new Float64Array(units.value);
    const queue = new Float64Array(Math.min(depth, requests.length));
    let interfaceFree = 0;
    const spent = { command: 0, flash_read: 0, interface: 0 };
    let bytesRead = 0;
    for (const { at, bytes } of requests) {
      const place = indexOfLeast(queue);
      const begun = queue[place]! + commandNs.value;
      spent.command += commandNs.value;
      // A drive that sees a sequential reader fetches ahead: the pages are there.
      const ahead = at === this.#lastReadEnd;
      let done = begun;
      for (let from = at; from < at + bytes;) {
        const page = Math.floor(from / nandPageBytes.value);
        const end = Math.min(at + bytes, (page + 1) * nandPageBytes.value);
        const die = page % dies.length;
        const read = ahead ? begun : Math.max(begun, dies[die]!) + readNs.value;
        dies[die] = Math.max(dies[die]!, begun) + readNs.value;
        const transfer = ((end - from) * 1e9) / interfaceBytesPerSecond.value;
        interfaceFree = Math.max(interfaceFree, read) + transfer;
        done = interfaceFree;
        spent.interface += transfer;
        if (!ahead) spent.flash_read += readNs.value;
        from = end;
      }
      queue[place] = done;
      bytesRead += bytes;
      this.#lastReadEnd = at + bytes;
    }
    const elapsed = Math.max(...queue);
    this.#burn(bill, elapsed, bytesRead, this.#parameters.readW.value, interfaceBytesPerSecond.value);
    bill.spendShared('media', elapsed, spent);
  }

  // ---- writing

  #write(requests: readonly Request[], depth: number, bill: Bill): void {
    const { writeCommandNs, interfaceBytesPerSecond } = this.#parameters;
    for (const { at, bytes } of requests) {
      const overlap = Math.min(depth, requests.length);
      const transferNs = (bytes * 1e9) / interfaceBytesPerSecond.value;
      this.#spend(bill, 'drive_cache', 'command', writeCommandNs.value / overlap, 0);
      this.#spend(bill, 'drive_cache', 'interface', transferNs, 0);
      this.#hostBytes += bytes;
      this.#unflushedBytes += bytes;
      this.#place(at, bytes, bill);
      if (!this.#cached) this.#settle(bill);
    }
  }

  /** Hands slots to the translation layer and the work that follows to the dies; waits only for room in the cache. */
  #place(at: number, bytes: number, bill: Bill): void {
    const { programBytesPerSecond, nandPageBytes, cacheBytes } = this.#parameters;
    const before = { moved: this.#translation.movedPages, erases: this.#translation.erases };
    let programmedBytes = 0;
    for (let slot = Math.floor(at / SLOT_BYTES); slot * SLOT_BYTES < at + bytes; slot++) {
      if (slot === this.#lastSlot && this.#openSlots > 0) continue;
      this.#lastSlot = slot;
      this.#translation.write(this.#logicalPage(slot));
      if (++this.#openSlots === this.#slotsPerPage) {
        this.#openSlots = 0;
        programmedBytes += nandPageBytes.value;
      }
    }
    const cleaningNs = this.#cleaningNs(before);
    const programNs = (programmedBytes * 1e9) / programBytesPerSecond.value;
    this.#busyUntilNs = Math.max(this.#busyUntilNs, bill.ns) + programNs + cleaningNs;
    this.#burnProgrammed(bill, programmedBytes + (this.#translation.movedPages - before.moved) * SLOT_BYTES);
    const roomNs = (cacheBytes.value * 1e9) / programBytesPerSecond.value;
    const waitNs = this.#busyUntilNs - bill.ns - roomNs;
    if (waitNs > 0) this.#wait(bill, waitNs, { program: programNs, cleaning: cleaningNs });
  }

  /** S3 */
  #cleaningNs(before: { readonly moved: number; readonly erases: number }): number {
    const { programBytesPerSecond, readNs, units, eraseNs, eraseBlockBytes, modelledBlockBytes } = this.#parameters;
    const moved = this.#translation.movedPages - before.moved;
    const erases = this.#translation.erases - before.erases;
    const movedNs = (moved * SLOT_BYTES * 1e9) / programBytesPerSecond.value;
    const readsNs = (moved * readNs.value) / (units.value * this.#slotsPerPage);
    const scale = modelledBlockBytes.value / eraseBlockBytes.value;
    return movedNs + readsNs + (erases * eraseNs.value * scale) / units.value;
  }

  /** S2: the open page, the map, and whatever the dies still have to do. */
  #settle(bill: Bill): void {
    const { programNs, nandPageBytes } = this.#parameters;
    const backlogNs = Math.max(0, this.#busyUntilNs - bill.ns);
    if (backlogNs > 0) this.#wait(bill, backlogNs, { program: 1 });
    const openBytes = this.#openSlots * SLOT_BYTES;
    const padding = this.#openSlots === 0 ? 0 : nandPageBytes.value - openBytes;
    this.#paddedBytes += padding + nandPageBytes.value;
    this.#openSlots = 0;
    this.#wait(bill, 2 * programNs.value, { program: 1 });
    this.#burnProgrammed(bill, openBytes + padding + nandPageBytes.value);
    this.#busyUntilNs = bill.ns;
    this.#unflushedBytes = 0;
  }

  #wait(bill: Bill, ns: number, parts: Readonly<Partial<Record<Cause, number>>>): void {
    const sum = Object.values(parts).reduce((total, part) => total + part, 0);
    bill.spendShared('media', ns, sum > 0 ? parts : { program: 1 });
    bill.burn((ns * this.#parameters.readyW.value) / 1e9);
  }

  #spend(bill: Bill, stage: 'drive_cache', cause: Cause, ns: number, bytes: number): void {
    bill.spend(stage, cause, ns);
    this.#burn(bill, ns, bytes, this.#parameters.writeW.value, this.#parameters.programBytesPerSecond.value);
  }

  #burnProgrammed(bill: Bill, bytes: number): void {
    this.#burn(bill, 0, bytes, this.#parameters.writeW.value, this.#parameters.programBytesPerSecond.value);
  }

  /** Being awake, and on top what a byte takes at the full rate the maker states the watts for. */
  #burn(bill: Bill, ns: number, bytes: number, watts: number, bytesPerSecond: number): void {
    const { readyW } = this.#parameters;
    bill.burn((ns * readyW.value) / 1e9 + (bytes * Math.max(0, watts - readyW.value)) / bytesPerSecond);
  }

  /** The modelled drive is small: places are handed out in the order they are first written. */
  #logicalPage(slot: number): number {
    let page = this.#slots.get(slot);
    if (page === undefined) {
      page = this.#slots.size % this.#translation.logicalPages;
      this.#slots.set(slot, page);
    }
    assert(page < this.#translation.logicalPages, 'a logical page');
    return page;
  }
}

function indexOfLeast(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! < values[best]!) best = i;
  return best;
}
