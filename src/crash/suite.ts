/**
 * The suite: workloads times profiles, in rounds that look closer each time, for as long as it is let.
 *
 *     round 1   every workload, every profile, at most 64 states a point
 *     round 2   the same, at most 256; then 1,024; then 4,096
 *     after     runs drawn from the seed, one after the other, without end
 *
 * Of the short workloads every second pair runs in one of the subject's other formats, by turns and by the seed; the
 * long ones all run in the smallest, and a third of them in another as well. So a short suite has seen a little of
 * everything, and a long one almost all of it. A point whose states were all judged in one round is left out of the
 * next. Two workers take every second workload each: what a workload finds depends on the seed alone, never on who ran
 * it.
 */
import type { PersistenceProfile } from '../storage/simulated/profiles';
import type { CheckName } from './checker';
import { Search, WHOLE_SHARE } from './search';
import { stateId } from './state_id';
import { variantOf, workloadsOf, type CrashSubject } from './subject';
import { VERDICT_LETTERS, type VerdictLetter } from './verdict';
import { randomWorkload, shortWorkloads, type Workload } from './workload';

export interface SuiteOptions {
  readonly subject: CrashSubject;
  readonly profiles: readonly PersistenceProfile[];
  readonly seed: number;
  readonly share: { readonly index: number; readonly of: number };
  /** Length of the short sequences. */
  readonly steps?: number;
}

export const ROUNDS: readonly number[] = [64, 256, 1024, 4096];

/** Distinct states kept in mind for each profile: beyond this a state may be judged, and counted, a second time. */
const SEEN_MAX = 2_000_000;
/** Failures told one by one. */
const FAILURES_KEPT = 50;

export type LetterCounts = Record<VerdictLetter, number>;

interface Planned {
  readonly workload: Workload;
  readonly subject: CrashSubject;
}

export interface SuiteFailure {
  readonly workload: string;
  readonly format: CrashSubject['format'];
  readonly profile: PersistenceProfile['name'];
  /** `run` where the run itself broke a promise. */
  readonly state: string;
  readonly letter: VerdictLetter;
  readonly check: CheckName | 'run';
  readonly sentence: string;
}

export interface SuiteSummary {
  /** Looked at, and of those distinct, which were judged. */
  readonly states: number;
  readonly distinct: number;
  /** Crashes inside recovery, tried on them. */
  readonly recoveryCrashes: number;
  readonly runs: number;
  readonly points: number;
  readonly verdicts: Readonly<Record<string, LetterCounts>>;
  /** Of the D: states past the known limit of the store (`known_limit.ts`), by profile. */
  readonly pastLimit: Readonly<Record<string, number>>;
  readonly failures: readonly SuiteFailure[];
  /** How often each shape of the subject happened in a run that was searched; 0 for those that never did. */
  readonly shapes: Readonly<Record<string, number>>;
}

export const noLetters = (): LetterCounts => ({ A: 0, L: 0, D: 0, S: 0, F: 0 });

export class Suite {
  readonly #options: SuiteOptions;
  readonly #seen = new Map<string, Set<string>>();
  readonly #verdicts: Record<string, LetterCounts> = {};
  readonly #pastLimit: Record<string, number> = {};
  readonly #failures: SuiteFailure[] = [];
  readonly #shapes: Record<string, number> = {};
  #states = 0;
  #distinct = 0;
  #recoveryCrashes = 0;
  #runs = 0;
  #points = 0;

  constructor(options: SuiteOptions) {
    this.#options = options;
    for (const { name } of options.profiles) this.#verdicts[name] = noLetters();
    for (const name of options.subject.shapes?.names ?? []) this.#shapes[name] = 0;
  }

  summary(): SuiteSummary {
    return {
      states: this.#states,
      distinct: this.#distinct,
      recoveryCrashes: this.#recoveryCrashes,
      runs: this.#runs,
      points: this.#points,
      verdicts: this.#verdicts,
      pastLimit: this.#pastLimit,
      failures: this.#failures,
      shapes: this.#shapes,
    };
  }

  /** Goes on for ever; yields after each state judged. The number is of the round, from 1; random runs come after. */
  *work(): Generator<number, void> {
    const planned = this.#planned();
    for (const [round, statesMax] of ROUNDS.entries()) {
      for (const one of this.#mine(planned)) yield* this.#workload(one, statesMax, ROUNDS[round - 1], round + 1);
    }
    for (let n = this.#options.share.index; ; n += this.#options.share.of) {
      const workload = randomWorkload(this.#options.seed * 1_000_003 + n);
      const one = { workload, subject: this.#byTurns(n) };
      yield* this.#workload(one, ROUNDS[1]!, undefined, ROUNDS.length + 1);
    }
  }

  #planned(): readonly Planned[] {
    const { seed, steps = 3, subject } = this.#options;
    const named = Object.values(workloadsOf(subject));
    const count = subject.variants?.length ?? 0;
    // A third of them, with three formats, so that short sequences are not kept waiting; the seed says which.
    const inOthers = named.flatMap((workload, n) =>
      count > 0 && (n + seed) % count === 0
        ? [{ workload, subject: variantOf(subject, Math.floor((n + seed) / count)) }]
        : [],
    );
    return [
      ...named.map((workload) => ({ workload, subject })),
      ...inOthers,
      ...[...shortWorkloads(steps)].map((workload, n) => ({ workload, subject: this.#byTurns(n) })),
    ];
  }

  /** Pairs of numbers share a format, so that each of two workers has both kinds. */
  #byTurns(number: number): CrashSubject {
    const { seed, subject } = this.#options;
    const pair = number >>> 1;
    return pair % 2 === 0 ? subject : variantOf(subject, (pair >>> 1) + seed);
  }

  *#mine(planned: readonly Planned[]): Generator<Planned, void> {
    const { index, of } = this.#options.share;
    for (const [number, one] of planned.entries()) if (number % of === index) yield one;
  }

  *#workload(
    one: Planned,
    statesMax: number,
    statesMaxBefore: number | undefined,
    round: number,
  ): Generator<number, void> {
    // A write that fails is wiped, and the wipe flushed, before its commits are refused. Where flushes lie, what was
    // refused can come back, and no store can help it: failing calls are for honest disks.
    const hasFaults = one.workload.actions.some((action) => action.do === 'fail');
    for (const profile of this.#options.profiles) {
      if (hasFaults && profile.flush === 'ignored') continue;
      for (const _ of this.#search(one, profile, statesMax, statesMaxBefore)) yield round;
    }
  }

  *#search(
    { subject, workload: { actions, isLastOnly, name } }: Planned,
    profile: PersistenceProfile,
    statesMax: number,
    statesMaxBefore: number | undefined,
  ): Generator<void, void> {
    const { seed } = this.#options;
    const search = new Search(
      { subject, actions, profile, seed, protections: subject.protections, careless: [] },
      {
        statesMax,
        seed,
        share: WHOLE_SHARE,
        crashRecovery: true,
        ...(statesMaxBefore !== undefined && { statesMaxBefore }),
        ...(isLastOnly && { isWanted: ({ action }: { action: number }) => action === actions.length - 1 }),
      },
    );
    this.#runs++;
    if (statesMaxBefore === undefined) this.#points += search.run.points.length;
    const { harm } = search.run;
    const verdicts = this.#verdicts[profile.name]!;
    if (harm !== undefined) {
      verdicts.S++;
      this.#fail({
        workload: name,
        format: subject.format,
        profile: profile.name,
        state: 'run',
        letter: 'S',
        check: 'run',
        sentence: harm.sentence,
      });
    }
    const crashesBefore = search.checker.recoveryCrashes;
    for (const { ending, judgement, point } of search.outcomes(this.#seenOf(profile.name))) {
      this.#states++;
      if (judgement === undefined) continue;
      this.#distinct++;
      const { check, letter, sentence } = judgement;
      verdicts[letter]++;
      if (judgement.isKnownLimit) this.#pastLimit[profile.name] = (this.#pastLimit[profile.name] ?? 0) + 1;
      if (check !== undefined) {
        const state = stateId({ io: point.io, ending, flips: [] });
        this.#fail({ workload: name, format: subject.format, profile: profile.name, state, letter, check, sentence });
      }
      yield;
    }
    this.#recoveryCrashes += search.checker.recoveryCrashes - crashesBefore;
    for (const [name, count] of search.run.shapes) this.#shapes[name] = (this.#shapes[name] ?? 0) + count;
  }

  #seenOf(profile: string): Set<string> {
    const known = this.#seen.get(profile);
    if (known !== undefined && known.size < SEEN_MAX) return known;
    const fresh = new Set<string>();
    this.#seen.set(profile, fresh);
    return fresh;
  }

  #fail(failure: SuiteFailure): void {
    if (this.#failures.length < FAILURES_KEPT) this.#failures.push(failure);
  }
}

/** The summary of all shares from those of each. */
export function mergeSuites(parts: readonly SuiteSummary[]): SuiteSummary {
  const sum = (of: (part: SuiteSummary) => number): number => parts.reduce((total, part) => total + of(part), 0);
  const verdicts: Record<string, LetterCounts> = {};
  for (const part of parts) {
    for (const [profile, counts] of Object.entries(part.verdicts)) {
      const merged = (verdicts[profile] ??= noLetters());
      for (const letter of VERDICT_LETTERS) merged[letter] += counts[letter];
    }
  }
  const pastLimit: Record<string, number> = {};
  for (const part of parts)
    for (const [profile, count] of Object.entries(part.pastLimit))
      pastLimit[profile] = (pastLimit[profile] ?? 0) + count;
  const shapes: Record<string, number> = {};
  for (const part of parts)
    for (const [name, count] of Object.entries(part.shapes)) shapes[name] = (shapes[name] ?? 0) + count;
  return {
    states: sum(({ states }) => states),
    distinct: sum(({ distinct }) => distinct),
    recoveryCrashes: sum(({ recoveryCrashes }) => recoveryCrashes),
    runs: sum(({ runs }) => runs),
    points: sum(({ points }) => points),
    verdicts,
    pastLimit,
    failures: parts.flatMap(({ failures }) => failures).slice(0, FAILURES_KEPT),
    shapes,
  };
}

/** Shapes that no searched run went through: of them the suite says nothing. */
export const missingShapes = ({ shapes }: SuiteSummary): string[] =>
  Object.keys(shapes).filter((name) => shapes[name] === 0);

/** What must not be: silent wrong anywhere; a failure on a disk that is honest. */
export function isBroken({ verdicts }: SuiteSummary): boolean {
  return Object.entries(verdicts).some(([profile, { F, S }]) => S > 0 || (profile !== 'liar' && F > 0));
}
