/** The exercise: the six steps of a commit, put in order by the learner and judged by the crash search. */
import type { OrderGrade } from '../../../../crash/exercise/grade_order';
import type { CommitStep } from '../../../../crash/exercise/ordered_store';
import type { LabForRooms } from '../../lab_for_rooms';
import { STEPS } from './order_words';

export type Belief = 'safe' | 'loses';

export interface Graded {
  readonly order: readonly CommitStep[];
  readonly belief: Belief;
  readonly grade: OrderGrade;
}

export class OrderExercise {
  readonly #lab: LabForRooms;
  order: readonly CommitStep[] = $state.raw(shuffled());
  belief: Belief | undefined = $state();
  graded: Graded | undefined = $state.raw();
  busy = $state(false);
  tries = $state(0);
  /** How often what was believed came true. */
  foretold = $state(0);

  constructor(lab: LabForRooms) {
    this.#lab = lab;
  }

  /** @param to where it stands afterwards, from 0 */
  move(step: CommitStep, to: number): void {
    if (this.busy) return;
    const rest = this.order.filter((one) => one !== step);
    const next = rest.toSpliced(Math.max(0, Math.min(rest.length, to)), 0, step);
    if (next.join() === this.order.join()) return;
    this.put(next);
  }

  shuffle(): void {
    this.put(shuffled());
  }

  /** Another order is another question. */
  put(order: readonly CommitStep[]): void {
    if (this.busy) return;
    this.order = order;
    this.graded = undefined;
    this.belief = undefined;
  }

  async grade(): Promise<void> {
    const { belief, order } = this;
    if (belief === undefined || this.busy) return;
    this.busy = true;
    const grade = await this.#lab.guard(() => this.#lab.connection!.api.gradeOrder([...order]));
    this.busy = false;
    if (grade === false) return;
    this.graded = { order, belief, grade };
    this.tries++;
    if ((grade.worst === undefined) === (belief === 'safe')) this.foretold++;
  }
}

function shuffled(): readonly CommitStep[] {
  const draws = crypto.getRandomValues(new Uint32Array(STEPS.length));
  return STEPS.map(({ id }, i) => ({ id, draw: draws[i]! }))
    .sort((a, b) => a.draw - b.draw)
    .map(({ id }) => id);
}
