/**
 * What versions cost: a real store under updates, with a reader that stays for a shorter or a longer time, and vacuum coming
 * by as often as every key is updated once in a while. How many versions there are, and whose fault that is, the store says.
 */
import type { Transaction } from '../mvcc';
import type { MemoryPoint, MemoryPointNote, MemoryQuestion, MemorySweepNote } from '../protocol/mvcc';
import { keyOfIndex, type KeyGenerator } from '../workload/generators';
import { quickValue, updateKeys } from './measured_rows';
import { VersionedStore } from './versioned_store';

/** Commits that share a flush. */
const GROUP = 16;
/** A reader that begins anew does so this often in a run. */
const RENEWALS = 10;
/** Vacuum makes a pass this often while every key is updated once, on average. */
const PASSES_PER_ROUND = 4;
/** Of the runs that only show their end. */
const SWEEP_KEYS = 200;

interface Run extends Pick<
  MemoryQuestion,
  'index' | 'keys' | 'pattern' | 'reader' | 'seed' | 'updates' | 'valueBytes'
> {
  readonly points: number;
}

export const memoryCommits = ({ keys, sweep, updates }: MemoryQuestion): number =>
  keys * updates + sweep.readers.length * SWEEP_KEYS * sweep.updates.reduce((sum, rate) => sum + rate, 0);

export function* measureMemory(
  question: MemoryQuestion,
  post: (note: MemoryPointNote | MemorySweepNote) => void,
): Generator<number> {
  let done = 0;
  for (const commits of runUpdates(question, (point) => post({ note: 'versions', ...point }))) yield commits;
  done += question.keys * question.updates;
  for (const reader of question.sweep.readers) {
    for (const updates of question.sweep.updates) {
      const run = { ...question, keys: SWEEP_KEYS, updates, reader, points: 1 };
      const end = (point: MemoryPoint): void => {
        // The first point is of a store that nobody has updated yet.
        if (point.commits > 0) post({ note: 'sweep', updates, reader, ...point });
      };
      for (const commits of runUpdates(run, end)) yield done + commits;
      done += SWEEP_KEYS * updates;
    }
  }
}

function* runUpdates(run: Run, look: (point: MemoryPoint) => void): Generator<number> {
  const { keys, points, updates } = run;
  const total = keys * updates;
  const subject = new UpdatedStore(run, total);
  look(subject.point(0));
  let looked = 0;
  for (let commit = 1; commit <= total; commit++) {
    subject.update(commit);
    // Before vacuum comes by, if it does: what is there in between counts.
    const due = Math.floor((commit * points) / total);
    if (due > looked) {
      looked = due;
      look(subject.point(commit));
    }
    subject.collect(commit);
    if (commit % (GROUP * 16) === 0) yield commit;
  }
}

class UpdatedStore {
  readonly #run: Run;
  readonly #total: number;
  readonly #store: VersionedStore;
  readonly #keys: KeyGenerator;
  readonly #passEvery: number;
  readonly #renewEvery: number;
  #reader: { readonly transaction: Transaction; readonly since: number } | undefined;

  constructor(run: Run, total: number) {
    this.#run = run;
    this.#total = total;
    this.#store = new VersionedStore(run.index, run.seed);
    this.#keys = updateKeys(run.pattern, run.keys, run.seed);
    this.#renewEvery = Math.max(1, Math.floor(total / RENEWALS));
    this.#passEvery = Math.max(1, Math.floor(run.keys / PASSES_PER_ROUND));
    for (let key = 0; key < run.keys; key++) this.#put(key, 0);
    this.#store.flush();
    if (run.reader === 'parked' || run.reader === 'renewed') this.#park(0);
  }

  update(commit: number): void {
    this.#put(this.#keys.indexOf(commit), commit);
    if (commit % GROUP === 0 || commit === this.#total) this.#store.flush();
    const { reader } = this.#run;
    if (reader === 'renewed' && commit % this.#renewEvery === this.#renewEvery >> 1) this.#park(commit);
    if (reader === 'late' && commit === Math.floor(this.#total / 2)) this.#park(commit);
  }

  collect(commit: number): void {
    if (commit % this.#passEvery === 0) this.#store.vacuum();
  }

  point(commits: number): MemoryPoint {
    const dataBytes = this.#store.dataBytes();
    const readerAge = this.#reader === undefined ? 0 : commits - this.#reader.since;
    return { commits, measure: this.#store.measure(), dataBytes, readerAge };
  }

  #put(key: number, version: number): void {
    this.#store.store.put(keyOfIndex(key), quickValue(version, this.#run.valueBytes));
  }

  /** A reader begins, and the one before it ends. */
  #park(commit: number): void {
    this.#store.flush();
    this.#reader?.transaction.abort();
    this.#reader = { transaction: this.#store.begin({ readOnly: true }), since: commit };
  }
}
