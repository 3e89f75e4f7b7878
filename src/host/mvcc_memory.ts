/**
 * What versions cost: a real store under updates, with a reader that stays for a shorter or a longer time. Garbage is
 * collected as the store does it by itself: vacuum, which commits pay for, or the merges of an LSM tree. How many versions
 * there are, and whose fault that is, the store says.
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
/** Of the runs of which only the worst moment counts. */
const SWEEP_KEYS = 200;
const SWEEP_POINTS = 40;

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
      const run = { ...question, keys: SWEEP_KEYS, updates, reader, points: SWEEP_POINTS };
      const points: MemoryPoint[] = [];
      for (const commits of runUpdates(run, (point) => points.push(point))) yield done + commits;
      post({ note: 'sweep', updates, reader, ...points.reduce((a, b) => (perKey(b) > perKey(a) ? b : a)) });
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
    const due = Math.floor((commit * points) / total);
    if (due > looked) {
      looked = due;
      look(subject.point(commit));
    }
    if (commit % (GROUP * 16) === 0) yield commit;
  }
}

const perKey = ({ measure }: MemoryPoint): number => measure.versions / measure.keys;

class UpdatedStore {
  readonly #run: Run;
  readonly #total: number;
  readonly #store: VersionedStore;
  readonly #keys: KeyGenerator;
  readonly #renewEvery: number;
  #reader: { readonly transaction: Transaction; readonly since: number } | undefined;

  constructor(run: Run, total: number) {
    this.#run = run;
    this.#total = total;
    this.#store = new VersionedStore(run.index, run.seed);
    this.#keys = updateKeys(run.pattern, run.keys, run.seed);
    this.#renewEvery = Math.max(1, Math.floor(total / RENEWALS));
    for (let key = 0; key < run.keys; key++) this.#put(key, 0);
    this.#store.store.checkpoint(); // What is in the files from here on came with the updates.
    if (run.reader === 'parked' || run.reader === 'renewed') this.#park(0);
  }

  update(commit: number): void {
    this.#put(this.#keys.indexOf(commit), commit);
    if (commit % GROUP === 0 || commit === this.#total) this.#store.flush();
    const { reader } = this.#run;
    if (reader === 'renewed' && commit % this.#renewEvery === this.#renewEvery >> 1) this.#park(commit);
    if (reader === 'late' && commit === Math.floor(this.#total / 2)) this.#park(commit);
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
