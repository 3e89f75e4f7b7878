/**
 * What the store does while calls fail: three lives with commits of both kinds, groups, batches, deletes, checkpoints
 * whole and in slices, more log than the log holds, a clean reopening and a crash. Short, since it is run once for
 * every call in it and every way that call can fail.
 */
import { encodeText } from '../../base/bytes';
import { numberedFiller } from '../../base/filler';
import type { Batch, Operation } from '../../base/ordered_index';
import type { DurabilityMode } from '../../kv_store';

export type FaultAction =
  | { readonly do: 'commit'; readonly operations: Batch; readonly mode: DurabilityMode }
  /** The schedule gets its turn: the waiting group is written. */
  | { readonly do: 'turn' | 'flush' | 'checkpoint' }
  /** Begins a checkpoint if none is under way, and does one slice of it. */
  | { readonly do: 'step' }
  /** Closed cleanly, or just left; opened again, on the same failing device. */
  | { readonly do: 'reopen' | 'crash' };

const KEYS = 7;
const LIVES = 3;
const COMMITS_OF_A_LIFE = 10;

export function faultWorkload(): readonly FaultAction[] {
  const actions: FaultAction[] = [];
  let stamp = 0;
  for (let life = 0; life < LIVES; life++) {
    for (let n = 0; n < COMMITS_OF_A_LIFE; n++) {
      stamp++;
      const mode = stamp % 3 === 1 ? 'relaxed' : 'strict';
      actions.push({ do: 'commit', operations: batchOf(stamp), mode });
      if (stamp % 4 !== 0) actions.push({ do: 'turn' });
      if (stamp % 5 === 2) actions.push({ do: 'step' });
      if (n === 6) actions.push({ do: life === 1 ? 'flush' : 'checkpoint' });
    }
    if (life < LIVES - 1) actions.push({ do: life === 0 ? 'crash' : 'reopen' });
  }
  actions.push({ do: 'flush' });
  return actions;
}

/** One to three operations, each with a value of its own: half a batch, or one that was refused, can be told. */
function batchOf(stamp: number): Batch {
  const operations: Operation[] = [
    { kind: 'put', key: keyOf(stamp), value: numberedFiller(60 + 97 * (stamp % 5), stamp) },
  ];
  if (stamp % 2 === 0) operations.push({ kind: 'put', key: keyOf(stamp + 3), value: numberedFiller(20, stamp) });
  if (stamp % 3 === 0) operations.push({ kind: 'delete', key: keyOf(stamp + 5) });
  return operations;
}

const keyOf = (n: number): Uint8Array => encodeText(`key ${n % KEYS}`);
