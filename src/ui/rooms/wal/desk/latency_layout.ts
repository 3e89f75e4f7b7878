/** What lies under the map of latencies: the rug of the engine's events, and what a recovery would have to read. */
import type { TrafficRun } from '../../../../protocol/traffic';

export interface Rug {
  /** Whole pixels with the end of a flush of the log in them, each once. */
  readonly flushes: readonly number[];
  readonly slow: readonly number[];
  readonly checkpoints: readonly { readonly from: number; readonly to: number }[];
}

export function rugMarks({ groups, micros, moments }: TrafficRun, x: (micros: number) => number): Rug {
  const flushes = new Set(groups.filter(({ flushed }) => flushed > 0).map(({ flushed }) => Math.round(x(flushed))));
  const checkpoints: { from: number; to: number }[] = [];
  let started: number | undefined;
  for (const { at, kind } of moments) {
    if (kind === 'checkpoint_started') started = at;
    else if (kind === 'checkpoint_finished' && started !== undefined) {
      checkpoints.push({ from: x(started), to: x(at) });
      started = undefined;
    }
  }
  // Under way when the run ended.
  if (started !== undefined) checkpoints.push({ from: x(started), to: x(micros) });
  const slow = moments.filter(({ kind }) => kind === 'slow_flush').map(({ at }) => x(at));
  return { flushes: [...flushes], slow, checkpoints };
}

/** Bytes to replay over time, as the outline of an area: they stay until the next sample, and then jump. */
export function replayPath(
  { micros, replay }: TrafficRun,
  x: (micros: number) => number,
  y: (bytes: number) => number,
): string {
  const steps = replay.map(({ at, bytes }) => `H${x(at).toFixed(1)}V${y(bytes).toFixed(1)}`).join('');
  return `M0 ${y(0).toFixed(1)}${steps}H${x(micros).toFixed(1)}V${y(0).toFixed(1)}Z`;
}
