/** A listener of a ticket is called in the middle of the pipeline, and may do whatever a caller may do. */
import { describe, expect, it } from 'vitest';
import { encodeText } from '../base/bytes';
import { isEngineError } from '../base/errors';
import type { Operation } from '../base/ordered_index';
import { ManualSchedule, SeededRandom } from '../base/runtime';
import { faultyFiles } from '../storage/faulty';
import { closeAll } from '../storage/file';
import { MemoryStorage } from '../storage/memory';
import { Store } from './store';
import { openSmall, putText, textEntries } from './testing/small_store';
import type { DurabilityMode } from './types';

const BIG = 'b'.repeat(1800);

function openInMemory() {
  const storage = new MemoryStorage();
  const files = storage.openNow({ create: true });
  return { storage, files, ...openSmall(files, 1) };
}

describe('from inside an acknowledgement', () => {
  it.each(['strict', 'relaxed'] as const)('commits may fill the log many times over (%s)', (mode) => {
    const { schedule, storage, store } = openInMemory();
    const settled: number[] = [];
    const commit = (n: number, generations: number): void => {
      const ticket = putText(store, `key ${n % 17}`, `${n}`.padEnd(300, '.'), { mode });
      ticket.onSettled(() => {
        settled.push(ticket.lsn);
        for (let i = 0; generations > 0 && i < 30; i++) commit(n * 30 + i, generations - 1);
      });
    };
    commit(1, 2);
    schedule.runAll();
    expect(settled).toEqual(Array.from({ length: 1 + 30 + 900 }, (_, i) => i + 1));
    expect(store.check()).toEqual([]);
    // K3: however large those groups were, the largest batch still finds room.
    putText(store, 'big', BIG);
    store.flush();
    const entries = textEntries(store);
    store.close();
    expect(textEntries(openSmall(storage.openNow({ create: false }), 2).store)).toEqual(entries);
  });

  const drives: Record<string, (store: Store) => unknown> = {
    flush: (store) => store.flush(),
    step: (store) => store.step(1),
    checkpoint: (store) => store.checkpoint(),
    'begin a checkpoint': (store) => store.beginCheckpoint(),
  };
  it.each(Object.keys(drives))('a listener may %s, and the others of its group are settled once', (name) => {
    const { schedule, store } = openInMemory();
    const settled: number[] = [];
    const modes: DurabilityMode[] = ['relaxed', 'strict', 'relaxed', 'strict'];
    for (const mode of modes) {
      const ticket = putText(store, `key ${mode}`, mode, { mode });
      ticket.onSettled(() => {
        settled.push(ticket.lsn);
        drives[name]!(store);
      });
    }
    schedule.runAll();
    expect(settled.sort()).toEqual([1, 2, 3, 4]);
    expect(store.check()).toEqual([]);
  });

  it('a listener may close the store: the rest of its group is acknowledged first', () => {
    for (const mode of ['strict', 'relaxed'] as const) {
      const { schedule, storage, store } = openInMemory();
      const states: string[] = [];
      putText(store, 'a', '1', { mode }).onSettled(() => store.close());
      putText(store, 'b', '2').onSettled((error) => states.push(error?.code ?? 'acknowledged'));
      schedule.runAll();
      expect(states).toEqual(['acknowledged']);
      expect(textEntries(openSmall(storage.openNow({ create: false }), 2).store)).toEqual(['a=1', 'b=2']);
    }
  });

  it('an array that was handed in may be used again, also while the next commit makes room', () => {
    const { files, storage, store } = openInMemory();
    const batch: Operation[] = [{ kind: 'put', key: encodeText('first'), value: encodeText(BIG) }];
    store.batch(batch).onSettled(() => {
      batch[0] = { kind: 'put', key: encodeText('another'), value: encodeText('small') };
    });
    putText(store, 'second', BIG);
    store.batch(batch);
    store.flush();
    const entries = [`first=${BIG}`, `second=${BIG}`];
    expect(textEntries(store)).toEqual(entries);
    closeAll(files);
    expect(textEntries(openSmall(storage.openNow({ create: false }), 2).store)).toEqual(entries);
  });

  it('bytes that were handed in may be used again, also those of a Buffer', () => {
    const { store } = openInMemory();
    const key = Buffer.from('key');
    const value = Buffer.from('value');
    store.put(key, value);
    store.flush();
    key.fill(0);
    value.fill(0);
    expect(textEntries(store)).toEqual(['key=value']);
  });
});

describe('from inside a rejection', () => {
  it('a commit tried again at once is a new commit', () => {
    const files = new MemoryStorage().openNow({ create: true });
    openSmall(files, 1);
    const faulty = faultyFiles(files, { faults: [{ call: 'write', file: 'log', nth: 1, effect: { kind: 'fail' } }] });
    const { schedule, store } = openSmall(faulty, 2);
    for (const key of ['a', 'b']) {
      putText(store, key, 'first').onSettled((error) => {
        expect(error?.code).toBe('write_failed');
        putText(store, key, 'again');
      });
    }
    schedule.runAll();
    expect(textEntries(store)).toEqual(['a=again', 'b=again']);
    expect(store.stats().publishedLsn).toBe(2);
  });

  it('a closed store is closed for its last listeners too', () => {
    const { store } = openInMemory();
    const codes: string[] = [];
    const tryAgain = (error: unknown): void => {
      if (isEngineError(error)) codes.push(error.code);
      try {
        putText(store, 'late', 'x').onSettled(tryAgain);
      } catch (thrown) {
        codes.push(isEngineError(thrown) ? `thrown ${thrown.code}` : String(thrown));
      }
    };
    putText(store, 'a', '1').onSettled(tryAgain);
    store.close();
    expect(codes).toEqual(['store_closed', 'thrown store_closed']);
  });

  it('a group refused inside an acknowledgement takes nobody with it whose record is in the log', () => {
    const { files, storage } = openInMemory();
    closeAll(files);
    const inner = storage.openNow({ create: false });
    const fault = { call: 'write', file: 'log', nth: 2, effect: { kind: 'fail' } } as const;
    const { store } = openSmall(faultyFiles(inner, { faults: [fault] }), 2);
    const heard: string[] = [];
    const listen = (key: string) =>
      putText(store, key, key).onSettled((error) => heard.push(`${key} ${error?.code ?? 'yes'}`));
    putText(store, 'a', 'a').onSettled(() => {
      listen('refused');
      store.flush();
    });
    listen('b');
    listen('c');
    store.flush();
    expect(heard).toEqual(['refused write_failed', 'b yes', 'c yes']);
    expect(textEntries(store)).toEqual(['a=a', 'b=b', 'c=c']);
    closeAll(inner);
    expect(textEntries(openSmall(storage.openNow({ create: false }), 3).store)).toEqual(['a=a', 'b=b', 'c=c']);
  });
});

describe('clients that commit again as soon as they are told', () => {
  it.each([
    { clients: 8, valueBytes: 1400, logBytes: 8 * 1024 },
    { clients: 3000, valueBytes: 20, logBytes: 8 * 1024 },
    { clients: 20_000, valueBytes: 1, logBytes: 1024 * 1024 },
  ])(
    '$clients of them, in a log of $logBytes bytes, all come to their end',
    async ({ clients, logBytes, valueBytes }) => {
      const schedule = new ManualSchedule();
      const files = await new MemoryStorage().open({ create: true });
      const store = Store.open({
        files,
        random: new SeededRandom(3),
        schedule: schedule.schedule,
        format: { logBytes, extentBytes: 1024, groupAlignBytes: 512 },
      });
      const told: number[] = [];
      const commits = clients + 3000;
      let left = commits;
      const again = (client: number): void => {
        if (left-- <= 0) return;
        const ticket = store.put(encodeText(`client ${client}`), new Uint8Array(valueBytes).fill(left & 0xff));
        ticket.onSettled((error) => {
          expect(error).toBeUndefined();
          told.push(ticket.lsn);
          again(client);
        });
      };
      for (let client = 0; client < clients; client++) again(client);
      schedule.runAll();
      expect(told).toHaveLength(commits);
      expect(told.every((lsn, i) => i === 0 || told[i - 1]! < lsn)).toBe(true);
      expect(store.check()).toEqual([]);
    },
  );
});
