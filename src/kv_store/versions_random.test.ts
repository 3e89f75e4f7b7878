/** Random runs of a store with versions, with power cuts, against a model that keeps every version. */
import { describe, expect, inject, it } from 'vitest';
import { encodeText } from '../base/bytes';
import { isEngineError } from '../base/errors';
import { SeededRandom } from '../base/runtime';
import type { Transaction } from '../mvcc';
import { ModelStore } from '../mvcc/testing/model_store';
import { SimulatedDisk } from '../storage/simulated/disk';
import { randomChoice } from '../storage/simulated/fates';
import { PROFILES } from '../storage/simulated/profiles';
import type { Store } from './store';
import { putText, textEntries } from './testing/small_store';
import { entriesOf, FORMATS, get, open, put, type Tried } from './testing/version_stores';

const KEYS = ['a', 'a\0', 'a\0b', 'b', 'c'];

interface Running {
  readonly transaction: Transaction;
  readonly writes: Map<string, string | undefined>;
}

const inWords = ([key, value]: readonly [string, string]): string => `${key}=${value}`;

class Run {
  readonly #random: SeededRandom;
  readonly #model = new ModelStore();
  readonly #options: Pick<Tried, 'format' | 'tuning'>;
  #disk = new SimulatedDisk({}, PROFILES.adversarial);
  #store: Store;
  #slots: (Running | undefined)[] = [];
  /** The last LSN that a client was promised. */
  #promised = 0;
  #lives = 1;
  crashes = 0;
  conflicts = 0;
  collected = 0;

  constructor(options: Pick<Tried, 'format' | 'tuning'>, seed: number) {
    this.#options = options;
    this.#random = new SeededRandom(seed);
    this.#store = this.#open();
  }

  #open(): Store {
    return open(this.#disk.openNow({ create: true }), this.#lives++, this.#options).store;
  }

  steps(count: number): void {
    for (let i = 0; i < count; i++) this.#step();
    this.#store.flush();
    this.#compare();
    expect(this.#store.check()).toEqual([]);
  }

  #step(): void {
    const dice = this.#random.below(100);
    if (dice < 70) this.#inTransaction();
    else if (dice < 76) this.#batch();
    else if (dice < 84) this.#store.flush();
    else if (dice < 88) this.#store.write();
    else if (dice < 95) this.#vacuum();
    else if (dice < 97) this.#store.beginCheckpoint();
    else if (dice < 98) this.#store.step(500);
    else this.#reopen(this.#random.below(3));
  }

  #inTransaction(): void {
    const slot = this.#random.below(4);
    const running = this.#slots[slot];
    if (running?.transaction.state !== 'active') {
      const transaction = this.#store.begin({ readOnly: this.#random.below(4) === 0 });
      this.#slots[slot] = { transaction, writes: new Map() };
      return;
    }
    const { transaction, writes } = running;
    const key = this.#key();
    const dice = this.#random.below(8);
    if (dice < 2) this.#compareOne(running);
    else if (dice < 7 && !transaction.readOnly) {
      const value = dice === 6 ? undefined : this.#value();
      if (value === undefined) transaction.delete(encodeText(key));
      else put(transaction, key, value);
      writes.set(key, value);
    } else this.#commit(running);
  }

  #commit({ transaction, writes }: Running): void {
    const hasConflict = this.#model.hasConflict(transaction.snapshot, writes.keys());
    try {
      const mode = this.#random.below(2) === 0 ? 'strict' : 'relaxed';
      const receipt = transaction.commit({ mode });
      expect(hasConflict, 'D2').toBe(false);
      if (writes.size === 0) return;
      this.#noteCommit(receipt.lsn, writes);
      if (mode === 'strict') receipt.onSettled((error) => this.#promise(receipt.lsn, error));
    } catch (error) {
      if (!isEngineError(error, 'write_conflict')) throw error;
      expect(hasConflict).toBe(true);
      this.conflicts++;
    }
  }

  #batch(): void {
    const [key, value] = [this.#key(), this.#value()];
    const ticket = putText(this.#store, key, value);
    this.#noteCommit(ticket.lsn, new Map([[key, value]]));
    ticket.onSettled((error) => this.#promise(ticket.lsn, error));
  }

  #noteCommit(at: number, writes: ReadonlyMap<string, string | undefined>): void {
    expect(at).toBe(this.#model.submit(writes));
  }

  #promise(at: number, error: unknown): void {
    if (error === undefined) this.#promised = Math.max(this.#promised, at);
  }

  #vacuum(): void {
    const before = this.#store.vacuum.total.versionsCollected;
    this.#store.vacuum.step(this.#random.below(2) === 0 ? 60 : 2000);
    this.collected += this.#store.vacuum.total.versionsCollected - before;
  }

  /** Ends the life with transactions open: closed, or the worker ends, or the power goes. */
  #reopen(how: number): void {
    this.#slots = [];
    if (how === 0) this.#store.close();
    else if (how === 1) {
      const choice = randomChoice(this.#disk.pending(), PROFILES.adversarial, this.#random);
      this.#disk = this.#disk.powerCut(choice);
    } else this.#disk = this.#disk.fork();
    if (how > 0) this.crashes++;
    this.#store = this.#open();
    const { lastLsn } = this.#store.recovery;
    expect(lastLsn).toBeGreaterThanOrEqual(this.#promised);
    this.#model.forgetAfter(lastLsn);
    expect(this.#model.nextLsn).toBe(lastLsn + 1);
    this.#promised = lastLsn; // What an opening has shown stays.
    expect(this.#store.check()).toEqual([]); // E2: nothing newer either.
    this.#compare();
  }

  #compare(): void {
    const { publishedLsn } = this.#store.stats();
    expect(textEntries(this.#store)).toEqual(this.#model.world(publishedLsn).map(inWords));
    for (const running of this.#slots) if (running?.transaction.state === 'active') this.#compareOne(running);
  }

  /** D1: the world of its snapshot, with its own writes over it. */
  #compareOne({ transaction, writes }: Running): void {
    const world = this.#model.world(transaction.snapshot, writes);
    expect(entriesOf(transaction)).toEqual(world.map(inWords));
    const state = new Map(world);
    for (const key of KEYS) expect(get(transaction, key)).toBe(state.get(key));
  }

  #key(): string {
    return KEYS[this.#random.below(KEYS.length)]!;
  }

  #value(): string {
    return `${this.#random.below(1000)}`.padStart(this.#random.below(40), 'x');
  }
}

describe.each(FORMATS)('random runs with power cuts ($name)', ({ format, tuning = {} }) => {
  it('equal the model that keeps every version, as of every snapshot and after every crash', () => {
    const seed = inject('seed');
    const counts = { crashes: 0, conflicts: 0, collected: 0 };
    for (let i = 0; i < 6; i++) {
      const run = new Run({ format, tuning }, seed + i);
      run.steps(400);
      for (const name of ['crashes', 'conflicts', 'collected'] as const) counts[name] += run[name];
    }
    for (const [name, count] of Object.entries(counts)) expect(count, name).toBeGreaterThan(5);
  });
});
