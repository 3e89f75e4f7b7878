/** What a slice costs the device: how much one flush has to make durable, through flushes of memtables and merges. */
import { expect, it } from 'vitest';
import { EMPTY_BYTES } from '../base/bytes';
import { lsn } from '../base/ids';
import { MemoryStorage } from '../storage/memory';
import { WrappedFile, wrapFiles } from '../storage/wrapped_file';
import { DEFAULT_LSM_TUNING } from './options';
import { FLUSH_BYTES } from './slices';
import { openSmall } from './testing/small_lsm';

const KIB = 1024;

it('no flush of a table has much more than 256 KiB to make durable, in a flush as in a merge', () => {
  const flushed: number[] = [];
  class Counting extends WrappedFile {
    #unflushed = 0;
    override write(at: number, bytes: Uint8Array): number {
      if (bytes.some((byte) => byte !== 0)) this.#unflushed += bytes.length; // Not the growth of a file.
      return this.inner.write(at, bytes);
    }
    override flush(): void {
      if (this.#unflushed > 0) flushed.push(this.#unflushed);
      this.#unflushed = 0;
      this.inner.flush();
    }
  }
  const files = wrapFiles(new MemoryStorage().openNow({ create: true }), (file) => new Counting(file));
  const policy = { kind: 'leveled', ratio: 4, l0Tables: 2 } as const;
  const tuning = { ...DEFAULT_LSM_TUNING, policy, memtableBytes: 600 * KIB, tableBytes: 150 * KIB };
  const index = openSmall(files, EMPTY_BYTES, { tuning });
  const value = new Uint8Array(100).fill(7);
  let row = 0;
  for (let at = 1; at <= 160; at++) {
    const batch = Array.from({ length: 100 }, () => {
      const number = (row++ * 7919) % 16_001;
      return { kind: 'put', key: Uint8Array.of(number >>> 8, number & 0xff, at), value } as const;
    });
    index.apply(batch, lsn(at));
    if (!index.wantsCheckpoint) continue;
    const checkpoint = index.beginCheckpoint();
    while (!checkpoint.step(9000).done);
    checkpoint.finish();
  }
  while (!index.background(9000).done);
  expect(index.lsmStats().levels[1]!.compactions).toBeGreaterThan(0);
  const inTheBackground = flushed.length;
  expect(inTheBackground).toBeGreaterThan(8);
  index.rebuild();
  expect(flushed.length - inTheBackground).toBeGreaterThan(4);
  expect(Math.max(...flushed)).toBeLessThanOrEqual(FLUSH_BYTES);
});
