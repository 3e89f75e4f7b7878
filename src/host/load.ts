/**
 * A load that is killed without warning. Every commit follows from the seed and its number, so whoever opens the
 * store afterwards can say what each one should hold; the page only keeps the numbers it was told yes for.
 */
import { lsn as asLsn } from '../base/ids';
import type { Batch } from '../base/ordered_index';
import type { DurabilityMode } from '../kv_store';
import type { LedgerCommit, LoadNote, LoadRecord, LoadSpec } from '../protocol/drill';
import { KeyGenerator, valueOf } from '../workload/generators';
import type { JobProgress, JobWork } from './jobs';
import type { Session } from './session';

/** Commit `number` of a load, from 1. */
export function loadCommit(
  spec: LoadSpec,
  keys: KeyGenerator,
  number: number,
): { operations: Batch; mode: DurabilityMode } {
  const first = (number - 1) * spec.batch;
  const operations: Batch = Array.from({ length: spec.batch }, (_, index) => ({
    kind: 'put',
    key: keys.keyOf(first + index),
    value: valueOf(spec.seed, first + index, spec.valueBytes),
  }));
  const isRelaxed = spec.relaxedEvery > 0 && number % spec.relaxedEvery === 0;
  return { operations, mode: isRelaxed ? 'relaxed' : 'strict' };
}

export const keysOf = ({ keys: order, keySpace, seed }: LoadSpec): KeyGenerator =>
  new KeyGenerator({ order, keySpace, seed });

/**
 * Keeps `clients` commits under way; one slice is one round of them, acknowledged together. Two notes a round: one when
 * its commits are submitted and nothing of them is written, one when they are acknowledged. Who hears the first and not
 * the second knows what was on its way when the worker died.
 */
export function loadWork(session: Session, spec: LoadSpec, post: (note: LoadNote) => void): JobWork {
  session.blockReplay('A load ran against it, which no command of the session says.');
  return { unit: 'commits', slices: () => rounds(session, spec, post) };
}

async function* rounds(
  session: Session,
  spec: LoadSpec,
  post: (note: LoadNote) => void,
): AsyncGenerator<JobProgress, JobProgress> {
  const keys = keysOf(spec);
  const firstLsn = asLsn(session.store.stats().publishedLsn + 1);
  const total = spec.commits === 0 ? Infinity : spec.commits;
  let submitted = 0;
  const progress = (): JobProgress => ({
    done: submitted,
    total: spec.commits,
    sentence: `${submitted} commits submitted by ${spec.clients} clients.`,
  });
  while (submitted < total) {
    const acknowledged: number[] = [];
    await new Promise<void>((resolve, reject) => {
      const size = Math.min(spec.clients, total - submitted);
      let waiting = size;
      for (let client = 1; client <= size; client++) {
        const number = ++submitted;
        const { operations, mode } = loadCommit(spec, keys, number);
        session.commit(operations, { mode, client }).onSettled((error) => {
          if (error !== undefined) reject(error);
          acknowledged.push(number);
          if (--waiting === 0) resolve();
        });
      }
      post({ submitted, firstLsn, acknowledged: [] });
      if (session.settings.grouping === 'explicit') session.store.flush();
    });
    post({ submitted, firstLsn, acknowledged });
    yield progress();
  }
  return progress();
}

/**
 * The commits of a load as a ledger, as far as `lastLsn`: a worker may have got further than anybody heard. What the
 * page did not even hear of as submitted is marked so.
 */
export function loadLedger({ acknowledged, firstLsn, spec, submitted }: LoadRecord, lastLsn: number): LedgerCommit[] {
  const keys = keysOf(spec);
  const told = new Set(acknowledged);
  const count = Math.max(submitted, lastLsn - firstLsn + 1, ...acknowledged.slice(-1));
  return Array.from({ length: count }, (_, index) => {
    const { operations, mode } = loadCommit(spec, keys, index + 1);
    const client = (index % spec.clients) + 1;
    return {
      lsn: asLsn(firstLsn + index),
      client,
      mode,
      operations,
      acknowledged: told.has(index + 1),
      announced: index < submitted,
      flushed: false,
    };
  });
}
