/**
 * The model every ordered index is held equal to: a sorted array, with each operation as plain as it can be said.
 * Slow on purpose; a reader should see at a glance that it is right.
 */
import { assert } from './assert';
import { compareBytes, startsWith } from './bytes';
import type { Batch, Entry, Range } from './ordered_index';

export class OrderedIndexModel {
  #entries: readonly Entry[] = [];

  /** In key order. The array is never changed: a later batch makes a new one. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  get userBytes(): number {
    return this.#entries.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#entries.find((entry) => compareBytes(entry.key, key) === 0)?.value;
  }

  apply(batch: Batch): void {
    for (const operation of batch) {
      const others = this.#entries.filter((entry) => compareBytes(entry.key, operation.key) !== 0);
      if (operation.kind === 'put') others.push({ key: operation.key, value: operation.value });
      this.#entries = others.sort((a, b) => compareBytes(a.key, b.key));
    }
    assert(
      this.#entries.every((entry, i) => i === 0 || compareBytes(this.#entries[i - 1]!.key, entry.key) < 0),
      'X1: keys ascend strictly',
    );
  }

  range({ from, to }: Range, reverse: boolean): Entry[] {
    const inRange = this.#entries.filter(
      ({ key }) => (!from || compareBytes(key, from) >= 0) && (!to || compareBytes(key, to) < 0),
    );
    return reverse ? inRange.reverse() : inRange;
  }

  seekFirst(prefix: Uint8Array, range: Range, restBytes?: number): Entry | undefined {
    return this.range(range, false).find(
      ({ key }) => startsWith(key, prefix) && (restBytes === undefined || key.length === prefix.length + restBytes),
    );
  }
}
