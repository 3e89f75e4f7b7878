export * from './transaction';
export * from './protections';
export type { MvccEvent } from './events';
export { TransactionManager, type TransactionManagerOptions } from './transaction_manager';
export { Vacuum, type VacuumPass } from './vacuum';
export { vacuumDue, type VacuumDecision } from './vacuum_policy';
export type { GarbageCollector, VacuumCounts, VacuumDescription } from './vacuum_counts';
export { MergeGarbage, MergingCollector, type MergeCounts, type SweepStep } from './merge_garbage';
export { garbageOf, type Dated } from './garbage';
export { describeVersions } from './describe';
export type {
  KeyDescription,
  RangeDescription,
  ReadsDescription,
  RecordPlace,
  TransactionDescription,
  VersionDescription,
  VersionsDescription,
} from './descriptions';
export { measureVersions, type VersionMeasure } from './measure';
export { wholeChains } from './whole_chains';
export { VersionReader, type VersionSource } from './version_reader';
export {
  commitOf,
  isTombstone,
  isVersion,
  TERMINATOR_BYTES,
  TIMESTAMP_BYTES,
  userKeyOf,
  userValueOf,
  versionBytes,
  versionKeyBytes,
  versionsOf,
} from './version_key';
export { MemoryVersions, type MemoryStoreOptions } from './memory_store';
