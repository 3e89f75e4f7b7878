/** The store against its model, on the files of a real browser. */
import { expect, inject, it } from 'vitest';
import type { PropertiesRequest } from './testing/store_properties_test.worker';

it('50 runs of 200 operations on OPFS, with reopenings and programs that die', async () => {
  const url = new URL('./testing/store_properties_test.worker.ts', import.meta.url);
  const worker = new Worker(url, { type: 'module' });
  const answer = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<unknown>): void => resolve(data);
    worker.onerror = (event): void => reject(new Error(event.message));
    worker.postMessage({ runs: 50, operations: 200, seed: inject('seed') } satisfies PropertiesRequest);
  });
  worker.terminate();
  expect(answer).toBe('holds');
}, 120_000);
