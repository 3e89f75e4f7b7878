/**
 * A run as something one can stand anywhere in.
 *
 * A room folds the trace into views: `initial()`, then `apply(view, record)` for each record. Views are never changed
 * in place; a new view shares with the old one whatever stayed the same. That makes a kept view cheap, so the timeline
 * keeps one every `keyframeEvery` records and gets any other by replaying from the nearest one before it.
 *
 * History is bounded: past `recordsMax` the oldest records go, and the view at the cut becomes the new beginning.
 *
 *   T1  `records` have consecutive sequence numbers, from `firstSeq` to `lastSeq`
 *   T2  `viewAt(seq)` is the fold of every record up to and including `seq`, whatever was dropped meanwhile
 */
import { assert } from '../base/assert';
import type { TraceRecord } from '../protocol/trace';

export interface Fold<V> {
  /** The picture before the first record. */
  initial(): V;
  /** The picture after `record`. Never changes `view`; total over all events: one it does not know gives `view` back. */
  apply(view: V, record: TraceRecord): V;
  /** What a recovery in another worker begins with: what is known of the files that a crash of the run at `view` leaves. */
  afterCrash?(view: V): V;
}

export interface TimelineOptions {
  readonly keyframeEvery?: number;
  readonly recordsMax?: number;
}

export class Timeline<V> {
  readonly #fold: Fold<V>;
  readonly #keyframeEvery: number;
  readonly #recordsMax: number;
  #records: TraceRecord[] = [];
  #firstSeq = 0;
  /** Keyframe k is the view before the record at index k * keyframeEvery. */
  #keyframes: V[];
  /** The view last asked for, or folded while appending: stepping forward from it costs one `apply`. */
  #near: { seq: number; view: V };
  #newest: V;

  constructor(fold: Fold<V>, { keyframeEvery = 64, recordsMax = 65_536 }: TimelineOptions = {}) {
    assert(keyframeEvery > 0 && recordsMax >= 2 * keyframeEvery, 'a timeline holds at least two keyframes');
    this.#fold = fold;
    this.#keyframeEvery = keyframeEvery;
    this.#recordsMax = recordsMax;
    this.#newest = fold.initial();
    this.#keyframes = [this.#newest];
    this.#near = { seq: -1, view: this.#newest };
  }

  get firstSeq(): number {
    return this.#firstSeq;
  }
  /** One less than `firstSeq` while there are no records. */
  get lastSeq(): number {
    return this.#firstSeq + this.#records.length - 1;
  }
  get length(): number {
    return this.#records.length;
  }
  /** The view after the last record. */
  get newest(): V {
    return this.#newest;
  }

  record(seq: number): TraceRecord | undefined {
    return this.#records[seq - this.#firstSeq];
  }

  /** The records from `from` up to and including `to`, clipped to what is kept. */
  slice(from: number, to: number): readonly TraceRecord[] {
    return this.#records.slice(Math.max(0, from - this.#firstSeq), Math.max(0, to + 1 - this.#firstSeq));
  }

  append(records: readonly TraceRecord[]): void {
    for (const record of records) {
      if (this.#records.length === 0 && this.#firstSeq !== record.seq) this.#startAt(record.seq);
      assert(record.seq === this.lastSeq + 1, 'T1: trace records come in order and without gaps');
      this.#records.push(record);
      this.#newest = this.#fold.apply(this.#newest, record);
      if (this.#records.length % this.#keyframeEvery === 0) this.#keyframes.push(this.#newest);
    }
    if (this.#records.length > this.#recordsMax) this.#dropOldest();
  }

  /** The view after record `seq`; positions outside what is kept give its first or its last view. */
  viewAt(seq: number): V {
    if (seq >= this.lastSeq) return this.#newest;
    const count = Math.max(0, seq - this.#firstSeq + 1);
    const keyframe = Math.floor(count / this.#keyframeEvery);
    let from = keyframe * this.#keyframeEvery;
    let view = this.#keyframes[keyframe] as V;
    const nearCount = this.#near.seq - this.#firstSeq + 1;
    if (nearCount >= from && nearCount <= count) {
      from = nearCount;
      view = this.#near.view;
    }
    for (let i = from; i < count; i++) view = this.#fold.apply(view, this.#records[i]!);
    this.#near = { seq: this.#firstSeq + count - 1, view };
    return view;
  }

  #startAt(seq: number): void {
    this.#firstSeq = seq;
    this.#near = { seq: seq - 1, view: this.#newest };
  }

  /** Lets go of the oldest quarter, in whole keyframes, so that it happens rarely. */
  #dropOldest(): void {
    const keyframes = Math.ceil(this.#recordsMax / 4 / this.#keyframeEvery);
    const records = keyframes * this.#keyframeEvery;
    this.#records = this.#records.slice(records);
    this.#keyframes = this.#keyframes.slice(keyframes);
    this.#firstSeq += records;
    if (this.#near.seq < this.#firstSeq - 1) this.#near = { seq: this.#firstSeq - 1, view: this.#keyframes[0] as V };
  }
}
