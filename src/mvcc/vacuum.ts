/**
 * Vacuum: takes garbage out of an index whose records stay where they are until somebody removes them (a map, a B-tree; an
 * LSM tree drops it in its merges). One pass goes over all records in order, in slices, and begins again at the front.
 *
 *     pass      apple 8 . apple 5 . apple 3 ┆ apple 2 . pear 9 . ...
 *     slice 1   ────── seen, apple 3 goes ──┤ the next slice goes on here, and still knows that apple 5 was kept
 *
 * Nothing of it is in the log. A crash brings back what was removed since the last checkpoint, and the next pass removes it
 * again; no reader can tell, since nobody could read it (Z1).
 *
 *   U1  A slice removes what it has found garbage all at once, at its end: between slices, and after a crash, every chain
 *       reads as before.
 *   U2  Between two slices the index may change in any way: new versions come in front of those seen, and a slice goes on
 *       behind the last record that it saw, whether that is still there or not.
 */
import { assert } from '../base/assert';
import { EngineError, isEngineError } from '../base/errors';
import { lsn, type Lsn } from '../base/ids';
import type { Entry, OrderedIndex } from '../base/ordered_index';
import type { TraceSink } from '../base/trace';
import type { MvccEvent } from './events';
import { ChainSweep, type Dated } from './garbage';
import {
  NO_COUNTS,
  sumOfCounts,
  type GarbageCollector,
  type VacuumCounts,
  type VacuumDescription,
} from './vacuum_counts';
import { commitOf, isOfPrefix, isTombstone, prefixOf, userKeyOf } from './version_key';

export interface VacuumOptions {
  readonly index: Pick<OrderedIndex, 'cursor'>;
  /** X6: removes records that nobody can read, without a commit. Throws: nothing was removed. */
  readonly forget: (keys: readonly Uint8Array[]) => void;
  /** W2 in `snapshots.ts`. */
  readonly collect: () => Lsn;
  /** Protection. */
  readonly keepVersionAtWatermark?: boolean;
  readonly trace?: TraceSink<MvccEvent> | null;
}

/** One pass over all records. */
export interface VacuumPass extends VacuumCounts {
  /** Of what it left: tombstones, and versions that a newer one supersedes, which somebody may still read. */
  readonly bytesHeld: number;
  /** The watermark when it began. */
  readonly watermark: Lsn;
}

interface RecordSeen extends Dated {
  readonly record: Entry;
}

/** Where a pass stands: behind `last`, in the chain of the key with this prefix. */
interface Chain {
  readonly prefix: Uint8Array;
  readonly sweep: ChainSweep<RecordSeen>;
  /** Its newest version was seen. */
  readonly hasNewer: boolean;
}

/** A slice that was too large by so much; many retries would look at much for nothing. */
const SMALLER = 4;

const NO_PASS: VacuumPass = Object.freeze({ ...NO_COUNTS, bytesHeld: 0, watermark: lsn(0) });

export class Vacuum implements GarbageCollector {
  readonly #options: VacuumOptions;
  #isUnderWay = false;
  #last: Uint8Array | undefined;
  #chain: Chain | undefined;
  /** W2: what the slice under way was handed. */
  #watermark = lsn(0);
  #pass = NO_PASS;
  #lastPass = NO_PASS;
  #total: VacuumCounts = NO_COUNTS;
  #passes = 0;

  constructor(options: VacuumOptions) {
    this.#options = options;
  }

  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }
  /** The last version that the pass under way, or else the last one, has seen. */
  get last(): { readonly key: Uint8Array; readonly lsn: Lsn } | undefined {
    return this.#last && { key: userKeyOf(this.#last).slice(), lsn: commitOf(this.#last) };
  }
  /** Finished since opening. */
  get passes(): number {
    return this.#passes;
  }
  get lastPass(): VacuumPass {
    return this.#lastPass;
  }
  get total(): VacuumCounts {
    return this.#total;
  }

  /** For pictures. */
  describe(): VacuumDescription {
    const { isUnderWay, last, lastPass, passes, total } = this;
    const pass = sumOfCounts(NO_COUNTS, isUnderWay ? this.#pass : lastPass);
    return { isUnderWay, ...(last && { last }), passes, pass, total };
  }

  /**
   * Looks at records of about so many bytes, beginning a pass if none is under way. Throws what reading and `forget` throw: the
   * slice has removed nothing then, and the next one does it again.
   */
  step(budgetBytes: number): { readonly done: boolean } {
    assert(budgetBytes > 0, 'a slice of nothing would come to no end');
    if (!this.#isUnderWay) this.#begin();
    const slice = this.#slice(budgetBytes);
    this.#last = slice.last;
    this.#chain = slice.chain;
    this.#count(slice);
    const { versionsSeen, watermark } = slice;
    this.#options.trace?.emit({
      kind: 'mvcc.vacuum_advanced',
      watermark,
      ...(this.last && { last: this.last }),
      versionsSeen,
    });
    if (slice.isEnd) this.#end();
    return { done: slice.isEnd };
  }

  /** What it was handed counts, whatever it comes to: only part of its garbage may be gone from an index that is broken now. */
  #slice(budgetBytes: number): Slice {
    try {
      return this.#collectFrom(budgetBytes);
    } catch (error) {
      if (error instanceof EngineError)
        this.#options.trace?.emit({
          kind: 'mvcc.slice_abandoned',
          watermark: this.#watermark,
          code: error.code,
        });
      throw error;
    }
  }

  /** U1. A device that has no room for what a slice would change may have some for a smaller one. */
  #collectFrom(budgetBytes: number): Slice {
    for (let bytes = budgetBytes; ; bytes = Math.floor(bytes / SMALLER)) {
      const slice = this.#look(bytes);
      try {
        if (slice.garbage.length > 0) this.#options.forget(slice.garbage.map(({ key }) => key));
        return slice;
      } catch (error) {
        if (!isEngineError(error, 'store_full') || slice.garbage.length < 2) throw error;
      }
    }
  }

  #begin(): void {
    this.#isUnderWay = true;
    this.#last = this.#chain = undefined;
    this.#pass = NO_PASS;
    this.#options.trace?.emit({ kind: 'mvcc.vacuum_started' });
  }

  #look(budgetBytes: number): Slice {
    const { collect, index, keepVersionAtWatermark = true } = this.#options;
    this.#watermark = collect();
    const rule = { watermark: this.#watermark, keepVersionAtWatermark };
    const slice = new Slice(this.#last, this.#chain, rule.watermark);
    // U2: the smallest key past the last one seen.
    const cursor = index.cursor({ from: this.#last && successor(this.#last) }, false);
    try {
      while (slice.bytesSeen < budgetBytes) {
        const record = cursor.next();
        if (!record) return slice.end();
        slice.add(record, rule);
      }
    } finally {
      cursor.close();
    }
    return slice;
  }

  #count({ bytesHeld, bytesSeen, garbage, versionsSeen, watermark }: Slice): void {
    let bytesCollected = 0;
    for (const record of garbage) {
      const bytes = bytesOf(record);
      bytesCollected += bytes;
      this.#options.trace?.emit({
        kind: 'mvcc.version_collected',
        key: userKeyOf(record.key).slice(),
        lsn: commitOf(record.key),
        bytes,
      });
    }
    const counts = { bytesSeen, versionsSeen, versionsCollected: garbage.length, bytesCollected };
    this.#pass = {
      ...sumOfCounts(this.#pass, counts),
      bytesHeld: this.#pass.bytesHeld + bytesHeld,
      watermark: this.#pass.versionsSeen === 0 ? watermark : this.#pass.watermark,
    };
    this.#total = sumOfCounts(this.#total, counts);
  }

  #end(): void {
    this.#isUnderWay = false;
    this.#passes++;
    this.#lastPass = this.#pass;
    const { bytesCollected, versionsCollected, versionsSeen } = this.#pass;
    this.#options.trace?.emit({ kind: 'mvcc.vacuum_finished', versionsSeen, versionsCollected, bytesCollected });
  }
}

/** What one slice has seen. Nothing of the vacuum changes before its garbage is gone. */
class Slice {
  readonly garbage: Entry[] = [];
  last: Uint8Array | undefined;
  chain: Chain | undefined;
  versionsSeen = 0;
  bytesSeen = 0;
  /** Less than none, if what an earlier slice held goes in this one. */
  bytesHeld = 0;
  isEnd = false;
  readonly watermark: Lsn;

  constructor(last: Uint8Array | undefined, chain: Chain | undefined, watermark: Lsn) {
    this.last = last;
    this.watermark = watermark;
    this.chain = chain && { ...chain, sweep: chain.sweep.copy() };
  }

  add(record: Entry, rule: ConstructorParameters<typeof ChainSweep>[0]): void {
    if (!this.chain || !isOfPrefix(record.key, this.chain.prefix)) {
      this.#endChain();
      const prefix = prefixOf(record.key).slice();
      this.chain = { prefix, sweep: new ChainSweep(rule), hasNewer: false };
    }
    const { hasNewer, sweep } = this.chain;
    const seen = { record, lsn: commitOf(record.key), isTombstone: isTombstone(record.value) };
    if (sweep.visit(seen)) this.garbage.push(record);
    else if (hasNewer || seen.isTombstone) this.bytesHeld += bytesOf(record);
    this.chain = { ...this.chain, hasNewer: true };
    this.versionsSeen++;
    this.bytesSeen += bytesOf(record);
    this.last = record.key;
  }

  end(): this {
    this.#endChain();
    this.isEnd = true;
    return this;
  }

  /** Z2. */
  #endChain(): void {
    const tombstone = this.chain?.sweep.end();
    if (tombstone) {
      this.garbage.push(tombstone.record);
      this.bytesHeld -= bytesOf(tombstone.record);
    }
    this.chain = undefined;
  }
}

const bytesOf = ({ key, value }: Entry): number => key.length + value.length;

function successor(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}
