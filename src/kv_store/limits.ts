/** What a batch may be, checked before any byte is written; and copies, so that a caller may reuse its arrays. */
import { EngineError } from '../base/errors';
import { keyBytesMax as keyBytesOfPages } from '../btree';
import type { Batch, Operation } from '../base/ordered_index';
import { versionBytes, versionKeyBytes } from '../mvcc';
import { ENTRY_OVERHEAD_BYTES } from './checkpoint_block';
import { batchBytes } from './batch_codec';
import type { OperationSummary } from './events';
import { BATCH_SHARE_OF_LOG, KEY_BYTES_MAX, type FormatOptions } from './types';

/** Largest encoded batch of a store with this format. */
export function batchBytesMax(format: FormatOptions): number {
  return Math.floor(format.logBytes / BATCH_SHARE_OF_LOG) - 128;
}

/** Throws for a batch with anything wrong in it, naming the entry; none of it is then applied. Returns its length. */
export function checkBatch(batch: Batch, format: FormatOptions): number {
  if (batch.length === 0) throw new EngineError('batch_empty', 'A batch has at least one operation.');
  const bytesMax = batchBytesMax(format);
  batch.forEach((operation, entry) => {
    checkKey(operation.key, format, entry);
    if (operation.kind === 'put' && operation.value.length > bytesMax) {
      throw new EngineError(
        'value_too_large',
        `A value of this store has at most ${bytesMax} bytes; this one has ${operation.value.length}.`,
        { entry },
      );
    }
  });
  const bytes = batchBytes(batch);
  if (bytes > bytesMax) {
    const code = batch.length === 1 ? 'value_too_large' : 'batch_too_large';
    throw new EngineError(code, `A batch of this store has at most ${bytesMax} bytes; this one has ${bytes}.`);
  }
  return bytes;
}

/**
 * What a batch may add to the index's checkpoint, at most: a put may replace nothing; a delete adds nothing, but for its
 * tombstone in an LSM tree, which has the key, and for a version.
 */
export function growthOf(batch: Batch, { lsm, versions }: Pick<FormatOptions, 'lsm' | 'versions'>): number {
  if (versions === true) return versionBytes(batch) + ENTRY_OVERHEAD_BYTES * batch.length;
  let bytes = 0;
  for (const operation of batch) {
    if (operation.kind === 'put') bytes += operation.key.length + operation.value.length + ENTRY_OVERHEAD_BYTES;
    else if (lsm) bytes += operation.key.length;
  }
  return bytes;
}

/** Longest key of a store with this format: in a B-tree, two have to fit into a page. */
export const keyBytesMax = ({ tree }: FormatOptions): number =>
  tree ? Math.min(KEY_BYTES_MAX, keyBytesOfPages(tree.pageBytes)) : KEY_BYTES_MAX;

export function checkKey(key: Uint8Array, format: FormatOptions, entry?: number): void {
  const place = entry === undefined ? {} : { entry };
  if (key.length === 0) throw new EngineError('key_empty', 'A key has at least one byte.', place);
  const bytesMax = keyBytesMax(format);
  // What the index gets has to fit.
  const length = format.versions === true ? versionKeyBytes(key) : key.length;
  if (length > bytesMax) {
    const why = length > key.length ? `, and its version ${length}` : '';
    throw new EngineError(
      'key_too_large',
      `A key of this store has at most ${bytesMax} bytes; this one has ${key.length}${why}.`,
      place,
    );
  }
}

/**
 * A typed array of more than 64 bytes has a buffer outside the heap, and making one costs several times what the copy does;
 * a view of a buffer that is there is cheaper than either. An index that copies keys and values into pages, or lets go of all
 * it keeps when it has written a table, gets them side by side in one buffer; one that keeps the arrays (`isKept`) gets each
 * by itself, or a few old values would hold on to all the memory there ever was.
 *
 * Not with `slice`, which for Node's `Buffer` gives a view of the same bytes.
 */
export function copyBatch(batch: Batch, isKept: boolean): Operation[] {
  const copy = isKept ? (bytes: Uint8Array) => new Uint8Array(bytes) : sideBySide(batch);
  return batch.map((operation) =>
    operation.kind === 'put'
      ? { kind: 'put', key: copy(operation.key), value: copy(operation.value) }
      : { kind: 'delete', key: copy(operation.key) },
  );
}

function sideBySide(batch: Batch): (bytes: Uint8Array) => Uint8Array {
  let bytesInAll = 0;
  for (const operation of batch)
    bytesInAll += operation.key.length + (operation.kind === 'put' ? operation.value.length : 0);
  const all = new Uint8Array(bytesInAll);
  const { buffer } = all;
  let used = 0;
  return (bytes) => {
    const { length } = bytes;
    all.set(bytes, used);
    used += length;
    return new Uint8Array(buffer, used - length, length);
  };
}

export function summarize(operation: Operation): OperationSummary {
  return {
    kind: operation.kind,
    key: operation.key.slice(),
    valueBytes: operation.kind === 'put' ? operation.value.length : 0,
  };
}
