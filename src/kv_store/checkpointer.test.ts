/** The order of a checkpoint, call by call: what is durable before what is written, and what is reused after. */
import { describe, expect, it } from 'vitest';
import type { FileName } from '../storage/file';
import { recordedFiles } from '../storage/recorded';
import { SimulatedDisk } from '../storage/simulated/disk';
import { decodeSlot } from './superblock';
import { openSmall, putText } from './testing/small_store';
import { ALL_PROTECTIONS, type Protections, type StoreTrace } from './types';

type StoreEventOrCall = Parameters<StoreTrace['emit']>[0];

/** What the store does in a checkpoint while commits go on, step by step, in short words. */
function checkpointCalls(off: Partial<Protections> = {}): string[] {
  const events: StoreEventOrCall[] = [];
  const trace: StoreTrace = { emit: (event) => events.push(event) };
  const files = recordedFiles(new SimulatedDisk().openNow({ create: true }), trace);
  const { store } = openSmall(files, 1, { trace, protections: { ...ALL_PROTECTIONS, ...off } });
  for (let i = 0; i < 12; i++) putText(store, `key ${i}`, 'v'.repeat(100));
  store.flush();
  putText(store, 'relaxed', 'not flushed', { mode: 'relaxed' });
  store.beginCheckpoint();
  putText(store, 'later', 'relaxed', { mode: 'relaxed' });
  const from = events.findIndex(({ kind }) => kind === 'store.checkpoint_started');
  while (!store.step(1).done);
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
    const calls = checkpointCalls();
    const lastLogWrite = calls.lastIndexOf('write log', calls.indexOf(SLOTS[0]!));
    expect(calls.slice(lastLogWrite, calls.indexOf(SLOTS[0]!))).toContain('flush log');
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
