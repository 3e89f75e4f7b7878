/**
 * What is dirty: keys that were changed since the checkpoint in force, so that only memory and the log have them. The
 * next checkpoint makes them clean; until then recovery would bring them back from the log.
 */
import { toHex } from '../../../base/bytes';
import type { OperationSummary } from '../../../kv_store/events';
import type { WalView } from './model';

export interface Dirty {
  readonly keys: number;
  /** Of the keys and their newest values; a deletion counts its key alone. */
  readonly bytes: number;
}

/** Without a store nothing is in memory. */
export const isRunning = ({ state }: WalView): boolean =>
  state === 'opening' || state === 'open' || state === 'read_only';

/** Many views share a commit: its keys are spelled out once. */
const spelled = new WeakMap<readonly OperationSummary[], readonly string[]>();

export function dirtyKeys(view: WalView): Dirty {
  const newest = new Map<string, number>();
  if (!isRunning(view)) return { keys: 0, bytes: 0 };
  // What an earlier life had in memory went with it; recovery brings it back commit by commit.
  const since = Math.max(0, view.recovery?.startedAt ?? 0);
  // V3: whatever still lies behind the redo point is kept.
  for (const entry of view.entries.range(view.redoLsn)) {
    if (entry.appliedAt < since) continue;
    const keys = keysOf(entry.operations);
    for (const [i, { key, kind, valueBytes }] of entry.operations.entries()) {
      newest.set(keys[i]!, key.length + (kind === 'put' ? valueBytes : 0));
    }
  }
  let bytes = 0;
  for (const each of newest.values()) bytes += each;
  return { keys: newest.size, bytes };
}

function keysOf(operations: readonly OperationSummary[]): readonly string[] {
  const known = spelled.get(operations);
  if (known) return known;
  const keys = operations.map(({ key }) => toHex(key));
  spelled.set(operations, keys);
  return keys;
}
