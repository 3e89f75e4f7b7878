/**
 * The search: every state of every crash point of a run, each distinct one judged once.
 *
 * Two states are the same if they show the same bytes, and the same is promised and was submitted: then the same call
 * of the same recovery is held against the same. Runs that share their beginning share those states too, so one `Seen`
 * can serve many of them.
 *
 *   Y1  A share of n takes the states whose image hash falls to it: the n shares have no state in common, and together
 *       are the whole, whoever takes which.
 */
import { fromBoardOrder } from '../storage/simulated/board_order';
import { whyImpossible } from '../storage/simulated/fates';
import type { Flip } from './actions';
import { Checker, type Judgement } from './checker';
import { recordRun, type CrashPoint, type RecordedRun, type RunOptions } from './run';
import type { Ending } from './state_id';
import { mount, StateSpace } from './states';

export interface SearchOptions {
  readonly statesMax: number;
  readonly seed: number;
  readonly share: { readonly index: number; readonly of: number };
  readonly crashRecovery: boolean;
  /** Which crash points; absent: all. */
  readonly isWanted?: (point: CrashPoint) => boolean;
  /** A search with this limit was made before: points that it exhausted are left out. */
  readonly statesMaxBefore?: number;
  /** Bits that rot after the crash, in every state. */
  readonly flips?: readonly Flip[];
}

export const WHOLE_SHARE = { index: 0, of: 1 } as const;

/** The states judged so far; `first` names the one that was. */
export interface Seen {
  has(key: string): boolean;
  add(key: string): void;
}

export interface StateOutcome {
  readonly point: CrashPoint;
  readonly ending: Ending;
  readonly image: string;
  /** What makes it the same state as another. */
  readonly key: string;
  /** Absent: a state with the same key was judged before. */
  readonly judgement?: Judgement;
}

export class Search {
  readonly run: RecordedRun;
  readonly checker: Checker;
  readonly #options: SearchOptions;

  constructor(run: RunOptions | RecordedRun, options: SearchOptions) {
    this.run = 'points' in run ? run : recordRun(run);
    this.#options = options;
    const { careless, profile, protections, seed, subject } = this.run.options;
    this.checker = new Checker({
      subject,
      protections,
      careless,
      profile,
      seed,
      firstLsn: this.run.firstLsn,
      isSpoilt: this.run.hasFaults || (options.flips?.length ?? 0) > 0,
      crashRecovery: options.crashRecovery,
    });
  }

  /** The crash points, with the states of each. */
  *spaces(): Generator<StateSpace, void> {
    const { isWanted, seed, statesMax, statesMaxBefore = 0 } = this.#options;
    const { profile } = this.run.options;
    for (const point of this.run.points) {
      if (isWanted !== undefined && !isWanted(point)) continue;
      const space = new StateSpace(point, { profile, statesMax, seed });
      if (!space.isExhaustive || space.combinations > statesMaxBefore) yield space;
    }
  }

  /** Every state of the share, in program order. */
  *outcomes(seen: Seen = new Set<string>()): Generator<StateOutcome, void> {
    for (const space of this.spaces()) {
      for (const ending of space.endings()) {
        const outcome = this.#outcome(space.point, ending, seen);
        if (outcome !== undefined) yield outcome;
      }
    }
  }

  /** One state by its ending, judged whether or not it was seen. */
  judge(point: CrashPoint, ending: Ending): StateOutcome & { readonly judgement: Judgement } {
    const disk = mount(point, ending, this.#options.flips);
    const image = disk.imageHash();
    const key = keyOf(point, image);
    return { point, ending, image, key, judgement: this.checker.judge(point, disk, image) };
  }

  /** Whether the profile allows an ending of a point. */
  isPossible(point: CrashPoint, ending: Ending): boolean {
    const { profile } = this.run.options;
    if (ending.how === 'crash') {
      const length = point.call?.kind === 'write' ? point.call.bytes.length : 0;
      return !profile.losesUnflushed && ending.landedBytes <= length;
    }
    const items = point.disk.pending();
    if (!profile.losesUnflushed || ending.fates.length !== items.length) return false;
    return whyImpossible(items, fromBoardOrder(items, ending.fates), profile) === undefined;
  }

  #outcome(point: CrashPoint, ending: Ending, seen: Seen): StateOutcome | undefined {
    const { flips, share } = this.#options;
    const disk = mount(point, ending, flips);
    const image = disk.imageHash();
    if (share.of > 1 && Number.parseInt(image.slice(-6), 16) % share.of !== share.index) return undefined;
    const key = keyOf(point, image);
    if (seen.has(key)) return { point, ending, image, key };
    seen.add(key);
    return { point, ending, image, key, judgement: this.checker.judge(point, disk, image) };
  }
}

function keyOf({ acknowledged, history, promised, submitted }: CrashPoint, image: string): string {
  return `${image}.${promised}.${acknowledged}.${submitted}.${history.markAfter(submitted)}`;
}
