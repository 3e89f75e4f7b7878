/**
 * A worker that never comes back: it opens the store and commits in one synchronous loop, each commit flushed before
 * the next. What it was told it writes into shared memory, which outlives it: [0] commits acknowledged, [1] submitted.
 *
 * It commits the load of `src/host/load.ts`, so that the harness can say what each of its commits holds.
 */
import { SeededRandom } from '../../../src/base/runtime';
import { keysOf, loadCommit } from '../../../src/host/load';
import { Store } from '../../../src/kv_store';
import type { LoadSpec } from '../../../src/protocol/drill';
import { learnerStorage } from '../../../workers/opfs_stores';

export interface SpinRequest {
  readonly spec: LoadSpec;
  readonly counts: Int32Array<SharedArrayBuffer>;
}

onmessage = ({ data }: MessageEvent<SpinRequest>): void => void spin(data);

async function spin({ counts, spec }: SpinRequest): Promise<void> {
  const files = await learnerStorage({}).open({ create: false });
  const store = Store.open({ files, random: new SeededRandom(spec.seed), schedule: () => undefined });
  postMessage({ spinning: true });
  const keys = keysOf(spec);
  for (let number = 1; ; number++) {
    Atomics.store(counts, 1, number);
    store.batch(loadCommit(spec, keys, number).operations);
    store.flush();
    Atomics.store(counts, 0, number);
  }
}
