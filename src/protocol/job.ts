/** Long work: started by a call that returns at once, reported on the jobs port, cancelled between two slices. */
import type { Failure } from './failure';

export type JobId = number;

export type JobState = 'running' | 'finished' | 'cancelled' | 'failed';

export interface JobReport {
  readonly job: JobId;
  readonly state: JobState;
  /** `total` is 0 while unknown. */
  readonly done: number;
  readonly total: number;
  readonly unit: 'rows' | 'bytes' | 'commits' | 'states' | 'calls';
  /** One sentence: what is being done, or what came of it. */
  readonly sentence: string;
  readonly failure?: Failure;
}

/** One malformed row of an imported file. */
export interface RowFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A CSV or JSON file, read: what can be loaded, and what cannot. Nothing has been written. */
export interface TablePreview {
  /** Name under which `load` knows the good rows. */
  readonly dataset: string;
  readonly columns: readonly string[];
  /** The column whose value is the key; `undefined` where rows are numbered instead. */
  readonly keyColumn: string | undefined;
  readonly goodRows: number;
  /** The first of them, as they would be stored. */
  readonly sample: readonly { readonly key: string; readonly value: string }[];
  readonly faults: readonly RowFault[];
  /** Faults not listed because there are too many. */
  readonly moreFaults: number;
}

export interface TableSource {
  /** `airports` or a name of the user's; a bare word. */
  readonly name: string;
  readonly format: 'csv' | 'json';
  readonly text: string;
  readonly keyColumn?: string;
}
