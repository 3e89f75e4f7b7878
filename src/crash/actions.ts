/**
 * What a client, a schedule and a bad day do to a store: plain data, so that a run can be generated, shrunk, printed as
 * a script of the lab and run again. Each action is one command of the script language (`host/crash_script.ts`).
 *
 *     commit a strict, turn, commit b relaxed, turn, crash, reopened, checkpoint ...
 *
 *   A1  A run is a pure function of its actions, its first bytes, its seed and its switches.
 *   A2  The store is open between two actions; `reopen`, `crash` and `cut` end in an opening, and may fail in it: then
 *       the run is over.
 */
import type { Batch } from '../base/ordered_index';
import type { DurabilityMode } from '../kv_store';
import type { Fault } from '../storage/fault_script';
import type { FileName } from '../storage/file';
import type { Fate } from '../storage/simulated/fates';

/** The fates of a power cut: one for all items, and others for those named by their number on the board, from 1. */
export interface BoardChoice {
  readonly others: 'kept' | 'lost';
  readonly items: readonly { readonly item: number; readonly fate: Fate }[];
}

/** One bit that rots while no program runs. */
export interface Flip {
  readonly file: FileName;
  readonly offset: number;
  readonly bit: number;
}

export type Action =
  | { readonly do: 'commit'; readonly operations: Batch; readonly mode: DurabilityMode }
  /** The schedule gets its turn: the waiting group is written, and flushed if a strict commit waits. */
  | { readonly do: 'turn' }
  | { readonly do: 'flush' }
  | { readonly do: 'checkpoint' }
  /** Begins a checkpoint if none is under way, and does one slice of it. */
  | { readonly do: 'step'; readonly budgetBytes: number }
  /** Closed cleanly, opened again. */
  | { readonly do: 'reopen' }
  /** The program dies, everything it issued stays; opened again. With `during`, it dies in the middle of that action. */
  | { readonly do: 'crash'; readonly during?: CutShort }
  /** The power goes; opened again on what is left. */
  | { readonly do: 'cut'; readonly choice: BoardChoice }
  /** From here to the next crash or cut a call goes wrong. */
  | { readonly do: 'fail'; readonly fault: Fault };

/** An action that the program does not live to finish: it dies at its `ios`-th I/O, of which so many bytes have landed. */
export interface CutShort {
  readonly action: Exclude<Action, { do: 'reopen' | 'crash' | 'cut' | 'fail' }>;
  readonly ios: number;
  readonly landedBytes: number;
}
