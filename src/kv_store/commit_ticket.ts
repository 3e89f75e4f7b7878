/** The store's own side of a ticket: the batch until it is applied, and who wants to know. */
import { assert } from '../base/assert';
import type { EngineError } from '../base/errors';
import type { Lsn } from '../base/ids';
import type { Batch } from '../base/ordered_index';
import type { PendingCommit } from '../wal';
import type { ClientId, DurabilityMode, Ticket, TicketState } from './types';

interface CommitParts {
  readonly lsn: Lsn;
  readonly client: ClientId;
  readonly mode: DurabilityMode;
  /** The store's own copies. */
  readonly batch: Batch;
  /** What applying it may add to the index. */
  readonly growthBytes: number;
}

export class CommitTicket implements Ticket, PendingCommit {
  readonly lsn: Lsn;
  readonly client: ClientId;
  readonly mode: DurabilityMode;
  readonly batch: Batch;
  readonly growthBytes: number;
  #state: TicketState = 'buffered';
  #error: EngineError | undefined;
  #listeners: ((error?: EngineError) => void)[] = [];

  constructor(parts: CommitParts) {
    this.lsn = parts.lsn;
    this.client = parts.client;
    this.mode = parts.mode;
    this.batch = parts.batch;
    this.growthBytes = parts.growthBytes;
  }

  get strict(): boolean {
    return this.mode === 'strict';
  }
  get state(): TicketState {
    return this.#state;
  }
  get error(): EngineError | undefined {
    return this.#error;
  }

  onSettled(listener: (error?: EngineError) => void): void {
    if (this.#state === 'acknowledged' || this.#state === 'rejected') listener(this.#error);
    else this.#listeners.push(listener);
  }

  markWritten(): void {
    this.#state = 'written';
  }

  acknowledge(): void {
    this.#settle('acknowledged');
  }

  reject(error: EngineError): void {
    this.#error = error;
    this.#settle('rejected');
  }

  #settle(state: TicketState): void {
    assert(this.#state === 'buffered' || this.#state === 'written', 'a ticket settles once');
    this.#state = state;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener(this.#error);
  }
}
