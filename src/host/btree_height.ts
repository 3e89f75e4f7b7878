/**
 * How high a tree gets: one tree that grows, looked at whenever its number of keys passes the next rung of a ladder. The
 * rungs are 1, 2 and 5 times powers of ten, as many as the time allows.
 */
import type { TreeDescription } from '../btree';
import type { HeightNote, HeightQuestion } from '../protocol/btree';
import { MeasuredTree } from './btree_measured';
import { keyOfLength, quickValue } from './measured_rows';

/** A pool that holds everything: this is about the shape, not about memory. */
const POOL_BYTES = 512 * 2 ** 20;
const LOG_BYTES = 16 * 2 ** 20;
const BATCH = 500;

export function* measureHeight(
  question: HeightQuestion,
  now: () => number,
  post: (note: HeightNote) => void,
): Generator<number> {
  const { budgetMs, keyBytes, keysMax, pageBytes, pattern, seed, valueBytes } = question;
  const tree = new MeasuredTree({
    pageBytes,
    protection: 'copy_on_write',
    poolBytes: POOL_BYTES,
    seed,
    logBytes: LOG_BYTES,
    checkpointLogBytes: LOG_BYTES / 2,
    traced: false,
  });
  const until = now() + budgetMs;
  let keys = 0;
  for (const rung of rungs(keysMax)) {
    while (keys < rung) {
      const count = Math.min(BATCH, rung - keys);
      tree.store.batch(
        Array.from({ length: count }, (_, i) => ({
          kind: 'put' as const,
          key: keyOfLength(pattern, seed, keys + i, keyBytes),
          value: quickValue(keys + i, valueBytes),
        })),
      );
      tree.store.flush();
      keys += count;
      if (keys % 5000 === 0) {
        yield keys;
        if (now() > until) return;
      }
    }
    post(shapeOf(tree.store.stats().keys, tree.describe()));
    yield keys;
    if (now() > until) return;
  }
}

function* rungs(keysMax: number): Generator<number> {
  for (let power = 100; power <= keysMax; power *= 10) {
    for (const factor of [1, 2, 5]) if (factor * power <= keysMax) yield factor * power;
  }
}

function shapeOf(keys: number, { height, pages }: TreeDescription): HeightNote {
  const leaves = pages.filter(({ kind }) => kind === 'leaf').length;
  const inner = pages.filter(({ kind }) => kind === 'inner');
  const fanOuts = inner.map(({ cells }) => cells.length + 1);
  const separators = inner.flatMap(({ cells }) => cells.map(({ key }) => key.length));
  return {
    note: 'height',
    keys,
    height,
    pages: pages.length,
    leaves,
    inner: inner.length,
    fanOut: mean(fanOuts),
    fanOutMost: Math.max(0, ...fanOuts),
    leafKeys: keys / leaves,
    separatorBytes: mean(separators),
  };
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
