/** A store as a page would open it in a worker: unwatched, with groups one message hop long. */
import { SeededRandom } from '../base/runtime';
import { hopOver } from '../host/commit_port';
import { Store, type FormatOptions, type TuningOptions } from '../kv_store';
import type { FileSet } from '../storage/file';

export interface StoreOptions {
  readonly format?: Partial<FormatOptions>;
  readonly tuning?: Partial<TuningOptions>;
}

/** Salts have to differ from one opening to the next. */
const random = new SeededRandom(Date.now());
const schedule = hopOver(new MessageChannel());

export function openStore(files: FileSet, options: StoreOptions = {}): Store {
  return Store.open({ files, random, schedule, ...options });
}
