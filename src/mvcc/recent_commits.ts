/**
 * Commits that somebody may still have to be compared with: those on their way, and those that a serializable transaction
 * under way does not see. By key, in order, so that both a key and a range can be asked about.
 *
 *   C1  A commit on its way is here: its versions are in no index yet, and still the next writer of its keys must lose.
 *   C2  A commit stays until it is settled and every serializable transaction under way sees it; then it goes.
 */
import type { Lsn, TxnId } from '../base/ids';
import type { Batch, Range } from '../base/ordered_index';
import { OrderedMap } from '../base/ordered_map';
import type { ReadSet } from './read_set';

export interface RecentCommit {
  /** Undefined for a batch outside of any transaction. */
  readonly transaction: TxnId | undefined;
  readonly snapshot: Lsn;
  /** Its timestamp. Of one that wrote nothing, its snapshot: it could as well have run right then. */
  readonly lsn: Lsn;
  /** Once it is settled, without its values: it is only compared, and may stay for long. */
  batch: Batch;
  /** Of a serializable one. */
  readonly reads: ReadSet | undefined;
  /** Of the commits that wrote what it had read, the first; Infinity: nobody did before it committed. */
  readonly firstOut: number;
  isSettled: boolean;
}

/** Who wrote a key, as the map holds it. */
class Writers {
  readonly length = 0;
  readonly commits: RecentCommit[] = [];
}

export class RecentCommits {
  readonly #all = new Set<RecentCommit>();
  readonly #byKey = new OrderedMap<Writers>();

  /** In the order in which they were added. */
  get all(): ReadonlySet<RecentCommit> {
    return this.#all;
  }

  add(commit: RecentCommit): void {
    this.#all.add(commit);
    for (const { key } of commit.batch) {
      let writers = this.#byKey.get(key);
      if (!writers) this.#byKey.put(key.slice(), (writers = new Writers()));
      if (writers.commits.at(-1) !== commit) writers.commits.push(commit);
    }
  }

  remove(commit: RecentCommit): void {
    if (!this.#all.delete(commit)) return;
    for (const { key } of commit.batch) {
      const commits = this.#byKey.get(key)?.commits;
      const at = commits?.indexOf(commit) ?? -1;
      if (at < 0) continue; // The batch has the key twice.
      commits!.splice(at, 1);
      if (commits!.length === 0) this.#byKey.delete(key);
    }
  }

  /** C2: `oldest` is the snapshot of the oldest serializable transaction under way. */
  forget(oldest: number): void {
    for (const commit of this.#all) {
      // Not in order: one that wrote nothing has the number of its snapshot, behind commits with higher ones.
      if (commit.lsn <= oldest && commit.isSettled) this.remove(commit);
    }
  }

  settle(commit: RecentCommit): void {
    commit.isSettled = true;
    // Copies: a key of a batch is a part of what has its values, too.
    commit.batch = commit.batch.map(({ key }) => ({ kind: 'delete', key: key.slice() }));
  }

  writersOf(key: Uint8Array): readonly RecentCommit[] {
    return this.#byKey.get(key)?.commits ?? [];
  }

  /** Keys of the range with those who wrote them. */
  *writersIn(range: Range): Generator<{ readonly key: Uint8Array; readonly commits: readonly RecentCommit[] }, void> {
    const cursor = this.#byKey.cursor(range, false);
    for (let entry = cursor.next(); entry; entry = cursor.next()) {
      yield { key: entry.key, commits: entry.value.commits };
    }
  }

  /** Not visible yet, in the order of the log. */
  onTheirWay(publishedLsn: Lsn): RecentCommit[] {
    return [...this.#all].filter(({ lsn }) => lsn > publishedLsn).sort((a, b) => a.lsn - b.lsn);
  }
}
