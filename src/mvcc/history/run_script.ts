/** A script of sessions, run on a real store: what each step gave, and the history that the checker reads. */
import { assert } from '../../base/assert';
import { encodeText } from '../../base/bytes';
import { isEngineError } from '../../base/errors';
import type { IsolationLevel, BeginOptions, Transaction } from '../transaction';
import type { ScriptAction, ScriptStep } from './anomaly_scripts';
import { nameOf, type History, type HistoryOperation, type HistoryTransaction, type ReadValue } from './history';
import { decodeValue, encodeNumbers, listName, nameOfKey, registerName } from './values';

/** What a script needs of a store. */
export interface ScriptStore {
  begin(options: BeginOptions): Transaction;
  /** Answers every commit on its way. */
  flush(): void;
}

export type Entries = readonly (readonly [key: string, value: number | readonly number[]])[];

/** One step, and what came of it. */
export interface StepTaken {
  readonly session: number;
  readonly action: ScriptAction;
  readonly how: 'done' | 'refused';
  /** What a read, or the read of an append, gave. */
  readonly value?: ReadValue;
  /** What a scan gave. */
  readonly entries?: Entries;
  /** Of a commit that wrote something: its timestamp; of a begin, its snapshot. */
  readonly lsn?: number;
  /** Of one that was refused. */
  readonly error?: { readonly code: string; readonly message: string };
}

interface Session {
  readonly transaction: Transaction;
  readonly record: HistoryTransaction & { operations: HistoryOperation[] };
}

export function runScript(
  store: ScriptStore,
  steps: readonly ScriptStep[],
  level: IsolationLevel,
): { readonly steps: readonly StepTaken[]; readonly history: History } {
  const run = new ScriptRun(store, steps, level);
  return { steps: steps.map((step) => run.take(step)), history: run.history };
}

/** The same, one step at a time: for whoever interleaves it with something else. */
export class ScriptRun {
  readonly #store: ScriptStore;
  readonly #level: IsolationLevel;
  readonly #lists: ReadonlySet<string>;
  readonly #sessions: (Session | undefined)[] = [];
  #ticks = 0;

  /** @param steps all that will be taken: which keys are lists stands in them */
  constructor(store: ScriptStore, steps: readonly ScriptStep[], level: IsolationLevel) {
    this.#store = store;
    this.#level = level;
    this.#lists = new Set(steps.flatMap(([, what, key]) => (what === 'append' ? [key] : [])));
  }

  get history(): History {
    return {
      transactions: this.#sessions.map((session, i) => {
        assert(session !== undefined, `S1: ${nameOf(i)} begins`);
        return session.record;
      }),
    };
  }

  take([number, ...action]: ScriptStep): StepTaken {
    const at = { session: number, action };
    if (action[0] === 'begin') return { ...at, how: 'done', lsn: this.#begin(number) };
    const session = this.#sessions[number - 1];
    assert(session?.record.outcome === 'unknown', `S1: ${nameOf(number - 1)} has begun, and not ended`);
    if (action[0] === 'commit') return { ...at, ...this.#commit(session) };
    if (action[0] === 'abort') {
      session.transaction.abort();
      this.#end(session, 'aborted');
      return { ...at, how: 'done' };
    }
    return { ...at, how: 'done', ...this.#operate(session, action) };
  }

  #begin(number: number): number {
    assert(this.#sessions[number - 1] === undefined, `S1: ${nameOf(number - 1)} begins once`);
    const invoked = ++this.#ticks;
    const transaction = this.#store.begin({ level: this.#level });
    const { snapshot } = transaction;
    this.#sessions[number - 1] = {
      transaction,
      record: { operations: [], outcome: 'unknown', invoked, snapshot },
    };
    return snapshot;
  }

  #operate({ record, transaction }: Session, action: ScriptAction): Pick<StepTaken, 'value' | 'entries'> {
    const { operations } = record;
    switch (action[0]) {
      case 'read': {
        const value = this.#get(transaction, action[1]);
        operations.push({ kind: 'read', key: action[1], value });
        return { value };
      }
      case 'append': {
        const [, key, element] = action;
        const value = this.#get(transaction, key);
        operations.push({ kind: 'read', key, value }, { kind: 'append', key, element });
        transaction.put(encodeText(key), encodeNumbers([...((value ?? []) as readonly number[]), element]));
        return { value };
      }
      case 'write': {
        const [, key, value] = action;
        operations.push({ kind: 'write', key, value });
        transaction.put(encodeText(key), encodeNumbers([value]));
        return {};
      }
      case 'scan': {
        const [, from, to] = action;
        const found = [...transaction.scan({ from: encodeText(from), to: encodeText(to) })];
        const entries = found.map(({ key, value }) => {
          const name = nameOfKey(key);
          return [name, this.#decode(name, value)!] as const;
        });
        operations.push({ kind: 'scan', from, to, entries });
        return { entries };
      }
      default:
        return {};
    }
  }

  #get(transaction: Transaction, key: string): ReadValue {
    return this.#decode(key, transaction.get(encodeText(key)));
  }

  #decode(key: string, bytes: Uint8Array | undefined): ReadValue {
    return decodeValue(this.#lists.has(key) ? listName(0) : registerName(0), bytes);
  }

  /** Nobody asks for anything between a commit and its answer. */
  #commit(session: Session): Pick<StepTaken, 'how' | 'lsn' | 'error'> {
    const wrote = session.transaction.writes.length > 0;
    try {
      const receipt = session.transaction.commit();
      this.#store.flush();
      assert(session.transaction.state === 'committed', 'a flush answers every commit');
      this.#end(session, 'committed', wrote ? receipt.lsn : undefined);
      return { how: 'done', ...(wrote && { lsn: receipt.lsn }) };
    } catch (error) {
      if (!isEngineError(error) || error.retry !== 'new_transaction') throw error;
      this.#end(session, 'aborted');
      return { how: 'refused', error: { code: error.code, message: error.message } };
    }
  }

  #end({ record }: Session, outcome: 'committed' | 'aborted', commit?: number): void {
    Object.assign(record, { outcome, completed: ++this.#ticks }, commit === undefined ? {} : { commit });
  }
}
