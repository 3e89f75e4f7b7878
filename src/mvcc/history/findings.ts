/** What a check found, gathered: how often each anomaly, and the smallest witness of it that was met. */
import { ANOMALY_NAMES, type Anomaly, type AnomalyName } from './anomalies';

export class Findings {
  readonly #counts = new Map<AnomalyName, number>();
  readonly #witnesses = new Map<AnomalyName, Anomaly>();

  /** `make` writes the witness out; it is asked only if none as small (in transactions) is known yet. */
  add(name: AnomalyName, size: number, make: () => Omit<Anomaly, 'name'>): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    const known = this.#witnesses.get(name);
    if (known === undefined || size < known.graph.transactions.length) this.#witnesses.set(name, { name, ...make() });
  }

  has(name: AnomalyName): boolean {
    return this.#counts.has(name);
  }

  /** How many transactions the witness of a name has; Infinity without one. */
  sizeOf(name: AnomalyName): number {
    return this.#witnesses.get(name)?.graph.transactions.length ?? Infinity;
  }

  countOf(name: AnomalyName): number {
    return this.#counts.get(name) ?? 0;
  }

  /** One witness for each name, those that need least explaining first. */
  witnesses(): Anomaly[] {
    return ANOMALY_NAMES.flatMap((name) => this.#witnesses.get(name) ?? []);
  }
}
