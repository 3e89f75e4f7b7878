import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TraceRecord } from '../protocol/trace';
import * as playhead from './playhead';
import { type Fold, Timeline } from './timeline';

/** A fold that notices a record applied twice, left out or out of order. */
const history: Fold<string> = { initial: () => '', apply: (view, record) => `${view},${record.seq}` };
const sum: Fold<number> = { initial: () => 0, apply: (view, record) => (view * 31 + record.seq + 1) % 1_000_003 };

function narrated(seq: number, command = seq): TraceRecord {
  return { seq, tick: seq, command, io: 0, site: 0, event: { kind: 'host.narrated', text: `${seq}`, question: false } };
}
function written(seq: number, bytes: number): TraceRecord {
  const event = {
    kind: 'storage.file_written',
    file: 'log',
    at: 0,
    bytes: new Uint8Array(bytes),
    count: bytes,
  } as const;
  return { seq, tick: seq, command: seq, io: seq, site: 0, event: { ...event, result: 'ok' } };
}
function run(count: number, first = 0): TraceRecord[] {
  return Array.from({ length: count }, (_, i) => narrated(first + i));
}

describe('a timeline', () => {
  test('gives the same view at a step however one gets there', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 }),
        fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 8 }),
        fc.array(fc.integer({ min: -2, max: 70 }), { maxLength: 40 }),
        (keyframeEvery, batches, visits) => {
          const timeline = new Timeline(history, { keyframeEvery, recordsMax: 1000 });
          let next = 0;
          for (const size of batches) {
            timeline.append(run(size, next));
            next += size;
            timeline.viewAt(next >> 1);
          }
          for (const seq of visits) {
            const shown = Math.max(-1, Math.min(seq, next - 1));
            const expected = run(shown + 1).reduce(history.apply, history.initial());
            expect(timeline.viewAt(seq)).toBe(expected);
          }
        },
      ),
    );
  });

  test('keeps the views right when the oldest records are dropped', () => {
    const timeline = new Timeline(sum, { keyframeEvery: 8, recordsMax: 32 });
    const expected = [sum.initial()];
    for (const record of run(200)) expected.push(sum.apply(expected.at(-1)!, record));
    for (const record of run(200)) timeline.append([record]);
    expect(timeline.length).toBeLessThanOrEqual(32);
    expect(timeline.lastSeq).toBe(199);
    for (let seq = timeline.firstSeq - 1; seq < 200; seq++) expect(timeline.viewAt(seq)).toBe(expected[seq + 1]);
    expect(timeline.record(timeline.firstSeq)?.seq).toBe(timeline.firstSeq);
    expect(timeline.record(timeline.firstSeq - 1)).toBeUndefined();
  });

  test('starts where the kept history starts', () => {
    const timeline = new Timeline(history);
    timeline.append(run(3, 40));
    expect([timeline.firstSeq, timeline.lastSeq]).toEqual([40, 42]);
    expect(timeline.viewAt(40)).toBe(',40');
    expect(timeline.viewAt(39)).toBe('');
  });

  test('refuses a gap', () => {
    const timeline = new Timeline(history);
    timeline.append(run(2));
    expect(() => {
      timeline.append([narrated(5)]);
    }).toThrow('T1');
  });
});

describe('the playhead', () => {
  const track = new Timeline(history);
  // Command 0: 0, 1. Command 1: 2, 3 (a write of 4 bytes), 4. Command 2: 5.
  track.append([
    narrated(0, 0),
    narrated(1, 0),
    narrated(2, 1),
    { ...written(3, 4), command: 1 },
    narrated(4, 1),
    narrated(5, 2),
  ]);

  test('steps record by record, and from inside a record to its ends', () => {
    expect(playhead.step({ seq: 0, fraction: 0 }, 'record', 1, track)).toEqual({ seq: 0, fraction: 1 });
    expect(playhead.step({ seq: 0, fraction: 1 }, 'record', 1, track)).toEqual({ seq: 1, fraction: 1 });
    expect(playhead.step({ seq: 3, fraction: 0.4 }, 'record', 1, track)).toEqual({ seq: 3, fraction: 1 });
    expect(playhead.step({ seq: 3, fraction: 0.4 }, 'record', -1, track)).toEqual({ seq: 2, fraction: 1 });
    expect(playhead.step({ seq: 0, fraction: 1 }, 'record', -1, track)).toEqual({ seq: 0, fraction: 0 });
    expect(playhead.step({ seq: 5, fraction: 1 }, 'record', 1, track)).toEqual({ seq: 5, fraction: 1 });
  });

  test('steps over whole commands', () => {
    expect(playhead.step({ seq: 0, fraction: 0 }, 'operation', 1, track)).toEqual({ seq: 1, fraction: 1 });
    expect(playhead.step({ seq: 1, fraction: 1 }, 'operation', 1, track)).toEqual({ seq: 4, fraction: 1 });
    expect(playhead.step({ seq: 4, fraction: 1 }, 'operation', -1, track)).toEqual({ seq: 1, fraction: 1 });
    expect(playhead.step({ seq: 3, fraction: 0.5 }, 'operation', -1, track)).toEqual({ seq: 1, fraction: 1 });
    expect(playhead.step({ seq: 1, fraction: 1 }, 'operation', -1, track)).toEqual({ seq: 0, fraction: 0 });
  });

  test('steps through a write byte by byte and back again', () => {
    let at: playhead.Playhead = { seq: 2, fraction: 1 };
    const seen: number[] = [];
    for (let i = 0; i < 5; i++) {
      at = playhead.step(at, 'byte', 1, track);
      seen.push(playhead.position(at));
    }
    expect(seen).toEqual([3.25, 3.5, 3.75, 4, 5]);
    for (let i = 0; i < 5; i++) at = playhead.step(at, 'byte', -1, track);
    expect(at).toEqual({ seq: 2, fraction: 1 });
    expect(playhead.bytesArrived({ seq: 3, fraction: 0.75 }, track)).toBe(3);
  });

  test('every step there has a step back, and both stay on the track', () => {
    fc.assert(
      fc.property(fc.constantFrom(...playhead.STEP_SIZES), fc.integer({ min: 0, max: 5 }), (size, seq) => {
        const at = { seq, fraction: 1 };
        const there = playhead.step(at, size, 1, track);
        expect(playhead.clamp(there, track)).toEqual(there);
        if (size !== 'operation' && !playhead.atEnd(at, track)) {
          expect(playhead.step(there, size, -1, track)).toEqual(at);
        }
      }),
    );
  });

  test('runs on by fractions and stops at the ends', () => {
    expect(playhead.advance({ seq: 1, fraction: 1 }, 0.5, track)).toEqual({ seq: 2, fraction: 0.5 });
    expect(playhead.advance({ seq: 2, fraction: 0.5 }, 0.5, track)).toEqual({ seq: 2, fraction: 1 });
    expect(playhead.advance({ seq: 5, fraction: 0.5 }, 3, track)).toEqual(playhead.end(track));
    expect(playhead.advance({ seq: 1, fraction: 1 }, -9, track)).toEqual(playhead.home(track));
    expect(playhead.clamp({ seq: 2, fraction: NaN }, track)).toEqual({ seq: 2, fraction: 1 });
  });

  test('stays at the beginning of an empty run', () => {
    const empty = new Timeline(history);
    expect(playhead.step(playhead.home(empty), 'operation', 1, empty)).toEqual({ seq: 0, fraction: 0 });
    expect(playhead.end(empty)).toEqual({ seq: 0, fraction: 0 });
  });
});
