/** What an LSM tree is opened with: where its files are, what it is handed, and how it is to work. */
import type { TraceSink } from '../base/trace';
import type { ExtentAllocator } from '../storage/extent_allocator';
import type { FileSet } from '../storage/file';
import type { CompactionFilter } from './compaction_filter';
import type { LsmEvent } from './events';
import type { FilterPrefixRule } from './filter_prefix';
import type { LsmProtections, LsmTuning } from './options';

export interface LsmOptions {
  readonly allocator: ExtentAllocator;
  readonly storeSeed: number;
  /** S6 in `table/table_format.ts`: u32, drawn anew for each opening. */
  readonly salt: number;
  readonly filterPrefix: FilterPrefixRule;
  readonly tuning: LsmTuning;
  readonly protections: LsmProtections;
  /** Makes everything that is in the store's log durable. */
  readonly flushLog?: () => void;
  /** A say in what merges keep. */
  readonly compactionFilter?: CompactionFilter | undefined;
  /** The files without recording: for what leaves no trace. Default: those of the allocator. */
  readonly unwatchedFiles?: FileSet | undefined;
  /** Opens what is damaged with what is not, for reading. */
  readonly isSalvage?: boolean;
  readonly trace: TraceSink<LsmEvent> | null;
}
