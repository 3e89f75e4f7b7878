/**
 * Two lives in a row: the program dies at an I/O, or inside one, while the system lives; the next program opens what
 * it left, works on, and then the power goes. What the first wrote and did not flush is readable all that time, and
 * pending: whoever relies on it has to flush it first.
 */
import { describe, expect, it } from 'vitest';
import { encodeText } from '../base/bytes';
import type { PageProtection } from '../btree';
import { WHOLE_KEY } from '../lsm';
import { faultyFiles } from '../storage/faulty';
import { Latch, Latched, latchedFiles } from '../storage/latched';
import { SimulatedDisk } from '../storage/simulated/disk';
import { keepAll, loseAll, type PowerCutChoice } from '../storage/simulated/fates';
import type { PendingItem } from '../storage/simulated/pending';
import { garbageEverywhere } from '../storage/testing/power';
import type { Store } from './store';
import { openSmall, putText, SMALL_FORMAT, textEntries } from './testing/small_store';

/** Spans two sectors, so that a write cut short leaves a header without its record. */
const LONG = 'x'.repeat(600);

/** One life: two commits, a checkpoint, another commit. Returns how many commits it was told of, and whether it ended. */
function live(disk: SimulatedDisk, salts: number, options: { stopAt: number; prefixBytes?: number }) {
  const latch = new Latch(options);
  let promised = 0;
  try {
    const { store } = openSmall(latchedFiles(disk.openNow({ create: true }), latch), salts);
    promised = store.recovery.lastLsn;
    const commit = (): void => {
      const ticket = putText(store, `key ${store.stats().publishedLsn + 1}`, LONG);
      store.flush();
      if (ticket.state === 'acknowledged') promised = ticket.lsn;
    };
    if (promised === 0) commit();
    store.checkpoint();
    commit();
    store.checkpoint();
    commit();
    return { promised, finished: true };
  } catch (error) {
    if (!(error instanceof Latched)) throw error;
    return { promised, finished: false };
  }
}

/** One life of a tree: a checkpoint, and more commits than memory has pages for, so many times. */
function liveInTree(
  disk: SimulatedDisk,
  salts: number,
  protection: PageProtection,
  { rounds, stopAt = Infinity }: { rounds: number; stopAt?: number },
) {
  const format = { ...SMALL_FORMAT, logBytes: 16 * 1024, tree: { pageBytes: 256, protection } };
  const files = latchedFiles(disk.openNow({ create: true }), new Latch({ stopAt }));
  let promised = 0;
  const commit = (store: Store): void => {
    const at = store.stats().publishedLsn + 1;
    const ticket = store.batch(
      Array.from({ length: 8 }, (_, i) => ({
        kind: 'put',
        key: encodeText(`key ${((8 * at + i) * 7919) % 1000}`),
        value: encodeText(`${LONG.slice(0, 60)} ${at}`),
      })),
    );
    store.flush();
    if (ticket.state === 'acknowledged') promised = ticket.lsn;
  };
  try {
    const { store } = openSmall(files, salts, { format, tuning: { poolBytes: 1 } });
    promised = store.recovery.lastLsn;
    for (let round = 0; round < rounds; round++) {
      if (promised > 0) store.checkpoint();
      for (let i = 0; i < 12; i++) commit(store);
    }
    return { promised, finished: true, check: store.check() };
  } catch (error) {
    if (!(error instanceof Latched)) throw error;
    return { promised, finished: false, check: [] };
  }
}

/** The newest pending sector is noise, all others are lost. */
function lastIsGarbage(items: readonly PendingItem[]): PowerCutChoice {
  return items.map((item, i) =>
    item.kind === 'sector' && i === items.length - 1 ? { fate: 'garbage', seed: 1 } : { fate: 'lost' },
  );
}

describe('a second crash', () => {
  it.each([0, 48, 512])(
    'that takes the power, at each I/O of the life after a crash, keeps what was promised (%i bytes into a write)',
    (prefixBytes) => {
      for (let stopAt = 1, done = false; !done; stopAt++) {
        const disk = new SimulatedDisk();
        const first = live(disk, 1, { stopAt, prefixBytes });
        done = first.finished;
        for (let again = 1, ended = false; !ended; again++) {
          const next = disk.crash();
          const second = live(next, 2, { stopAt: again });
          ended = second.finished;
          const items = next.pending();
          for (const choice of [loseAll(items), keepAll(items), lastIsGarbage(items), garbageEverywhere(items)]) {
            const where = `call ${stopAt}, then ${again}`;
            // Within a life that did not come to show what it found, only the first life's word counts.
            const promised = Math.max(first.promised, second.promised);
            const { store } = openSmall(next.powerCut(choice).openNow({ create: true }), 3);
            expect(store.recovery.lastLsn, where).toBeGreaterThanOrEqual(promised);
            expect(textEntries(store), where).toHaveLength(store.recovery.lastLsn);
            expect(store.check(), where).toEqual([]);
          }
        }
      }
    },
  );

  it.each<PageProtection>(['copy_on_write', 'double_write'])(
    'finds whole what the older root of a tree names, where the newer one was in the cache alone (%s)',
    (protection) => {
      let slots = 0;
      for (let stopAt = 100, done = false; !done && slots < 2; stopAt++) {
        const disk = new SimulatedDisk();
        const first = liveInTree(disk, 1, protection, { rounds: 2, stopAt });
        done = first.finished;
        // Those of the first checkpoint, which replaces an empty tree, have nothing to lose.
        if (first.promised < 12 || !disk.pending().some(({ file }) => file === 'superblock')) continue;
        slots++;
        for (let again = 1, ended = false; !ended; again += 3) {
          const next = disk.crash();
          const second = liveInTree(next, 2, protection, { rounds: 1, stopAt: again });
          const where = `call ${stopAt}, then ${again}`;
          const lost = next.powerCut(garbageEverywhere(next.pending()));
          const third = liveInTree(lost, 3, protection, { rounds: 0 });
          expect(third.promised, where).toBeGreaterThanOrEqual(Math.max(first.promised, second.promised));
          expect(third.check, where).toEqual([]);
          ended = second.promised > first.promised;
        }
      }
      expect(slots, 'slots of a checkpoint were caught').toBeGreaterThan(0);
    },
  );

  it('while the store is being formatted, and formatted again, leaves one that can be formatted', () => {
    for (let stopAt = 1; stopAt < 8; stopAt++) {
      for (let again = 1; again < 8; again++) {
        const disk = new SimulatedDisk();
        live(disk, 1, { stopAt, prefixBytes: 20 });
        const next = disk.crash();
        live(next, 2, { stopAt: again, prefixBytes: 20 });
        expect(
          () => openSmall(next.crash().openNow({ create: true }), 3),
          `call ${stopAt}, then ${again}`,
        ).not.toThrow();
      }
    }
  });
});

/** What was written there before the last write, where more than one is pending; the rest is lost. */
const keepOldestOfLog = (pending: readonly PendingItem[]): PowerCutChoice =>
  pending.map((item) =>
    item.kind === 'sector' && item.file === 'log' ? { fate: 'kept', version: 0 } : { fate: 'lost' },
  );

describe.each([
  ['a map', {}],
  ['a tree', { tree: { pageBytes: 512, protection: 'copy_on_write' } }],
  ['an LSM tree', { lsm: { filterPrefix: WHOLE_KEY } }],
] as const)('a group that was refused and wiped, over %s', (_index, kind) => {
  const options = { format: { ...SMALL_FORMAT, ...kind } };
  it.each(['the program ends before the wipe is flushed', 'the wipe fails as well'])(
    'stays away once an opening has not shown it: %s',
    (how) => {
      const disk = new SimulatedDisk();
      const first = openSmall(disk.openNow({ create: true }), 1, options).store;
      putText(first, 'a', '1');
      first.checkpoint();
      first.close();
      // Both calls do what they say, and say that they failed.
      const failed = { call: 'write', file: 'log', effect: { kind: 'fail_after' } } as const;
      const faults = how.startsWith('the wipe') ? [1, 2].map((nth) => ({ ...failed, nth })) : [{ ...failed, nth: 1 }];
      const files = faultyFiles(disk.openNow({ create: true }), { faults });
      const { store } = openSmall(files, 2, options);
      if (faults.length === 1) {
        files.log.flush = () => {
          throw new Error('the program ends');
        };
      }
      const ticket = putText(store, 'b', '2');
      expect(() => {
        store.flush();
        if (ticket.error) throw ticket.error;
      }).toThrow();

      const left = disk.crash();
      const shown = textEntries(openSmall(left.openNow({ create: true }), 3, options).store);
      const cut = left.powerCut(keepOldestOfLog(left.pending()));
      expect(textEntries(openSmall(cut.openNow({ create: true }), 4, options).store)).toEqual(shown);
    },
  );
});
