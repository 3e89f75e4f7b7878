/** Prove: a task on fresh parameters, the learner's answer, and the model's. */
import { makeMediaTask, type MediaTask, type TaskGrade } from '../../../lab/media_tasks';
import type { DevicePrice } from '../../../protocol/media';
import type { Pricing } from './instruments';

export class Tasks {
  readonly #pricing: Pricing;
  open: MediaTask | undefined = $state.raw();
  answer: readonly string[] = $state.raw([]);
  grade: TaskGrade | undefined = $state.raw();
  tries = $state(0);
  passes = $state(0);
  busy = $state(false);

  constructor(pricing: Pricing) {
    this.#pricing = pricing;
  }

  /** @param seed the same question again; else a fresh one */
  start(id: MediaTask['id'], seed = crypto.getRandomValues(new Uint32Array(1))[0]!): void {
    this.open = makeMediaTask(id, seed);
    this.answer = [];
    this.grade = undefined;
  }

  close(): void {
    this.open = undefined;
    this.grade = undefined;
  }

  /** In a task of order: puts a choice at the end, or takes it out again. */
  choose(id: string): void {
    if (this.grade !== undefined || this.open === undefined) return;
    if (this.open.answer === 'one') this.answer = [id];
    else this.answer = this.answer.includes(id) ? this.answer.filter((other) => other !== id) : [...this.answer, id];
  }

  get complete(): boolean {
    return this.answer.length === (this.open?.answer === 'one' ? 1 : this.open?.choices.length);
  }

  async compare(): Promise<void> {
    const task = this.open;
    if (task === undefined) return;
    this.busy = true;
    const priced: [string, readonly DevicePrice[]][] = [];
    for (const { id, calls, options } of task.runs) {
      const answer = await this.#pricing.price({ ask: 'calls', calls, options });
      if (answer !== undefined) priced.push([id, answer]);
    }
    this.busy = false;
    if (priced.length < task.runs.length || task !== this.open) return;
    this.grade = task.grade(this.answer, Object.fromEntries(priced));
    this.tries++;
    if (this.grade.passed) this.passes++;
  }
}
