/** How operations are timed: one after the other, for about as long as a round lasts. */
import type { Batch } from '../base/ordered_index';
import type { Awaitable, Subject } from './subject';

/** One round: the figure in the workload's unit, and samples in microseconds. */
export interface Round {
  readonly value: number;
  readonly samples: readonly number[];
}

/**
 * Goes on at once with what is there already: `await` would charge a synchronous engine for a turn of the queue. Not called
 * `then`: whoever imports a module that exports that takes it for a promise.
 */
export function whenDone<T>(result: Awaitable<T>, next: (value: T) => void): Awaitable<void> {
  if (result instanceof Promise) return result.then(next);
  next(result);
}

/** `count` operations, one after the other. */
export function inTurn(count: number, one: () => Awaitable<void>): Awaitable<void> {
  for (let i = 0; i < count; i++) {
    const pending = one();
    if (pending instanceof Promise) return pending.then(() => inTurn(count - i - 1, one));
  }
}

/**
 * Runs `step`, of so many operations, for about `sliceMs`; a sample is a step. The figure is operations a second.
 * What `between` takes is in neither.
 */
export async function repeat(
  sliceMs: number,
  operationsAStep: number,
  step: () => Awaitable<void>,
  between?: () => Awaitable<void>,
): Promise<Round> {
  const samples: number[] = [];
  let begun = performance.now();
  let now = begun;
  do {
    const stepBegun = now;
    const pending = step();
    if (pending instanceof Promise) await pending;
    now = performance.now();
    samples.push((now - stepBegun) * 1000);
    if (between) {
      await between();
      const done = performance.now();
      begun += done - now;
      now = done;
    }
  } while (now - begun < sliceMs);
  return { value: (samples.length * operationsAStep * 1000) / (now - begun), samples };
}

/** The same for operations too short for the clock: a sample is the mean of `count`. */
export async function repeatShort(sliceMs: number, count: number, one: () => Awaitable<void>): Promise<Round> {
  const { value, samples } = await repeat(sliceMs, count, () => inTurn(count, one));
  return { value, samples: samples.map((sample) => sample / count) };
}

/** Commits the batches, strict, one after the other; a sample is a batch. The figure is rows a second. */
export async function commitAll(subject: Subject, batches: readonly Batch[], rows: number): Promise<Round> {
  const samples: number[] = [];
  const begun = performance.now();
  let now = begun;
  for (const batch of batches) {
    const batchBegun = now;
    const pending = subject.commit(batch, 'strict');
    if (pending instanceof Promise) await pending;
    now = performance.now();
    samples.push((now - batchBegun) * 1000);
  }
  return { value: (rows * 1000) / (now - begun), samples };
}
