/** Transactions that lose run again: later each time, not for ever, and only if it can help. */
import { describe, expect, inject, it } from 'vitest';
import { decodeText, encodeText } from '../base/bytes';
import { EngineError } from '../base/errors';
import { ManualSchedule, SeededRandom } from '../base/runtime';
import { Store } from '../kv_store';
import { MemoryStorage } from '../storage/memory';
import { inTransaction, retry, type TransactionOptions } from './retry';

const conflict = (): never => {
  throw new EngineError('write_conflict', 'Another was first.');
};

describe('a piece of work that is refused', () => {
  it('is run again after waits that double, half fixed and half drawn, up to a limit', async () => {
    const waits: number[] = [];
    const wait = (milliseconds: number): Promise<void> => {
      waits.push(milliseconds);
      return Promise.resolve();
    };
    const random = new SeededRandom(inject('seed'));
    const tries = await retry((n) => (n < 10 ? conflict() : n), {
      triesMax: 10,
      waitMillisecondsMax: 50,
      random,
      wait,
    });
    expect(tries).toBe(10);
    const longest = [1, 2, 4, 8, 16, 32, 50, 50, 50];
    expect(waits).toHaveLength(longest.length);
    waits.forEach((one, i) => {
      expect(one).toBeGreaterThanOrEqual(longest[i]! / 2);
      expect(one).toBeLessThanOrEqual(longest[i]!);
    });
    expect(new Set(waits.map((one, i) => one / longest[i]!)).size).toBe(longest.length);
  });

  it.each([
    ['write_conflict', 3],
    ['serialization_failure', 3],
    ['snapshot_too_old', 3],
    ['store_full', 1],
    ['commit_unknown', 1],
    ['read_failed', 1],
  ] as const)('%s: is tried %i of 3 times, and then the error is the caller’s', async (code, tries) => {
    let tried = 0;
    const error = new EngineError(code, 'No.');
    const work = (): never => {
      tried++;
      throw error;
    };
    const options = { triesMax: 3, random: new SeededRandom(1), wait: () => Promise.resolve() };
    await expect(retry(work, options)).rejects.toBe(error);
    expect(tried).toBe(tries);
  });

  it('is not run again for a mistake of its own', async () => {
    const options = { random: new SeededRandom(1), wait: () => Promise.resolve() };
    await expect(retry(() => Promise.reject(new TypeError('no')), options)).rejects.toThrow(TypeError);
  });
});

// ---- On the store: time is a queue of waits, and the group is flushed when everybody waits.

class World {
  readonly schedule = new ManualSchedule();
  readonly store: Store;
  readonly #waiting: { until: number; wake: () => void }[] = [];
  #now = 0;
  waits = 0;

  constructor(seed: number) {
    this.store = Store.open({
      files: new MemoryStorage().openNow({ create: true }),
      random: new SeededRandom(seed),
      schedule: this.schedule.schedule,
      format: { versions: true },
    });
  }

  readonly wait = (milliseconds: number): Promise<void> => {
    this.waits++;
    return new Promise((wake) => void this.#waiting.push({ until: this.#now + milliseconds, wake }));
  };

  /** Until nobody waits for anything any more. A flush takes a millisecond. */
  async run(all: Promise<unknown>): Promise<void> {
    const state = { isOver: false };
    const end = all.finally(() => (state.isOver = true));
    while (!state.isOver) {
      for (let i = 0; i < 20; i++) await Promise.resolve();
      this.schedule.runAll();
      this.#now++;
      this.#waiting.sort((a, b) => a.until - b.until);
      while ((this.#waiting[0]?.until ?? Infinity) <= this.#now) this.#waiting.shift()!.wake();
    }
    await end;
  }
}

const KEY = encodeText('counter');

/** Many clients add to one counter, all at once. */
async function count(world: World, options: Partial<TransactionOptions>): Promise<number> {
  const { store, wait } = world;
  const random = new SeededRandom(inject('seed'));
  const addOne = (): Promise<void> =>
    inTransaction(
      store,
      (transaction) => {
        const before = Number(decodeText(transaction.get(KEY) ?? encodeText('0')));
        transaction.put(KEY, encodeText(`${before + 1}`));
      },
      { random, wait, triesMax: 1000, ...options },
    );
  const client = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) await addOne();
  };
  await world.run(Promise.all(Array.from({ length: 8 }, client)));
  return Number(decodeText(store.get(KEY)!));
}

describe('clients that all add to one counter', () => {
  it.each(['snapshot', 'serializable'] as const)('lose nothing at %s: who is refused reads anew', async (level) => {
    const world = new World(1);
    expect(await count(world, { level })).toBe(40);
    expect(world.waits).toBeGreaterThan(40); // Of eight that begin together one wins.
    expect(world.store.transactions.active).toEqual([]);
  });

  it('and if nobody may try again, the first to lose says so', async () => {
    await expect(count(new World(1), { triesMax: 1 })).rejects.toThrow('first to commit wins');
  });
});

it('what the work throws ends its transaction', async () => {
  const { schedule, store, wait } = new World(1);
  const work = (): never => {
    throw new TypeError('no');
  };
  await expect(inTransaction(store, work, { random: new SeededRandom(1), wait })).rejects.toThrow(TypeError);
  expect(store.transactions.active).toEqual([]);
  expect(schedule.pending).toBe(0);
});
