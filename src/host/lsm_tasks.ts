/**
 * Exercises by hand on LSM trees. A seed makes a history of puts and deletes, and a real tree that goes through it; the
 * truth is what the engine does: its events, its filters, its own choice of what to compact. No rule of the policies is
 * written down here.
 */
import type { LsmGrade, LsmTask, LsmTaskKind } from '../protocol/lsm';
import type { GradedStep } from '../protocol/exercise';
import { bytesTask } from './lsm_task_bytes';
import { compactionTask } from './lsm_task_compaction';
import { designTask } from './lsm_task_design';
import { readTask } from './lsm_task_read';
import type { LsmTaskParts, StepWithTruth } from './lsm_task_tree';

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
  const { situation, steps, tables, title } = partsOf(kind, seed);
  return {
    kind,
    seed,
    title,
    situation,
    tables,
    steps: steps.map(({ answer, choices, id, question }) => ({ id, question, answer, choices })),
  };
}

export function gradeLsmTask(
  kind: LsmTaskKind,
  seed: number,
  answers: Readonly<Record<string, readonly string[]>>,
): LsmGrade {
  const { after, events, steps } = partsOf(kind, seed);
  const graded = steps.flatMap((step): GradedStep[] => {
    const { because, id, truth } = step;
    const said = answers[id];
    return said === undefined ? [] : [{ id, truth, because, right: isRight(step, said) }];
  });
  if (graded.length < steps.length) return { steps: graded };
  return { steps: graded, outcome: { passed: graded.every(({ right }) => right), events, after } };
}

/** Several tables: these and no others. One answer: any that is right. */
function isRight({ answer, truth }: StepWithTruth, said: readonly string[]): boolean {
  if (new Set(said).size !== said.length || !said.every((one) => truth.includes(one))) return false;
  return answer === 'tables' ? said.length === truth.length : said.length === 1;
}
