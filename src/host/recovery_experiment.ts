/**
 * How often to take a checkpoint? Often: each one writes the whole index again, so more bytes reach the device for each
 * byte put. Seldom: recovery has more of the log to read. One real store for each interval, in scratch files: filled,
 * overwritten for two intervals, then left without closing just before its next checkpoint, and opened several times
 * under the clock.
 */
import { assert } from '../base/assert';
import { ManualSchedule, SeededRandom } from '../base/runtime';
import { Store } from '../kv_store';
import { closeAll, type FileSet } from '../storage/file';
import { Meter, meteredFiles } from '../storage/metered';
import type { IntervalPoint } from '../protocol/experiment';
import { valueOf } from '../workload/generators';
import type { HostEnvironment } from './environment';
import type { JobProgress, JobWork } from './jobs';

export const INTERVALS_BYTES: readonly number[] = [8, 16, 32, 64, 128, 256, 512].map((kib) => kib * 1024);

const ROWS = 500;
const VALUE_BYTES = 100;
const ROWS_A_GROUP = 16;
const OPENINGS = 7;
const SEED = 1;
/** Stop this short of the next checkpoint: less than a group more would start it. */
const MARGIN_BYTES = 3 * 1024;

export function recoveryExperiment(environment: HostEnvironment, post: (point: IntervalPoint) => void): JobWork {
  return { unit: 'commits', slices: () => measureAll(environment, post) };
}

async function* measureAll(
  environment: HostEnvironment,
  post: (point: IntervalPoint) => void,
): AsyncGenerator<JobProgress, JobProgress> {
  const total = INTERVALS_BYTES.length;
  let done = 0;
  const progress = (): JobProgress => ({ done, total, sentence: `${done} of ${total} intervals are measured.` });
  for (const intervalBytes of INTERVALS_BYTES) {
    yield progress();
    const folder = await environment.addScratch(4 * intervalBytes + 1024 * 1024);
    try {
      post(await measureInterval(environment, folder, intervalBytes));
    } finally {
      await environment.removeScratch(folder);
    }
    done++;
  }
  return progress();
}

async function measureInterval(
  environment: HostEnvironment,
  folder: string,
  intervalBytes: number,
): Promise<IntervalPoint> {
  const files = await environment.openScratch(folder);
  let bytesWrittenPerByte: number;
  try {
    const meter = new Meter();
    const store = openStore(meteredFiles(files, meter), intervalBytes);
    bytesWrittenPerByte = overwrite(store, meter, intervalBytes);
  } finally {
    closeAll(files);
  }
  await timeOpening(environment, folder, intervalBytes); // The first one warms up what the others then share.
  const openings: { ms: number; replayedBytes: number }[] = [];
  for (let i = 0; i < OPENINGS; i++) openings.push(await timeOpening(environment, folder, intervalBytes));
  openings.sort((a, b) => a.ms - b.ms);
  const median = openings[openings.length >> 1]!;
  return { intervalBytes, recoveryMs: median.ms, replayedBytes: median.replayedBytes, bytesWrittenPerByte };
}

/** Fills the store, then overwrites it until just before the third checkpoint; returns device bytes for each byte put. */
function overwrite(store: Store, meter: Meter, intervalBytes: number): number {
  for (let row = 0; row < ROWS; row++) put(store, row, row);
  store.checkpoint();
  const random = new SeededRandom(SEED);
  const { checkpoints } = store.stats();
  const before = meter.total().writtenBytes;
  let putBytes = 0;
  const isDone = (): boolean => {
    const { checkpoints: now, logBytesToReplay } = store.stats();
    return now >= checkpoints + 2 && logBytesToReplay >= intervalBytes - MARGIN_BYTES;
  };
  for (let n = 0; !isDone(); n++) {
    putBytes += put(store, random.below(ROWS), ROWS + n);
    assert(n < 1_000_000, 'the store takes its checkpoints by itself');
  }
  return (meter.total().writtenBytes - before) / putBytes;
}

/** Puts one row, flushed in groups; returns key and value bytes. */
function put(store: Store, row: number, stamp: number): number {
  const key = new TextEncoder().encode(`row ${String(row).padStart(8, '0')}`);
  store.put(key, valueOf(SEED, stamp, VALUE_BYTES));
  if (stamp % ROWS_A_GROUP === ROWS_A_GROUP - 1) store.flush();
  return key.length + VALUE_BYTES;
}

async function timeOpening(
  environment: HostEnvironment,
  folder: string,
  intervalBytes: number,
): Promise<{ ms: number; replayedBytes: number }> {
  const files = await environment.openScratch(folder);
  try {
    const begun = environment.now();
    const store = openStore(files, intervalBytes);
    return { ms: environment.now() - begun, replayedBytes: store.recovery.logBytesScanned };
  } finally {
    closeAll(files);
  }
}

function openStore(files: FileSet, intervalBytes: number): Store {
  return Store.open({
    files,
    random: new SeededRandom(SEED + intervalBytes),
    schedule: new ManualSchedule().schedule, // Every group is run by an explicit flush.
    format: { logBytes: 2 * Math.max(intervalBytes, 8 * 1024), extentBytes: 16 * 1024 },
    tuning: { checkpointLogBytes: intervalBytes },
  });
}
