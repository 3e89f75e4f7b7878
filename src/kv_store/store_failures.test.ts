/** K4: what the store does once the device has failed it, call by call. */
import { describe, expect, it } from 'vitest';
import { encodeText } from '../base/bytes';
import { EngineError, isEngineError } from '../base/errors';
import type { FaultScript } from '../storage/fault_script';
import { faultyFiles } from '../storage/faulty';
import { closeAll, type FileSet } from '../storage/file';
import { recordedFiles } from '../storage/recorded';
import type { StorageEvent } from '../storage/events';
import { SimulatedDisk } from '../storage/simulated/disk';
import { keepAll, loseAll } from '../storage/simulated/fates';
import { garbageEverywhere } from '../storage/testing/power';
import { Latch, Latched, latchedFiles } from '../storage/latched';
import type { Store } from './store';
import { openSmall, putText, textEntries } from './testing/small_store';

function onFaultyDisk(faults: FaultScript['faults']) {
  const disk = new SimulatedDisk();
  openSmall(disk.openNow({ create: true }), 1).store.close();
  const files = disk.openNow({ create: false });
  const events: StorageEvent[] = [];
  const recorded = recordedFiles(faultyFiles(files, { faults }), { emit: (event) => events.push(event) });
  return { disk, events, ...openSmall(recorded, 2) };
}

const changes = (events: readonly StorageEvent[]): StorageEvent[] =>
  events.filter(({ kind }) => kind !== 'storage.file_read' && kind !== 'storage.extents_counted');

describe('after a flush of the log failed', () => {
  /** The first flush of the log is the opening's. */
  const failedFlush = { call: 'flush', file: 'log', nth: 2, effect: { kind: 'fail_and_drop' } } as const;
  /** P5: the slot in force made durable, the other written. */
  const NOTE = [
    { kind: 'storage.file_flushed', file: 'superblock' },
    { kind: 'storage.file_written', file: 'superblock', at: 0 },
  ];
  const drives: Record<string, (store: Store) => unknown> = {
    flush: (store) => store.flush(),
    step: (store) => store.step(100_000),
    'begin a checkpoint': (store) => store.beginCheckpoint(),
    checkpoint: (store) => store.checkpoint(),
    close: (store) => store.close(),
  };

  it.each(['strict', 'relaxed'] as const)('no call writes or flushes anything any more but a note (%s)', (mode) => {
    for (const [name, drive] of Object.entries(drives)) {
      const { events, store } = onFaultyDisk([failedFlush]);
      putText(store, 'a', '1', { mode });
      const before = changes(events).length;
      try {
        drive(store);
      } catch (error) {
        expect(error, name).toMatchObject({ code: 'store_read_only' });
      }
      const after = changes(events).slice(before);
      const failed = after.findIndex((event) => event.kind === 'storage.file_flushed' && event.result === 'failed');
      expect(failed, name).toBeGreaterThanOrEqual(0);
      expect(after.slice(failed + 1), name).toMatchObject(NOTE);
    }
  });

  it('a checkpoint under way is not carried on', () => {
    const { events, store } = onFaultyDisk([{ ...failedFlush, nth: 3 }]);
    putText(store, 'a', '1');
    store.beginCheckpoint();
    putText(store, 'b', '2');
    store.step(1);
    const failed = events.findIndex((event) => event.kind === 'storage.file_flushed' && event.result === 'failed');
    expect(changes(events.slice(failed + 1))).toMatchObject(NOTE);
    expect(() => putText(store, 'c', '3')).toThrow('only reads');
    expect(textEntries(store)).toEqual(['a=1']);
  });
});

describe('P5: after a failed flush that lost its data, with the cache still showing it', () => {
  const flushes = (nth: number) => ({ call: 'flush', file: 'log', nth, effect: { kind: 'fail_and_drop' } }) as const;
  const reopen = (disk: SimulatedDisk, salts: number) => openSmall(disk.openNow({ create: false }), salts).store;
  const cutAll = (disk: SimulatedDisk): SimulatedDisk => disk.powerCut(loseAll(disk.pending()));

  it('what the next opening shows, and every commit after it, survives a power cut', () => {
    const { disk, store } = onFaultyDisk([flushes(3)]);
    putText(store, 'a', '1');
    store.flush();
    putText(store, 'b', '2');
    store.flush();
    store.close();
    const again = reopen(disk, 3);
    expect(textEntries(again)).toEqual(['a=1', 'b=2']);
    expect(textEntries(reopen(cutAll(disk), 4))).toEqual(['a=1', 'b=2']);
    again.checkpoint();
    expect(textEntries(reopen(cutAll(disk), 4))).toEqual(['a=1', 'b=2']);
    putText(again, 'c', '3');
    again.flush();
    expect(again.check()).toEqual([]);
    const cut = cutAll(disk);
    expect(textEntries(reopen(cut, 4))).toEqual(['a=1', 'b=2', 'c=3']);
    expect(cut.images().superblock[56]).toBe(0);
  });

  it('the same if the flush that failed was that of the opening itself', () => {
    const disk = new SimulatedDisk();
    const { schedule, store } = openSmall(disk.openNow({ create: true }), 1);
    putText(store, 'a', '1', { mode: 'relaxed' });
    schedule.runAll();
    const crashed = disk.crash();
    const files = crashed.openNow({ create: false });
    expect(() => openSmall(faultyFiles(files, { faults: [flushes(1)] }), 2)).toThrow('fails this flush');
    closeAll(files);
    expect(textEntries(reopen(crashed, 3))).toEqual(['a=1']);
    expect(textEntries(reopen(cutAll(crashed), 4))).toEqual(['a=1']);
  });

  it.each([1, 2, 3])('the same with a checkpoint under way, also one that has written a slot (%i slices)', (slices) => {
    const disk = new SimulatedDisk();
    openSmall(disk.openNow({ create: true }), 1).store.close();
    const { store } = openSmall(faultyFiles(disk.openNow({ create: false }), { faults: [flushes(3)] }), 2);
    putText(store, 'a', '1');
    store.beginCheckpoint();
    for (let n = 0; n < slices; n++) store.step(1);
    putText(store, 'b', '2');
    store.flush();
    expect(() => store.flush()).toThrow('only reads');
    store.close();
    const again = reopen(disk, 3);
    expect(textEntries(again)).toEqual(['a=1', 'b=2']);
    putText(again, 'c', '3');
    again.flush();
    expect(textEntries(reopen(cutAll(disk), 4))).toEqual(['a=1', 'b=2', 'c=3']);
  });

  it('the same if no file can be flushed any more', () => {
    const { disk, store } = onFaultyDisk([{ call: 'flush', nth: 3, forever: true, effect: { kind: 'fail_and_drop' } }]);
    putText(store, 'a', '1');
    store.flush();
    store.close();
    const again = reopen(disk, 3);
    expect(textEntries(again)).toEqual(['a=1']);
    putText(again, 'b', '2');
    again.flush();
    expect(textEntries(reopen(cutAll(disk), 4))).toEqual(['a=1', 'b=2']);
  });

  it('an opening that cannot leave the doubtful log behind refuses, rather than show what a power cut would take', () => {
    const { disk, store } = onFaultyDisk([flushes(3)]);
    putText(store, 'a', '1');
    store.flush();
    putText(store, 'b', '2');
    store.flush();
    store.close();
    const files = disk.openNow({ create: false });
    const dataFlush = { call: 'flush', file: 'data_0', nth: 1, effect: { kind: 'fail_and_drop' } } as const;
    expect(() => openSmall(faultyFiles(files, { faults: [dataFlush] }), 3)).toThrow('fails this flush');
    closeAll(files);
    expect(textEntries(reopen(disk, 4))).toEqual(['a=1', 'b=2']);
    expect(textEntries(reopen(cutAll(disk), 5))).toEqual(['a=1', 'b=2']);
  });

  it('a power cut instead of a reopening takes the note along, or leaves it: either way the log is believed again', () => {
    const { disk, store } = onFaultyDisk([flushes(3)]);
    putText(store, 'a', '1');
    store.flush();
    putText(store, 'b', '2');
    store.flush();
    for (const choose of [loseAll, keepAll, garbageEverywhere]) {
      const cut = disk.powerCut(choose(disk.pending()));
      expect(textEntries(reopen(cut, 5))).toEqual(['a=1']);
      expect(reopen(cut.fork(), 6).check()).toEqual([]);
    }
  });
});

describe('a full disk', () => {
  it('refuses commits, keeps reading, lets deletes through, and takes commits again once there is room', () => {
    const disk = new SimulatedDisk();
    const full = { growthBytes: 24 * 1024, lastWrite: 'refused' } as const;
    const store = openSmall(faultyFiles(disk.openNow({ create: true }), { faults: [], full }), 1).store;
    let refusal: unknown;
    let count = 0;
    try {
      for (; count < 2000; count++) {
        store.put(encodeText(`key ${count}`), encodeText('v'.repeat(100)));
        store.flush();
      }
    } catch (error) {
      refusal = error;
    }
    expect(isEngineError(refusal, 'store_full')).toBe(true);
    expect(textEntries(store)).toHaveLength(count);
    for (let i = 0; i < count; i++) {
      store.delete(encodeText(`key ${i}`));
      store.flush();
    }
    expect(textEntries(store)).toEqual([]);
    store.put(encodeText('again'), encodeText('room'));
    store.flush();
    store.checkpoint();
    expect(textEntries(store)).toEqual(['again=room']);
    expect(store.check()).toEqual([]);
  });

  it.each([9, 13, 20, 40])('never keeps deletes waiting, however long they go on (%i extents)', (extents) => {
    const full = { growthBytes: extents * 512, lastWrite: 'refused' } as const;
    for (const valueBytes of [40, 100, 300]) {
      const copy = new SimulatedDisk();
      openSmall(copy.openNow({ create: true }), 1).store.close();
      const store = openSmall(faultyFiles(copy.openNow({ create: false }), { faults: [], full }), 2).store;
      const fill = (): void => {
        for (let n = 0; n < 3000; n++) {
          store.put(encodeText(`key ${n}`), new Uint8Array(valueBytes));
          store.flush();
        }
      };
      expect(fill).toThrow(EngineError);
      for (let n = 0; n < 200; n++) {
        store.delete(encodeText(`no key ${n}`));
        store.flush();
      }
      expect(store.check()).toEqual([]);
    }
  });
});

describe('a superblock write that fails while closing', () => {
  it.each([1, 2])('closes the files all the same, and the log still has everything (write %i)', (nth) => {
    const { disk, store } = onFaultyDisk([{ call: 'write', file: 'superblock', nth, effect: { kind: 'fail' } }]);
    putText(store, 'a', '1');
    store.close();
    expect(() => store.get(new Uint8Array([97]))).toThrow('closed');
    const again = openSmall(disk.openNow({ create: false }), 3);
    expect(textEntries(again.store)).toEqual(['a=1']);
  });
});

describe('P1 across a crash and a power cut', () => {
  /** Runs commits and a checkpoint, and dies at the call numbered `stopAt`. */
  function run(files: FileSet): void {
    const { store } = openSmall(files, 4);
    for (let i = 0; i < 6; i++) putText(store, `key ${i}`, 'v'.repeat(100));
    store.checkpoint();
  }

  it('the slot in force is flushed before recovery writes the other', () => {
    for (let stopAt = 1; ; stopAt++) {
      const disk = new SimulatedDisk();
      openSmall(disk.openNow({ create: true }), 1).store.close();
      const crashed = disk.fork();
      const latch = new Latch({ stopAt });
      const finished = runLatched(() => run(latchedFiles(crashed.openNow({ create: false }), latch)));
      if (finished) return;
      for (let recoveryStop = 1; ; recoveryStop++) {
        const twice = crashed.crash();
        const recoveryLatch = new Latch({ stopAt: recoveryStop });
        const files = latchedFiles(twice.openNow({ create: false }), recoveryLatch);
        const recovered = runLatched(() => openSmall(files, 5));
        if (recovered) break;
        // Whatever was not flushed by now is noise when the power comes back.
        const cut = twice.powerCut(garbageEverywhere(twice.pending()));
        expect(
          () => openSmall(cut.openNow({ create: false }), 6),
          `call ${stopAt}, then ${recoveryStop}`,
        ).not.toThrow();
      }
    }
  });
});

describe('after a flush of a superblock slot failed and lost it, with the cache still showing it', () => {
  /** A checkpoint, then another in which the n-th flush of the superblock is the one that fails. */
  function withLostSlot(nth: number): SimulatedDisk {
    const disk = new SimulatedDisk();
    const { store } = openSmall(disk.openNow({ create: true }), 1);
    for (let n = 0; n < 5; n++) putText(store, `key ${n}`, 'first'.padEnd(300, '.'));
    store.checkpoint();
    store.close();
    const fault = { call: 'flush', file: 'superblock', nth, effect: { kind: 'fail_and_drop' } } as const;
    const files = faultyFiles(disk.openNow({ create: false }), { faults: [fault] });
    try {
      const again = openSmall(files, 2).store;
      putText(again, 'a', '1');
      again.checkpoint();
    } catch (error) {
      if (!isEngineError(error)) throw error;
    }
    return disk.crash();
  }

  it.each([1, 2, 3])('one good slot is on the disk at every call of the next life (flush %i)', (nth) => {
    const crashed = withLostSlot(nth);
    for (let stopAt = 1; ; stopAt++) {
      const disk = crashed.fork();
      const latch = new Latch({ stopAt });
      const finished = runLatched(() => {
        const { store } = openSmall(latchedFiles(disk.openNow({ create: false }), latch), 3);
        for (let n = 0; n < 16; n++) {
          putText(store, `key ${n % 5}`, `${n}`.padEnd(300, '.'));
          store.flush();
        }
      });
      const cut = disk.powerCut(garbageEverywhere(disk.pending()));
      expect(() => openSmall(cut.openNow({ create: false }), 4), `call ${stopAt}`).not.toThrow();
      if (finished) return;
    }
  });
});

describe('on a device whose flushes fail, opened again and again', () => {
  /** Dies at the call numbered `stopAt` of a run with two checkpoints; false if the run ended before. */
  function died(disk: SimulatedDisk, stopAt: number): boolean {
    return !runLatched(() => {
      const { store } = openSmall(latchedFiles(disk.openNow({ create: false }), new Latch({ stopAt })), 2);
      for (const key of ['b', 'c']) {
        putText(store, key, 'v'.repeat(300));
        store.checkpoint();
      }
    });
  }

  /** Three openings, each with the flushes from the n-th on failing. */
  function openInVain(disk: SimulatedDisk, nth: number, kind: 'fail' | 'fail_and_drop'): void {
    for (let tries = 0; tries < 3; tries++) {
      const files = disk.openNow({ create: false });
      const faults = [{ call: 'flush', nth, forever: true, effect: { kind } }] as const;
      try {
        openSmall(faultyFiles(files, { faults }), 3 + tries);
      } catch (error) {
        if (!isEngineError(error, 'flush_failed')) throw error;
      }
      closeAll(files);
    }
  }

  it.each(['crash', 'power cut'] as const)(
    'one superblock slot is good at any time (after a %s at any call)',
    (end) => {
      const before = new SimulatedDisk();
      const { store } = openSmall(before.openNow({ create: true }), 1);
      putText(store, 'a', '1');
      store.close();
      for (let stopAt = 1, hasDied = true; hasDied; stopAt++) {
        const run = before.crash();
        hasDied = died(run, stopAt);
        const left = end === 'crash' ? run.crash() : run.powerCut(garbageEverywhere(run.pending()));
        for (const kind of ['fail', 'fail_and_drop'] as const) {
          for (let nth = 1; nth <= 4; nth++) {
            const disk = left.fork();
            openInVain(disk, nth, kind);
            const cut = disk.powerCut(garbageEverywhere(disk.pending()));
            const opened = openSmall(cut.openNow({ create: false }), 9).store;
            expect(textEntries(opened)[0], `call ${stopAt}, flush ${nth}`).toBe('a=1');
          }
        }
      }
    },
  );
});

describe('after the flush of the mark that formatting begins with failed and lost it', () => {
  it('a power cut at any call of the formatting that follows leaves files that can be formatted', () => {
    const fault = { call: 'flush', file: 'superblock', nth: 1, effect: { kind: 'fail_and_drop' } } as const;
    const unmarked = new SimulatedDisk();
    const files = unmarked.openNow({ create: true });
    expect(() => openSmall(faultyFiles(files, { faults: [fault] }), 1)).toThrow('fails this flush');
    closeAll(files);
    for (let stopAt = 1; ; stopAt++) {
      const disk = unmarked.fork();
      const latch = new Latch({ stopAt });
      const finished = runLatched(() => openSmall(latchedFiles(disk.openNow({ create: false }), latch), 2));
      for (const choose of [loseAll, keepAll, garbageEverywhere]) {
        const cut = disk.powerCut(choose(disk.pending()));
        expect(() => openSmall(cut.openNow({ create: false }), 3), `call ${stopAt}`).not.toThrow();
      }
      if (finished) return;
    }
  });
});

/** False if the program was stopped. */
function runLatched(program: () => unknown): boolean {
  try {
    program();
    return true;
  } catch (error) {
    if (error instanceof Latched) return false;
    throw error;
  }
}
