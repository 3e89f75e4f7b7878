/**
 * Serializable snapshot isolation: what snapshot isolation lets through is caught by looking for one shape.
 *
 * Under snapshot isolation two transactions may each read what the other is about to change, and both commit: the two
 * doctors who may not both go off duty each see the other on duty (write skew). Neither wrote what the other wrote, so first
 * committer wins says nothing. What has happened is a *dependency* that points the wrong way: a reader saw the version
 * before a writer's, so in any serial order it came first, whoever committed first.
 *
 *     first ──read before──▶ pivot ──read before──▶ third          third committed before the other two
 *
 * Every history of snapshot isolation that no serial order explains has this in it, two such dependencies in a row between
 * transactions that overlap, of which the last committed first (Fekete et al. 2005, "Making snapshot isolation serializable",
 * theorem 2.1; Cahill, Röhm, Fekete 2008, "Serializable isolation for snapshot databases"; the order of commits, and the
 * reader that writes nothing, are Ports and Grittner 2012, sections 3.3 and 4.1). `first` and `third` may be the same: that
 * is write skew. So it is enough to refuse one of the three, and no cycle has to be looked for. The price: the shape occurs
 * without a cycle as well, and then a transaction is refused for nothing. The client runs it again.
 *
 *   Y1  A dependency is found at the latest when the later of its two transactions commits: the earlier one's reads and
 *       writes are kept until then (C2 in `recent_commits.ts`, and what is under way is here).
 *   Y2  No transaction commits as the pivot of a dangerous structure, and none as the first of one whose pivot has
 *       committed.
 *   Y3  A first that writes nothing is harmless unless its snapshot has the third: so the third is to have committed
 *       before that snapshot.
 *
 * The promise holds among serializable transactions. One at snapshot isolation beside them is not tracked; batches without a
 * transaction read nothing and are tracked as writers.
 */
import { EngineError } from '../base/errors';
import type { Lsn, TxnId } from '../base/ids';
import type { Batch } from '../base/ordered_index';
import type { TraceSink } from '../base/trace';
import type { DangerFound, MvccEvent } from './events';
import type { ReadSet } from './read_set';
import type { RecentCommit, RecentCommits } from './recent_commits';

/** A serializable transaction under way. */
export interface Tracked {
  readonly id: TxnId;
  readonly snapshot: Lsn;
  readonly readOnly: boolean;
  readonly reads: ReadSet;
}

export class Serializability {
  readonly #recent: RecentCommits;
  readonly #trace: TraceSink<MvccEvent> | null;
  readonly #active = new Set<Tracked>();

  constructor(recent: RecentCommits, trace: TraceSink<MvccEvent> | null) {
    this.#recent = recent;
    this.#trace = trace;
  }

  /** Infinity: nobody is under way. */
  get oldestSnapshot(): number {
    let oldest = Infinity;
    for (const { snapshot } of this.#active) oldest = Math.min(oldest, snapshot);
    return oldest;
  }

  begin(tracked: Tracked): void {
    this.#active.add(tracked);
  }

  /** Called once what it committed, if it did, is among the recent commits. */
  end(tracked: Tracked): void {
    this.#active.delete(tracked);
    this.#recent.forget(this.oldestSnapshot);
  }

  /**
   * Y2. Nothing has changed yet, whether this throws or not.
   *
   * @returns the first commit that wrote what it had read; Infinity: there is none
   * @throws EngineError serialization_failure
   */
  validate(tracked: Tracked, batch: Batch): number {
    const writers = this.#writersOfReads(tracked);
    // Y3: what writes nothing could as well have committed at its snapshot.
    const committed = batch.length > 0 ? Infinity : tracked.snapshot;
    let firstOut = Infinity;
    for (const writer of writers) {
      firstOut = Math.min(firstOut, writer.lsn);
      if (writer.firstOut < Infinity && writer.firstOut <= committed)
        this.#refuse(tracked, 'first', writer.transaction);
    }
    if (firstOut < Infinity && batch.length > 0) this.#checkReaders(tracked, batch, firstOut);
    return firstOut;
  }

  /** Who wrote what it has read, after its snapshot. */
  #writersOfReads({ id, reads, snapshot }: Tracked): ReadonlySet<RecentCommit> {
    const found = new Set<RecentCommit>();
    const add = (key: Uint8Array, commits: readonly RecentCommit[]): void => {
      for (const commit of commits) {
        if (commit.lsn <= snapshot || found.has(commit)) continue;
        found.add(commit);
        const { lsn, transaction } = commit;
        this.#trace?.emit({
          kind: 'mvcc.dependency_found',
          reader: id,
          ...(transaction !== undefined && { writer: transaction }),
          writerLsn: lsn,
          key: key.slice(),
        });
      }
    };
    for (const key of reads.keys()) add(key, this.#recent.writersOf(key));
    for (const range of reads.ranges) {
      for (const { commits, key } of this.#recent.writersIn(range.range)) if (range.covers(key)) add(key, commits);
    }
    return found;
  }

  /** Who has read what it writes, and may have come after the first commit that wrote what it had read itself. */
  #checkReaders(tracked: Tracked, batch: Batch, firstOut: number): void {
    const keys = batch.map(({ key }) => key);
    for (const reader of this.#active) {
      const committed = reader.readOnly ? reader.snapshot : Infinity;
      if (reader !== tracked && firstOut <= committed) this.#checkReader(tracked, keys, reader.reads, reader.id);
    }
    for (const { lsn, reads, transaction } of this.#recent.all) {
      // That it was not over before this one began is said as well: `firstOut` is newer than this snapshot.
      if (reads && firstOut <= lsn) this.#checkReader(tracked, keys, reads, transaction);
    }
  }

  #checkReader(tracked: Tracked, keys: readonly Uint8Array[], reads: ReadSet, reader: TxnId | undefined): void {
    const key = reads.firstOf(keys);
    if (key === undefined) return;
    if (reader !== undefined) {
      this.#trace?.emit({ kind: 'mvcc.dependency_found', reader, writer: tracked.id, key: key.slice() });
    }
    this.#refuse(tracked, 'pivot', reader);
  }

  #refuse({ id }: Tracked, as: DangerFound['as'], other: TxnId | undefined): never {
    this.#trace?.emit({ kind: 'mvcc.danger_found', transaction: id, as, ...(other !== undefined && { other }) });
    throw new EngineError(
      'serialization_failure',
      'What this transaction read was changed by others at the same time, and perhaps no order of running them one after the other gives the same. Nothing was written; run it again.',
    );
  }
}
