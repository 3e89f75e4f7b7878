/** Section "bad input": refused by name, before any byte is written, and none of a batch applied. */
import { describe, expect, it } from 'vitest';
import { encodeText } from '../base/bytes';
import { isEngineError, type ErrorCode, type ErrorPlace } from '../base/errors';
import type { Batch, Operation } from '../base/ordered_index';
import { recordedFiles } from '../storage/recorded';
import type { StorageEvent } from '../storage/events';
import { MemoryStorage } from '../storage/memory';
import { SeededRandom, ManualSchedule } from '../base/runtime';
import { batchBytes } from './batch_codec';
import { batchBytesMax, checkBatch } from './limits';
import { Store } from './store';
import { openSmall, SMALL_FORMAT, textEntries } from './testing/small_store';
import { KEY_BYTES_MAX, type FormatOptions, type TuningOptions } from './types';

const MAX = batchBytesMax(SMALL_FORMAT);
const put = (keyBytes: number, valueBytes: number): Operation => ({
  kind: 'put',
  key: new Uint8Array(keyBytes).fill(0x6b),
  value: new Uint8Array(valueBytes),
});
const remove = (keyBytes: number): Operation => ({ kind: 'delete', key: new Uint8Array(keyBytes).fill(0x6b) });

function refusal(attempt: () => unknown): { code: ErrorCode; place: ErrorPlace } | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    if (!isEngineError(error)) throw error;
    return { code: error.code, place: error.place };
  }
}

describe('a batch', () => {
  const overhead = batchBytes([put(1, 200)]) - 200;

  it.each<[string, Batch, ErrorCode, ErrorPlace]>([
    ['without operations', [], 'batch_empty', {}],
    ['with an empty key', [put(1, 1), put(0, 1)], 'key_empty', { entry: 1 }],
    ['that deletes an empty key', [remove(0)], 'key_empty', { entry: 0 }],
    ['with a key over the limit', [put(KEY_BYTES_MAX + 1, 0)], 'key_too_large', { entry: 0 }],
    ['that deletes a key over the limit', [put(1, 1), remove(KEY_BYTES_MAX + 1)], 'key_too_large', { entry: 1 }],
    ['with a value over the limit', [put(1, 1), put(1, MAX + 1)], 'value_too_large', { entry: 1 }],
    ['of one value a byte too long', [put(1, MAX - overhead + 1)], 'value_too_large', {}],
    ['of many that are too much together', [put(9, 700), put(9, 700), put(9, 700)], 'batch_too_large', {}],
  ])('%s is refused', (_, batch, code, place) => {
    expect(refusal(() => checkBatch(batch, SMALL_FORMAT))).toEqual({ code, place });
  });

  it('of a store with a tree has keys of which two fit into a page', () => {
    const format: FormatOptions = { ...SMALL_FORMAT, tree: { pageBytes: 256, protection: 'copy_on_write' } };
    const files = new MemoryStorage().openNow({ create: true });
    const { store } = openSmall(files, 1, { format });
    for (const most of [[put(97, 30)], [put(97, 0)], [remove(97)]]) store.batch(most);
    expect(refusal(() => store.batch([put(98, 0)]))).toEqual({ code: 'key_too_large', place: { entry: 0 } });
    expect(refusal(() => store.get(new Uint8Array(98)))).toEqual({ code: 'key_too_large', place: {} });
    store.close();
  });

  it.each<[string, Batch]>([
    ['with a key of one byte and no value', [put(1, 0)]],
    ['that deletes a key at the limit', [remove(KEY_BYTES_MAX)]],
    ['with a key at the limit', [put(KEY_BYTES_MAX, 1)]],
    ['of one value at the limit', [put(1, MAX - overhead)]],
  ])('%s goes in and comes back', (_, batch) => {
    const { store } = openSmall(new MemoryStorage().openNow({ create: true }), 1);
    // Three times: through a log that wraps.
    for (let i = 0; i < 3; i++) store.batch(batch);
    store.flush();
    const last = batch.at(-1)!;
    expect(store.get(last.key)).toEqual(last.kind === 'put' ? last.value : undefined);
  });

  it('with one bad entry leaves no trace: no byte written, no LSN used, none of it applied', () => {
    const events: StorageEvent[] = [];
    const files = recordedFiles(new MemoryStorage().openNow({ create: true }), { emit: (event) => events.push(event) });
    const { schedule, store } = openSmall(files, 1);
    const { length } = events;
    for (const bad of [put(0, 1), put(KEY_BYTES_MAX + 1, 1), put(1, MAX + 1)]) {
      expect(refusal(() => store.batch([put(3, 1), bad, put(4, 1)]))).toBeDefined();
    }
    schedule.runAll();
    expect(events.slice(length)).toEqual([]);
    expect(textEntries(store)).toEqual([]);
    expect(store.put(encodeText('a'), encodeText('b')).lsn).toBe(1);
  });

  it('is copied: the caller may use its arrays again at once', () => {
    const { store } = openSmall(new MemoryStorage().openNow({ create: true }), 1);
    const key = encodeText('key');
    const value = encodeText('value');
    store.put(key, value);
    key.fill(0);
    value.fill(0);
    store.flush();
    expect(textEntries(store)).toEqual(['key=value']);
  });

  it('a key that cannot be there is refused when it is asked for, too', () => {
    const { store } = openSmall(new MemoryStorage().openNow({ create: true }), 1);
    expect(refusal(() => store.get(new Uint8Array(0)))).toMatchObject({ code: 'key_empty' });
    expect(refusal(() => store.get(new Uint8Array(KEY_BYTES_MAX + 1)))).toMatchObject({ code: 'key_too_large' });
  });
});

describe('options', () => {
  const open = (format: Partial<FormatOptions>, tuning: Partial<TuningOptions> = {}): Store =>
    Store.open({
      files: new MemoryStorage().openNow({ create: true }),
      random: new SeededRandom(1),
      schedule: new ManualSchedule().schedule,
      format: { ...SMALL_FORMAT, ...format },
      tuning,
    });

  it.each<Partial<FormatOptions>>([
    { logBytes: 4096 },
    { logBytes: 8192 + 512 },
    { logBytes: NaN },
    { logBytes: 8192, groupAlignBytes: 4096 },
    { groupAlignBytes: 1024 as 512 },
    { extentBytes: 0 },
    { extentBytes: 700 },
    { extentBytes: 128 * 1024 },
  ])('that no store can have are refused: %j', (format) => {
    expect(refusal(() => open(format))).toMatchObject({ code: 'option_invalid' });
  });

  it.each<Partial<TuningOptions>>([
    { checkpointLogBytes: 0 },
    { checkpointLogBytes: NaN },
    { relaxedFlushBytes: -1 },
    { relaxedFlushBytes: NaN },
    { lsm: { policy: { kind: 'leveled', ratio: 2, l0Tables: 0 } } },
    { lsm: { policy: { kind: 'leveled', ratio: 2, l0Tables: 1e-30 } } },
    { lsm: { policy: { kind: 'leveled', ratio: 2, l0Tables: 1.5 } } },
    { lsm: { policy: { kind: 'leveled', ratio: 2, l0Tables: Infinity } } },
    { lsm: { policy: { kind: 'leveled', ratio: 1.5, l0Tables: 2 } } },
    { lsm: { policy: { kind: 'tiered', ratio: 2.5 } } },
    { lsm: { policy: { kind: 'lazy_leveling', ratio: 1 } } },
    { idleTicksMax: 5 }, // Without a clock.
  ])('that promise nothing are refused: %j', (tuning) => {
    expect(refusal(() => open({}, tuning))).toMatchObject({ code: 'option_invalid' });
  });
});
