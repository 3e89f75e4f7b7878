import { describe, expect, it } from 'vitest';
import { encodeText, decodeText } from '../base/bytes';
import { ManualSchedule, SeededRandom } from '../base/runtime';
import { MemoryStorage } from '../storage/memory';
import { closeAll } from '../storage/file';
import { Store } from './store';
import type { OpenOptions } from './open_options';
import type { FormatOptions } from './types';

const SMALL: FormatOptions = { logBytes: 16 * 1024, extentBytes: 1024, groupAlignBytes: 512 };

async function openStore(storage: MemoryStorage, options: Partial<OpenOptions> = {}) {
  const files = await storage.open({ create: true });
  const manual = new ManualSchedule();
  const store = Store.open({
    files,
    random: new SeededRandom(1),
    schedule: manual.schedule,
    format: SMALL,
    ...options,
  });
  return { files, manual, store };
}

const bytes = (text: string): Uint8Array => encodeText(text);
const textOf = (value: Uint8Array | undefined): string | undefined => value && decodeText(value);
const contents = (store: Store): string[] =>
  [...store.scan()].map(({ key, value }) => `${textOf(key)}=${textOf(value)}`);

describe('a store', () => {
  it('writes relaxed commits when told to, without a flush; a strict one among them gets its flush', async () => {
    const { store } = await openStore(new MemoryStorage());
    const flushes = store.stats().flushes;
    const relaxed = store.put(bytes('a'), bytes('1'), { mode: 'relaxed' });
    store.write();
    expect(relaxed.state).toBe('acknowledged');
    expect(textOf(store.get(bytes('a')))).toBe('1');
    expect(store.stats().flushes).toBe(flushes);
    const strict = store.put(bytes('b'), bytes('2'));
    store.write();
    expect(strict.state).toBe('acknowledged');
    expect(store.stats().flushes).toBe(flushes + 1);
  });

  it('shows a commit only once it is flushed, and finds it again after reopening', async () => {
    const storage = new MemoryStorage();
    const first = await openStore(storage);
    const ticket = first.store.put(bytes('a'), bytes('1'));
    expect(first.store.get(bytes('a'))).toBeUndefined();
    first.manual.runAll();
    expect(ticket.state).toBe('acknowledged');
    expect(textOf(first.store.get(bytes('a')))).toBe('1');
    first.store.close();
    const second = await openStore(storage);
    expect(second.store.recovery.recordsApplied).toBe(1);
    expect(contents(second.store)).toEqual(['a=1']);
    expect(second.store.check()).toEqual([]);
  });

  it('takes thousands of commits through a log of 16 KiB, checkpoints by itself, and recovers after each reopening', async () => {
    const storage = new MemoryStorage();
    const model = new Map<string, string>();
    for (let life = 0; life < 5; life++) {
      const { files, manual, store } = await openStore(storage);
      expect(contents(store)).toEqual([...model].sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => `${k}=${v}`));
      for (let i = 0; i < 600; i++) {
        const key = `k${(i * 7 + life) % 97}`;
        store.put(bytes(key), bytes(`${life}:${i}`));
        model.set(key, `${life}:${i}`);
        if (i % 3 === 0) manual.runAll();
      }
      manual.runAll();
      expect(store.stats().checkpoints).toBeGreaterThan(0);
      expect(store.check()).toEqual([]);
      if (life % 2 === 0) store.close();
      else closeAll(files);
    }
  });

  it('restores a value that runs over many checkpoint blocks', async () => {
    const storage = new MemoryStorage();
    const { store } = await openStore(storage);
    const big = new Uint8Array(3000).map((_, i) => i % 251);
    store.put(bytes('big'), big);
    store.put(bytes('small'), bytes('x'));
    store.checkpoint();
    store.close();
    const again = await openStore(storage);
    expect(again.store.recovery).toMatchObject({ recordsApplied: 0, checkpointKeys: 2, end: 'end_clean' });
    expect(again.store.get(bytes('big'))).toEqual(big);
  });

  it('keeps both superblock slots equal after a checkpoint, and describes what it did', async () => {
    const { store } = await openStore(new MemoryStorage());
    for (let i = 0; i < 40; i++) store.put(bytes(`k${i}`), bytes('v'.repeat(50)));
    store.flush();
    store.checkpoint();
    const { slots, log, extents } = store.describe();
    expect(slots[0].epoch).toBe(slots[1].epoch);
    expect(log.records).toEqual([]);
    expect(extents.some((extent) => extent.state === 'live')).toBe(true);
    expect(store.check()).toEqual([]);
  });
});
