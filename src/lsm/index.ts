export * from './events';
export * from './filter_prefix';
export * from './options';
export { LsmIndex } from './lsm_index';
export type { LsmStats, LevelStats } from './stats';
export type { TableId, TableMeta } from './table/table_meta';
