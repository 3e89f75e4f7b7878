/**
 * What a run costs on a modelled device: time, joules, bytes that wear it. Every amount is entered under the stage of
 * the path where it arose and under its cause, so that the sum can be taken apart either way.
 *
 *   call → page cache → journal → drive cache → media
 *
 * The bill is also the clock of the models: `ns` is how much of the run has passed, and where a platter stands by now.
 *
 *   B1  Amounts are never negative, and the totals are exactly the sums of their parts.
 */
import { assert } from '../../base/assert';

export const STAGES = ['call', 'page_cache', 'journal', 'drive_cache', 'media'] as const;
export type Stage = (typeof STAGES)[number];

export const CAUSES = [
  'call',
  'copy',
  'command',
  'interface',
  'seek',
  'rotation',
  'transfer',
  'flash_read',
  'program',
  'cleaning',
  'memory',
] as const;
export type Cause = (typeof CAUSES)[number];

export interface Totals {
  readonly ns: number;
  readonly joules: number;
  readonly byStage: Readonly<Record<Stage, number>>;
  readonly byCause: Readonly<Record<Cause, number>>;
}

export class Bill {
  #ns = 0;
  #joules = 0;
  readonly #byStage = zeros(STAGES);
  readonly #byCause = zeros(CAUSES);
  #override: Stage | undefined;

  get ns(): number {
    return this.#ns;
  }
  get joules(): number {
    return this.#joules;
  }

  /** Time that passes. */
  spend(stage: Stage, cause: Cause, ns: number): void {
    assert(ns >= 0 && Number.isFinite(ns), 'B1: time does not run backwards');
    this.#ns += ns;
    this.#byStage[this.#override ?? stage] += ns;
    this.#byCause[cause] += ns;
  }

  /** Time that passes once for several causes that overlapped: each gets its share. */
  spendShared(stage: Stage, elapsedNs: number, parts: Readonly<Partial<Record<Cause, number>>>): void {
    const entries = Object.entries(parts) as [Cause, number][];
    const sum = entries.reduce((total, [, ns]) => total + ns, 0);
    assert(sum > 0 || elapsedNs === 0, 'time that passes has a cause');
    for (const [cause, ns] of entries) if (ns > 0) this.spend(stage, cause, (elapsedNs * ns) / sum);
  }

  burn(joules: number): void {
    assert(joules >= 0 && Number.isFinite(joules), 'B1: no device gives energy back');
    this.#joules += joules;
  }

  /** Whatever is spent in between belongs to this stage: the journal's own writes go through the same device. */
  within(stage: Stage, run: () => void): void {
    assert(this.#override === undefined, 'stages are not nested');
    this.#override = stage;
    run();
    this.#override = undefined;
  }

  totals(): Totals {
    return { ns: this.#ns, joules: this.#joules, byStage: { ...this.#byStage }, byCause: { ...this.#byCause } };
  }
}

function zeros<K extends string>(keys: readonly K[]): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
}
