/** For tests: a store so small that every run fills its log, and a schedule that waits to be told. */
import { decodeText, encodeText, toHex } from '../../base/bytes';
import { ManualSchedule, SeededRandom } from '../../base/runtime';
import type { FileSet } from '../../storage/file';
import { Store } from '../store';
import type { OpenOptions } from '../open_options';
import type { CommitOptions, FormatOptions, Ticket } from '../types';

export const SMALL_FORMAT: FormatOptions = { logBytes: 8 * 1024, extentBytes: 512, groupAlignBytes: 512 };

export interface SmallStore {
  readonly store: Store;
  readonly schedule: ManualSchedule;
}

/** Opens the store in `files`, or makes one. `salts` has to differ from one life of a store to the next. */
export function openSmall(files: FileSet, salts: number, options: Partial<OpenOptions> = {}): SmallStore {
  const schedule = new ManualSchedule();
  const random = new SeededRandom(salts);
  const store = Store.open({ files, random, schedule: schedule.schedule, format: SMALL_FORMAT, ...options });
  return { store, schedule };
}

export function putText(store: Store, key: string, value: string, options?: CommitOptions): Ticket {
  return store.put(encodeText(key), encodeText(value), options);
}

/** `key=value` for every entry, in order; bytes that are no text in hexadecimal. */
export function textEntries(store: Store): string[] {
  const text = (bytes: Uint8Array): string => decodeText(bytes) ?? `0x${toHex(bytes)}`;
  return [...store.scan()].map(({ key, value }) => `${text(key)}=${text(value)}`);
}
