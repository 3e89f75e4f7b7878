/** What a tree is opened with. */
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
  /** Opens what is damaged with what is not, for reading. The allocator's files have to keep writes to themselves. */
  readonly isSalvage?: boolean;
  readonly trace: TraceSink<BTreeEvent> | null;
}
