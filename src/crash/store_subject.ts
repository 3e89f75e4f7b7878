/** The store over a map, as the crash suite sees it: everything by default, in its smallest format. */
import {
  ALL_PROTECTIONS,
  annotateBytes,
  contextOfSuperblock,
  Store,
  type FormatOptions,
  type Protections,
  type TuningOptions,
} from '../kv_store';
import type { CrashSubject } from './subject';

/** The least the format allows: a run of a dozen commits goes once around its log. */
export const SMALLEST_FORMAT: FormatOptions = { logBytes: 8 * 1024, extentBytes: 512, groupAlignBytes: 512 };

export interface StoreSubjectOptions {
  readonly format?: Partial<FormatOptions>;
  readonly tuning?: Partial<TuningOptions>;
}

export function storeSubject({ format = SMALLEST_FORMAT, tuning = {} }: StoreSubjectOptions = {}): CrashSubject {
  return {
    name: 'store',
    protections: { ...ALL_PROTECTIONS },
    open: ({ protections, ...opening }) =>
      Store.open({ ...opening, format, tuning, protections: protections as unknown as Protections }),
    annotate(file, at, bytes, superblock) {
      const context = contextOfSuperblock(superblock);
      return context === undefined ? [] : annotateBytes(file, at, bytes, context);
    },
  };
}
