/** What a safeguard costs: the calls of the same run with it and without it, counted on the recorded calls themselves. */
import type { CrashPlan } from '../protocol/crash';
import { plural } from './result_words';

export interface RunCost {
  readonly flushes: number;
  readonly writes: number;
  readonly bytes: number;
  /** Of the run on real files, the median of several; absent where it was not measured. */
  readonly milliseconds?: number;
}

/** The calls of a run, the opening left out: it is the same for everyone. */
export function costOf(plan: CrashPlan): RunCost {
  const calls = plan.points.flatMap(({ call, command }) => (call === undefined || command < 0 ? [] : [call]));
  const writes = calls.filter(({ kind }) => kind === 'write');
  return {
    flushes: calls.filter(({ kind }) => kind === 'flush').length,
    writes: writes.length,
    bytes: writes.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** “1 flush, 512 bytes”: what `withIt` needs more than `without`; “nothing” where they are the same. */
export function differenceInWords(withIt: RunCost, without: RunCost): string {
  const parts = [
    signed(withIt.flushes - without.flushes, 'flush', 'flushes'),
    signed(withIt.bytes - without.bytes, 'byte', 'bytes'),
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? 'no call more' : parts.join(', ');
}

function signed(count: number, one: string, many: string): string | undefined {
  if (count === 0) return undefined;
  return count < 0 ? `${plural(-count, one, many)} less` : plural(count, one, many);
}

export function costInWords({ flushes, bytes, milliseconds }: RunCost): string {
  const time = milliseconds === undefined ? '' : `, ${milliseconds.toFixed(2)} ms`;
  return `${plural(flushes, 'flush', 'flushes')}, ${plural(bytes, 'byte')}${time}`;
}

export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
