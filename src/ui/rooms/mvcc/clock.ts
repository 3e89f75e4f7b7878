/**
 * The clock of the lanes. A commit is a dozen records of the trace, and most of them are of files and of the log; here one
 * thing that a session does is one moment:
 *
 *     t1      begin   get x           put y            commit
 *     t2              . begin         .        get y   .       commit ...
 *     moment  0       1      2        3        4       5       6
 *
 * Two lanes that do something because of one command, as two commits that share a flush, do it in the same moment. What a
 * lane does several times in one command, as the reads of a scan, is one step. An opening is one from its first whole superblock on.
 */
import { keepLast } from '../../../lab/persistent_list';
import type { TraceRecord } from '../../../protocol/trace';
import { bytesOf } from './garbage';
import { MOMENTS_MAX, STEPS_MAX, type Clock, type MvccView, type StepKind, type StepView } from './model';

export type When = Pick<TraceRecord, 'seq' | 'site' | 'command'>;

export interface Done extends Partial<
  Pick<StepView, 'transaction' | 'key' | 'keyHex' | 'count' | 'lsn' | 'found' | 'stray' | 'text'>
> {
  readonly lane: string;
  readonly kind: StepKind;
}

const MERGED: ReadonlySet<StepKind> = new Set<StepKind>(['read', 'scan', 'settled', 'vacuum', 'open']);

export function withStep(view: MvccView, when: When, done: Done): MvccView {
  const last = lastOf(view, done.lane);
  if (last && isSameStep(view, last, when, done)) return withMore(view, last, when, done);
  const clock = ticked(view.clock, when.command, done.lane);
  const { lanes } = view;
  const step: StepView = {
    id: `${clock.moment}.${done.lane}`,
    transaction: undefined,
    key: undefined,
    keyHex: '',
    count: 1,
    lsn: undefined,
    found: undefined,
    text: undefined,
    stray: undefined,
    ...done,
    moment: clock.moment,
    seq: when.seq,
    site: when.site,
  };
  return {
    ...view,
    clock,
    lanes: lanes.includes(done.lane) ? lanes : [...lanes, done.lane],
    steps: keepLast(view.steps.push(step), STEPS_MAX),
  };
}

/** Steps of the last few lanes are the last few steps. */
const LOOK_BACK = 12;

function lastOf({ steps }: MvccView, lane: string): StepView | undefined {
  for (let i = steps.end - 1; i >= Math.max(steps.first, steps.end - LOOK_BACK); i--) {
    const step = steps.get(i)!;
    if (step.lane === lane) return step;
  }
  return undefined;
}

function isSameStep({ clock }: MvccView, last: StepView, { command }: When, { kind }: Done): boolean {
  if (clock.command !== command || last.moment !== clock.moment || !MERGED.has(kind)) return false;
  return last.kind === kind || (last.kind === 'scan' && kind === 'read');
}

/** One more key of a scan, one more commit of a flush, one more version of a slice. */
function withMore(view: MvccView, last: StepView, when: When, done: Done): MvccView {
  const { steps } = view;
  let at = steps.end - 1;
  while (steps.get(at) !== last) at--;
  const kind = last.kind === 'read' ? 'scan' : last.kind;
  const { count = 1, found = last.found, key = last.key, keyHex = last.keyHex, lsn = last.lsn } = done;
  const { stray = last.stray } = done;
  const more = { ...last, kind, lsn, key, keyHex, found, stray, count: last.count + count, seq: when.seq };
  return { ...view, steps: steps.set(at, more) };
}

function ticked(clock: Clock, command: number, lane: string): Clock {
  const isShared = clock.command === command && !clock.lanes.includes(lane);
  if (isShared) return { ...clock, lanes: [...clock.lanes, lane] };
  return { moment: clock.moment + 1, command, lanes: [lane] };
}

/** Bytes as they are at the end of this moment, so far. */
export function sampled(view: MvccView): MvccView {
  const { clock, samples } = view;
  if (clock.moment < 0) return view;
  const bytes = bytesOf(view);
  const known = samples.last();
  if (samples.end > clock.moment) {
    if (known?.live === bytes.live && known.held === bytes.held && known.garbage === bytes.garbage) return view;
    return { ...view, samples: samples.set(clock.moment, bytes) };
  }
  return { ...view, samples: keepLast(samples.push(bytes), MOMENTS_MAX) };
}
