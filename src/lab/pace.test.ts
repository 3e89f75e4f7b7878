import { expect, test } from 'vitest';
import type { LabEvent, TraceRecord } from '../protocol/trace';
import { extentId, lsn, pageId } from '../base/ids';
import { beatsOf, playOn, SPEED_MAX, SPEED_MIN, sliderAt, speedAt } from './pace';
import { nextTick, type Tick, tickOf } from './ticks';

const record = (seq: number, event: LabEvent): TraceRecord => ({ seq, tick: 0, command: 0, io: 0, site: 0, event });
const ack = (seq: number) => record(seq, { kind: 'store.commit_acknowledged', lsn: lsn(1), client: 0 });
const ask = (seq: number) => record(seq, { kind: 'host.narrated', text: 'Who was told?', question: true });

function track(records: TraceRecord[]) {
  return { firstSeq: 0, lastSeq: records.length - 1, record: (seq: number) => records[seq] };
}

test('playing a whole second at one beat a second shows one record of one beat', () => {
  const run = track([ack(0), ack(1), ack(2)]);
  expect(playOn({ seq: 0, fraction: 0 }, 1, 1, run)).toEqual({ at: { seq: 0, fraction: 1 }, stopped: 'no' });
  expect(playOn({ seq: 0, fraction: 1 }, 0.5, 1, run)).toEqual({ at: { seq: 1, fraction: 0.5 }, stopped: 'no' });
  expect(playOn({ seq: 0, fraction: 0.5 }, 1, 2, run)).toEqual({ at: { seq: 2, fraction: 0.5 }, stopped: 'no' });
  expect(playOn({ seq: 0, fraction: 0 }, 99, 1, run)).toEqual({ at: { seq: 2, fraction: 1 }, stopped: 'end' });
});

test('playing stops after a question, and goes on from there', () => {
  const run = track([ack(0), ask(1), ack(2)]);
  const stopped = playOn({ seq: 0, fraction: 0 }, 99, 1, run);
  expect(stopped).toEqual({ at: { seq: 1, fraction: 1 }, stopped: 'question' });
  expect(playOn(stopped.at, 0.25, 1, run)).toEqual({ at: { seq: 2, fraction: 0.25 }, stopped: 'no' });
});

test('an empty run has ended', () => {
  expect(playOn({ seq: 0, fraction: 0 }, 1, 1, track([]))).toEqual({ at: { seq: 0, fraction: 0 }, stopped: 'end' });
});

test('every record lasts some time', () => {
  expect(beatsOf(undefined)).toBeGreaterThan(0);
  expect(beatsOf(ask(0))).toBeGreaterThanOrEqual(2);
});

test('the speed slider is logarithmic and its ends are the limits', () => {
  expect(speedAt(0)).toBe(SPEED_MIN);
  expect(speedAt(1)).toBeCloseTo(SPEED_MAX);
  expect(speedAt(sliderAt(4))).toBeCloseTo(4);
});

test('ticks are typed, and each kind can be visited in both directions', () => {
  const ticks: Tick[] = [ask(0), ack(1), record(2, { kind: 'host.crashed', io: 4 }), ack(3)].flatMap((r) => {
    const kind = tickOf(r);
    return kind === undefined ? [] : [{ seq: r.seq, kind }];
  });
  expect(ticks.map((tick) => tick.kind)).toEqual(['note', 'ack', 'crash', 'ack']);
  expect(nextTick(ticks, 1, 1, 'ack')).toBe(3);
  expect(nextTick(ticks, 3, -1, 'ack')).toBe(1);
  expect(nextTick(ticks, 3, 1)).toBeUndefined();
});

test('splits, merges and damage of a tree have ticks, whatever level they are on', () => {
  const kindOf = (event: LabEvent) => tickOf(record(0, event));
  const root = { root: pageId(3), height: 2, lsn: lsn(1) } as const;
  expect(kindOf({ kind: 'btree.root_grown', child: pageId(1), ...root })).toBe('split');
  expect(kindOf({ kind: 'btree.root_shrunk', freed: pageId(4), ...root })).toBe('merge');
  const damage = { page: pageId(1), extent: extentId(0), isNewest: true, problem: 'none' } as const;
  expect(kindOf({ kind: 'btree.damage_found', ...damage })).toBe('trouble');
  expect(kindOf({ kind: 'btree.page_pinned', page: pageId(1) })).toBeUndefined();
});

test('a failed flush is trouble, not a flush', () => {
  expect(tickOf(record(0, { kind: 'storage.file_flushed', file: 'log', result: 'failed' }))).toBe('trouble');
});
