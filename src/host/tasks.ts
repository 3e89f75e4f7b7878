/**
 * Exercises by hand, on whichever index: a history of puts and deletes, questions with their truth, and how answers are
 * held against it. What the truth is, a real engine says, each in its own file.
 *
 *   H1  The same seed gives the same index, the same question and the same truth, however often it is asked.
 */
import { encodeText } from '../base/bytes';
import type { SeededRandom } from '../base/runtime';
import type { Store } from '../kv_store';
import type { GradedStep, TaskStep } from '../protocol/exercise';
import { quickValue } from './measured_rows';

export type TaskOperation =
  | { readonly do: 'put'; readonly key: string; readonly valueBytes: number }
  | { readonly do: 'delete'; readonly key: string };

export function run(store: Store, operation: TaskOperation): void {
  const key = encodeText(operation.key);
  if (operation.do === 'put') store.put(key, quickValue(operation.valueBytes, operation.valueBytes));
  else store.delete(key);
  store.flush();
}

/** A question with its truth. */
export interface StepWithTruth extends TaskStep {
  /** Where one answer is asked for: any of these is right. */
  readonly truth: readonly string[];
  /** What the engine did that makes it so. */
  readonly because: string;
}

/** `Shown`: the index as the learner gets to see it. */
export interface TaskParts<Shown, Event> {
  readonly title: string;
  readonly situation: string;
  readonly before: Shown;
  readonly steps: readonly StepWithTruth[];
  readonly events: readonly Event[];
  readonly after: Shown;
}

/** What the learner is told of it: no truth. */
export function taskOf<Kind>(kind: Kind, seed: number, parts: TaskParts<unknown, unknown>) {
  const { situation, steps, title } = parts;
  return {
    ...{ kind, seed, title, situation },
    steps: steps.map(({ answer, choices, id, question }): TaskStep => ({ id, question, answer, choices })),
  };
}

export interface Graded<Shown, Event> {
  readonly steps: readonly GradedStep[];
  /** Once all was answered. */
  readonly outcome?: { readonly passed: boolean; readonly events: readonly Event[]; readonly after: Shown };
}

export function gradeTask<Shown, Event>(
  { after, events, steps }: TaskParts<Shown, Event>,
  answers: Readonly<Record<string, readonly string[]>>,
): Graded<Shown, Event> {
  const graded = steps.flatMap((step): GradedStep[] => {
    const { because, id, truth } = step;
    const said = answers[id];
    return said === undefined ? [] : [{ id, truth, because, right: isRight(step, said) }];
  });
  if (graded.length < steps.length) return { steps: graded };
  return { steps: graded, outcome: { passed: graded.every(({ right }) => right), events, after } };
}

const asksForSeveral = (answer: TaskStep['answer']): boolean =>
  answer === 'pages' || answer === 'tables' || answer === 'versions';

/** Several: these and no others. One answer: any that is right. */
function isRight({ answer, truth }: StepWithTruth, said: readonly string[]): boolean {
  if (new Set(said).size !== said.length || !said.every((one) => truth.includes(one))) return false;
  return asksForSeveral(answer) ? said.length === truth.length : said.length === 1;
}

// ---- what questions are made of

/** `count` different keys of six letters and digits, in random order; the first letters are few, so neighbours look alike. */
export function randomKeys(random: SeededRandom, count: number): string[] {
  const keys = new Set<string>();
  while (keys.size < count) {
    keys.add(`${'adgknrtw'.charAt(random.below(8))}${'aeiou'.charAt(random.below(5))}${100 + random.below(900)}`);
  }
  return [...keys];
}

/** One choice for each text, shuffled. */
export const choicesOf = (random: SeededRandom, texts: readonly string[]): TaskStep['choices'] =>
  random.shuffled(new Set(texts)).map((text) => ({ id: text, text }));
