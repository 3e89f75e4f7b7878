/**
 * Clients that use a store of versions all at once, step by step, and write down what they did and saw.
 *
 *     step        1       2        3        4        5         6        7        8
 *     client 1    begin   get x    .        put x    commit ······ answer
 *     client 2    .       .        begin    .        .         get y    .        put y ...
 *     store       .       .        .        .        .         .        flush    .
 *
 * One generator of pseudo-random numbers draws whose turn it is and what they want, so that a seed is a run. A commit is on
 * its way until the store answers; its client waits, the others go on. What is refused because of a conflict is tried
 * again, with the same wishes and new elements (M1).
 *
 *   L1  Every transaction that began ends up in the history, once: also those that a crash cut off.
 *   L2  A client asks the store for nothing between its commit and the answer.
 */
import { assert } from '../../base/assert';
import { isEngineError, type EngineError } from '../../base/errors';
import { lsn, type Lsn } from '../../base/ids';
import type { Entry } from '../../base/ordered_index';
import type { SeededRandom } from '../../base/runtime';
import type { BeginOptions, IsolationLevel, Transaction } from '../transaction';
import type { History, HistoryOperation, HistoryTransaction, Outcome } from './history';
import { Plans, type Intent, type Plan, type PlanOptions } from './plans';
import { decodeValue, encodeNumbers, KeyBytes, listName, nameOfKey, registerName } from './values';

/** What the clients need of a store. */
export interface ClientStore {
  begin(options: BeginOptions): Transaction;
  readonly publishedLsn: Lsn;
  /** The oldest timestamp that may be asked for. */
  readonly keptFrom: Lsn;
  /** Something goes on besides the clients: commits on their way are answered, garbage is collected. */
  step(): void;
}

export interface ClientOptions extends PlanOptions {
  readonly clients: number;
  readonly level: IsolationLevel;
  /** In percent: how often it is the store's turn. */
  readonly storeTurns: number;
  readonly retriesMax: number;
}

export const DEFAULT_CLIENTS: Omit<ClientOptions, 'level'> = {
  clients: 6,
  keys: 8,
  appendsPerList: 24,
  intentsMax: 5,
  historical: true,
  storeTurns: 15,
  retriesMax: 3,
};

/** A transaction under way, and what is written down of it. */
interface Session {
  readonly plan: Plan;
  readonly attempt: number;
  readonly transaction: Transaction;
  readonly record: HistoryTransaction & { operations: HistoryOperation[] };
  nextIntent: number;
  isCommitting: boolean;
  /** Of a commit that wrote something: its timestamp, if it is one. */
  commit?: Lsn;
}

export class Clients {
  #store: ClientStore;
  readonly #options: ClientOptions;
  readonly #random: SeededRandom;
  readonly #plans: Plans;
  readonly #keys = new KeyBytes();
  readonly #sessions: (Session | undefined)[];
  /** What each client will try again. */
  readonly #retries: ({ plan: Plan; attempt: number } | undefined)[];
  readonly #transactions: HistoryTransaction[] = [];
  #steps = 0;
  #elements = 0;

  constructor(store: ClientStore, options: ClientOptions, random: SeededRandom) {
    this.#store = store;
    this.#options = options;
    this.#random = random;
    this.#plans = new Plans(options, random);
    this.#sessions = new Array<Session | undefined>(options.clients).fill(undefined);
    this.#retries = this.#sessions.map(() => undefined);
  }

  /** How many transactions began. */
  get begun(): number {
    return this.#transactions.length;
  }

  get history(): History {
    return { transactions: this.#transactions };
  }

  /** Takes turns until so many transactions began. */
  run(transactions: number): void {
    while (this.begun < transactions) this.turn();
  }

  /** One step of one client, or of the store. */
  turn(): void {
    const client = this.#random.below(this.#sessions.length);
    const session = this.#sessions[client];
    if (this.#random.below(100) < this.#options.storeTurns || session?.isCommitting === true) this.#store.step();
    else if (session === undefined) this.#begin(client);
    else this.#goOn(client, session);
  }

  /** Everybody comes to an end, and then somebody reads everything. */
  finish(): void {
    for (let client = 0; client < this.#sessions.length; client++) {
      for (let session = this.#sessions[client]; session?.isCommitting === false; session = this.#sessions[client])
        this.#goOn(client, session);
    }
    this.#settle();
    this.#readEverything();
  }

  /** The store is gone, with everything that was under way; the clients go on with another. */
  crash(reopened: ClientStore): void {
    this.#sessions.forEach((session, client) => {
      if (session !== undefined) this.#end(client, session, session.isCommitting ? 'unknown' : 'aborted');
    });
    this.#store = reopened;
  }

  #settle(): void {
    const isWaiting = (session: Session | undefined): boolean => session !== undefined;
    for (let i = 0; this.#sessions.some(isWaiting); i++) {
      assert(i < 10_000, 'a store answers every commit some time');
      this.#store.step();
    }
  }

  #begin(client: number): void {
    const retry = this.#retries[client];
    this.#retries[client] = undefined;
    const { attempt, plan } = retry ?? { plan: this.#plans.draw(), attempt: 0 };
    const at = plan.isHistorical ? this.#olderSnapshot() : undefined;
    this.#sessions[client] = this.#open(plan, attempt, at);
  }

  #open(plan: Plan, attempt: number, at?: Lsn): Session {
    const invoked = ++this.#steps;
    const { readOnly } = plan;
    const options = at === undefined ? { readOnly, level: this.#options.level } : { readOnly, at };
    const transaction = this.#store.begin(options);
    const record = {
      operations: [],
      outcome: 'unknown' as const,
      invoked,
      snapshot: transaction.snapshot,
      ...(at === undefined ? {} : { isHistorical: true }),
    };
    this.#transactions.push(record);
    return { plan, attempt, transaction, record, nextIntent: 0, isCommitting: false };
  }

  #olderSnapshot(): Lsn {
    const { keptFrom, publishedLsn } = this.#store;
    return lsn(keptFrom + this.#random.below(publishedLsn - keptFrom + 1));
  }

  #goOn(client: number, session: Session): void {
    const intent = session.plan.intents[session.nextIntent++];
    try {
      if (intent !== undefined) this.#do(session, intent);
      else if (session.plan.aborts) {
        session.transaction.abort();
        this.#end(client, session, 'aborted', ++this.#steps);
      } else this.#commit(client, session);
    } catch (error) {
      if (!isEngineError(error)) throw error;
      session.transaction.abort();
      this.#end(client, session, 'aborted', ++this.#steps);
      if (session.attempt < this.#options.retriesMax)
        this.#retries[client] = { plan: session.plan, attempt: session.attempt + 1 };
    }
  }

  #do({ record, transaction }: Session, intent: Intent): void {
    const { operations } = record;
    switch (intent.kind) {
      case 'read':
        operations.push({ kind: 'read', key: intent.key, value: this.#get(transaction, intent.key) });
        return;
      case 'append': {
        const value = this.#get(transaction, intent.key);
        const element = ++this.#elements;
        operations.push({ kind: 'read', key: intent.key, value }, { kind: 'append', key: intent.key, element });
        const before = Array.isArray(value) ? (value as readonly number[]) : [];
        transaction.put(this.#keys.of(intent.key), encodeNumbers([...before, element]));
        return;
      }
      case 'write': {
        const value = ++this.#elements;
        operations.push({ kind: 'write', key: intent.key, value });
        transaction.put(this.#keys.of(intent.key), encodeNumbers([value]));
        return;
      }
      case 'delete':
        operations.push({ kind: 'write', key: intent.key, value: null });
        transaction.delete(this.#keys.of(intent.key));
        return;
      case 'scan':
        operations.push(this.#scan(transaction, intent));
    }
  }

  #get(transaction: Transaction, name: string) {
    return decodeValue(name, transaction.get(this.#keys.of(name)));
  }

  #scan(transaction: Transaction, { from, reverse, to }: Intent & { kind: 'scan' }): HistoryOperation {
    const range = { from: this.#keys.of(from), to: this.#keys.of(to) };
    const entries = [...transaction.scan(range, reverse)].map(({ key, value }: Entry) => {
      const name = nameOfKey(key);
      return [name, decodeValue(name, value)!] as const;
    });
    if (reverse) entries.reverse();
    return { kind: 'scan', from, to, entries };
  }

  #commit(client: number, session: Session): void {
    const { transaction } = session;
    const wrote = transaction.writes.length > 0;
    session.isCommitting = true;
    try {
      const receipt = transaction.commit();
      if (wrote) session.commit = receipt.lsn;
      receipt.onSettled((error?: EngineError) => {
        // A store that is gone may still answer: nobody listens (L1).
        if (this.#sessions[client] !== session) return;
        const refused = error?.code === 'commit_unknown' ? 'unknown' : 'aborted';
        this.#end(client, session, error === undefined ? 'committed' : refused, ++this.#steps);
      });
    } catch (error) {
      // A crash in the middle leaves it open whether it was written.
      if (isEngineError(error)) session.isCommitting = false;
      throw error;
    }
  }

  /** What never was a commit has no timestamp: the store gives the number to another. */
  #end(client: number, { commit, record }: Session, outcome: Outcome, completed?: number): void {
    const isCommit = commit !== undefined && outcome !== 'aborted';
    Object.assign(record, { outcome }, completed === undefined ? {} : { completed }, isCommit ? { commit } : {});
    this.#sessions[client] = undefined;
  }

  /** One transaction over everything, in the end: what is lost or out of place shows there at the latest. */
  #readEverything(): void {
    const intents: Intent[] = [
      { kind: 'scan', from: registerName(0), to: registerName(this.#options.keys), reverse: false },
      { kind: 'scan', from: listName(0), to: listName(this.#plans.listCount), reverse: false },
    ];
    for (let number = 0; number < this.#plans.listCount; number++)
      intents.push({ kind: 'read', key: listName(number) });
    const plan: Plan = { intents, readOnly: true, aborts: false, isHistorical: false };
    const client = 0;
    const session = this.#open(plan, this.#options.retriesMax);
    this.#sessions[client] = session;
    while (this.#sessions[client] === session && !session.isCommitting) this.#goOn(client, session);
    this.#settle();
  }
}
