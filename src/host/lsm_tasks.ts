/**
 * Exercises by hand on LSM trees. A seed makes a history of puts and deletes, and a real tree that goes through it; the
 * truth is what the engine does: its events, its filters, its own choice of what to compact. No rule of the policies is
 * written down here.
 */
import type { LsmGrade, LsmTask, LsmTaskKind } from '../protocol/lsm';
import { bytesTask } from './lsm_task_bytes';
import { compactionTask } from './lsm_task_compaction';
import { designTask } from './lsm_task_design';
import { readTask } from './lsm_task_read';
import type { LsmTaskParts } from './lsm_task_tree';
import { gradeTask, taskOf } from './tasks';

const MAKERS: Readonly<Record<LsmTaskKind, (seed: number) => LsmTaskParts>> = {
  compaction: compactionTask,
  bytes: bytesTask,
  read: readTask,
  design: designTask,
};

/** The one that was made last: it is graded step by step, and H1 makes it the same every time. */
let last: { readonly kind: LsmTaskKind; readonly seed: number; readonly parts: LsmTaskParts } | undefined;

function partsOf(kind: LsmTaskKind, seed: number): LsmTaskParts {
  if (last?.kind !== kind || last.seed !== seed) last = { kind, seed, parts: MAKERS[kind](seed) };
  return last.parts;
}

export function makeLsmTask(kind: LsmTaskKind, seed: number): LsmTask {
  const parts = partsOf(kind, seed);
  return { ...taskOf(kind, seed, parts), tables: parts.before };
}

export const gradeLsmTask = (
  kind: LsmTaskKind,
  seed: number,
  answers: Readonly<Record<string, readonly string[]>>,
): LsmGrade => gradeTask(partsOf(kind, seed), answers);
