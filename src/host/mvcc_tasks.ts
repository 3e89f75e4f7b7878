/**
 * Exercises by hand on versions, snapshots and sessions. A seed makes the commits and the readers, or the steps; the truth is
 * what the real transactions do with them, and what the checker finds in their history. No rule of theirs is written down
 * here.
 */
import type { MvccGrade, MvccTask, MvccTaskKind } from '../protocol/mvcc';
import { lanesTask } from './mvcc_task_lanes';
import type { MvccTaskParts } from './mvcc_task_parts';
import { abortTask, skewTask } from './mvcc_task_sessions';
import { snapshotTask, watermarkTask } from './mvcc_task_versions';
import { gradeTask, taskOf } from './tasks';

const MAKERS: Readonly<Record<MvccTaskKind, (seed: number) => MvccTaskParts>> = {
  snapshot: snapshotTask,
  watermark: watermarkTask,
  skew: skewTask,
  abort: abortTask,
  lanes: lanesTask,
};

/** The one that was made last: it is graded step by step, and H1 makes it the same every time. */
let last: { readonly kind: MvccTaskKind; readonly seed: number; readonly parts: MvccTaskParts } | undefined;

function partsOf(kind: MvccTaskKind, seed: number): MvccTaskParts {
  if (last?.kind !== kind || last.seed !== seed) last = { kind, seed, parts: MAKERS[kind](seed) };
  return last.parts;
}

export function makeMvccTask(kind: MvccTaskKind, seed: number): MvccTask {
  const parts = partsOf(kind, seed);
  return { ...taskOf(kind, seed, parts), figure: parts.before };
}

export const gradeMvccTask = (
  kind: MvccTaskKind,
  seed: number,
  answers: Readonly<Record<string, readonly string[]>>,
): MvccGrade => gradeTask(partsOf(kind, seed), answers);
