/**
 * What is measured on every subject that can do it. Each runs in the subject's worker, in rounds; the rounds of the
 * subjects take turns, so that a slow minute of the machine hits them all.
 *
 * The clock of a page is coarse (5 µs at best), so a sample is one operation where that is long enough, and the mean
 * of a few where it is not; `sampled` says which.
 */
import { assert } from '../base/assert';
import type { Batch } from '../base/ordered_index';
import type { Dataset } from './dataset';
import { commitAll, repeat, repeatShort, whenDone, type Round } from './loops';
import type { Stage, Workload } from './stage';
import { median, quantile } from './statistics';
import type { Awaitable, LogTail, Subject } from './subject';
import { VERSIONED_WORKLOADS } from './versioned_workloads';

const SMALL = 100;
const LARGE = 1024;
const ROWS_A_BATCH = 1000;
const WINDOW = 1000;
/** One in a thousand of them is still twenty. */
const PUTS_BESIDE_MERGES = 20_000;
/** How often it is looked whether a merge is still due: looking costs as much as a put. */
const PUTS_A_LOOK = 250;
/** Less would be merged before the next look. */
const DEBT_BYTES_MIN = 4 * 1024 * 1024;
/** What ran seldom before is compiled meanwhile. */
const PUTS_UNCOUNTED = 4000;

/** How much longer than half of them one put in a thousand takes. */
export const RELAXED_TAIL = 'p99.9 of relaxed puts during compaction against their median';

export const WORKLOADS: readonly Workload[] = [
  ...both('put strict', { unit: 'ops/s', sampled: 'one commit', before: 'rows', canRun: always, run: putStrict }),
  ...[1, 64].flatMap((clients) =>
    both(`put strict ${clients} client${clients > 1 ? 's' : ''}`, {
      unit: 'ops/s',
      sampled: 'one commit, from its message to the answer',
      before: 'rows',
      clients,
      canRun: canSubmit,
      run: () => Promise.reject(new Error('runs in the page')),
    }),
  ),
  ...both('put relaxed', { unit: 'ops/s', sampled: 'one commit', before: 'rows', canRun: always, run: putRelaxed }),
  ...both('put relaxed pipelined', {
    unit: 'ops/s',
    sampled: `a window of ${WINDOW} commits, until the last is acknowledged`,
    before: 'rows',
    canRun: canSubmit,
    run: putPipelined,
  }),
  ...small(RELAXED_TAIL, {
    unit: '×',
    sampled: 'one commit that did not flush',
    before: 'rows',
    canRun: canMerge,
    run: relaxedTail,
  }),
  ...small('flush stalls of relaxed puts during compaction', {
    unit: 'ms',
    sampled: 'one commit that flushed the log or a table',
    before: 'rows',
    canRun: canMerge,
    run: flushStalls,
  }),
  ...both('get', { unit: 'ops/s', sampled: 'mean of 100', before: 'rows', canRun: canGet, run: get }),
  ...small('get missing', { unit: 'ops/s', sampled: 'mean of 100', before: 'rows', canRun: canGet, run: getMissing }),
  ...both('scan 100', { unit: 'ops/s', sampled: 'mean of 10', before: 'rows', canRun: canScan, run: scan100 }),
  ...both('scan all', {
    unit: 'rows/s',
    sampled: 'one scan of all rows',
    before: 'rows',
    canRun: canScan,
    run: scanAll,
  }),
  ...both('load sequential', {
    unit: 'rows/s',
    sampled: `one strict batch of ${ROWS_A_BATCH}`,
    before: 'nothing',
    canRun: canScan,
    run: ({ subject, data }) => loadRows(subject, data, false),
  }),
  ...both('load random', {
    unit: 'rows/s',
    sampled: `one strict batch of ${ROWS_A_BATCH}`,
    before: 'nothing',
    canRun: canScan,
    run: ({ subject, data }) => loadRows(subject, data, true),
  }),
  ...small('delete', {
    unit: 'rows/s',
    sampled: `one strict batch of ${ROWS_A_BATCH}`,
    before: 'rows',
    canRun: canGet,
    run: deleteAndPutBack,
  }),
  ...both('cold open', {
    unit: 'ms',
    sampled: 'one opening with its first read',
    before: 'closed',
    inFreshWorker: true,
    canRun: canGet,
    run: coldOpen,
  }),
  ...both('bytes on disk', {
    unit: 'MB',
    sampled: 'all rows, compacted, closed',
    before: 'rows',
    canRun: (subject) => subject.bytesOnDisk !== undefined,
    run: bytesOnDisk,
  }),
  ...recoveries('recovery', (subject) => subject.recover()),
  ...recoveries('recovery scan only', (subject) => subject.scan()),
  ...VERSIONED_WORKLOADS,
];

type Sized = Omit<Workload, 'name' | 'valueBytes'>;

function small(name: string, workload: Sized): Workload[] {
  return [{ ...workload, name, valueBytes: SMALL }];
}

function both(name: string, workload: Sized): Workload[] {
  return [...small(name, workload), { ...workload, name: `${name}, 1 KiB values`, valueBytes: LARGE }];
}

/** Bandwidth shows with large values, the price of a record with small ones. */
function recoveries(name: string, read: (recovery: NonNullable<Subject['recovery']>) => LogTail): Workload[] {
  const workload = (unit: 'MB/s' | 'records/s', valueBytes: number): Workload => ({
    name: `${name} ${unit}`,
    unit,
    sampled: 'one recovery',
    valueBytes,
    before: 'log',
    inFreshWorker: true,
    canRun: ({ recovery }) => recovery !== undefined,
    run: (stage) => recover(stage, unit, read),
  });
  return [workload('MB/s', LARGE), workload('records/s', SMALL)];
}

function always(): boolean {
  return true;
}
function canSubmit(subject: Subject): boolean {
  return subject.submit !== undefined;
}
function canGet(subject: Subject): boolean {
  return subject.get !== undefined;
}
function canScan(subject: Subject): boolean {
  return subject.scan !== undefined;
}
function canMerge(subject: Subject): boolean {
  return subject.merging !== undefined;
}

// ---- the rounds

function putStrict({ subject, data, counter, plan }: Stage): Promise<Round> {
  return repeat(plan.sliceMs, 1, () => subject.commit(data.overwrite(counter.next++), 'strict'));
}

function putRelaxed({ subject, data, counter, plan }: Stage): Promise<Round> {
  return repeat(plan.sliceMs, 1, () => subject.commit(data.overwrite(counter.next++), 'relaxed'));
}

function putPipelined({ between, subject, data, counter, plan }: Stage): Promise<Round> {
  const window = (resolve: () => void): void => {
    let waiting = WINDOW;
    const onSettled = (): void => {
      if (--waiting === 0) resolve();
    };
    for (let i = 0; i < WINDOW; i++) subject.submit!(data.overwrite(counter.next++), 'relaxed', onSettled);
  };
  return repeat(plan.sliceMs, WINDOW, () => new Promise(window), between);
}

async function relaxedTail(stage: Stage): Promise<Round> {
  const { plain } = await putsBesideMerges(stage);
  return { value: quantile(plain, 0.999) / median(plain), samples: plain };
}

async function flushStalls(stage: Stage): Promise<Round> {
  const { flushing } = await putsBesideMerges(stage);
  return { value: median(flushing) / 1000, samples: flushing };
}

/**
 * Lone relaxed puts while merges are due all the time: in microseconds, those apart in which something was flushed. Each
 * carries a slice of a merge, or of the checkpoint that its memtable has come to. Whenever nothing is due any more, rows
 * are put in batches, unmeasured, until something is.
 */
async function putsBesideMerges({
  subject,
  data,
  counter,
  plan,
}: Stage): Promise<{ plain: number[]; flushing: number[] }> {
  const merging = subject.merging!;
  const samples: { plain: number[]; flushing: number[] } = { plain: [], flushing: [] };
  const puts = Math.min(PUTS_BESIDE_MERGES, 80 * plan.sliceMs, plan.rows);
  for (let done = -Math.min(PUTS_UNCOUNTED, puts); done < puts; done++) {
    if (done % PUTS_A_LOOK === 0) await untilMergeIsDue(subject, data, counter);
    const put = data.overwrite(counter.next++);
    const flushes = merging.flushes();
    const begun = performance.now();
    const pending = subject.commit(put, 'relaxed');
    if (pending instanceof Promise) await pending;
    const took = (performance.now() - begun) * 1000;
    if (done >= 0) (merging.flushes() === flushes ? samples.plain : samples.flushing).push(took);
  }
  return samples;
}

async function untilMergeIsDue(subject: Subject, data: Dataset, counter: { next: number }): Promise<void> {
  while (subject.merging!.debtBytes() < Math.min(DEBT_BYTES_MIN, data.rows * data.valueBytes * 0.25)) {
    const batch = Array.from({ length: ROWS_A_BATCH }, () => data.overwrite(counter.next++)[0]!);
    await subject.commit(batch, 'strict');
  }
}

function get({ subject, data, counter, plan }: Stage): Promise<Round> {
  const one = (): Awaitable<void> =>
    whenDone(subject.get!(data.keys[data.row(counter.next++)]!), (value) => {
      assert(value?.length === data.valueBytes, 'every row is found, whole');
    });
  return repeatShort(plan.sliceMs, 100, one);
}

function getMissing({ subject, data, counter, plan }: Stage): Promise<Round> {
  const key = new Uint8Array(data.keys[0]!.length);
  const one = (): Awaitable<void> => {
    key.set(data.keys[data.row(counter.next++)]!);
    key[key.length - 1]! += 1; // Keys end in an even digit.
    return whenDone(subject.get!(key), (value) => assert(value === undefined, 'nothing is found between two rows'));
  };
  return repeatShort(plan.sliceMs, 100, one);
}

function scan100({ subject, data, counter, plan }: Stage): Promise<Round> {
  const limit = Math.min(100, data.rows >>> 1);
  const last = data.rows - limit;
  const one = (): Awaitable<void> => {
    const tally = new Tally();
    const from = data.keys[data.row(counter.next++) % last]!;
    return whenDone(subject.scan!(from, limit, tally.visit), () =>
      assert(tally.rows === limit, 'a scan gives its rows'),
    );
  };
  return repeatShort(plan.sliceMs, 10, one);
}

function scanAll({ subject, data, plan }: Stage): Promise<Round> {
  return repeat(plan.sliceMs, data.rows, () => scanEverything(subject, data));
}

function scanEverything(subject: Subject, data: Dataset): Awaitable<void> {
  const tally = new Tally();
  return whenDone(subject.scan!(undefined, data.rows + 1, tally.visit), () => {
    assert(tally.rows === data.rows, 'a scan gives every row');
    assert(tally.bytes === data.rows * (data.keys[0]!.length + data.valueBytes), 'a scan gives whole rows');
  });
}

/** Puts every row into an empty subject, in strict batches, and looks whether they are there. */
export async function loadRows(subject: Subject, data: Dataset, isRandom: boolean): Promise<Round> {
  const count = Math.ceil(data.rows / ROWS_A_BATCH);
  const batches = Array.from({ length: count }, (_, i) => data.puts(i * ROWS_A_BATCH, ROWS_A_BATCH, isRandom));
  const round = await commitAll(subject, batches, data.rows);
  await scanEverything(subject, data);
  return round;
}

/** A fifth of the rows, in random order. They are put back afterwards, outside the measurement. */
async function deleteAndPutBack({ subject, data }: Stage): Promise<Round> {
  const count = Math.ceil(data.rows / ROWS_A_BATCH / 5);
  const puts = Array.from({ length: count }, (_, i) => data.puts(i * ROWS_A_BATCH, ROWS_A_BATCH, true));
  const deletes = puts.map((batch): Batch => batch.map(({ key }) => ({ kind: 'delete', key })));
  const rows = puts.reduce((sum, batch) => sum + batch.length, 0);
  const round = await commitAll(subject, deletes, rows);
  assert((await subject.get!(puts[0]![0]!.key)) === undefined, 'a deleted row is gone');
  for (const batch of puts) await subject.commit(batch, 'strict');
  return round;
}

async function coldOpen({ subject, data }: Stage): Promise<Round> {
  const begun = performance.now();
  await subject.open();
  const value = await subject.get!(data.keys[data.row(0)]!);
  const elapsedMs = performance.now() - begun;
  assert(value?.length === data.valueBytes, 'an opened store has its rows');
  await subject.close();
  return { value: elapsedMs, samples: [elapsedMs * 1000] };
}

async function bytesOnDisk({ subject }: Stage): Promise<Round> {
  const value = (await subject.bytesOnDisk!()) / 1e6;
  return { value, samples: [value] };
}

async function recover(
  { subject }: Stage,
  unit: 'MB/s' | 'records/s',
  read: (recovery: NonNullable<Subject['recovery']>) => LogTail,
): Promise<Round> {
  const recovery = subject.recovery!;
  await recovery.prepare();
  const begun = performance.now();
  const { bytes, records } = read(recovery);
  const elapsedMs = performance.now() - begun;
  recovery.close();
  const value = unit === 'MB/s' ? bytes / 1000 / elapsedMs : (records * 1000) / elapsedMs;
  return { value, samples: [elapsedMs * 1000] };
}

/** Looks at each row as a caller would: the compiler may not drop the work. */
class Tally {
  rows = 0;
  bytes = 0;
  readonly visit = (key: Uint8Array, value: Uint8Array): void => {
    this.rows++;
    this.bytes += key.length + value.length;
  };
}
