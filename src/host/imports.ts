/** Bulk loads as jobs: each slice is one command of the session, so a session that was filled can still be replayed. */
import { compareBytes } from '../base/bytes';
import type { Entry } from '../base/ordered_index';
import type { CommandResult } from '../protocol/results';
import { datasetOf, type Dataset } from '../workload/datasets';
import type { DatasetLibrary } from './dataset_library';
import { LAB_IMPORT_BATCH_ROWS, SLICE_BATCHES } from './limits';
import { LabError } from './lab_error';
import type { JobProgress, JobWork } from './jobs';
import type { Session } from './session';

export function importRowsWork(session: Session, dataset: Dataset, batchRows = LAB_IMPORT_BATCH_ROWS): JobWork {
  return {
    unit: 'rows',
    slices: () => loadSlices(session, dataset, Math.min(batchRows, rowsThatFit(session, dataset))),
  };
}

/** Rows of the longest kind in a batch, where a store of a lesson takes only short ones. One: then the store says why not. */
function rowsThatFit({ store }: Session, dataset: Dataset): number {
  let longest = 1;
  for (let index = 0; index < dataset.count; index++) {
    const { key, value } = dataset.row(index);
    longest = Math.max(longest, key.length + value.length + ROW_BYTES_BESIDES);
  }
  return Math.max(1, Math.floor(store.batchBytesMax / longest));
}
/** Of a put in a batch, at most. */
const ROW_BYTES_BESIDES = 16;

/** Makes the store hold exactly `entries`: deletes what is not among them, then puts them all. */
export function importBackupWork(session: Session, entries: readonly Entry[], datasets: DatasetLibrary): JobWork {
  const dataset = datasetOf(`backup_${session.log.length}`, entries);
  datasets.add(dataset);
  return { unit: 'rows', slices: () => replaceSlices(session, entries, dataset) };
}

function* loadSlices(session: Session, dataset: Dataset, batchRows: number): Generator<JobProgress, JobProgress> {
  const slice = batchRows * SLICE_BATCHES;
  let done = 0;
  const progress = (): JobProgress => ({
    done,
    total: dataset.count,
    sentence: `${done} of ${dataset.count} rows are in.`,
  });
  while (done < dataset.count) {
    const rows = Math.min(slice, dataset.count - done);
    const command = { kind: 'load', dataset: dataset.name, from: done + 1, rows, batch: batchRows } as const;
    demand(session.execute(command, 0, 'hand').result);
    session.sendTrace();
    done += rows;
    yield progress();
  }
  return progress();
}

function* replaceSlices(
  session: Session,
  entries: readonly Entry[],
  dataset: Dataset,
): Generator<JobProgress, JobProgress> {
  const surplus = [...missingFrom(session.store.scan({}), entries)];
  for (let at = 0; at < surplus.length; at += LAB_IMPORT_BATCH_ROWS) {
    const operations = surplus.slice(at, at + LAB_IMPORT_BATCH_ROWS).map((key) => ({ kind: 'delete', key }) as const);
    demand(session.execute({ kind: 'batch', operations }, 0, 'hand').result);
    demand(session.execute({ kind: 'flush' }, 0, 'hand').result);
    session.sendTrace();
    yield { done: 0, total: entries.length, sentence: `${at + operations.length} rows that the backup lacks are out.` };
  }
  return yield* loadSlices(session, dataset, LAB_IMPORT_BATCH_ROWS);
}

/** Keys of `present` that are not among `wanted`; both are in key order. */
function* missingFrom(present: Iterable<Entry>, wanted: readonly Entry[]): Generator<Uint8Array> {
  let at = 0;
  for (const { key } of present) {
    while (at < wanted.length && compareBytes(wanted[at]!.key, key) < 0) at++;
    if (at === wanted.length || compareBytes(wanted[at]!.key, key) !== 0) yield key;
  }
}

/** A slice that failed ends the job: what was in before stays in. */
function demand(result: CommandResult): void {
  if (result.kind !== 'failed') return;
  const { code, message, place } = result.failure;
  throw new LabError(code, message, place);
}
