/**
 * The one place where I/Os are counted, and where a session can be stopped at one.
 *
 * I/O k is the k-th write, flush or truncate of a session (`protocol/trace.ts`). The trace, the slider, `crash at k`
 * and the drill must mean the same k, or a crash falls next to where the learner put it. So there is one counter: the
 * recorder stamps events with it, and the gate closes by it. It outlives crashes and reopenings of the store.
 *
 *   store ──▶ recorded ──▶ gate ──▶ faults ──▶ device
 *
 *   I1  A call counts before the device sees it, whether it then fails, or is stopped: a number is used once.
 *   I2  When I/O `stopAt` comes, it does not happen, except that a write lets its first `prefixBytes` through; that
 *       call and every later one, reads included, throw `Latched`. Nobody catches it but the session.
 *       `endAt` is the same for the drill that replays a session, beside the stops of the session's own script:
 *       after it the gate never opens again.
 *   I3  The views of one opening die with it: a store that crashed can touch nothing any more, not even by accident.
 */
import { assert } from '../base/assert';
import type { SiteId } from '../base/ids';
import { fileSet, type FileName, type FileSet, type StorageFile } from '../storage/file';
import { Latched } from '../storage/latched';
import { fileClosed } from '../storage/preconditions';

/** What reached the device of the write that was stopped. */
export interface Landed {
  readonly file: FileName;
  readonly at: number;
  readonly bytes: Uint8Array;
}

export interface StopPoint {
  readonly io: number;
  readonly prefixBytes?: number | undefined;
}

export class IoGate {
  /** The files behind the gate; may be exchanged (a fault, a power cut) while the store holds its views. */
  files: FileSet;
  #ios = 0;
  #calls = 0;
  #stop: StopPoint | undefined;
  #end: StopPoint | undefined;
  #isClosed = false;
  #hasEnded = false;
  #stoppedAt = 0;
  #landed: Landed | undefined;
  /** Number of the opening whose views are alive. */
  #opening = 0;

  constructor(files: FileSet) {
    this.files = files;
  }

  /** Number of the last I/O that was called. */
  get ios(): number {
    return this.#ios;
  }
  /** File calls so far, reads included: the ticks of the session's clock. */
  get calls(): number {
    return this.#calls;
  }
  get isClosed(): boolean {
    return this.#isClosed;
  }
  /** Whether `endAt` was reached. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }
  /** The I/O that did not happen; 0 if the gate was closed between two, or is open. */
  get stoppedAt(): number {
    return this.#stoppedAt;
  }
  get landed(): Landed | undefined {
    return this.#landed;
  }

  /** Closes when that I/O comes. It lies ahead. */
  stopAt(stop: StopPoint | undefined): void {
    assert(stop === undefined || stop.io > this.#ios, 'I2: the I/O to stop at is still to come');
    this.#stop = stop;
  }

  /** Ends the session's I/O for good when that I/O comes. */
  endAt(stop: StopPoint): void {
    assert(stop.io > this.#ios, 'I2: the I/O to end at is still to come');
    this.#end = stop;
  }

  /** Views for a new opening of the store; those handed out before are dead (I3). */
  open(): FileSet {
    this.#opening++;
    this.#isClosed = this.#hasEnded;
    this.#stoppedAt = 0;
    this.#landed = undefined;
    return fileSet((name) => new GatedFile(this, name, this.#opening));
  }

  /** The process ends here and now, without an I/O. */
  closeNow(): void {
    this.#isClosed = true;
    this.#stop = undefined;
  }

  /** Whether views of that opening may still call. */
  admits(opening: number): boolean {
    return opening === this.#opening;
  }

  countRead(opening: number): void {
    this.#refuseIfClosed(opening);
    this.#calls++;
  }

  /** Counts an I/O, or stops at it; a write that is stopped says what it can still let through. */
  countIo(opening: number, write?: { readonly file: FileName; readonly at: number; readonly bytes: Uint8Array }): void {
    this.#refuseIfClosed(opening);
    this.#calls++;
    this.#ios++;
    if (this.#ios === this.#end?.io) {
      this.#hasEnded = true;
      this.#stopHere(this.#end, write);
    }
    if (this.#ios === this.#stop?.io) this.#stopHere(this.#stop, write);
  }

  refuseIfClosed(opening: number): void {
    this.#refuseIfClosed(opening);
  }

  #stopHere(stop: StopPoint, write: { file: FileName; at: number; bytes: Uint8Array } | undefined): never {
    const prefixBytes = Math.min(stop.prefixBytes ?? 0, write?.bytes.length ?? 0);
    if (write !== undefined && prefixBytes > 0) {
      const bytes = write.bytes.slice(0, prefixBytes);
      this.files[write.file].write(write.at, bytes);
      this.#landed = { file: write.file, at: write.at, bytes };
    }
    this.closeNow();
    this.#stoppedAt = stop.io;
    throw new Latched(stop.io);
  }

  #refuseIfClosed(opening: number): void {
    if (this.#isClosed || !this.admits(opening)) throw new Latched(this.#ios + 1);
  }
}

/** One file as the store of one opening sees it. Closing it closes the view, not the file of the session. */
class GatedFile implements StorageFile {
  readonly name: FileName;
  readonly #gate: IoGate;
  readonly #opening: number;
  #isClosed = false;

  constructor(gate: IoGate, name: FileName, opening: number) {
    this.#gate = gate;
    this.name = name;
    this.#opening = opening;
  }

  size(): number {
    this.#assertOpen();
    this.#gate.refuseIfClosed(this.#opening);
    return this.#receiver.size();
  }

  read(at: number, into: Uint8Array, site?: SiteId): number {
    this.#assertOpen();
    this.#gate.countRead(this.#opening);
    return this.#receiver.read(at, into, site);
  }

  write(at: number, bytes: Uint8Array, site?: SiteId): number {
    this.#assertOpen();
    this.#gate.countIo(this.#opening, { file: this.name, at, bytes });
    return this.#receiver.write(at, bytes, site);
  }

  flush(site?: SiteId): void {
    this.#assertOpen();
    this.#gate.countIo(this.#opening);
    this.#receiver.flush(site);
  }

  truncate(size: number, site?: SiteId): void {
    this.#assertOpen();
    this.#gate.countIo(this.#opening);
    this.#receiver.truncate(size, site);
  }

  close(): void {
    this.#isClosed = true;
  }

  get #receiver(): StorageFile {
    return this.#gate.files[this.name];
  }

  #assertOpen(): void {
    if (this.#isClosed) throw fileClosed(this.name);
  }
}
