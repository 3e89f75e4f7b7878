/**
 * Rows: one real fault each, done so many times, and what came of it. A row that could not be done says so and why; it
 * is never counted as one that held.
 */

export interface RowResult {
  readonly row: string;
  /** `LOST`: an acknowledged commit was not there. `FAILED`: anything else that must not be. */
  readonly verdict: 'held' | 'LOST' | 'FAILED' | 'not measured';
  /** How often the fault was done. */
  readonly faults: number;
  /** Commits that the harness had heard of as acknowledged when the fault came, over all faults. */
  readonly acknowledged: number;
  /** Acknowledged commits that were not there afterwards. */
  readonly lost: number;
  /** What else was counted, by name. */
  readonly counts: Readonly<Record<string, number>>;
  /** What must not be, in words; empty where the row held. */
  readonly findings: readonly string[];
  /** Why it was not measured, or what has to be known to read the figures. */
  readonly reason?: string;
}

/** This machine, or this browser, cannot do it. */
export class NotMeasured extends Error {}

export interface RowOptions {
  /** Address of the page of `page/`. */
  readonly address: string;
  readonly count: number;
  readonly seed: number;
  /** Of interest to who waits: one line for what was just done. */
  readonly say: (line: string) => void;
}

export interface Row {
  readonly name: string;
  /** One line: what is done, and what must hold. */
  readonly what: string;
  /** How often in `npm test`, and how often in the long run. */
  readonly count: { readonly short: number; readonly long: number };
  readonly run: (options: RowOptions) => Promise<RowResult>;
}

/** Gathers a row while it runs. */
export class Tally {
  readonly #row: string;
  readonly #counts: Record<string, number> = {};
  readonly #findings: string[] = [];
  #faults = 0;
  #acknowledged = 0;
  #lost = 0;
  #reason: string | undefined;

  constructor(row: string) {
    this.#row = row;
  }

  fault(): void {
    this.#faults++;
  }

  add(name: string, count = 1): void {
    if (count === 0) return;
    this.#counts[name] = (this.#counts[name] ?? 0) + count;
  }

  most(name: string, value: number): void {
    this.#counts[name] = Math.max(this.#counts[name] ?? 0, Math.round(value));
  }

  judged({ acknowledged, findings, lost }: { acknowledged: number; lost: number; findings: readonly string[] }): void {
    this.#acknowledged += acknowledged;
    this.#lost += lost;
    this.#findings.push(...findings);
  }

  /** The store did not open: whatever it holds, nobody has it. */
  gone(acknowledged: number, why: string): void {
    this.judged({ acknowledged, lost: acknowledged, findings: [why] });
  }

  finding(sentence: string): void {
    this.#findings.push(sentence);
  }

  expect(isTrue: boolean, otherwise: string): void {
    if (!isTrue) this.finding(otherwise);
  }

  because(reason: string): void {
    this.#reason = reason;
  }

  #verdict(): RowResult['verdict'] {
    if (this.#lost > 0) return 'LOST';
    if (this.#findings.length > 0) return 'FAILED';
    return this.#faults === 0 ? 'not measured' : 'held';
  }

  result(): RowResult {
    return {
      row: this.#row,
      verdict: this.#verdict(),
      faults: this.#faults,
      acknowledged: this.#acknowledged,
      lost: this.#lost,
      counts: this.#counts,
      findings: this.#findings,
      ...(this.#reason !== undefined && { reason: this.#reason }),
    };
  }
}

/** Runs a row. That it cannot be run here is a result; so is a harness that broke, and that one is red. */
export async function runRow(row: Row, options: RowOptions): Promise<RowResult> {
  try {
    return await row.run(options);
  } catch (error) {
    const nothing = { row: row.name, faults: 0, acknowledged: 0, lost: 0, counts: {} };
    if (error instanceof NotMeasured) {
      return { ...nothing, verdict: 'not measured', findings: [], reason: error.message };
    }
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { ...nothing, verdict: 'FAILED', findings: [`the harness broke: ${told}`] };
  }
}

export function lineOf({ acknowledged, counts, faults, findings, lost, reason, row, verdict }: RowResult): string {
  const name = row.padEnd(20);
  if (verdict === 'not measured') return `${name} not measured: ${reason ?? 'nothing was done'}`;
  const more = Object.entries(counts).map(([what, count]) => `${count} ${what}`);
  const told = [`${faults} faults`, `${acknowledged} acknowledged`, `${lost} lost`, ...more].join(', ');
  const shown = findings.slice(0, 5).map((finding) => `\n    ${finding}`);
  const rest = findings.length > 5 ? `\n    and ${findings.length - 5} more` : '';
  return `${name} ${verdict.padEnd(6)} ${told}${reason === undefined ? '' : ` (${reason})`}${shown.join('')}${rest}`;
}
