/**
 * The memtable: what was written since the last table, in memory, in key order.
 *
 * An LSM tree never changes what is on disk. It takes every write into memory, a delete as well as a put, and when
 * enough has come together it writes all of it at once, sorted, as a table (O'Neil, Cheng, Gawlick, O'Neil 1996, "The
 * log-structured merge-tree", section 2: the C0 tree). Until then the log alone makes it durable.
 *
 *     key      LSN 1     2         3         4         in the memtable
 *     apple    put a                         delete    apple   4  tombstone
 *     pear               put b     put c               pear    3  c
 *
 * A delete cannot take the key out: tables below may have it. It leaves a tombstone, an entry as any other, which hides
 * what is older. Of each key only the newest entry is kept, because nobody reads the others: a cursor pins a frozen view
 * of the memtable as it was, and that is the only notion of an older state.
 *
 * Textbooks use a skip list here (Pugh 1990), since writers of several threads can insert without locks. With one thread
 * the copy-on-write B+tree of `ordered_map.ts` is better: packed leaves, and a frozen view for nothing.
 *
 *   T1  Of each key there is one entry, the one with the highest LSN.
 *   T2  Every LSN in it is larger than any LSN of an older memtable: batches are applied in LSN order.
 *   T3  Once frozen it does not change: whoever writes it to a table may take as long as it likes.
 */
import { assert } from '../base/assert';
import type { Lsn } from '../base/ids';
import { lsn as lsnOf } from '../base/ids';
import type { Batch, Finding, Range } from '../base/ordered_index';
import { OrderedMap, type MapCursor, type MapSnapshot } from '../base/ordered_map';
import type { TraceSink } from '../base/trace';
import { ENTRY_OVERHEAD_BYTES, type EntryCursor, type VersionedEntry } from './entry';
import type { LsmEvent } from './events';

/** What the map holds of a key: its entry, with the length that it counts as. */
class HeldEntry implements VersionedEntry {
  readonly key: Uint8Array;
  readonly lsn: Lsn;
  readonly value: Uint8Array | undefined;
  readonly length: number;

  constructor(key: Uint8Array, lsn: Lsn, value: Uint8Array | undefined) {
    this.key = key;
    this.lsn = lsn;
    this.value = value;
    this.length = value === undefined ? 0 : value.length;
  }
}

/** A memtable as it was at one moment. Costs nothing to make, and stays valid as long as somebody has it. */
export class MemtableView {
  readonly #entries: MapSnapshot<HeldEntry>;

  constructor(entries: MapSnapshot<HeldEntry>) {
    this.#entries = entries;
  }

  get entries(): number {
    return this.#entries.keys;
  }

  get(key: Uint8Array): VersionedEntry | undefined {
    return this.#entries.get(key);
  }

  cursor(range: Range, reverse: boolean): EntryCursor {
    return new MemtableCursor(this.#entries.cursor(range, reverse));
  }
}

export class Memtable {
  readonly #map = new OrderedMap<HeldEntry>();
  readonly #trace: TraceSink<LsmEvent> | null;
  #minLsn = lsnOf(0);
  #maxLsn = lsnOf(0);
  #isFrozen = false;

  constructor(trace: TraceSink<LsmEvent> | null = null) {
    this.#trace = trace;
  }

  get entries(): number {
    return this.#map.keys;
  }
  /** What its entries count as (`entryBytes`): the owner compares it with `memtableBytes`. */
  get bytes(): number {
    return this.#map.userBytes + ENTRY_OVERHEAD_BYTES * this.#map.keys;
  }
  /** Of the first batch applied; 0 if there was none. */
  get minLsn(): Lsn {
    return this.#minLsn;
  }
  /** Of the last batch applied. */
  get maxLsn(): Lsn {
    return this.#maxLsn;
  }
  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  /** Takes a batch's word on its keys. The memtable keeps the arrays: nobody writes to them any more. */
  apply(batch: Batch, lsn: Lsn): void {
    assert(!this.#isFrozen, 'T3: an immutable memtable takes no more');
    assert(lsn > this.#maxLsn, 'T2: batches are applied in LSN order');
    if (this.#minLsn === 0) this.#minLsn = lsn;
    this.#maxLsn = lsn;
    for (const operation of batch) {
      const { key } = operation;
      this.#map.put(key, new HeldEntry(key, lsn, operation.kind === 'put' ? operation.value : undefined)); // T1
      this.#trace?.emit({
        kind: 'lsm.memtable_changed',
        key,
        lsn,
        isTombstone: operation.kind === 'delete',
        valueBytes: operation.kind === 'put' ? operation.value.length : 0,
        bytes: this.bytes,
        entries: this.entries,
      });
    }
  }

  /** The key's entry, a tombstone too; undefined if nothing is known of it here. */
  get(key: Uint8Array): VersionedEntry | undefined {
    return this.#map.get(key);
  }

  /** T3: from now on it only waits to be written to a table. */
  freeze(): void {
    this.#isFrozen = true;
  }

  /** What is in it now, for as long as somebody reads. Later batches copy the few nodes that they change. */
  view(): MemtableView {
    return new MemtableView(this.#map.snapshot());
  }

  /** Over a view of its own. */
  cursor(range: Range, reverse: boolean): EntryCursor {
    return this.view().cursor(range, reverse);
  }

  check(): Finding[] {
    const findings = this.#map.check();
    const cursor = this.cursor({}, false);
    for (let entry = cursor.next(); entry; entry = cursor.next()) {
      if (entry.lsn < this.#minLsn || entry.lsn > this.#maxLsn) {
        findings.push({ rule: 'T2', detail: `an entry of LSN ${entry.lsn} among ${this.#minLsn} to ${this.#maxLsn}` });
      }
    }
    return findings;
  }
}

class MemtableCursor implements EntryCursor {
  readonly #cursor: MapCursor<HeldEntry>;

  constructor(cursor: MapCursor<HeldEntry>) {
    this.#cursor = cursor;
  }

  next(): VersionedEntry | undefined {
    return this.#cursor.next()?.value;
  }

  close(): void {
    this.#cursor.close();
  }
}
