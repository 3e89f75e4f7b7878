/** The conformance suite on OPFS: sync access handles exist in dedicated workers only, so a worker runs each case. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFORMANCE_CASES } from './conformance';
import { TestWorker } from './opfs/test_worker';

describe('OPFS in a worker', () => {
  let worker: TestWorker;
  beforeAll(() => {
    worker = new TestWorker();
  });
  afterAll(() => worker.terminate());

  it('is available here', async () => {
    expect(await worker.ask({ do: 'available' })).toEqual({ available: true });
  });

  it.each(CONFORMANCE_CASES.map(({ name }) => name))('%s', async (name) => {
    await worker.ask({ do: 'conformance case', name, path: ['conformance'] });
  });
});
