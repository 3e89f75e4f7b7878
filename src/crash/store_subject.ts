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
import { WHOLE_KEY, type LsmTuning, type PolicyOptions } from '../lsm';
import { ALL_MVCC_PROTECTIONS, type MvccProtections } from '../mvcc';
import { LSM_SHAPE_WATCH } from './lsm_shapes';
import { LSM_WORKLOADS } from './lsm_workloads';
import { TransactionalStore } from './mvcc_store';
import { MVCC_WORKLOADS } from './mvcc_workloads';
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
const {
  imagesBeforeSuperblock,
  manifestBeforeReuse,
  pageProtection,
  tablesBeforeManifest,
  tombstonesToTheBottom,
  ...rest
} = ALL_PROTECTIONS;
/** Batches one by one: nothing asks for what protects transactions. */
const MAP_PROTECTIONS = Object.fromEntries(
  Object.entries(rest).filter(([name]) => !Object.hasOwn(ALL_MVCC_PROTECTIONS, name)),
) as Omit<typeof rest, keyof MvccProtections>;
const TREE_PROTECTIONS = { ...MAP_PROTECTIONS, pageProtection };
const LSM_PROTECTIONS = { ...MAP_PROTECTIONS, manifestBeforeReuse, tablesBeforeManifest, tombstonesToTheBottom };

function protectionsOf({ lsm, tree }: Partial<FormatOptions>): CrashSubject['protections'] {
  if (lsm) return LSM_PROTECTIONS;
  if (!tree) return MAP_PROTECTIONS;
  return tree.protection === 'log_images' ? { ...TREE_PROTECTIONS, imagesBeforeSuperblock } : TREE_PROTECTIONS;
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
    findsDamageLate: (format.tree ?? format.lsm) !== undefined,
    open: ({ protections, ...opening }) =>
      Store.open({
        ...opening,
        format,
        tuning,
        protections: { ...ALL_PROTECTIONS, ...protections },
      }),
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

/** Of the index that has the versions: its mutants need them. */
const WORKLOADS_BELOW = { map: {}, btree: TREE_WORKLOADS, lsm: LSM_WORKLOADS };

/** Vacuum begins whenever there might be anything for it. */
const SOON: Partial<TuningOptions> = { vacuumBytesMin: 1, vacuumPercent: 1 };

/**
 * A store with versions over any of the others, used by transactions that meet: rivals, readers with old snapshots, a writer
 * that never commits (`mvcc_store.ts`).
 */
export function mvccSubject(over: 'map' | 'btree' | 'lsm' = 'map'): CrashSubject {
  const format: FormatOptions = {
    ...SMALLEST_FORMAT,
    versions: true,
    ...(over === 'btree' && { tree: { pageBytes: 256, protection: 'copy_on_write' } }),
    ...(over === 'lsm' && { lsm: { filterPrefix: WHOLE_KEY } }),
  };
  const tuning = { ...SOON, poolBytes: 1, lsm: { ...SMALLEST_LSM, policy: SMALLEST_POLICY } };
  const subject = storeSubject({
    name: over === 'map' ? 'mvcc' : `mvcc_${over}`,
    format,
    own: { workloads: { ...MVCC_WORKLOADS, ...WORKLOADS_BELOW[over] } },
  });
  return {
    ...subject,
    // What a tree goes by is left out of the plain stores over it: here it would be the same mutants again, in longer runs.
    protections: { ...(over === 'map' && subject.protections), ...ALL_MVCC_PROTECTIONS },
    open: ({ protections, ...opening }) =>
      new TransactionalStore(
        Store.open({
          ...opening,
          format,
          tuning,
          protections: { ...ALL_PROTECTIONS, ...protections },
        }),
      ),
  };
}

/** Memtables of a few commits, tables of a few blocks: a dozen commits fill three levels. */
export const SMALLEST_LSM: Partial<LsmTuning> = {
  memtableBytes: 600,
  cacheBytes: 1024,
  blockBytes: 128,
  tableBytes: 512,
  restartInterval: 2,
};

const SMALLEST_POLICY: PolicyOptions = { kind: 'leveled', ratio: 2, l0Tables: 2 };

/** The store over an LSM tree. */
export function lsmSubject(policy: PolicyOptions = SMALLEST_POLICY): CrashSubject {
  return storeSubject({
    name: policy.kind === 'leveled' ? 'lsm' : `lsm_${policy.kind}`,
    format: { ...SMALLEST_FORMAT, lsm: { filterPrefix: WHOLE_KEY } },
    tuning: { lsm: { ...SMALLEST_LSM, policy } },
    own: { workloads: LSM_WORKLOADS, shapes: LSM_SHAPE_WATCH },
  });
}
