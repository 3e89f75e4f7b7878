export { annotateLsm } from './annotate';
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
export { openFilter, type FilterQuestion, type OpenedFilter } from './open_filter';
export type { LsmOptions } from './open_options';
export * from './options';
export { LsmIndex } from './lsm_index';
export type { ManifestDescription } from './manifest_root';
export type { BackPressure } from './back_pressure';
export type { LsmStats, LevelStats } from './stats';
export type { TableId, TableMeta } from './table/table_meta';
export type { Run, RunId, Version } from './version';
