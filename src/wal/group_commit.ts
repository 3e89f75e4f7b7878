/**
 * Group commit: everybody who is waiting shares one write and one flush.
 *
 * A flush costs the same whether it covers one record or a thousand, so commits that arrive while one is under way
 * are gathered and go together with the next (DeWitt et al. 1984, "Implementation techniques for main memory database
 * systems", section 5). In a single-threaded worker nothing arrives *during* the flush: those clients are messages in
 * the worker's queue. So a commit only fills the buffer and asks `schedule` to run the group soon; the messages
 * already queued are handled first, fill the same buffer, and then the group is written.
 *
 *     queue      c1  c2  c3                       c4 c5 ...(arrive while flush blocks the worker)
 *     worker    [c1][c2][c3][write|flush|ack x3][c4][c5][write|flush|ack x2]
 *
 * That alone splits clients who commit again as soon as they are told into two crowds that take turns: one fills the
 * queue during the flush, and its group is written before those who were just told have come back. So those are
 * expected: a group is put off by one more turn for as long as each turn brought somebody back (G6). It is the delay
 * before a flush of Helland et al. 1987 ("Group commit timers and high volume transaction systems") without its timer.
 *
 *     worker    [flush|ack a1..a32][b1..b32]·[a1..a9]·[a10..a32][write|flush|ack x64]      · a turn, put off
 *
 * Commits publish in LSN order in both modes (G1). A relaxed commit is acknowledged after the write; but behind a
 * strict one it waits for that one's flush, so a strict commit carries whatever it read (G2).
 *
 *   G1  Commits are acknowledged in LSN order, each applied and published right before.
 *   G2  No ticket is acknowledged before everything with a smaller LSN has been published.
 *   G3  A strict ticket is acknowledged only when a flush that returned covers its LSN.
 *   G4  After a failed flush nothing is acknowledged and nothing is written any more.
 *   G5  Un-flushed log whose commits were acknowledged is always shorter than `relaxedFlushBytes`.
 *   G6  A group is put off only by a turn that brought back a client of the group before: at most once for each of
 *       them, and never for one client alone.
 *
 * Whoever is told of a commit is told in the middle of `run`, and may commit again, flush or close. So `run` may be
 * entered a second time from inside the first: each takes tickets off the front of one queue, and looks again at
 * where everything stands after every one it has settled.
 */
import { assert } from '../base/assert';
import { EngineError } from '../base/errors';
import type { Lsn } from '../base/ids';
import type { Schedule } from '../base/runtime';
import type { WriteAheadLog } from './log';

/** One commit in the pipeline, as far as the log is concerned. The store's tickets carry more. */
export interface PendingCommit {
  readonly lsn: Lsn;
  readonly strict: boolean;
  /** Who waits for it; only whether two are the same matters. */
  readonly client: number;
}

/** What the pipeline does with a commit when its time has come. */
export interface CommitSink<T extends PendingCommit> {
  /** Apply, publish, acknowledge. */
  publish(commit: T): void;
  written(commit: T): void;
  reject(commit: T, error: EngineError): void;
  /** A group of this many bytes was written and settled: the moment to pay for background work. */
  afterGroup(groupBytes: number): void;
  /** The log cannot be trusted with another commit. */
  poison(error: EngineError): void;
}

export interface GroupCommitOptions<T extends PendingCommit> {
  readonly log: WriteAheadLog;
  readonly schedule: Schedule;
  readonly sink: CommitSink<T>;
  readonly relaxedFlushBytes: number;
  /** Protection: off, a strict commit is acknowledged right after the write. */
  readonly flushBeforeAcknowledge: boolean;
  /** Protection: off, a failed flush is tried again and believed. */
  readonly poisonOnFailedFlush: boolean;
}

export class GroupCommit<T extends PendingCommit> {
  readonly #options: GroupCommitOptions<T>;
  /** Submitted and not settled, in LSN order. */
  #queue: T[] = [];
  /** Clients whose strict commit the last group covered, and who have not committed again. */
  readonly #expected = new Set<number>();
  #isScheduled = false;
  #isStopped = false;
  groups = 0;
  flushes = 0;

  constructor(options: GroupCommitOptions<T>) {
    this.#options = options;
  }

  get waiting(): readonly T[] {
    return this.#queue;
  }

  /** Takes a commit whose record goes into the log buffer next, and asks for its group to be run soon. */
  submit(commit: T): void {
    const last = this.#queue.at(-1);
    assert(last === undefined || last.lsn < commit.lsn, 'G1: commits arrive in LSN order');
    this.#queue.push(commit);
    this.#expected.delete(commit.client);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#scheduleTurn();
  }

  /**
   * Writes the gathered group, flushes if anybody waits for it (or `forceFlush`, or too much is un-flushed), and
   * settles everybody it covers.
   */
  run(forceFlush: boolean): void {
    if (this.#isStopped) return;
    const { flushBeforeAcknowledge, log, relaxedFlushBytes } = this.#options;
    this.#isScheduled = false;
    this.#expected.clear();
    const groupBytes = log.groupBytes;
    if (groupBytes > 0 && !this.#writeGroup()) return;
    const strictWaits = this.#queue.some((commit) => commit.strict);
    const isTooMuch = log.unflushedBytes >= relaxedFlushBytes;
    if (!isTooMuch || !flushBeforeAcknowledge) this.#publishWithoutFlush(); // G5
    const isDue = forceFlush || strictWaits || isTooMuch;
    if (isDue && log.unflushedBytes > 0 && !this.#flush()) return;
    this.#publishUpTo(log.flushedLsn);
    if (groupBytes > 0) this.#endGroup(groupBytes);
  }

  /** No more groups; what waits is refused with `error`. */
  stop(error: EngineError): void {
    this.#isStopped = true;
    this.#isScheduled = false;
    this.#rejectAll(error);
  }

  #scheduleTurn(): void {
    const expectedBefore = this.#expected.size;
    this.#options.schedule(() => {
      // An explicit flush may have run the group before its turn came.
      if (!this.#isScheduled || this.#isStopped) return;
      const expected = this.#expected.size;
      if (expected > 0 && expected < expectedBefore)
        this.#scheduleTurn(); // G6
      else this.run(false);
    });
  }

  /** True if the group is in the file. */
  #writeGroup(): boolean {
    const { log, sink } = this.#options;
    try {
      log.writeGroup();
    } catch (error) {
      this.#cancel(asEngineError(error));
      return false;
    }
    this.groups++;
    for (const commit of this.#queue) sink.written(commit);
    return true;
  }

  /** The device refused the group. Wiped, its commits failed cleanly; if not even that works, they are in doubt. */
  #cancel(cause: EngineError): void {
    const { log, sink } = this.#options;
    try {
      log.cancelGroup();
    } catch (error) {
      this.#poison(asEngineError(error));
      return;
    }
    // Entered from a listener, the queue still holds commits of groups before: their records are in the log, and the
    // wipe has flushed them. The refused are told first: whoever commits from a listener now is given their LSNs.
    const { writtenLsn } = log;
    const refused = this.#queue.filter((commit) => commit.lsn > writtenLsn);
    this.#queue = this.#queue.filter((commit) => commit.lsn <= writtenLsn);
    for (const commit of refused) sink.reject(commit, cause);
    this.#publishUpTo(writtenLsn);
  }

  #flush(isRetry = false): boolean {
    if (this.#isStopped) return false; // G4: a listener's own flush failed, or it closed the store.
    const { log, poisonOnFailedFlush } = this.#options;
    try {
      log.flush();
    } catch (error) {
      if (poisonOnFailedFlush || isRetry) {
        this.#poison(asEngineError(error));
        return false;
      }
      return this.#flush(true);
    }
    this.flushes++;
    return true;
  }

  #poison(cause: EngineError): void {
    this.#isStopped = true;
    this.#options.sink.poison(cause);
    this.#rejectAll(
      new EngineError(
        'commit_unknown',
        'The device failed while this commit was on its way. Whether it is in the store is known after reopening.',
        cause.place,
        cause,
      ),
    );
  }

  #rejectAll(error: EngineError): void {
    const refused = this.#queue;
    this.#queue = [];
    for (const commit of refused) this.#options.sink.reject(commit, error);
  }

  /** G2: relaxed commits up to the first strict one need no flush. */
  #publishWithoutFlush(): void {
    const { log, flushBeforeAcknowledge } = this.#options;
    for (let first = this.#queue[0]; first && first.lsn <= log.writtenLsn; first = this.#queue[0]) {
      if (first.strict && flushBeforeAcknowledge) return;
      this.#publishFirst();
    }
  }

  /** G3. Commits submitted meanwhile, by callers who were just told of theirs, have larger LSNs and stay. */
  #publishUpTo(flushedLsn: Lsn): void {
    for (let first = this.#queue[0]; first && first.lsn <= flushedLsn; first = this.#queue[0]) this.#publishFirst();
  }

  #endGroup(groupBytes: number): void {
    if (!this.#isStopped) this.#options.sink.afterGroup(groupBytes);
  }

  /** Out of the queue first: publishing calls back into the caller, who may commit again. */
  #publishFirst(): void {
    const first = this.#queue.shift()!;
    if (first.strict) this.#expected.add(first.client);
    this.#options.sink.publish(first);
  }
}

function asEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  // A latched or dead file throws its own kind: it must get through (a drill ends there), never be handled as I/O.
  throw error;
}
