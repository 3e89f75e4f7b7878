/** The rows: 16-byte keys, values of one length, the same for every subject and every run. */
import type { Batch } from '../base/ordered_index';
import { SeededRandom } from '../base/runtime';
import { keyOfIndex, valueOf } from '../workload/generators';

const SEED = 20_240;
/** Distinct values; making one for each row would take longer than what is measured. */
const VALUES = 1021;

export class Dataset {
  readonly rows: number;
  readonly valueBytes: number;
  /** In ascending order; between two of them there is room for one that is missing. */
  readonly keys: readonly Uint8Array[];
  /** All row numbers, in random order. */
  readonly shuffled: Uint32Array;
  readonly #values: readonly Uint8Array[];

  constructor(rows: number, valueBytes: number) {
    this.rows = rows;
    this.valueBytes = valueBytes;
    this.keys = Array.from({ length: rows }, (_, row) => keyOfIndex(2 * row));
    this.shuffled = shuffle(rows);
    this.#values = Array.from({ length: VALUES }, (_, number) => valueOf(SEED, number, valueBytes));
  }

  value(number: number): Uint8Array {
    return this.#values[number % VALUES]!;
  }

  /** The row of random operation `number`. */
  row(number: number): number {
    return this.shuffled[number % this.rows]!;
  }

  /** A put of a row that is there, with another value than last time. */
  overwrite(number: number): Batch {
    return [{ kind: 'put', key: this.keys[this.row(number)]!, value: this.value(number) }];
  }

  /** `count` puts from `first` on, over the rows in key order or in random order. */
  puts(first: number, count: number, isRandom: boolean): Batch {
    return Array.from({ length: Math.min(count, this.rows - first) }, (_, i) => {
      const row = isRandom ? this.shuffled[first + i]! : first + i;
      return { kind: 'put', key: this.keys[row]!, value: this.value(row) };
    });
  }
}

function shuffle(count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const random = new SeededRandom(SEED);
  for (let last = count - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
