/**
 * How many keys there are, and how many bytes they and their values have. An LSM tree cannot know without looking: a put
 * may be of a new key or of one that some table has, and finding out would cost a read for every write, which is what the
 * tree is there to avoid. So they are counted when somebody asks, by reading all of it; and as long as somebody keeps
 * asking, each write looks up what it replaces.
 */
import { isEngineError } from '../base/errors';
import type { Batch, Entry, IndexStats } from '../base/ordered_index';

/** A count that nobody asked for over so many batches is not kept up any longer. */
const BATCHES_KEPT = 16;

export class KeyCount {
  #counted: { keys: number; userBytes: number } | undefined;
  #batchesSince = 0;

  /** The numbers now; `entries` are all there are. */
  read(entries: () => Iterable<Entry>): IndexStats {
    this.#batchesSince = 0;
    if (!this.#counted) {
      const counted = { keys: 0, userBytes: 0 };
      for (const { key, value } of entries()) {
        counted.keys++;
        counted.userBytes += key.length + value.length;
      }
      this.#counted = counted;
    }
    return { ...this.#counted };
  }

  /** Entries went that nobody named: the next one who asks counts again. */
  reset(): void {
    this.#counted = undefined;
  }

  /** Before a batch is applied. What `valueOf` cannot read ends the count, and not the batch. */
  apply(batch: Batch, valueOf: (key: Uint8Array) => Uint8Array | undefined): void {
    const counted = this.#counted;
    if (!counted) return;
    this.#counted = undefined;
    if (++this.#batchesSince > BATCHES_KEPT) return;
    try {
      this.#follow(batch, counted, valueOf);
      this.#counted = counted;
    } catch (error) {
      if (!isEngineError(error)) throw error;
    }
  }

  #follow(
    batch: Batch,
    counted: { keys: number; userBytes: number },
    valueOf: (key: Uint8Array) => Uint8Array | undefined,
  ): void {
    /** Keys that the batch has named already, as text; and what it says of them. */
    const inBatch = new Map<string, Uint8Array | undefined>();
    for (const operation of batch) {
      const { key } = operation;
      const name = key.join();
      const before = inBatch.has(name) ? inBatch.get(name) : valueOf(key);
      const after = operation.kind === 'put' ? operation.value : undefined;
      inBatch.set(name, after);
      counted.keys += (after ? 1 : 0) - (before ? 1 : 0);
      counted.userBytes += (after ? key.length + after.length : 0) - (before ? key.length + before.length : 0);
    }
  }
}
