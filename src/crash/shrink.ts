/**
 * Shrinking: the fewest actions and the plainest state that still fail the same check.
 *
 * First the run: actions are left out, in halves and then one by one, as long as some state of what remains fails (the
 * reduction of Zeller and Hildebrandt 2002, "Simplifying and Isolating Failure-Inducing Input"). Each try is a search
 * of its own: without its first half a run has other I/Os, and other states that fail. Then the state: fates are
 * turned into lost, or kept, while it still fails, so that what is left is what the failure needs.
 */
import type { Action } from './actions';
import type { CheckName, Judgement } from './checker';
import { recordRun, type CrashPoint, type RecordedRun, type RunOptions } from './run';
import { Search, WHOLE_SHARE, type SearchOptions } from './search';
import type { Ending } from './state_id';
import type { Fate } from '../storage/simulated/fates';

export interface Failure {
  readonly run: RecordedRun;
  readonly point: CrashPoint;
  readonly ending: Ending;
  readonly image: string;
  readonly judgement: Judgement;
}

export interface ShrinkOptions {
  readonly statesMax: number;
  readonly seed: number;
  /** Most runs that are tried. */
  readonly triesMax: number;
  readonly crashRecovery: boolean;
}

/** A state of the run that fails that check; the first in program order. */
export function findFailure(options: RunOptions, how: ShrinkOptions, check?: CheckName): Failure | undefined {
  const run = recordRun(options);
  const search = new Search(run, searchOptions(how));
  for (const { ending, image, judgement, point } of search.outcomes()) {
    if (judgement?.check !== undefined && (check === undefined || judgement.check === check))
      return { run, point, ending, image, judgement };
  }
  return undefined;
}

export function shrink(failure: Failure, how: ShrinkOptions): Failure {
  return plainest(fewestActions(failure, how), how);
}

function searchOptions({ crashRecovery, seed, statesMax }: ShrinkOptions): SearchOptions {
  return { statesMax, seed, crashRecovery, share: WHOLE_SHARE };
}

function fewestActions(failure: Failure, how: ShrinkOptions): Failure {
  const { check } = failure.judgement;
  let best = failure;
  let tries = 0;
  for (let size = best.run.options.actions.length >> 1; size >= 1; size = size >> 1) {
    for (let at = 0; at < best.run.options.actions.length && tries < how.triesMax;) {
      const { actions } = best.run.options;
      tries++;
      const smaller = tryActions(best.run.options, [...actions.slice(0, at), ...actions.slice(at + size)], how, check);
      if (smaller === undefined) at += size;
      else best = smaller;
    }
  }
  return best;
}

/** What happens after the crash is no part of it. */
function tryActions(
  options: RunOptions,
  actions: readonly Action[],
  how: ShrinkOptions,
  check: CheckName | undefined,
): Failure | undefined {
  const found = findFailure({ ...options, actions }, how, check);
  if (found === undefined) return undefined;
  const until = found.point.action + 1;
  if (found.point.call === undefined || until >= actions.length) return found;
  return findFailure({ ...options, actions: actions.slice(0, until) }, how, check) ?? found;
}

/** Turns fates into lost, or into kept, one after the other; of a crash inside a write, as few bytes as will do. */
function plainest(failure: Failure, how: ShrinkOptions): Failure {
  const { ending } = failure;
  if (ending.how === 'crash') return failure;
  const search = new Search(failure.run, searchOptions(how));
  const tried = PLAIN.map((plain) => towards(failure, search, plain));
  return tried.sort((a, b) => weight(a.ending) - weight(b.ending))[0]!;
}

const PLAIN: readonly Fate[] = [{ fate: 'lost' }, { fate: 'kept' }];

function towards(failure: Failure, search: Search, plain: Fate): Failure {
  let best = failure;
  if (failure.ending.how === 'crash') return best;
  for (let i = 0; i < failure.ending.fates.length; i++) {
    const { fates } = best.ending as Extract<Ending, { how: 'cut' }>;
    if (fates[i]!.fate === plain.fate && !isSpecial(fates[i]!)) continue;
    const ending: Ending = { how: 'cut', fates: fates.with(i, plain) };
    const outcome = judgeIfPossible(search, failure.point, ending);
    if (outcome?.judgement.check === failure.judgement.check) best = { ...best, ...outcome };
  }
  return best;
}

/** In-order lengths forbid some choices: those are not tried. */
function judgeIfPossible(search: Search, point: CrashPoint, ending: Ending) {
  return search.isPossible(point, ending) ? search.judge(point, ending) : undefined;
}

const isSpecial = (fate: Fate): boolean =>
  ('version' in fate && fate.version !== undefined) || ('to' in fate && fate.to !== undefined);

/** How much a state asks of its reader: items that go against the others. */
export function weight(ending: Ending): number {
  if (ending.how === 'crash') return 1;
  const count = (wanted: Fate['fate']): number =>
    ending.fates.filter((fate) => fate.fate === wanted && !isSpecial(fate)).length;
  return ending.fates.length - Math.max(count('lost'), count('kept'));
}
