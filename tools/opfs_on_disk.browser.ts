/** The house must not fake the file system: in a profile kept in memory a flush costs nothing and proves nothing. */
import { expect, test } from 'vitest';

/** Runs in a worker, where synchronous handles are. @returns microseconds, the median of each */
const MEASURE = `
  onmessage = async () => {
    const directory = await navigator.storage.getDirectory();
    const handle = await (await directory.getFileHandle('house_check', { create: true })).createSyncAccessHandle();
    const bytes = new Uint8Array(512).fill(7);
    const median = (run) => {
      const samples = []; // Batches: the clock of a page moves in steps of 100 µs.
      for (let i = 0; i < 21; i++) {
        const begun = performance.now();
        for (let j = 0; j < 40; j++) run();
        samples.push(((performance.now() - begun) * 1000) / 40);
      }
      return samples.sort((a, b) => a - b)[10];
    };
    handle.write(bytes, { at: 0 });
    handle.flush();
    const write = median(() => handle.write(bytes, { at: 0 }));
    const writeAndFlush = median(() => { handle.write(bytes, { at: 0 }); handle.flush(); });
    handle.close();
    await directory.removeEntry('house_check');
    postMessage({ write, writeAndFlush });
  };`;

test('browser tests run on a profile on disk: a flush costs clearly more than a write', async () => {
  const address = URL.createObjectURL(new Blob([MEASURE], { type: 'text/javascript' }));
  const worker = new Worker(address);
  const { write, writeAndFlush } = await new Promise<{ write: number; writeAndFlush: number }>((resolve, reject) => {
    worker.onmessage = (event: MessageEvent<{ write: number; writeAndFlush: number }>) => resolve(event.data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage('go');
  });
  worker.terminate();
  URL.revokeObjectURL(address);
  console.log(`OPFS: write ${write.toFixed(0)} µs, write and flush ${writeAndFlush.toFixed(0)} µs`);
  expect(write, 'in a profile in memory a small write costs about 500 µs').toBeLessThan(200);
  expect(writeAndFlush).toBeGreaterThan(2 * write);
});
