/**
 * A number for each item of a long list, as one typed array. It is made chunk by chunk and kept with the chunk, so of a
 * list of thousands only what has changed is looked at again: a picture of all of them then fits into a frame.
 */
import type { PersistentList } from './persistent_list';

/** What stands for an index without an item. */
export const NO_ITEM = -1;

/** @param numberOf not negative, and the same whenever it is asked */
export function listNumbers<T>(numberOf: (item: T) => number): (list: PersistentList<T | undefined>) => Int32Array {
  const known = new WeakMap<readonly (T | undefined)[], Int32Array>();
  const ofChunk = (chunk: readonly (T | undefined)[]): Int32Array => {
    const cached = known.get(chunk);
    if (cached) return cached;
    const numbers = new Int32Array(chunk.length);
    for (let index = 0; index < chunk.length; index++) {
      const item = chunk[index];
      numbers[index] = item === undefined ? NO_ITEM : numberOf(item);
    }
    known.set(chunk, numbers);
    return numbers;
  };
  return (list) => {
    const numbers = new Int32Array(list.end).fill(NO_ITEM);
    list.eachChunk((chunk, start) => {
      const made = ofChunk(chunk);
      const [from, end] = [Math.max(0, list.first - start), Math.min(made.length, list.end - start)];
      if (end > from) numbers.set(from === 0 && end === made.length ? made : made.subarray(from, end), start + from);
    });
    return numbers;
  };
}
