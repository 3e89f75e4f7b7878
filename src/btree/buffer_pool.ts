/**
 * The buffer pool: the pages that are in memory, a bounded number of bytes of them.
 *
 * Reading a page from the pool takes a look into two arrays; reading it from the file takes a call into another process
 * and a checksum (figures in `notes/btrees.md`). So which pages stay decides what a lookup costs, and the pool keeps those
 * that were used lately, by the clock: frames in a ring, a bit each that a use sets, a hand that goes around, clears the
 * bit where it is set and takes the frame where it is not (Corbató 1968; Graefe 2011, section 2.6, for B-trees).
 *
 *            hand
 *             v
 *     [p17 1][p3 0][p8 1][p40 0 dirty][p9 pinned] ...      p3 goes: nobody asked for it since the hand last came by
 *
 * A page that a scan brings in starts without the bit, so a scan recycles its own frames and leaves the rest alone. A pinned frame
 * never goes; a dirty one is written first, by the pager, together with the next few: a write has a price of its own,
 * however many bytes it carries.
 *
 *   B1  A page is in at most one frame.
 *   B2  A frame with a pin holds its page until the last pin is gone.
 *   B3  There are at most `capacity` frames.
 */
import { assert } from '../base/assert';
import { NO_PAGE } from './page';
import { pageId, type PageId } from '../base/ids';

/** A path from root to leaf, the neighbours of two of its pages, and the new ones of a split at every level. */
const FRAMES_MIN = 32;

export interface PoolCounters {
  hits: number;
  misses: number;
  evictions: number;
}

export interface FrameState {
  readonly frame: number;
  readonly page: PageId;
  readonly isDirty: boolean;
  readonly isReferenced: boolean;
  readonly pins: number;
}

export class BufferPool {
  readonly capacity: number;
  readonly counters: PoolCounters = { hits: 0, misses: 0, evictions: 0 };
  readonly #pageBytes: number;
  readonly #bytes: Uint8Array[] = [];
  readonly #pages: Uint32Array;
  readonly #pins: Uint16Array;
  readonly #referenced: Uint8Array;
  readonly #dirty: Uint8Array;
  /** By page: its frame + 1, 0 for none. */
  #frames = new Uint32Array(256);
  readonly #free: number[] = [];
  #hand = 0;
  #dirtyCount = 0;

  constructor(poolBytes: number, pageBytes: number) {
    this.#pageBytes = pageBytes;
    this.capacity = Math.max(FRAMES_MIN, Math.floor(poolBytes / pageBytes));
    this.#pages = new Uint32Array(this.capacity);
    this.#pins = new Uint16Array(this.capacity);
    this.#referenced = new Uint8Array(this.capacity);
    this.#dirty = new Uint8Array(this.capacity);
  }

  get dirtyCount(): number {
    return this.#dirtyCount;
  }
  get hand(): number {
    return this.#hand;
  }

  /** The frame that holds `page`, or -1. */
  find(page: PageId): number {
    return page < this.#frames.length ? this.#frames[page]! - 1 : -1;
  }

  bytes(frame: number): Uint8Array {
    return this.#bytes[frame]!;
  }

  use(frame: number): Uint8Array {
    this.#referenced[frame] = 1;
    return this.#bytes[frame]!;
  }

  isReferenced(frame: number): boolean {
    return this.#referenced[frame] === 1;
  }
  isDirty(frame: number): boolean {
    return this.#dirty[frame] === 1;
  }
  setDirty(frame: number, isDirty: boolean): void {
    if (this.isDirty(frame) === isDirty) return;
    this.#dirty[frame] = isDirty ? 1 : 0;
    this.#dirtyCount += isDirty ? 1 : -1;
  }

  pin(frame: number): void {
    this.#pins[frame]!++;
  }
  unpin(frame: number): void {
    assert(this.#pins[frame]! > 0, 'B2: what is unpinned was pinned');
    this.#pins[frame]!--;
  }

  /** A frame without a page: a free one, a new one, or undefined where one has to be given up first (`victim`). */
  takeFree(): number | undefined {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#bytes.length === this.capacity) return undefined;
    this.#bytes.push(new Uint8Array(this.#pageBytes));
    return this.#bytes.length - 1;
  }

  /** The frame to give up, by the clock; its page is still in it. */
  victim(): number {
    const frame = sweep(this.capacity, this.#hand, this.#pins, this.#referenced, true);
    assert(frame >= 0, 'B3: an operation pins fewer pages than the pool has frames');
    this.#hand = (frame + 1) % this.capacity;
    this.counters.evictions++;
    return frame;
  }

  /** What the hand would do now: the frame it stops at, and those whose bits it clears on the way. For people. */
  nextSweep(): { readonly frame: number; readonly cleared: readonly number[] } {
    const after = this.#referenced.slice();
    const frame = sweep(this.capacity, this.#hand, this.#pins, after, true);
    const cleared = Array.from(after.keys()).filter((each) => after[each] !== this.#referenced[each]);
    return { frame, cleared };
  }

  /** Which page goes next, if nothing is asked for in between. For people: changes nothing. */
  nextVictim(): PageId | undefined {
    if (this.#bytes.length < this.capacity || this.#free.length > 0) return undefined;
    const frame = sweep(this.capacity, this.#hand, this.#pins, this.#referenced.slice(), true);
    return frame < 0 ? undefined : pageId(this.#pages[frame]!);
  }

  /** Other dirty pages that nobody pins, from the hand on: to be written in the same call as a victim. */
  dirtyAfterHand(countMax: number, framesMax: number): number[] {
    const found: number[] = [];
    for (let i = 0; i < Math.min(framesMax, this.#bytes.length) && found.length < countMax; i++) {
      const frame = (this.#hand + i) % this.#bytes.length;
      if (this.#dirty[frame] === 1 && this.#pins[frame] === 0) found.push(frame);
    }
    return found;
  }

  pageIn(frame: number): PageId {
    return pageId(this.#pages[frame]!);
  }

  /** Puts a page into an empty frame. */
  place(frame: number, page: PageId, isReferenced: boolean): Uint8Array {
    assert(this.#pages[frame] === NO_PAGE && this.find(page) < 0, 'B1: a page is in one frame');
    if (page >= this.#frames.length) this.#lengthen(page + 1);
    this.#frames[page] = frame + 1;
    this.#pages[frame] = page;
    this.#referenced[frame] = isReferenced ? 1 : 0;
    return this.#bytes[frame]!;
  }

  /** Empties a frame without keeping it free: `place` comes next. */
  clear(frame: number): void {
    assert(this.#pins[frame] === 0, 'B2: a pinned page stays');
    this.setDirty(frame, false);
    this.#frames[this.#pages[frame]!] = 0;
    this.#pages[frame] = NO_PAGE;
  }

  /** Gives an empty frame back. */
  release(frame: number): void {
    this.#free.push(frame);
  }

  /** Gives the frame a buffer of its own with the same bytes; the old one is the caller's to keep. */
  detach(frame: number): Uint8Array {
    const old = this.#bytes[frame]!;
    this.#bytes[frame] = old.slice();
    return old;
  }

  /** Frames in clock order from frame 0, the empty ones left out. */
  describe(): FrameState[] {
    const frames: FrameState[] = [];
    for (let frame = 0; frame < this.#bytes.length; frame++) {
      if (this.#pages[frame] === NO_PAGE) continue;
      frames.push({
        frame,
        page: pageId(this.#pages[frame]!),
        isDirty: this.isDirty(frame),
        isReferenced: this.#referenced[frame] === 1,
        pins: this.#pins[frame]!,
      });
    }
    return frames;
  }

  #lengthen(length: number): void {
    const frames = new Uint32Array(Math.max(length, 2 * this.#frames.length));
    frames.set(this.#frames);
    this.#frames = frames;
  }
}

/** The clock's hand: the first frame without pin and without bit; bits it passes are cleared. -1 if all are pinned. */
function sweep(frames: number, hand: number, pins: Uint16Array, referenced: Uint8Array, clear: boolean): number {
  for (let i = 0; i < 2 * frames; i++) {
    const frame = (hand + i) % frames;
    if (pins[frame]! > 0) continue;
    if (referenced[frame] === 0) return frame;
    if (clear) referenced[frame] = 0;
  }
  return -1;
}
