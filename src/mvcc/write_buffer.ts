/**
 * What a transaction has written and not committed: in its own memory, in key order, the last write of each key.
 *
 * Nothing of it is in the index before the commit, so an abort, or a crash, has nothing to undo. Its own reads look here
 * first; its scans merge it into what the snapshot has.
 */
import { compareBytes } from '../base/bytes';
import type { Batch, Cursor, Entry, Operation, Range } from '../base/ordered_index';
import { OrderedMap, type MapCursor, type MapEntry, type MapSnapshot } from '../base/ordered_map';

/** A write as a map holds it. */
export class Write {
  readonly operation: Operation;

  constructor(operation: Operation) {
    this.operation = operation;
  }

  get length(): number {
    return this.operation.kind === 'put' ? this.operation.value.length : 0;
  }

  /** Undefined: the key is deleted. */
  get value(): Uint8Array | undefined {
    return this.operation.kind === 'put' ? this.operation.value : undefined;
  }
}

export type Writes = MapSnapshot<Write>;

const NONE: readonly Operation[] = [];

export class WriteBuffer {
  /** Made with the first write: most transactions only read. */
  #map: OrderedMap<Write> | undefined;

  get isEmpty(): boolean {
    return this.#map === undefined;
  }

  /** Keeps the arrays of the operation: nobody writes to them any more. */
  add(operation: Operation): void {
    this.#map ??= new OrderedMap<Write>();
    this.#map.put(operation.key, new Write(operation));
  }

  addAll(batch: Batch): void {
    for (const operation of batch) this.add(operation);
  }

  get(key: Uint8Array): Write | undefined {
    return this.#map?.get(key);
  }

  /** As it is now, whatever is written later. */
  view(): Writes {
    return (this.#map ??= new OrderedMap<Write>()).snapshot();
  }

  /** In key order. */
  operations(): readonly Operation[] {
    if (!this.#map) return NONE;
    const cursor = this.#map.snapshot().cursor({}, false);
    const operations: Operation[] = [];
    for (let write = cursor.next(); write; write = cursor.next()) operations.push(write.value.operation);
    return operations;
  }
}

/**
 * Committed entries with writes over them, as one pass in either direction. Where both have a key, the write counts: a put
 * in place of the entry, a delete instead of it.
 */
export class MergedEntries implements Cursor {
  readonly #entries: Cursor;
  readonly #writes: MapCursor<Write>;
  readonly #direction: 1 | -1;
  #entry: Entry | undefined;
  #write: MapEntry<Write> | undefined;
  #isStarted = false;

  /** @param entries in the order of `reverse`; closed with this */
  constructor(entries: Cursor, writes: Writes, range: Range, reverse: boolean) {
    this.#entries = entries;
    this.#writes = writes.cursor(range, reverse);
    this.#direction = reverse ? -1 : 1;
  }

  next(): Entry | undefined {
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.#entry = this.#entries.next();
      this.#write = this.#writes.next();
    }
    while (this.#write) {
      const write = this.#write;
      const order = this.#entry ? compareBytes(write.key, this.#entry.key) * this.#direction : -1;
      if (order > 0) return this.#takeEntry();
      if (order === 0) this.#takeEntry();
      this.#write = this.#writes.next();
      const { value } = write.value;
      if (value) return { key: write.key, value };
    }
    return this.#takeEntry();
  }

  close(): void {
    this.#isStarted = true;
    this.#entry = this.#write = undefined;
    this.#entries.close();
    this.#writes.close();
  }

  #takeEntry(): Entry | undefined {
    const entry = this.#entry;
    if (entry) this.#entry = this.#entries.next();
    return entry;
  }
}
