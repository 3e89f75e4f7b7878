import { afterEach, describe, expect, it } from 'vitest';
import { Scratch } from './scratch';
import { findDirectory } from './storage';
import { findOwner } from './ownership';
import { TestWorker } from './test_worker';

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

const workers: TestWorker[] = [];
let stores = 0;

/** Workers of the test, and the path of a store nobody else uses. */
function setUp(): { path: string[]; start: () => TestWorker } {
  return {
    path: ['ownership', `store_${++stores}`],
    start: () => {
      const worker = new TestWorker();
      workers.push(worker);
      return worker;
    },
  };
}

afterEach(() => {
  for (const worker of workers.splice(0)) worker.terminate();
});

describe('one owner', () => {
  it('a second worker is told at once who has the store, and gets it when it is closed', async () => {
    const { path, start } = setUp();
    const [first, second] = [start(), start()];
    await first.ask({ do: 'open', path, label: 'the first tab' });
    await expect(second.ask({ do: 'open', path, label: 'the second' })).rejects.toThrow(
      /storage_in_use.*the first tab/,
    );
    expect(await findOwner(path.join('/'), wait)).toMatchObject({ label: 'the first tab' });

    await first.ask({ do: 'close' });
    await second.ask({ do: 'open', path, label: 'the second' });
    expect(await findOwner(path.join('/'), wait)).toMatchObject({ label: 'the second' });
  });

  it('a store that nobody has open has no owner', async () => {
    expect(await findOwner('ownership/nobody', wait)).toBeUndefined();
  });

  it('an owner that is asked closes the store and hands it over', async () => {
    const { path, start } = setUp();
    const [first, second] = [start(), start()];
    await first.ask({ do: 'open', path, label: 'first', whenAsked: 'close' });
    await first.ask({ do: 'write', at: 0, bytes: [1, 2, 3] });
    await second.ask({ do: 'open', path, label: 'second', takeOver: true });
    expect(await second.ask({ do: 'read', length: 10 })).toEqual([1, 2, 3]);
    await expect(first.ask({ do: 'write', at: 0, bytes: [9] })).rejects.toThrow('file_closed');
    expect(first.notices).toEqual([]);
  });

  it('an owner that refuses loses the lock, and can write no more', async () => {
    const { path, start } = setUp();
    const [first, second] = [start(), start()];
    await first.ask({ do: 'open', path, label: 'first', whenAsked: 'refuse' });
    await first.ask({ do: 'write', at: 0, bytes: [1, 2, 3] });
    await second.ask({ do: 'open', path, label: 'second', takeOver: true });
    await first.noticed('lost');
    await expect(first.ask({ do: 'write', at: 0, bytes: [9] })).rejects.toThrow('file_closed');
    expect(await second.ask({ do: 'read', length: 10 })).toEqual([1, 2, 3]);
  });

  it('a thief waits for an owner that is busy, and gets the files when it wakes', async () => {
    const { path, start } = setUp();
    const [first, second] = [start(), start()];
    await first.ask({ do: 'open', path, label: 'first', whenAsked: 'close' });
    first.tell({ do: 'spin', milliseconds: 2000 });
    await second.ask({ do: 'open', path, label: 'second', takeOver: true });
    expect(await second.ask({ do: 'write', at: 0, bytes: [1] })).toBe(1);
  });

  it('taking over a store that nobody has is opening it', async () => {
    const { path, start } = setUp();
    const worker = start();
    await worker.ask({ do: 'open', path, label: 'only', takeOver: true });
    expect(await worker.ask({ do: 'write', at: 0, bytes: [1] })).toBe(1);
  });

  it('an open store is not removed; a closed one is', async () => {
    const { path, start } = setUp();
    const [first, second] = [start(), start()];
    await first.ask({ do: 'open', path, label: 'first' });
    await first.ask({ do: 'write', at: 0, bytes: [1, 2, 3] });
    await expect(second.ask({ do: 'remove', path })).rejects.toThrow('storage_in_use');
    await first.ask({ do: 'close' });
    await second.ask({ do: 'remove', path });
    await second.ask({ do: 'open', path, label: 'second' });
    expect(await second.ask({ do: 'read', length: 10 })).toEqual([]);
  });
});

describe('a drill', () => {
  /** Parks a worker at a call, terminates it, and gives what the next worker finds. */
  async function killedAt(stopAt: number, prefixBytes: number): Promise<unknown> {
    const { path, start } = setUp();
    const victim = start();
    await victim.ask({ do: 'open', path, label: 'victim' });
    victim.tell({ do: 'write and park', stopAt, prefixBytes });
    await victim.noticed('parking');
    victim.terminate();
    const next = start();
    // The dead worker keeps lock and handles for about two seconds: opening waits.
    await next.ask({ do: 'open', path, label: 'next' });
    return await next.ask({ do: 'read', length: 100 });
  }

  it('parked at a call, and after a prefix of it, leaves exactly that', async () => {
    expect(await Promise.all([killedAt(1, 0), killedAt(3, 0), killedAt(3, 2)])).toEqual([
      [],
      [1, 1, 1, 1, 2, 2, 2, 2],
      [1, 1, 1, 1, 2, 2, 2, 2, 3, 3],
    ]);
  });
});

describe('scratch', () => {
  const options = { capBytes: 10_000, wait, now: (): number => Date.now() };

  it('is emptied at the start of a session, but for the sessions that live', async () => {
    const { start } = setUp();
    const dead = await Scratch.start({ ...options, session: 'dead' });
    const alive = await Scratch.start({ ...options, session: 'alive' });
    for (const scratch of [dead, alive]) {
      const worker = start();
      await scratch.add('fork', 3000);
      await worker.ask({ do: 'open', path: scratch.path('fork'), label: 'drill' });
      await worker.ask({ do: 'write', at: 0, bytes: Array.from({ length: 3000 }, () => 7) });
      await worker.ask({ do: 'close' });
    }
    expect(await alive.usedBytes()).toBe(6000);

    // What a closed page leaves: the folder, and no lock.
    dead.abandon();
    const fresh = await Scratch.start({ ...options, session: 'fresh' });
    expect(await fresh.usedBytes()).toBe(3000);
    await alive.end();
    expect(await fresh.usedBytes()).toBe(0);
    await fresh.end();
  });

  it('counts its bytes while another deletes a store', async () => {
    const scratch = await Scratch.start({ ...options, session: 'counting' });
    const folder = await findDirectory([...scratch.path('fork').slice(0, -1)], true);
    const removed = async (): Promise<void> => {
      for (let store = 0; store < 60; store++) {
        const inner = await folder.getDirectoryHandle(`store-${store}`, { create: true });
        await inner.getFileHandle('log', { create: true });
        await folder.removeEntry(`store-${store}`, { recursive: true });
      }
    };
    const counted = async (): Promise<number[]> => {
      const counts: number[] = [];
      for (let count = 0; count < 100; count++) counts.push(await scratch.usedBytes());
      return counts;
    };
    const [counts] = await Promise.all([counted(), removed()]);
    expect(new Set(counts)).toEqual(new Set([0]));
    await scratch.end();
  });

  it('refuses a store beyond the cap, and has room again when one is removed', async () => {
    const { start } = setUp();
    const scratch = await Scratch.start({ ...options, session: 'capped' });
    const worker = start();
    await scratch.add('fork', 10_000);
    await worker.ask({ do: 'open', path: scratch.path('fork'), label: 'drill' });
    await worker.ask({ do: 'write', at: 0, bytes: Array.from({ length: 8000 }, () => 7) });
    await expect(scratch.add('another', 3000)).rejects.toThrow('8000 of 10000');
    await worker.ask({ do: 'close' });
    await scratch.remove('fork');
    await scratch.add('another', 3000);
    await scratch.end();
  });
});
