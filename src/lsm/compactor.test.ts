/** What a merge does about inputs that it cannot read (Q4 in `compactor.ts`). */
import { describe, expect, it } from 'vitest';
import { EMPTY_BYTES, encodeText } from '../base/bytes';
import { lsn } from '../base/ids';
import { MemoryStorage } from '../storage/memory';
import { WrappedFile, wrapFiles } from '../storage/wrapped_file';
import type { LsmEvent } from './events';
import { openSmall, SMALL_TUNING, takeCheckpoint } from './testing/small_lsm';

/** A tree of which nothing is cached, on a device whose reads go wrong while it is told so. */
function treeOnBadDevice() {
  const device = { isBad: false };
  class BadFile extends WrappedFile {
    override read(at: number, into: Uint8Array): number {
      const count = this.inner.read(at, into);
      if (device.isBad) into.fill(0);
      return count;
    }
  }
  const files = wrapFiles(new MemoryStorage().openNow({ create: true }), (file) => new BadFile(file));
  const events: LsmEvent[] = [];
  const index = openSmall(files, EMPTY_BYTES, {
    tuning: { ...SMALL_TUNING, cacheBytes: 0, policy: { kind: 'leveled', ratio: 2, l0Tables: 2 } },
    trace: { emit: (event) => events.push(event) },
  });
  let at = 0;
  const flushTable = (): void => {
    const value = new Uint8Array(60);
    const batch = Array.from({ length: 8 }, (_, n) => ({ kind: 'put', key: encodeText(`key ${n}`), value }) as const);
    index.apply(batch, lsn(++at));
    takeCheckpoint(index);
  };
  const mergeOnBadDevice = (): void => {
    device.isBad = true;
    while (!index.background(500).done);
    device.isBad = false;
  };
  const count = (kind: LsmEvent['kind']): number => events.filter((event) => event.kind === kind).length;
  return { index, flushTable, mergeOnBadDevice, count };
}

describe('a merge that cannot read an input', () => {
  it('is given up, and tried again when something was flushed', () => {
    const { count, flushTable, index, mergeOnBadDevice } = treeOnBadDevice();
    for (let n = 0; n < 3; n++) flushTable();
    for (let times = 1; times <= 4; times++) {
      mergeOnBadDevice();
      mergeOnBadDevice(); // Nothing has changed: not again yet.
      expect(count('lsm.compaction_abandoned')).toBe(times);
      expect([index.backgroundShare, index.isStalled]).toEqual([0, false]);
      flushTable();
      // Once it could be read, whatever went wrong before is forgotten.
      while (!index.background(500).done);
      expect(count('lsm.compaction_finished')).toBe(times);
      expect(index.lsmStats().debtBytes).toBe(0);
      for (let n = 0; n < 3; n++) flushTable();
    }
    expect(index.check()).toEqual([]);
  });

  it('three times in a row met damage: nothing is merged any more, and everything else goes on', () => {
    const { count, flushTable, index, mergeOnBadDevice } = treeOnBadDevice();
    for (let n = 0; n < 10; n++) {
      flushTable();
      mergeOnBadDevice();
    }
    expect(count('lsm.compaction_abandoned')).toBe(3);
    while (!index.background(500).done);
    expect(count('lsm.compaction_finished')).toBe(0);
    expect([index.backgroundShare, index.isStalled, index.canGiveBack]).toEqual([0, false, false]);
    expect(index.get(encodeText('key 5'))).toEqual(new Uint8Array(60));
    expect(index.check()).toEqual([]);
  });
});
