/**
 * Exercises by hand: a tree, an operation, one question after another. Each answer is held against the engine before the
 * next question is asked, so that a wrong turn early does not spoil what follows; the sequence counts, not the end.
 */
import type { TaskTree, TreeGrade, TreeTask, TreeTaskKind } from '../../../../protocol/btree';
import type { LabForRooms } from '../../lab_for_rooms';

export const TASK_TITLES: Readonly<Record<TreeTaskKind, { readonly title: string; readonly about: string }>> = {
  split: { title: 'Split a page', about: 'Which leaf, where to cut, what goes up, copied or moved, what is dirty.' },
  rebalance: { title: 'Merge or borrow', about: 'What becomes of a page with too little in it, and of its parent.' },
  reads: {
    title: 'What a read reads',
    about: 'Pages of a lookup and of a scan, from height and pool; and who paid for it.',
  },
  writes: {
    title: 'What a checkpoint writes',
    about: 'Which pages go to the device for a few operations, map included.',
  },
};

export class ByHand {
  readonly #lab: LabForRooms;
  task: TreeTask | undefined = $state.raw();
  answers: Readonly<Record<string, readonly string[]>> = $state.raw({});
  grade: TreeGrade | undefined = $state.raw();
  /** What is chosen for the step that is asked now. */
  chosen: readonly string[] = $state.raw([]);
  busy = $state(false);
  tries = $state(0);
  passes = $state(0);
  stepsRight = $state(0);
  stepsAsked = $state(0);
  /** Misses in a row, by kind: after two of them the replay comes before another try. */
  misses: Readonly<Partial<Record<TreeTaskKind, number>>> = $state.raw({});
  /** How far the replay has come; undefined: it is not looked at. */
  replay: number | undefined = $state();

  readonly current = $derived(this.task?.steps[this.grade?.steps.length ?? 0]);
  readonly outcome = $derived(this.grade?.outcome);
  readonly tree: TaskTree | undefined = $derived(this.outcome?.after ?? this.task?.tree);

  constructor(lab: LabForRooms) {
    this.#lab = lab;
  }

  /** @param seed the same question again; else a fresh one */
  async start(kind: TreeTaskKind, seed = crypto.getRandomValues(new Uint32Array(1))[0]! % 2 ** 31): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    const task = await this.#lab.guard(() => this.#lab.connection!.api.makeTreeTask(kind, seed));
    this.busy = false;
    if (task === false) return;
    this.task = task;
    this.answers = {};
    this.grade = undefined;
    this.chosen = [];
    this.replay = undefined;
  }

  choose(id: string): void {
    const step = this.current;
    if (step === undefined || this.busy) return;
    // None of them is no page among others.
    const isWord = step.choices.some((choice) => choice.id === id) && id !== 'new';
    if (step.answer !== 'pages' || isWord) {
      this.chosen = this.chosen.includes(id) ? [] : [id];
      return;
    }
    const isNone = (one: string): boolean => one !== 'new' && step.choices.some((choice) => choice.id === one);
    const rest = this.chosen.filter((one) => !isNone(one));
    this.chosen = rest.includes(id) ? rest.filter((one) => one !== id) : [...rest, id];
  }

  async submit(): Promise<void> {
    const { chosen, current, task } = this;
    if (task === undefined || current === undefined || chosen.length === 0 || this.busy) return;
    const answers = { ...this.answers, [current.id]: chosen };
    this.busy = true;
    const grade = await this.#lab.guard(() => this.#lab.connection!.api.gradeTreeTask(task.kind, task.seed, answers));
    this.busy = false;
    if (grade === false || this.task !== task) return;
    this.answers = answers;
    this.grade = grade;
    this.chosen = [];
    this.stepsAsked++;
    if (grade.steps.at(-1)!.right) this.stepsRight++;
    if (grade.outcome) this.#count(task.kind, grade.outcome.passed);
  }

  #count(kind: TreeTaskKind, passed: boolean): void {
    this.tries++;
    if (passed) this.passes++;
    this.misses = { ...this.misses, [kind]: passed ? 0 : (this.misses[kind] ?? 0) + 1 };
    // What changed is told at once to whoever missed something.
    if (!passed) this.replay = 0;
  }
}
