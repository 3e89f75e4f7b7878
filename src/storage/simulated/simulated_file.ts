/** One file of the simulated disk: what reads show, what is durable, and what lies between. The rules are in `disk.ts`. */
import { assert } from '../../base/assert';
import type { ForgetfulFile } from '../faulty';
import { SECTOR_BYTES, type FileName } from '../file';
import { assertOffset, fileClosed } from '../preconditions';
import { keepAll } from './fates';
import type { Image } from './image';
import { PendingChanges } from './pending';
import type { PersistenceProfile } from './profiles';
import { Sector } from './sector';
import { survive } from './survive';

/**
 * The three states of a file.
 *
 *   C1  Unless data was dropped, `visible` is `durable` with everything pending kept.
 */
export class SimulatedContent {
  readonly name: FileName;
  durable: Image;
  visible: Image;
  pending = new PendingChanges();
  /** Whether C1 is broken for good: a failed flush has thrown pending data away. */
  #hasDropped = false;

  constructor(name: FileName, durable: Image) {
    this.name = name;
    this.durable = durable;
    this.visible = durable.fork();
  }

  fork(): SimulatedContent {
    const copy = new SimulatedContent(this.name, this.durable.fork());
    copy.visible = this.visible.fork();
    copy.pending = this.pending.fork();
    copy.#hasDropped = this.#hasDropped;
    return copy;
  }

  write(at: number, bytes: Uint8Array, call: number): void {
    const first = Math.floor(at / SECTOR_BYTES);
    const end = at + bytes.length;
    const sectors = this.#sectorsAround(at, bytes);
    const sizeBefore = this.visible.size;
    for (let offset = 0; offset < sectors.length; offset += SECTOR_BYTES) {
      const index = first + offset / SECTOR_BYTES;
      const start = index * SECTOR_BYTES;
      const sector = new Sector(sectors.subarray(offset, offset + SECTOR_BYTES));
      this.visible.put(index, sector);
      const from = Math.max(0, at - start);
      const to = Math.min(SECTOR_BYTES, end - start);
      this.pending.addVersion(this.name, index, { call, from, to, sector });
    }
    this.visible.growTo(end);
    if (end > sizeBefore) this.#lengthChanged('write', sizeBefore, end, call);
  }

  truncate(size: number, call: number): void {
    const sizeBefore = this.visible.size;
    if (size === sizeBefore) return;
    this.visible.resize(size);
    this.#lengthChanged('truncate', sizeBefore, size, call);
  }

  flush(): void {
    if (this.pending.isEmpty) return;
    this.durable = this.#hasDropped ? this.#withoutDropped() : this.visible.fork();
    this.pending = new PendingChanges();
  }

  /** D5. */
  drop(): void {
    if (this.pending.isEmpty) return;
    this.pending = new PendingChanges();
    this.#hasDropped = true;
  }

  /** A byte at rest changes, in what shows and in what is durable. Not while anything of the file is pending. */
  damage(at: number, byte: number): void {
    assert(this.pending.isEmpty, 'damage at rest is done to what rests');
    const index = Math.floor(at / SECTOR_BYTES);
    for (const image of [this.visible, this.durable]) {
      if (at >= image.size) continue;
      const bytes = image.sector(index).bytes.slice();
      bytes[at % SECTOR_BYTES] = byte;
      image.put(index, new Sector(bytes));
    }
  }

  /** What was written since and is flushed now is there, also where the length that covered it was dropped. */
  #withoutDropped(): Image {
    const items = this.pending.items();
    const longer = this.durable.fork();
    for (const item of items) {
      if (item.kind !== 'sector') continue;
      const end = item.index * SECTOR_BYTES + item.versions.at(-1)!.to;
      longer.growTo(Math.min(end, this.visible.size));
    }
    return survive(longer, items, keepAll(items));
  }

  #lengthChanged(by: 'write' | 'truncate', from: number, to: number, call: number): void {
    this.pending.addLength({ kind: 'length', file: this.name, call, by, from, to });
  }

  /** The sectors a write touches, whole, as they are after it: one buffer, which the sectors share. */
  #sectorsAround(at: number, bytes: Uint8Array): Uint8Array {
    const start = at - (at % SECTOR_BYTES);
    const end = Math.ceil((at + bytes.length) / SECTOR_BYTES) * SECTOR_BYTES;
    const sectors = new Uint8Array(end - start);
    if (at > start) this.visible.read(start, sectors.subarray(0, SECTOR_BYTES));
    if (at + bytes.length < end) this.visible.read(end - SECTOR_BYTES, sectors.subarray(-SECTOR_BYTES));
    sectors.set(bytes, at - start);
    return sectors;
  }
}

export class SimulatedFile implements ForgetfulFile {
  readonly name: FileName;
  readonly #counter: { calls: number };
  readonly #profile: PersistenceProfile;
  readonly #onClose: () => void;
  #content: SimulatedContent | null;

  constructor(content: SimulatedContent, counter: { calls: number }, profile: PersistenceProfile, onClose: () => void) {
    this.name = content.name;
    this.#content = content;
    this.#counter = counter;
    this.#profile = profile;
    this.#onClose = onClose;
  }

  size(): number {
    return this.#opened().visible.size;
  }

  read(at: number, into: Uint8Array): number {
    assertOffset(at);
    const content = this.#opened();
    this.#counter.calls++;
    return content.visible.read(at, into);
  }

  write(at: number, bytes: Uint8Array): number {
    assertOffset(at);
    const content = this.#opened();
    const call = ++this.#counter.calls;
    if (bytes.length > 0) content.write(at, bytes, call);
    return bytes.length;
  }

  flush(): void {
    const content = this.#opened();
    this.#counter.calls++;
    if (this.#profile.flush === 'honest') content.flush();
  }

  truncate(size: number): void {
    assertOffset(size);
    const content = this.#opened();
    content.truncate(size, ++this.#counter.calls);
  }

  dropUnflushed(): void {
    this.#opened().drop();
  }

  close(): void {
    if (this.#content === null) return;
    this.#content = null;
    this.#onClose();
  }

  #opened(): SimulatedContent {
    if (this.#content === null) throw fileClosed(this.name);
    return this.#content;
  }
}
