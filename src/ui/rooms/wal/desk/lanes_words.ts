/** Words and ticks of the lanes. */
import { ticks } from 'd3';
import type { Span } from '../../../../lab/traffic_lanes';
import type { TrafficWork } from '../../../../protocol/traffic';

export const WORK_WORDS: Readonly<Record<TrafficWork, string>> = {
  commit: 'takes and tells',
  log_write: 'log write',
  log_flush: 'log flush',
  checkpoint_write: 'checkpoint write',
  checkpoint_flush: 'checkpoint flush',
};

/** Round times inside the window, away from its very ends. */
export function timeTicks({ from, to }: Span, count: number): readonly number[] {
  const margin = (to - from) * 0.03;
  return ticks(Math.max(0, from), to, count).filter((tick) => tick >= from + margin && tick <= to - margin);
}

/** Ticks of a logarithmic axis inside its domain: powers of ten, and 2 and 5 times them where it is short. */
export function logTicks(least: number, most: number): readonly number[] {
  const factors = most / least < 120 ? [1, 2, 5] : [1];
  const all: number[] = [];
  for (let power = Math.floor(Math.log10(least)); power <= Math.log10(most); power++)
    all.push(...factors.map((factor) => factor * 10 ** power));
  return all.filter((tick) => tick >= least * 0.999 && tick <= most * 1.001);
}
