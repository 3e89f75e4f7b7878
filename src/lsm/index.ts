export type {
  CompactionDescription,
  EntryDescription,
  LsmDescription,
  MemtableDescription,
  ReaderDescription,
  TableInTheMaking,
} from './describe';
export * from './events';
export * from './filter_prefix';
export * from './options';
export { LsmIndex } from './lsm_index';
export type { ManifestDescription } from './manifest';
export type { BackPressure, LevelLimit } from './policy';
export type { LsmStats, LevelStats } from './stats';
export type { TableId, TableMeta } from './table/table_meta';
export type { Run, RunId, Version } from './version';
