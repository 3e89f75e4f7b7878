/**
 * Two lives in a row: the program dies at an I/O, or inside one, while the system lives; the next program opens what
 * it left, works on, and then the power goes. What the first wrote and did not flush is readable all that time, and
 * pending: whoever relies on it has to flush it first.
 */
import { describe, expect, it } from 'vitest';
import { Latch, Latched, latchedFiles } from '../storage/latched';
import { SimulatedDisk } from '../storage/simulated/disk';
import { keepAll, loseAll, type PowerCutChoice } from '../storage/simulated/fates';
import type { PendingItem } from '../storage/simulated/pending';
import { garbageEverywhere } from '../storage/testing/power';
import { openSmall, putText, textEntries } from './testing/small_store';

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
    60_000,
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
