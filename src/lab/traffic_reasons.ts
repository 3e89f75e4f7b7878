/**
 * Why a commit took as long as it did, in words: what the store's thread was doing while the commit waited.
 *
 *     intended   sent                 begun   written   flushed   told
 *        |---------|---------------------|-------|---------|--------|
 *          omitted   the thread was busy    its own group's calls    others are told first
 *
 * The largest share of the time is the reason. Shares of the queue come from the stretches of the thread between `sent`
 * and `begun`; what no stretch covers there is waiting for company.
 */
import type { TrafficRun, TrafficStretch, TrafficWork } from '../protocol/traffic';
import { breakdown } from './traffic_times';
import { plural } from './result_words';

export interface Reason {
  /** What took the largest share. */
  readonly kind:
    | 'omitted'
    | 'company'
    | 'others_flush'
    | 'others_write'
    | 'others_work'
    | 'slow_flush'
    | 'checkpoint_flush'
    | 'checkpoint_write'
    | 'own_flush'
    | 'own_write'
    | 'telling';
  readonly micros: number;
  readonly sentence: string;
}

/** The stretches that overlap a span, found by halving: they are in order and never overlap. */
export function stretchesIn(stretches: readonly TrafficStretch[], from: number, to: number): readonly TrafficStretch[] {
  const first = firstEndingAfter(stretches, from);
  let end = first;
  while (end < stretches.length && stretches[end]!.from < to) end++;
  return stretches.slice(first, end);
}

function firstEndingAfter(stretches: readonly TrafficStretch[], at: number): number {
  let low = 0;
  let high = stretches.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (stretches[middle]!.to > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

interface Shares {
  readonly micros: Record<TrafficWork | 'idle', number>;
  /** Flushes of the log begun or under way in the span, and the longest of them. */
  readonly flushes: number;
}

/** How a span was spent. */
export function sharesOf(stretches: readonly TrafficStretch[], from: number, to: number): Shares {
  const micros = { commit: 0, log_write: 0, log_flush: 0, checkpoint_write: 0, checkpoint_flush: 0, idle: to - from };
  let flushes = 0;
  for (const stretch of stretchesIn(stretches, from, to)) {
    const part = Math.min(to, stretch.to) - Math.max(from, stretch.from);
    micros[stretch.work] += part;
    micros.idle -= part;
    if (stretch.work === 'log_flush') flushes++;
  }
  return { micros, flushes };
}

export function reasonOf(run: TrafficRun, number: number): Reason {
  const { begun, flushed, sent, told } = run.commits;
  const parts = breakdown(run.commits, number);
  const queue = sharesOf(run.stretches, sent[number]!, begun[number]!);
  const telling = sharesOf(run.stretches, flushed[number]!, told[number]!);
  const behind =
    queue.flushes === 1 ? 'the flush of those before it' : `${plural(queue.flushes, 'flush', 'flushes')} of others`;
  const client = `client ${run.commits.client[number]! + 1}`;
  const candidates: Reason[] = [
    {
      kind: 'omitted',
      micros: parts.omitted,
      sentence: `was sent late: ${client} still waited for its last answer`,
    },
    ...queueReasons(run, number, queue, behind),
    { kind: 'own_write', micros: parts.io, sentence: 'the write of its own group' },
    {
      kind: isSlow(run, number) ? 'slow_flush' : 'own_flush',
      micros: parts.flush,
      sentence: isSlow(run, number) ? 'its own flush was a slow one' : 'its own flush',
    },
    {
      kind: 'checkpoint_flush',
      micros: telling.micros.checkpoint_flush + telling.micros.checkpoint_write,
      sentence: 'was told after a step of a checkpoint',
    },
    { kind: 'telling', micros: telling.micros.commit, sentence: 'others of its group were told first' },
  ];
  return candidates.reduce((most, one) => (one.micros > most.micros ? one : most));
}

function queueReasons(run: TrafficRun, number: number, { micros }: Shares, behind: string): Reason[] {
  const slow = slowFlushIn(run, run.commits.sent[number]!, run.commits.begun[number]!);
  return [
    { kind: 'company', micros: micros.idle, sentence: 'its group waited for company' },
    {
      kind: slow ? 'slow_flush' : 'others_flush',
      micros: micros.log_flush,
      sentence: `waited behind ${slow ? 'a slow flush of others' : behind}`,
    },
    { kind: 'others_write', micros: micros.log_write, sentence: 'waited behind the write of another group' },
    { kind: 'checkpoint_flush', micros: micros.checkpoint_flush, sentence: 'waited for a checkpoint’s flush' },
    { kind: 'checkpoint_write', micros: micros.checkpoint_write, sentence: 'waited for a checkpoint’s writes' },
    { kind: 'others_work', micros: micros.commit, sentence: 'waited while others were taken and told' },
  ];
}

const isSlow = (run: TrafficRun, number: number): boolean =>
  slowFlushIn(run, run.commits.written[number]!, run.commits.flushed[number]!);

/** Whether a slow flush of the log was under way in a span. */
function slowFlushIn({ moments, stretches }: TrafficRun, from: number, to: number): boolean {
  const flushes = stretchesIn(stretches, from, to).filter(({ work }) => work === 'log_flush');
  return flushes.some((flush) => moments.some(({ at, kind }) => kind === 'slow_flush' && at === flush.from));
}
