/**
 * The census: every damage to every specimen, judged and counted.
 *
 *     for (const progress of damageCensus(subject, { seed: 1 })) …       its return value is the summary
 *
 * A census can be cut to a budget (`perKind`: so many of each kind and specimen, evenly spread) and into slices for a
 * pool of workers (`slice`); the summaries of the slices of one census add up to that of the whole (`mergeSummaries`).
 */
import type { ErrorCode } from '../../base/errors';
import type { CrashSubject, ProtectionSwitches } from '../subject';
import { DAMAGE_KINDS, damageInWords, type Damage, type DamageKind } from './damage';
import { damagesOf } from './damages';
import { judgeDamage, type DamageVerdict } from './judge';
import { Scrub } from './scrub';
import { inTurns, sliceOf, spread, type Slice } from './share';
import { makeSpecimen, SPECIMEN_ENDS, type Specimen, type SpecimenEnd } from './specimen';
import type { UndetectableReason } from './undetectable';

export interface CensusOptions {
  readonly seed: number;
  /** At most so many damages of each kind to each specimen. */
  readonly perKind?: number;
  readonly kinds?: readonly DamageKind[];
  readonly ends?: readonly SpecimenEnd[];
  /** Every `of`-th damage, from the `index`-th on. */
  readonly slice?: Slice;
  /** Asked before each damage: true ends the census there. */
  readonly isOver?: () => boolean;
  /** For mutants. */
  readonly protections?: ProtectionSwitches;
}

export interface CensusCounts {
  readonly made: number;
  readonly detected: number;
  readonly harmless: number;
  readonly undetectable: number;
  /** Contents differ, or the engine broke another promise, and nothing said so. */
  readonly silent: number;
}

export interface UndetectableGroup {
  readonly reason: UndetectableReason;
  readonly count: number;
  readonly example: string;
}

export interface CensusFailure {
  readonly damage: string;
  readonly why: string;
}

export interface CensusSummary {
  readonly subject: string;
  readonly seed: number;
  readonly total: CensusCounts;
  readonly kinds: Readonly<Record<DamageKind, CensusCounts>>;
  readonly undetectable: readonly UndetectableGroup[];
  /** How often damage was reported with each code. */
  readonly codes: Readonly<Partial<Record<ErrorCode, number>>>;
  /** Of the detected: stores that opened for salvage, and stores that did not even so. */
  readonly salvage: { readonly opened: number; readonly refused: number };
  /** Of the detected flips: how many a check of the running store found too, with their place. */
  readonly scrub: { readonly asked: number; readonly found: number };
  /** The first ones. */
  readonly failures: readonly CensusFailure[];
}

export interface CensusProgress {
  readonly made: number;
  readonly toMake: number;
  readonly silent: number;
}

const FAILURES_KEPT = 40;

/** Yields after every damage. */
export function* damageCensus(subject: CrashSubject, options: CensusOptions): Generator<CensusProgress, CensusSummary> {
  const tally = new Tally(subject.name, options.seed);
  const specimens = (options.ends ?? SPECIMEN_ENDS).map((end) => makeSpecimen(subject, end, options.seed));
  const work = specimens.flatMap((specimen) => {
    const scrub = new Scrub(subject, specimen);
    return chosenDamages(subject, specimen, options).map((damage) => ({ damage, scrub, specimen }));
  });
  for (const { damage, scrub, specimen } of inTurns(work, ({ damage, specimen }) => specimen.end + damage.kind)) {
    if (options.isOver?.() === true) break;
    const verdict = judgeDamage(subject, specimen, damage, options.protections);
    tally.count(specimen, damage, verdict);
    if (verdict.outcome === 'detected' && damage.kind === 'flip' && scrub.uses(damage)) {
      tally.countScrub(specimen, damage, scrub.finds(damage));
    }
    yield { made: tally.made, toMake: work.length, silent: tally.silent };
  }
  return tally.summary();
}

function chosenDamages(subject: CrashSubject, specimen: Specimen, options: CensusOptions): readonly Damage[] {
  const chosen: readonly Damage[] = (options.kinds ?? DAMAGE_KINDS).flatMap((kind) =>
    spread([...damagesOf(kind, subject, specimen, options.seed)], options.perKind ?? Infinity, options.seed),
  );
  return sliceOf(chosen, options.slice);
}

type Counting = { -readonly [K in keyof CensusCounts]: CensusCounts[K] };

const noCounts = (): Counting => ({ made: 0, detected: 0, harmless: 0, undetectable: 0, silent: 0 });

const COUNT_NAMES = ['made', 'detected', 'harmless', 'undetectable', 'silent'] as const;

class Tally {
  readonly #subject: string;
  readonly #seed: number;
  readonly #kinds = Object.fromEntries(DAMAGE_KINDS.map((kind) => [kind, noCounts()])) as Record<DamageKind, Counting>;
  readonly #undetectable = new Map<UndetectableReason, { count: number; example: string }>();
  readonly #codes: Partial<Record<ErrorCode, number>> = {};
  readonly #salvage = { opened: 0, refused: 0 };
  readonly #scrub = { asked: 0, found: 0 };
  readonly #failures: CensusFailure[] = [];
  made = 0;
  silent = 0;

  constructor(subject: string, seed: number) {
    this.#subject = subject;
    this.#seed = seed;
  }

  count(specimen: Specimen, damage: Damage, verdict: DamageVerdict): void {
    const counts = this.#kinds[damage.kind];
    this.made++;
    counts.made++;
    counts[verdict.outcome]++;
    switch (verdict.outcome) {
      case 'detected':
        this.#codes[verdict.code] = (this.#codes[verdict.code] ?? 0) + 1;
        this.#salvage[verdict.salvage]++;
        break;
      case 'undetectable':
        this.#note(verdict.reason, sentence(specimen, damage));
        break;
      case 'silent':
        this.#fail(sentence(specimen, damage), verdict.why);
        break;
      case 'harmless':
        break;
    }
  }

  /** A check that misses what the next opening refuses is a broken promise as well, counted as silent. */
  countScrub(specimen: Specimen, damage: Damage, isFound: boolean): void {
    this.#scrub.asked++;
    if (isFound) {
      this.#scrub.found++;
      return;
    }
    const counts = this.#kinds[damage.kind];
    counts.detected--;
    counts.silent++;
    this.#fail(sentence(specimen, damage), 'a check of the running store does not name its place');
  }

  summary(): CensusSummary {
    return {
      subject: this.#subject,
      seed: this.#seed,
      total: sumOf(Object.values(this.#kinds)),
      kinds: this.#kinds,
      undetectable: [...this.#undetectable].map(([reason, group]) => ({ reason, ...group })),
      codes: this.#codes,
      salvage: this.#salvage,
      scrub: this.#scrub,
      failures: this.#failures,
    };
  }

  #note(reason: UndetectableReason, example: string): void {
    const group = this.#undetectable.get(reason);
    if (group) group.count++;
    else this.#undetectable.set(reason, { count: 1, example });
  }

  #fail(damage: string, why: string): void {
    this.silent++;
    if (this.#failures.length < FAILURES_KEPT) this.#failures.push({ damage, why });
  }
}

const sentence = ({ end }: Specimen, damage: Damage): string => `${end} store: ${damageInWords(damage)}`;

function sumOf(all: readonly CensusCounts[]): CensusCounts {
  const sum = noCounts();
  for (const counts of all) for (const name of COUNT_NAMES) sum[name] += counts[name];
  return sum;
}

/** The summary of a census from those of all its slices. */
export function mergeSummaries(parts: readonly [CensusSummary, ...CensusSummary[]]): CensusSummary {
  const [first] = parts;
  const kinds = Object.fromEntries(
    DAMAGE_KINDS.map((kind) => [kind, sumOf(parts.map((part) => part.kinds[kind]))]),
  ) as Record<DamageKind, CensusCounts>;
  return {
    subject: first.subject,
    seed: first.seed,
    total: sumOf(Object.values(kinds)),
    kinds,
    undetectable: mergeGroups(parts.flatMap(({ undetectable }) => undetectable)),
    codes: addUp(parts.map(({ codes }) => codes)),
    salvage: addUp(parts.map(({ salvage }) => salvage)),
    scrub: addUp(parts.map(({ scrub }) => scrub)),
    failures: parts.flatMap(({ failures }) => failures).slice(0, FAILURES_KEPT),
  };
}

function mergeGroups(groups: readonly UndetectableGroup[]): UndetectableGroup[] {
  const merged = new Map<UndetectableReason, UndetectableGroup>();
  for (const group of groups) {
    const known = merged.get(group.reason);
    merged.set(group.reason, known ? { ...known, count: known.count + group.count } : group);
  }
  return [...merged.values()];
}

function addUp<T extends Readonly<Partial<Record<string, number>>>>(records: readonly T[]): T {
  const sum: Partial<Record<string, number>> = {};
  for (const record of records) {
    for (const [name, value] of Object.entries(record)) sum[name] = (sum[name] ?? 0) + (value ?? 0);
  }
  return sum as T;
}
