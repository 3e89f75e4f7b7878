/** What a tree is opened with. */
import type { LogSink } from '../base/log_sink';
import type { TraceSink } from '../base/trace';
import type { ExtentAllocator } from '../storage/extent_allocator';
import type { BTreeEvent } from './events';
import type { PageProtection, TreeProtections } from './protections';

export interface BTreeOptions {
  readonly allocator: ExtentAllocator;
  readonly storeSeed: number;
  readonly pageBytes: number;
  /** What the pool may hold in memory. */
  readonly poolBytes: number;
  readonly protection: PageProtection;
  readonly protections: TreeProtections;
  /** Where `log_images` writes images of pages, and finds them again. */
  readonly log?: LogSink | undefined;
  /** Opens what is damaged with what is not, for reading. The allocator's files have to keep writes to themselves. */
  readonly isSalvage?: boolean;
  readonly trace: TraceSink<BTreeEvent> | null;
}
