/** What a check found, gathered: for each anomaly the smallest witness that was met. */
import { ANOMALY_NAMES, forbids, type Anomaly, type AnomalyName, type HistoryLevel } from './anomalies';

export class Findings {
  readonly #witnesses = new Map<AnomalyName, Anomaly>();

  /** `make` writes the witness out; it is asked only if none as small (in transactions) is known yet. */
  add(name: AnomalyName, size: number, make: () => Omit<Anomaly, 'name'>): void {
    const known = this.#witnesses.get(name);
    if (known === undefined || size < known.graph.transactions.length) this.#witnesses.set(name, { name, ...make() });
  }

  breaks(level: HistoryLevel): boolean {
    return [...this.#witnesses.keys()].some((name) => forbids(level, name));
  }

  /** How many transactions the witness of a name has; Infinity without one. */
  sizeOf(name: AnomalyName): number {
    return this.#witnesses.get(name)?.graph.transactions.length ?? Infinity;
  }

  /** One witness for each name, those that need least explaining first. */
  witnesses(): Anomaly[] {
    return ANOMALY_NAMES.flatMap((name) => this.#witnesses.get(name) ?? []);
  }
}
