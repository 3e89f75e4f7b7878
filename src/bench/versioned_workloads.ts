/**
 * What transactions and versions cost, on subjects that have them: a snapshot taken and given back for each read, readers and
 * writers beside each other, many snapshots at once, long chains.
 */
import { assert } from '../base/assert';
import type { Entry } from '../base/ordered_index';
import type { Transaction } from '../mvcc';
import type { Dataset } from './dataset';
import { repeat, repeatShort, type Round } from './loops';
import type { Stage, Workload } from './stage';
import { median } from './statistics';
import type { Subject, VersionedSubject } from './subject';

const VALUE_BYTES = 100;
const SNAPSHOTS = 1000;
/** A slice of a reader, and of a writer; whoever does both in one worker takes turns. */
const ROWS_A_SLICE = 1000;
const COMMITS_A_SLICE = 50;
/** Keys with a chain. */
const CHAINS = 20;
const CHAIN_LENGTHS = [1, 10, 1000] as const;

export const SNAPSHOT_COST = 'time of a get in a read-only transaction against a bare one';
export const SCAN_BESIDE_WRITER = 'scan all beside a writer, against alone';
export const PUT_BESIDE_READER = 'put relaxed beside a reader, against alone';

export const VERSIONED_WORKLOADS: readonly Workload[] = [
  of('get in a read-only transaction', 'ops/s', 'mean of 100, each with a snapshot of its own', getInTransaction),
  of(SNAPSHOT_COST, '×', 'mean of 100 with a snapshot each', snapshotCost),
  of(`get with ${SNAPSHOTS} snapshots open`, 'ops/s', 'mean of 100', getBesideSnapshots),
  of(`put relaxed with ${SNAPSHOTS} snapshots open`, 'ops/s', 'one commit', putBesideSnapshots),
  of(SCAN_BESIDE_WRITER, '×', `${ROWS_A_SLICE} rows`, async (stage) => (await besideEachOther(stage)).reader),
  of(
    PUT_BESIDE_READER,
    '×',
    `mean of ${COMMITS_A_SLICE} commits`,
    async (stage) => (await besideEachOther(stage)).writer,
  ),
  ...CHAIN_LENGTHS.flatMap((length) => [
    of(`get the newest of ${length} versions`, 'ops/s', 'mean of 100', (stage) => getOfChain(stage, length, 'newest')),
    of(`get the oldest of ${length} versions`, 'ops/s', 'mean of 100', (stage) => getOfChain(stage, length, 'oldest')),
  ]),
];

function of(name: string, unit: Workload['unit'], sampled: string, run: Workload['run']): Workload {
  return { name, unit, sampled, valueBytes: VALUE_BYTES, before: 'rows', canRun: hasVersions, run };
}

function hasVersions({ versions }: Subject): boolean {
  return versions !== undefined;
}

function getInTransaction({ counter, data, plan, subject }: Stage): Promise<Round> {
  const versions = subject.versions!;
  return repeatShort(plan.sliceMs, 100, () => getOnce(versions, data.keys[data.row(counter.next++)]!, data));
}

function getOnce(versions: VersionedSubject, key: Uint8Array, data: Dataset): void {
  const transaction = versions.begin();
  found(transaction.get(key), data);
  transaction.commit();
}

/** By turns, over the same keys: what a hundred of each take. */
function snapshotCost({ counter, data, plan, subject }: Stage): Promise<Round> {
  const versions = subject.versions!;
  const bare: number[] = [];
  const inTransaction: number[] = [];
  const until = performance.now() + plan.sliceMs;
  const timed = (keys: readonly Uint8Array[], get: (key: Uint8Array) => void): number => {
    const begun = performance.now();
    for (const key of keys) get(key);
    return ((performance.now() - begun) * 1000) / keys.length;
  };
  do {
    const keys = Array.from({ length: 100 }, () => data.keys[data.row(counter.next++)]!);
    for (const key of keys) found(versions.get(key), data); // Whoever comes first would pay for blocks and pages.
    bare.push(timed(keys, (key) => found(versions.get(key), data)));
    inTransaction.push(timed(keys, (key) => getOnce(versions, key, data)));
  } while (performance.now() < until);
  return Promise.resolve({ value: median(inTransaction) / median(bare), samples: inTransaction });
}

function getBesideSnapshots(stage: Stage): Promise<Round> {
  const { counter, data, plan, subject } = stage;
  return besideSnapshots(stage, () =>
    repeatShort(plan.sliceMs, 100, () => found(subject.versions!.get(data.keys[data.row(counter.next++)]!), data)),
  );
}

function putBesideSnapshots(stage: Stage): Promise<Round> {
  const { counter, data, plan, subject } = stage;
  return besideSnapshots(stage, () =>
    repeat(plan.sliceMs, 1, () => subject.commit(data.overwrite(counter.next++), 'relaxed')),
  );
}

/** Each at a timestamp of its own. */
async function besideSnapshots({ counter, data, subject }: Stage, run: () => Promise<Round>): Promise<Round> {
  const open: Transaction[] = [];
  try {
    while (open.length < SNAPSHOTS) {
      open.push(subject.versions!.begin());
      await subject.commit(data.overwrite(counter.next++), 'relaxed');
    }
    return await run();
  } finally {
    for (const transaction of open) transaction.commit();
  }
}

/**
 * A reader of all rows and a writer, each alone and then by turns in slices, each on its own clock: what one does to the other
 * beyond taking its turn. A sample is a slice beside the other. Each pass begins without garbage and behind a checkpoint: a
 * pass of vacuum or a checkpoint is paid for over more commits than a pass of the reader has, and would fall to one side.
 */
async function besideEachOther(stage: Stage): Promise<{ reader: Round; writer: Round }> {
  const { data, subject } = stage;
  const reader = new SlicedReader(subject.versions!, data);
  const alone = { reader: [] as number[], writer: [] as number[] };
  const beside = { reader: [] as number[], writer: [] as number[] };
  // Alone, beside, beside, alone: what changes meanwhile hits both.
  for (const [pass, taken] of [alone, beside, beside, alone].entries()) {
    subject.versions!.settle();
    while (reader.isIn(pass)) {
      taken.reader.push(reader.slice());
      if (taken === beside) taken.writer.push(await writeSlice(stage));
    }
    while (taken.writer.length < taken.reader.length) taken.writer.push(await writeSlice(stage));
  }
  const ratio = (of: 'reader' | 'writer'): Round => ({
    value: median(alone[of]) / median(beside[of]),
    samples: beside[of],
  });
  return { reader: ratio('reader'), writer: ratio('writer') };
}

/** Passes over all rows, each in a transaction of its own, slice by slice. */
class SlicedReader {
  readonly #versions: VersionedSubject;
  readonly #data: Dataset;
  #transaction: Transaction | undefined;
  #rows: Iterator<Entry, void> | undefined;
  #seen = 0;
  #passes = 0;

  constructor(versions: VersionedSubject, data: Dataset) {
    this.#versions = versions;
    this.#data = data;
  }

  isIn(pass: number): boolean {
    return this.#passes === pass;
  }

  /** @returns how long it took, in microseconds */
  slice(): number {
    const begun = performance.now();
    this.#transaction ??= this.#versions.begin();
    this.#rows ??= this.#transaction.scan();
    for (let i = 0; i < Math.min(ROWS_A_SLICE, this.#data.rows); i++) {
      const row = this.#rows.next();
      if (row.done === true) break;
      found(row.value.value, this.#data);
      this.#seen++;
    }
    const elapsed = (performance.now() - begun) * 1000;
    if (this.#seen === this.#data.rows) this.#end();
    return elapsed;
  }

  #end(): void {
    assert(this.#rows!.next().done === true, 'a snapshot has the rows it had, and no others');
    this.#transaction!.commit();
    this.#transaction = this.#rows = undefined;
    this.#seen = 0;
    this.#passes++;
  }
}

/** @returns what a commit of it took, in microseconds */
async function writeSlice({ counter, data, subject }: Stage): Promise<number> {
  const begun = performance.now();
  for (let i = 0; i < COMMITS_A_SLICE; i++) {
    const pending = subject.commit(data.overwrite(counter.next++), 'relaxed');
    if (pending instanceof Promise) await pending;
  }
  return ((performance.now() - begun) * 1000) / COMMITS_A_SLICE;
}

/** A few keys with so many versions each, which a parked reader keeps; everything older was collected before. */
async function getOfChain(
  { counter, data, plan, subject }: Stage,
  length: number,
  which: 'newest' | 'oldest',
): Promise<Round> {
  const versions = subject.versions!;
  versions.vacuum();
  const keys = Array.from({ length: Math.min(CHAINS, data.rows) }, () => data.keys[data.row(counter.next++)]!);
  const parked = versions.begin();
  for (let n = 1; n < length; n++)
    await subject.commit(
      keys.map((key) => ({ kind: 'put', key, value: data.value(counter.next++) })),
      'relaxed',
    );
  try {
    let at = 0;
    const next = (): Uint8Array => keys[at++ % keys.length]!;
    return await repeatShort(plan.sliceMs, 100, () =>
      found(which === 'newest' ? versions.get(next()) : parked.get(next()), data),
    );
  } finally {
    parked.commit();
  }
}

function found(value: Uint8Array | undefined, { valueBytes }: Dataset): void {
  assert(value?.length === valueBytes, 'every row is found, whole');
}
