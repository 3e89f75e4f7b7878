/**
 * A number for each item of a long list, as one typed array. A picture of thousands of items asks for it in each frame,
 * and lists that follow one another share nearly all of their chunks: so the numbers of the last list are kept, and only
 * items that are others now are looked at again. Nothing is kept for older lists: finding it would cost as much.
 */
import type { PersistentList } from './persistent_list';

/** What stands for an index without an item. */
export const NO_ITEM = -1;

/** @param numberOf not negative, and the same whenever it is asked */
export function listNumbers<T>(numberOf: (item: T) => number): (list: PersistentList<T | undefined>) => Int32Array {
  type Chunk = readonly (T | undefined)[];
  /** By the index of its first slot. */
  const chunks = new Map<number, Chunk>();
  /** Of every slot of those chunks, those outside of their list too. */
  let numbers = new Int32Array(0);

  const renew = (chunk: Chunk, start: number, before: Chunk | undefined): void => {
    for (let slot = 0; slot < chunk.length; slot++) {
      const item = chunk[slot];
      if (before !== undefined && slot < before.length && before[slot] === item) continue;
      numbers[start + slot] = item === undefined ? NO_ITEM : numberOf(item);
    }
    chunks.set(start, chunk);
  };
  return (list) => {
    list.eachChunk((chunk, start) => {
      const before = chunks.get(start);
      if (before === chunk) return;
      if (start + chunk.length > numbers.length) numbers = longer(numbers, start + chunk.length);
      renew(chunk, start, before);
    });
    if (list.end > numbers.length) numbers = longer(numbers, list.end);
    return numbers.slice(0, list.end).fill(NO_ITEM, 0, list.first);
  };
}

function longer(numbers: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(Math.max(length, Math.ceil(numbers.length * 1.5))).fill(NO_ITEM);
  grown.set(numbers);
  return grown;
}
