export * from './transaction';
export * from './protections';
export type { MvccEvent } from './events';
export { TransactionManager, type TransactionManagerOptions } from './transaction_manager';
export { Vacuum, type VacuumPass } from './vacuum';
export { vacuumDue, type VacuumDecision } from './vacuum_policy';
export type { GarbageCollector, VacuumCounts } from './vacuum_counts';
export { MergeGarbage, MergingCollector, type MergeCounts, type SweepStep } from './merge_garbage';
export { garbageOf, type Dated } from './garbage';
export {
  describeVersions,
  type KeyDescription,
  type RangeDescription,
  type ReadsDescription,
  type RecordPlace,
  type TransactionDescription,
  type VacuumDescription,
  type VersionDescription,
  type VersionsDescription,
} from './describe';
export { measureVersions, type VersionMeasure } from './measure';
export { wholeChains } from './whole_chains';
export { VersionReader, type VersionSource } from './version_reader';
export {
  commitOf,
  isTombstone,
  isVersion,
  TIMESTAMP_BYTES,
  userKeyOf,
  userValueOf,
  versionBytes,
  versionKeyBytes,
  versionsOf,
} from './version_key';
export { MemoryVersions, type MemoryStoreOptions } from './memory_store';
