/**
 * The grid of anomalies: each script, run on a store at each level, and judged by the checker. Nothing here says what should
 * come out; a cell is what the sessions saw, and what the checker makes of that.
 *
 * The column without isolation is the same store with three protections off: reads look into what others have not committed,
 * they see whatever is newest, and no commit is compared with another.
 */
import type { IsolationLevel, MvccProtections } from '../mvcc';
import { forbids } from '../mvcc/history/anomalies';
import { ANOMALY_SCRIPTS, type AnomalyScript } from '../mvcc/history/anomaly_scripts';
import { checkHistory } from '../mvcc/history/check_history';
import { runScript, type ScriptStore } from '../mvcc/history/run_script';
import { stepsOfEdge } from '../mvcc/history/step_arrows';
import type { GridCellNote, GridColumn, GridQuestion } from '../protocol/mvcc';
import { VersionedStore } from './versioned_store';

const COLUMNS = ['none', 'snapshot', 'serializable'] as const satisfies readonly GridColumn[];

export const GRID_CELLS = ANOMALY_SCRIPTS.length * COLUMNS.length;

const ISOLATION = ['hideUncommitted', 'snapshotReads', 'validateWrites'] as const satisfies (keyof MvccProtections)[];

export function* fillGrid({ index, seed }: GridQuestion, post: (note: GridCellNote) => void): Generator<number> {
  let filled = 0;
  for (const script of ANOMALY_SCRIPTS) {
    for (const column of COLUMNS) {
      post(fillCell(script, column, new VersionedStore(index, seed, column === 'none' ? ISOLATION : [])));
      yield ++filled;
    }
  }
}

function fillCell(script: AnomalyScript, column: GridColumn, store: ScriptStore): GridCellNote {
  const level: IsolationLevel = column === 'none' ? 'snapshot' : column;
  const { history, steps } = runScript(store, script.steps, level);
  const { anomalies } = checkHistory(history);
  const witness = anomalies.find(({ name }) => name === script.name);
  const arrows = (witness?.graph.edges ?? []).map((edge, i) => ({ edge: i, ...stepsOfEdge(steps, edge) }));
  return {
    note: 'cell',
    row: script.name,
    column,
    steps,
    ...(witness && { witness }),
    isAllowed: column !== 'none' && !forbids(column, script.name),
    besides: anomalies.flatMap(({ name }) => (name === script.name ? [] : [name])),
    arrows,
  };
}
