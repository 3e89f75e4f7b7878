/** Random interleavings of transactions, run on the real manager and on the model beside it, compared at every step. */
import type fc from 'fast-check';
import { expect } from 'vitest';
import { decodeText, encodeText } from '../../base/bytes';
import { EngineError, isEngineError } from '../../base/errors';
import { lsn } from '../../base/ids';
import { ManualClock } from '../../base/runtime';
import { MemoryVersions } from '../memory_store';
import type { MvccProtections } from '../protections';
import type { IsolationLevel, Transaction } from '../transaction';
import { ModelStore } from './model_store';
import { movesOf, type Move, type MoveKind } from './moves';

const WEIGHTS: Readonly<Record<MoveKind, number>> = {
  begin: 12,
  begin_at: 2,
  get: 6,
  put: 16,
  delete: 6,
  scan: 6,
  commit: 12,
  abort: 2,
  batch: 4,
  publish_next: 3,
  flush: 3,
  refuse: 2,
  vacuum: 6,
  keep: 1,
  release: 1,
};

export const moves = (level: fc.Arbitrary<IsolationLevel>): fc.Arbitrary<Move[]> => movesOf(WEIGHTS, level);

interface Running {
  readonly transaction: Transaction;
  readonly writes: Map<string, string | undefined>;
}

export class Interleaving {
  readonly versions: MemoryVersions;
  readonly #model = new ModelStore();
  readonly #clock = new ManualClock();
  readonly #slots: (Running | undefined)[] = [];
  readonly #kept = new Map<string, number>();

  constructor(protections?: MvccProtections) {
    this.versions = new MemoryVersions({ clock: this.#clock, ...(protections && { protections }) });
  }

  run(list: readonly Move[]): void {
    for (const move of list) {
      this.#clock.tick();
      this.#do(move);
      const { transactions } = this.versions;
      expect(transactions.publishedLsn).toBe(this.#model.published);
      expect(transactions.watermark).toBe(Math.min(this.#model.published, ...this.#snapshots()));
      expect(transactions.keptFrom).toBeLessThanOrEqual(transactions.watermark); // W1
    }
    for (const at of this.#slots.keys()) this.#compareWhole(at);
  }

  #snapshots(): number[] {
    const active = this.#slots.filter((running) => running?.transaction.state === 'active');
    return [...active.map((running) => running!.transaction.snapshot), ...this.#kept.values()];
  }

  #do(move: Move): void {
    const { transactions, vacuum } = this.versions;
    switch (move.do) {
      case 'begin':
      case 'begin_at':
        this.#begin(move);
        break;
      case 'publish_next':
        if (this.versions.publishNext()) this.#model.published++;
        break;
      case 'flush':
        this.versions.flush();
        this.#model.publish();
        break;
      case 'refuse':
        this.versions.refuse(new EngineError('write_failed', 'The device refused it.'));
        this.#model.forgetAfter(this.#model.published);
        break;
      case 'vacuum':
        vacuum.step(move.budgetBytes);
        break;
      case 'batch': {
        const batch = move.keys.map((one) => ({
          kind: 'put' as const,
          key: encodeText(one),
          value: encodeText(move.value),
        }));
        const { lsn: at } = transactions.commitBatch(batch);
        expect(this.#model.submit(new Map(move.keys.map((one) => [one, move.value])))).toBe(at);
        break;
      }
      case 'keep':
        if (!this.#kept.has(move.name)) this.#kept.set(move.name, transactions.keepSnapshot(move.name));
        break;
      case 'release':
        if (this.#kept.delete(move.name)) transactions.releaseSnapshot(move.name);
        break;
      default:
        this.#inTransaction(move);
    }
  }

  #begin(move: Move<'begin' | 'begin_at'>): void {
    this.#slots[move.slot]?.transaction.abort();
    this.#slots[move.slot] = undefined;
    const { transactions } = this.versions;
    if (move.do === 'begin') {
      const { level, readOnly } = move;
      this.#slots[move.slot] = { transaction: transactions.begin({ level, readOnly }), writes: new Map() };
      return;
    }
    const at = Math.max(0, this.#model.published - move.back);
    if (at < transactions.keptFrom) {
      expect(() => transactions.begin({ at: lsn(at) })).toThrow('is not kept any more');
      return;
    }
    this.#slots[move.slot] = { transaction: transactions.begin({ at: lsn(at) }), writes: new Map() };
  }

  #inTransaction(move: Move<'get' | 'delete' | 'put' | 'scan' | 'commit' | 'abort'>): void {
    const running = this.#slots[move.slot];
    if (running?.transaction.state !== 'active') return;
    const { transaction, writes } = running;
    switch (move.do) {
      case 'get':
        expect(text(transaction.get(encodeText(move.key)))).toBe(new Map(this.#world(running)).get(move.key));
        break;
      case 'put':
      case 'delete': {
        if (transaction.readOnly) return;
        const written = move.do === 'put' ? move.value : undefined;
        if (written === undefined) transaction.delete(encodeText(move.key));
        else transaction.put(encodeText(move.key), encodeText(written));
        writes.set(move.key, written);
        break;
      }
      case 'scan': {
        const { from, reverse, to } = move;
        const found = [...transaction.scan({ from: encodeText(from), to: encodeText(to) }, reverse)];
        const wanted = this.#world(running).filter(([one]) => one >= from && one < to);
        expect(found.map((entry) => [text(entry.key), text(entry.value)])).toEqual(reverse ? wanted.reverse() : wanted);
        break;
      }
      case 'abort':
        transaction.abort();
        break;
      case 'commit':
        this.#compareWhole(move.slot);
        this.#commit(running);
    }
  }

  #commit({ transaction, writes }: Running): void {
    const hasConflict = this.#model.hasConflict(transaction.snapshot, writes.keys());
    try {
      const { lsn: at } = transaction.commit();
      expect(hasConflict, 'D2: the first to commit wins').toBe(false);
      if (writes.size > 0) expect(this.#model.submit(writes)).toBe(at);
      else expect(at).toBe(transaction.snapshot);
    } catch (error) {
      expect(transaction.state).toBe('aborted');
      if (isEngineError(error, 'serialization_failure') && transaction.level === 'serializable') return;
      if (!isEngineError(error, 'write_conflict')) throw error;
      expect(hasConflict, 'only a conflict refuses').toBe(true);
    }
  }

  /** D1: all of what a transaction sees, both ways. */
  #compareWhole(at: number): void {
    const running = this.#slots[at];
    if (running?.transaction.state !== 'active') return;
    const wanted = this.#world(running);
    const found = (reverse: boolean): unknown[] =>
      [...running.transaction.scan({}, reverse)].map((entry) => [text(entry.key), text(entry.value)]);
    expect(found(false)).toEqual(wanted);
    expect(found(true)).toEqual(wanted.reverse());
  }

  #world({ transaction, writes }: Running): [string, string][] {
    return this.#model.world(transaction.snapshot, writes);
  }
}

const text = (bytes: Uint8Array | undefined): string | undefined => bytes && decodeText(bytes);
