/** LSM trees so small that a hundred batches fill three levels, for tests. */
import { ExtentAllocator } from '../../storage/extent_allocator';
import type { FileSet } from '../../storage/file';
import { WHOLE_KEY } from '../filter_prefix';
import { LsmIndex } from '../lsm_index';
import type { LsmOptions } from '../open_options';
import { ALL_LSM_PROTECTIONS, DEFAULT_LSM_TUNING, type LsmTuning } from '../options';

export const SMALL_TUNING: LsmTuning = {
  ...DEFAULT_LSM_TUNING,
  memtableBytes: 1024,
  cacheBytes: 4096,
  blockBytes: 256,
  tableBytes: 1024,
  restartInterval: 4,
};

export function openSmall(
  files: FileSet,
  root: Uint8Array,
  { policy, ...options }: Partial<LsmOptions> & Partial<Pick<LsmTuning, 'policy'>>,
): LsmIndex {
  const index = LsmIndex.open(root, {
    allocator: new ExtentAllocator(files, 512),
    storeSeed: 77,
    salt: 0x5a17,
    filterPrefix: WHOLE_KEY,
    tuning: policy ? { ...SMALL_TUNING, policy } : SMALL_TUNING,
    protections: ALL_LSM_PROTECTIONS,
    trace: null,
    ...options,
  });
  index.finishOpening();
  return index;
}

/** From its beginning to its end. @returns the root */
export function takeCheckpoint(index: LsmIndex): Uint8Array {
  const checkpoint = index.beginCheckpoint();
  while (!checkpoint.step(700).done);
  while (!checkpoint.settle(700).done);
  checkpoint.finish();
  return checkpoint.root;
}
