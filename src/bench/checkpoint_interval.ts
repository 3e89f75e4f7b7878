/**
 * How often to take a checkpoint. Often: each writes the whole index again, so more bytes are written for each byte
 * put. Seldom: recovery has more of the log to read. One experiment: the store with all rows is overwritten at random
 * for several intervals, then once more until a checkpoint is almost due, and opened again: the longest recovery.
 */
import type { Dataset } from './dataset';
import { StoreSubject } from './store_subject';

export interface CheckpointInterval {
  readonly intervalBytes: number;
  readonly commitsPerSecond: number;
  /** Bytes written to log and data files for each byte of key and value put. */
  readonly writeAmplification: number;
  /** The slowest window of 64 commits, in milliseconds: who paid most for a checkpoint. */
  readonly slowestWindowMs: number;
  /** Opening just before the next checkpoint would have started, checkpoint and log together. */
  readonly openMs: number;
  /** Of it, log bytes. */
  readonly replayedBytes: number;
}

const INTERVALS = 3;
const WINDOW = 64;
const ROWS_A_BATCH = 1000;

export async function measureCheckpointInterval(data: Dataset, intervalBytes: number): Promise<CheckpointInterval> {
  const subject = new StoreSubject('checkpoint_interval', {
    format: { logBytes: 2 * intervalBytes },
    tuning: { checkpointLogBytes: intervalBytes },
  });
  await subject.remove();
  await subject.open();
  for (let row = 0; row < data.rows; row += ROWS_A_BATCH) {
    await subject.commit(data.puts(row, ROWS_A_BATCH, false), 'strict');
  }
  subject.store.checkpoint();
  const written = await overwrite(subject, data, INTERVALS * intervalBytes);
  await approachCheckpoint(subject, data, intervalBytes);
  subject.close();

  const begun = performance.now();
  await subject.open();
  const openMs = performance.now() - begun;
  const replayedBytes = subject.store.recovery.logBytesScanned;
  subject.close();
  await subject.remove();
  return { intervalBytes, ...written, openMs, replayedBytes };
}

/** Until this much log was written and the checkpoint that was then under way is done. */
async function overwrite(
  subject: StoreSubject,
  data: Dataset,
  logBytes: number,
): Promise<Pick<CheckpointInterval, 'commitsPerSecond' | 'writeAmplification' | 'slowestWindowMs'>> {
  const before = subject.store.stats();
  const begun = performance.now();
  let commits = 0;
  let slowestWindowMs = 0;
  while (subject.store.stats().logBytesWritten - before.logBytesWritten < logBytes || isCheckpointing(subject)) {
    const windowBegun = performance.now();
    await commitWindow(subject, data, commits);
    slowestWindowMs = Math.max(slowestWindowMs, performance.now() - windowBegun);
    commits += WINDOW;
  }
  const elapsedMs = performance.now() - begun;
  const after = subject.store.stats();
  const bytesWritten =
    after.logBytesWritten - before.logBytesWritten + (after.checkpointBytesWritten - before.checkpointBytesWritten);
  return {
    commitsPerSecond: (commits * 1000) / elapsedMs,
    writeAmplification: bytesWritten / (commits * (data.keys[0]!.length + data.valueBytes)),
    slowestWindowMs,
  };
}

/** Writes until one more window would make a checkpoint due. */
async function approachCheckpoint(subject: StoreSubject, data: Dataset, intervalBytes: number): Promise<void> {
  let windowBytes = 0;
  for (let commits = 0; ; commits += WINDOW) {
    const before = subject.store.stats().logBytesToReplay;
    if (before + 2 * windowBytes >= intervalBytes) return;
    await commitWindow(subject, data, commits);
    windowBytes = Math.max(windowBytes, subject.store.stats().logBytesToReplay - before);
  }
}

/** As many commits as a busy page has in flight, sharing one group. */
function commitWindow(subject: StoreSubject, data: Dataset, first: number): Promise<void> {
  return new Promise((resolve) => {
    let waiting = WINDOW;
    const onSettled = (): void => {
      if (--waiting === 0) resolve();
    };
    for (let i = 0; i < WINDOW; i++) subject.submit(data.overwrite(first + i), 'relaxed', onSettled);
  });
}

function isCheckpointing(subject: StoreSubject): boolean {
  return subject.store.describe().checkpointing !== undefined;
}
