/**
 * The arrows of a witness between operations: an arrow says that one transaction comes before another, and here between
 * which two steps of theirs that shows.
 *
 *     ww   the two writes                      wr   the write, and the read that gave it
 *     rw   the read, and the write that it did not see
 *     start order   the commit of the one, and the beginning of the other
 */
import { assert } from '../../base/assert';
import type { WitnessEdge } from './anomalies';
import type { ReadValue } from './history';
import type { Entries, StepTaken } from './run_script';

/** The places of its two steps. */
export function stepsOfEdge(
  steps: readonly StepTaken[],
  { from, key, kind, to }: WitnessEdge,
): { readonly from: number; readonly to: number } {
  const last = (session: number, is: (step: StepTaken) => boolean): number => {
    const place = steps.findLastIndex((step) => step.session === session + 1 && step.how === 'done' && is(step));
    assert(place !== -1, 'what the checker says was done was a step');
    return place;
  };
  const writes = (step: StepTaken): boolean => isWriteOf(step, key!);
  const reads = (step: StepTaken, wants: boolean): boolean => {
    const writer = kind === 'wr' ? from : to;
    const written = steps.flatMap((one) => (one.session === writer + 1 && isWriteOf(one, key!) ? [one.action[2]] : []));
    const value = readOf(step, key!, kind === 'rw predicate');
    return value !== undefined && written.some((one) => holds(value, one as number)) === wants;
  };
  switch (kind) {
    case 'start order':
      return {
        from: last(from, ({ action }) => action[0] === 'commit'),
        to: last(to, ({ action }) => action[0] === 'begin'),
      };
    case 'ww':
      return { from: last(from, writes), to: last(to, writes) };
    case 'wr':
      return { from: last(from, writes), to: last(to, (step) => reads(step, true)) };
    case 'rw':
    case 'rw predicate':
      return { from: last(from, (step) => reads(step, false)), to: last(to, writes) };
  }
}

const isWriteOf = ({ action: [what, on] }: StepTaken, key: string): boolean =>
  (what === 'write' || what === 'append') && on === key;

/** What a step read under a key; undefined: it did not look there. */
function readOf({ action, entries, value }: StepTaken, key: string, onlyScans: boolean): ReadValue | undefined {
  if (action[0] === 'scan') return key >= action[1] && key < action[2] ? entryIn(entries ?? [], key) : undefined;
  return !onlyScans && (action[0] === 'read' || action[0] === 'append') && action[1] === key ? value : undefined;
}

const entryIn = (entries: Entries, key: string): ReadValue => entries.find(([name]) => name === key)?.[1] ?? null;

const holds = (value: ReadValue, written: number): boolean =>
  Array.isArray(value) ? (value as readonly number[]).includes(written) : value === written;
