/** The order of a checkpoint, call by call: what is durable before what is written, and what is reused after. */
import { describe, expect, it } from 'vitest';
import type { FileName } from '../storage/file';
import { recordedFiles } from '../storage/recorded';
import { SimulatedDisk } from '../storage/simulated/disk';
import { decodeSlot } from './superblock';
import { openSmall, putText } from './testing/small_store';
import type { StoreTrace } from './events';
import { ALL_PROTECTIONS, type Protections } from './types';

type StoreEventOrCall = Parameters<StoreTrace['emit']>[0];

/** By steps that somebody asks for; or begun and carried on by itself, by relaxed commits that nobody flushes. */
type Drive = 'steps' | 'commits';

/** What the store does in a checkpoint while commits go on, in short words. */
function checkpointCalls(off: Partial<Protections> = {}, drive: Drive = 'steps'): string[] {
  const events: StoreEventOrCall[] = [];
  const trace: StoreTrace = { emit: (event) => events.push(event) };
  const files = recordedFiles(new SimulatedDisk().openNow({ create: true }), trace);
  const { schedule, store } = openSmall(files, 1, {
    trace,
    protections: { ...ALL_PROTECTIONS, ...off },
    tuning: { relaxedFlushBytes: Infinity },
  });
  if (drive === 'steps') {
    for (let i = 0; i < 12; i++) putText(store, `key ${i}`, 'v'.repeat(100));
    store.beginCheckpoint();
    putText(store, 'later', 'relaxed', { mode: 'relaxed' });
    while (!store.step(1).done);
  }
  for (let i = 0; store.stats().checkpoints === 0; i++) {
    putText(store, `key ${i}`, 'v'.repeat(100), { mode: 'relaxed' });
    schedule.runAll();
  }
  const from = events.findIndex(({ kind }) => kind === 'store.checkpoint_started');
  return events.slice(from).flatMap((event) => wordOf(event) ?? []);
}

const isData = (file: FileName): boolean => file === 'data_0' || file === 'data_1';

function wordOf(event: StoreEventOrCall): string | undefined {
  if (event.kind === 'storage.file_written') {
    if (event.file === 'superblock') {
      const slot = decodeSlot(event.bytes, true);
      return `write slot ${event.at / 4096} epoch ${slot.ok ? slot.superblock.epoch : '?'}`;
    }
    return isData(event.file) ? 'write data' : 'write log';
  }
  if (event.kind === 'storage.file_flushed') return `flush ${isData(event.file) ? 'data' : event.file}`;
  if (event.kind === 'wal.space_freed') return 'reuse log';
  return event.kind === 'store.checkpoint_finished' ? 'free old extents' : undefined;
}

const SLOTS = ['write slot 0 epoch 2', 'flush superblock', 'write slot 1 epoch 2', 'flush superblock'];

/** Without the blocks and the log, of which there may be any number. */
const skeleton = (calls: readonly string[]): string[] =>
  calls.filter((call) => call !== 'write data' && call !== 'write log' && call !== 'flush log');

describe('a checkpoint', () => {
  it('C3 P1 P2: data, flush, slot A, flush, slot B, flush, and only then is anything reused', () => {
    const calls = checkpointCalls();
    expect(skeleton(calls)).toEqual(['flush data', ...SLOTS, 'free old extents', 'reuse log']);
    expect(calls.lastIndexOf('write data')).toBeLessThan(calls.indexOf('flush data'));
  });

  it('flushes the log before a slot names its last group as the guard', () => {
    const calls = checkpointCalls({}, 'commits');
    expect(calls.slice(0, calls.indexOf(SLOTS[0]!))).toContain('flush log');
    expect(calls.filter((call) => call === 'flush log')).toHaveLength(1);
  });

  it('without dataBeforeSuperblock names data that was never flushed', () => {
    expect(skeleton(checkpointCalls({ dataBeforeSuperblock: false }))).toEqual([
      ...SLOTS,
      'free old extents',
      'reuse log',
    ]);
  });

  it('without twoSuperblockSlots writes one slot, in place', () => {
    const calls = skeleton(checkpointCalls({ twoSuperblockSlots: false }));
    expect(calls).toEqual(['flush data', SLOTS[0], 'flush superblock', 'free old extents', 'reuse log']);
  });

  it('without superblockBeforeReuse reuses the log before any slot is written', () => {
    const calls = skeleton(checkpointCalls({ superblockBeforeReuse: false }));
    expect(calls).toEqual(['flush data', 'reuse log', ...SLOTS, 'free old extents']);
  });

  it('replaces the slots in turn: the one not in force first, also after a damaged one was repaired', () => {
    const disk = new SimulatedDisk();
    openSmall(disk.openNow({ create: true }), 1).store.close();
    const images = disk.images();
    images.superblock[10]! ^= 1;
    const { store } = openSmall(new SimulatedDisk(images).openNow({ create: false }), 2);
    expect(store.recovery).toMatchObject({ slot: 1, otherSlot: 'damaged' });
    expect(store.check()).toEqual([]);
    putText(store, 'a', '1');
    store.checkpoint();
    expect(store.describe().slots.map(({ epoch }) => epoch)).toEqual([2, 2]);
  });
});
