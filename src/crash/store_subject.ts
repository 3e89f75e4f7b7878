/** The store over a map, as the crash suite sees it: everything by default, in its smallest format. */
import {
  ALL_PROTECTIONS,
  annotateBytes,
  contextOfSuperblock,
  Store,
  type FormatOptions,
  type TuningOptions,
} from '../kv_store';
import type { PageProtection } from '../btree';
import type { CrashSubject } from './subject';
import { TREE_SHAPE_WATCH } from './tree_shapes';
import { TREE_WORKLOADS } from './tree_workloads';

/** The least the format allows: a run of a dozen commits goes once around its log. */
export const SMALLEST_FORMAT: FormatOptions = { logBytes: 8 * 1024, extentBytes: 512, groupAlignBytes: 512 };

export interface StoreSubjectOptions {
  readonly name?: string;
  readonly format?: Partial<FormatOptions>;
  readonly tuning?: Partial<TuningOptions>;
  readonly own?: Pick<CrashSubject, 'workloads' | 'shapes'>;
}

/** Those that a store does not go by would be mutants that nothing can kill. */
const { imagesBeforeSuperblock: _ofImages, ...TREE_PROTECTIONS } = ALL_PROTECTIONS;
const { pageProtection: _ofTrees, ...MAP_PROTECTIONS } = TREE_PROTECTIONS;

function protectionsOf({ tree }: Partial<FormatOptions>): CrashSubject['protections'] {
  if (!tree) return MAP_PROTECTIONS;
  return tree.protection === 'log_images' ? { ...ALL_PROTECTIONS } : TREE_PROTECTIONS;
}

export function storeSubject({
  name = 'store',
  format = SMALLEST_FORMAT,
  tuning = {},
  own = {},
}: StoreSubjectOptions = {}): CrashSubject {
  return {
    name,
    ...own,
    protections: protectionsOf(format),
    findsDamageLate: format.tree !== undefined,
    open: ({ protections, ...opening }) =>
      Store.open({ ...opening, format, tuning, protections: { ...ALL_PROTECTIONS, ...protections } }),
    annotate(file, at, bytes, superblock) {
      const context = contextOfSuperblock(superblock);
      return context === undefined ? [] : annotateBytes(file, at, bytes, context);
    },
  };
}

/** The store over a B-tree, with pages so small that a dozen keys make it two levels high, and a pool of little more. */
export function treeSubject(protection: PageProtection = 'copy_on_write'): CrashSubject {
  return storeSubject({
    name: protection === 'copy_on_write' ? 'btree' : `btree_${protection}`,
    format: { ...SMALLEST_FORMAT, tree: { pageBytes: 256, protection } },
    tuning: { poolBytes: 1 },
    own: { workloads: TREE_WORKLOADS, shapes: TREE_SHAPE_WATCH },
  });
}
