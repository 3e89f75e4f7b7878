/**
 * Exercises by hand: something real, one question about it after another. Each answer is held against the engine before the
 * next question is asked, so that a wrong turn early does not spoil what follows; the sequence counts, not the end.
 */
import type { Exercise, ExerciseGrade, TaskStep } from '../../../protocol/exercise';
import type { Connection } from '../../connect';
import type { LabForRooms } from '../lab_for_rooms';
import { drawSeed } from './experiment_desk.svelte';

/** Kinds of answers that are all of what is asked for. */
const SEVERAL: readonly TaskStep['answer'][] = ['pages', 'tables', 'versions'];

type Answers = Readonly<Record<string, readonly string[]>>;

/** The exercises of a room, and how the worker is asked about them. */
export interface Exercises<Kind extends string, Task extends Exercise, Grade extends ExerciseGrade> {
  readonly kinds: readonly Kind[];
  readonly titles: Readonly<Record<Kind, { readonly title: string; readonly about: string }>>;
  readonly make: (api: Connection['api'], kind: Kind, seed: number) => Promise<Task>;
  readonly grade: (api: Connection['api'], kind: Kind, seed: number, answers: Answers) => Promise<Grade>;
}

export class ByHand<Kind extends string, Task extends Exercise & { readonly kind: Kind }, Grade extends ExerciseGrade> {
  readonly exercises: Exercises<Kind, Task, Grade>;
  readonly #lab: LabForRooms;
  task: Task | undefined = $state.raw();
  answers: Answers = $state.raw({});
  grade: Grade | undefined = $state.raw();
  /** What is chosen for the step that is asked now. */
  chosen: readonly string[] = $state.raw([]);
  busy = $state(false);
  tries = $state(0);
  passes = $state(0);
  stepsRight = $state(0);
  stepsAsked = $state(0);
  /** Misses in a row, by kind: after two of them the replay comes before another try. */
  misses: Readonly<Partial<Record<string, number>>> = $state.raw({});
  /** How far the replay has come; undefined: it is not looked at. */
  replay: number | undefined = $state();

  readonly current = $derived(this.task?.steps[this.grade?.steps.length ?? 0]);
  readonly outcome = $derived(this.grade?.outcome as Grade['outcome']);

  constructor(lab: LabForRooms, exercises: Exercises<Kind, Task, Grade>) {
    this.#lab = lab;
    this.exercises = exercises;
  }

  /** @param seed the same question again; else a fresh one */
  async start(kind: Kind, seed = drawSeed()): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    const task = await this.#lab.guard(() => this.exercises.make(this.#lab.connection!.api, kind, seed));
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
    // None of them is no mark among others.
    const isWord = step.choices.some((choice) => choice.id === id) && id !== 'new';
    if (!SEVERAL.includes(step.answer) || isWord) {
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
    const grade = await this.#lab.guard(() =>
      this.exercises.grade(this.#lab.connection!.api, task.kind, task.seed, answers),
    );
    this.busy = false;
    if (grade === false || this.task !== task) return;
    this.answers = answers;
    this.grade = grade;
    this.chosen = [];
    this.stepsAsked++;
    if (grade.steps.at(-1)!.right) this.stepsRight++;
    if (grade.outcome) this.#count(task.kind, grade.outcome.passed);
  }

  #count(kind: Kind, passed: boolean): void {
    this.tries++;
    if (passed) this.passes++;
    this.misses = { ...this.misses, [kind]: passed ? 0 : (this.misses[kind] ?? 0) + 1 };
    // What changed is told at once to whoever missed something.
    if (!passed) this.replay = 0;
  }
}
