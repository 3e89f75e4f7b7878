/** A report as a golden test shows it: each anomaly, which levels forbid it, why, and the arrows of its witness. */
import { forbids, HISTORY_LEVELS } from '../anomalies';
import type { HistoryReport } from '../check_history';
import { nameOf } from '../history';

export function reportText({ anomalies }: HistoryReport): string {
  if (anomalies.length === 0) return 'nothing found';
  return anomalies
    .map(({ graph, name, sentences }) => {
      const levels = HISTORY_LEVELS.filter((level) => forbids(level, name)).join(', ');
      const edges = graph.edges.map(
        ({ from, key, kind, to }) => `  ${nameOf(from)} -${kind}${key === undefined ? '' : ` ${key}`}-> ${nameOf(to)}`,
      );
      return [`${name} (${levels})`, ...sentences, ...edges].join('\n');
    })
    .join('\n');
}
