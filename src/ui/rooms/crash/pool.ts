/**
 * The workers of a crash search: started when the first search needs them, ended when the room is left for a while.
 *
 * Each judges its share of the states; what they say is added up here. A search ends in one of three ways: all shares
 * are finished, somebody cancelled, or a worker died; then the whole search has failed, since its share is missing.
 */
import { NO_LETTERS, LETTERS } from '../../../lab/crash_words';
import type { CrashBatch, CrashCell, CrashFinding, CrashProgress, CrashRequest } from '../../../protocol/crash';
import { PROTOCOL_VERSION } from '../../../protocol/trace';
import { connect, type Connection } from '../../connect';

export const WORKERS_MAX = 4;

export interface PoolBatch {
  readonly cells: readonly CrashCell[];
  /** Of all shares together. */
  readonly progress: CrashProgress;
}

export interface PoolSearch {
  /** True when every share is finished, false when it was cancelled; fails with what a worker failed with. */
  readonly ended: Promise<boolean>;
  cancel(): void;
}

export class CrashPool {
  readonly size: number;
  readonly #start: (name: string) => Connection;
  #workers: Promise<readonly Connection[]> | undefined;

  constructor(start: (name: string) => Connection = connect, size = navigator.hardwareConcurrency) {
    this.#start = start;
    this.size = Math.max(1, Math.min(WORKERS_MAX, size));
  }

  get isRunning(): boolean {
    return this.#workers !== undefined;
  }

  /** Judges the states of a request in all workers; `share` of the request is set here. */
  search(request: CrashRequest, onBatch: (batch: PoolBatch) => void): PoolSearch {
    const shares: CrashProgress[] = [];
    const closers: (() => void)[] = [];
    let stop: () => void = () => undefined;
    const cancelled = new Promise<false>((resolve) => (stop = () => resolve(false)));
    const run = async (): Promise<boolean> => {
      const workers = await this.#ready();
      const all = workers.map((worker, index) =>
        searchShare(worker, { ...request, share: { index, of: workers.length } }, closers, (batch) => {
          shares[index] = batch.progress;
          onBatch({ cells: batch.cells, progress: added(shares.filter(Boolean)) });
        }),
      );
      await Promise.all(all);
      return true;
    };
    const ended = Promise.race([run(), cancelled]).finally(() => {
      for (const close of closers) close();
    });
    return { ended, cancel: () => stop() };
  }

  /** Takes seconds: done in a worker of the pool, not in the one the rest of the page waits for. */
  async shrink(request: CrashRequest, id: string): Promise<CrashFinding> {
    const [worker] = await this.#ready();
    return worker!.api.shrinkCrash({ ...request, share: { index: 0, of: 1 } }, id);
  }

  async end(): Promise<void> {
    const workers = await this.#workers?.catch(() => []);
    this.#workers = undefined;
    await Promise.all((workers ?? []).map((worker) => worker.end()));
  }

  async #ready(): Promise<readonly Connection[]> {
    const known = await this.#workers?.catch(() => undefined);
    if (known?.every((worker) => worker.alive) === true) return known;
    for (const worker of known ?? []) worker.terminate();
    this.#workers = Promise.all(
      Array.from({ length: this.size }, async (_, index) => {
        const worker = this.#start(`crash ${index + 1}`);
        await worker.api.hello(PROTOCOL_VERSION);
        return worker;
      }),
    );
    return this.#workers;
  }
}

async function searchShare(
  { api, died }: Connection,
  request: CrashRequest,
  closers: (() => void)[],
  onBatch: (batch: CrashBatch) => void,
): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const finished = new Promise<void>((resolve) => {
    port1.onmessage = ({ data }: MessageEvent<CrashBatch>) => {
      onBatch(data);
      if (data.finished) resolve();
    };
  });
  const job = await api.searchCrashes(request, port2);
  closers.push(() => {
    port1.close();
    void api.cancelJob(job).catch(() => undefined);
  });
  const end = await Promise.race([finished, died]);
  // A call to a worker that is gone fails with the reason.
  if (end !== undefined) await api.hello(PROTOCOL_VERSION);
}

function added(shares: readonly CrashProgress[]): CrashProgress {
  const sum = (of: (share: CrashProgress) => number): number => shares.reduce((total, share) => total + of(share), 0);
  const letters = { ...NO_LETTERS };
  for (const letter of LETTERS) letters[letter] = sum((share) => share.letters[letter]);
  return {
    done: sum((share) => share.done),
    total: Math.max(0, ...shares.map((share) => share.total)),
    distinct: sum((share) => share.distinct),
    recoveryCrashes: sum((share) => share.recoveryCrashes),
    letters,
    milliseconds: sum((share) => share.milliseconds),
  };
}
