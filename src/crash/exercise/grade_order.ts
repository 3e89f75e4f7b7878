/**
 * Grades an order of the six steps of a commit: three commits in that order, every crash at every I/O, every state of
 * the disk that an unkind one may leave, each recovered and judged by the crash search. An order is right if none
 * loses anything; of a wrong one the smallest losing crash is named.
 */
import { encodeText } from '../../base/bytes';
import { PROFILES } from '../../storage/simulated/profiles';
import type { Fate } from '../../storage/simulated/fates';
import { inBoardOrder } from '../../storage/simulated/board_order';
import type { PendingItem } from '../../storage/simulated/pending';
import type { Action } from '../actions';
import type { CrashPoint } from '../run';
import { Search, WHOLE_SHARE, type StateOutcome } from '../search';
import { orderedSubject, type CommitStep } from './ordered_store';

export interface OrderGrade {
  /** Distinct disk states judged. */
  readonly states: number;
  /** How many of them lost or garbled something. */
  readonly losing: number;
  /** Of the losing ones, one with the least that has to go wrong. Absent for a right order. */
  readonly worst?: LosingCrash;
}

export interface LosingCrash {
  /** Which commit was under way, from 1, and the step that the crash came before; absent: after its last one. */
  readonly commit: number;
  readonly before: CommitStep | undefined;
  /** What became of each thing that was written and not flushed, in words. */
  readonly fates: readonly string[];
  /** What is wrong with what came back, in one sentence. */
  readonly sentence: string;
}

const COMMITS = 3;
const STATES_MAX = 512;
const SEED = 1;

export function gradeOrder(order: readonly CommitStep[]): OrderGrade {
  let states = 0;
  let losing = 0;
  let worst: StateOutcome | undefined;
  for (const outcome of outcomesOf(order)) {
    states++;
    if (outcome.judgement?.letter === 'A') continue;
    losing++;
    if (worst === undefined || damage(outcome) < damage(worst)) worst = outcome;
  }
  return { states, losing, ...(worst && { worst: inWords(worst, order) }) };
}

/** The same question without the answer's reasons: stops at the first crash that loses something. */
export function losesNothing(order: readonly CommitStep[]): boolean {
  for (const { judgement } of outcomesOf(order)) if (judgement?.letter !== 'A') return false;
  return true;
}

/** Every distinct state, judged. */
function* outcomesOf(order: readonly CommitStep[]): Generator<StateOutcome, void> {
  const search = new Search(
    {
      subject: orderedSubject(order),
      actions: actions(),
      profile: PROFILES.adversarial,
      seed: SEED,
      protections: {},
      careless: [],
    },
    // Formatting is over: what is asked for is the order of a commit.
    {
      statesMax: STATES_MAX,
      seed: SEED,
      share: WHOLE_SHARE,
      crashRecovery: true,
      isWanted: ({ action }) => action >= 0,
    },
  );
  for (const outcome of search.outcomes()) if (outcome.judgement !== undefined) yield outcome;
}

/** Each commit writes a key in either half of the page. */
function actions(): readonly Action[] {
  return Array.from({ length: COMMITS }, (_, index): readonly Action[] => [
    {
      do: 'commit',
      mode: 'strict',
      operations: ['a', 'b'].map((key) => ({
        kind: 'put',
        key: encodeText(key),
        value: encodeText(`${key}${index + 1}`),
      })),
    },
    { do: 'turn' },
  ]).flat();
}

/** How unkind the disk has to be: losing or keeping a whole item is common, tearing one is rarer, noise is rarest. */
function damage({ ending, point }: StateOutcome): number {
  if (ending.how === 'crash') return 0;
  const weights: Readonly<Record<Fate['fate'], number>> = { kept: 1, lost: 1, torn: 10, garbage: 100 };
  return ending.fates.reduce((sum, { fate }) => sum + weights[fate], 0) + point.io / 1000;
}

function inWords({ ending, judgement, point }: StateOutcome, order: readonly CommitStep[]): LosingCrash {
  const items = inBoardOrder(point.disk.pending());
  const fates = ending.how === 'crash' ? [] : ending.fates;
  return {
    commit: (point.action >> 1) + 1,
    before: stepOf(point, order),
    fates: items.map((item, i) => `${nameOf(item)}: ${fates[i]?.fate ?? 'kept'}`),
    sentence: judgement!.sentence,
  };
}

/** The k-th I/O of a commit is the k-th of its steps that is one. */
function stepOf({ call }: CrashPoint, order: readonly CommitStep[]): CommitStep | undefined {
  if (call === undefined) return undefined;
  const isLog = call.file === 'log';
  const step = call.kind === 'flush' ? (isLog ? 'log_flush' : 'data_flush') : isLog ? 'log_append' : 'page_write';
  return order.includes(step) ? step : undefined;
}

function nameOf(item: PendingItem): string {
  const place = item.file === 'log' ? 'the log record' : 'the page';
  if (item.kind === 'length') return `the length of ${item.file}`;
  return `sector ${item.index + 1} of ${place}`;
}
