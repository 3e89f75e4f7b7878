/** Boxes and motion: every mark has one identity, stands still unless it means something, and can be run backwards. */
import { describe, expect, it } from 'vitest';
import { encodeText } from '../../../base/bytes';
import { ManualSchedule, SeededRandom } from '../../../base/runtime';
import { Store } from '../../../kv_store';
import type { LabEvent, TraceRecord } from '../../../protocol/trace';
import { MemoryStorage } from '../../../storage/memory';
import { recordedFiles } from '../../../storage/recorded';
import { alongOf } from './tape_place';
import { walFold } from './fold';
import { layoutWal } from './layout';
import { nearestMark, reachable } from '../../marks/mark_walk';
import type { WalView } from './model';
import { between, shareMarks, stage } from '../../marks/scene';
import { type Mark, STOPS } from './scene';

const SIZE = { width: 900, height: 560 };

function run(commands: (store: Store) => void): { records: TraceRecord[]; views: WalView[] } {
  const records: TraceRecord[] = [];
  const views: WalView[] = [walFold.initial()];
  const emit = (event: LabEvent): void => {
    const record: TraceRecord = { seq: records.length, tick: 0, command: 0, io: 0, site: 0, event };
    records.push(record);
    views.push(walFold.apply(views.at(-1)!, record));
  };
  const unwatchedFiles = new MemoryStorage().openNow({ create: true });
  const store = Store.open({
    files: recordedFiles(unwatchedFiles, { emit }),
    unwatchedFiles,
    random: new SeededRandom(1),
    schedule: new ManualSchedule().schedule,
    trace: { emit },
    format: { logBytes: 16_384, extentBytes: 1024 },
  });
  commands(store);
  return { records, views };
}

const threeThenFlush = (store: Store): void => {
  for (const client of [1, 2, 3]) store.put(encodeText(`k${client}`), encodeText('value'), { client });
  store.flush();
};

function around(kind: LabEvent['kind']): { before: WalView; after: WalView } {
  const { records, views } = run(threeThenFlush);
  const at = records.findLastIndex((record) => record.event.kind === kind);
  return { before: views[at]!, after: views[at + 1]! };
}

describe('the layout of the log room', () => {
  it('draws each record once, back to back in its group, in the order of the tape', () => {
    const { views } = run(threeThenFlush);
    const records = [...layoutWal(views.at(-1)!, SIZE).marks.values()].filter((mark) => mark.kind === 'record');
    expect(records.map((mark) => mark.lsn)).toEqual([1, 2, 3]);
    for (const [index, mark] of records.slice(1).entries()) {
      expect(mark.x).toBeCloseTo(records[index]!.x + records[index]!.width);
    }
  });

  it('puts every acknowledged strict record left of the durable line', () => {
    const { views } = run(threeThenFlush);
    for (const view of views) {
      const line = alongOf(view, view.durablePosition);
      for (const entry of view.entries) {
        if (entry.outcome === 'acknowledged' && entry.mode === 'strict') expect(entry.place!.along).toBeLessThan(line);
      }
    }
  });

  it('says how many commits shared a flush', () => {
    const { views } = run(threeThenFlush);
    const gate = [...layoutWal(views.at(-1)!, SIZE).marks.values()].find((mark) => mark.kind === 'gate');
    expect(gate).toMatchObject({ text: 'n = 3', data: { from: 1, to: 3 } });
  });

  it('fits a narrow page, and a low one grows instead of overlapping', () => {
    const { views } = run(threeThenFlush);
    for (const size of [
      { width: 390, height: 620 },
      { width: 900, height: 120 },
    ]) {
      const scene = layoutWal(views.at(-1)!, size);
      for (const mark of scene.marks.values()) {
        expect(mark.y + mark.height, mark.id).toBeLessThanOrEqual(scene.frame.height + 24);
        if (mark.plane === 'page') expect(mark.x + mark.width, mark.id).toBeLessThanOrEqual(size.width + 1);
      }
    }
  });
});

describe('the way from one scene to the next', () => {
  it('is the scene before at 0 and the scene after at 1', () => {
    const { before, after } = around('wal.group_written');
    const [from, to] = [layoutWal(before, SIZE), layoutWal(after, SIZE)];
    const start = between(from, to, 0).find((mark) => mark.id === 'now')!;
    const end = between(from, to, 1).find((mark) => mark.id === 'now')!;
    expect(start.x).toBeCloseTo(from.marks.get('now')!.x - from.offsets.time);
    expect(end.x).toBeCloseTo(to.marks.get('now')!.x - to.offsets.time);
    expect(between(from, to, 1).every((mark) => mark.opacity === 1 && mark.was === undefined)).toBe(true);
  });

  it('changes one kind of thing at a time: first the fill, then the place', () => {
    const { before, after } = around('wal.group_flushed');
    const [from, to] = [layoutWal(before, SIZE), layoutWal(after, SIZE)];
    const at = (fraction: number, id: string) => between(from, to, fraction).find((mark) => mark.id === id)!;
    const old = at(0, 'durable').x;
    expect(at(0.3, 'record-1')).toMatchObject({ was: 'handed', state: 'durable' });
    expect(at(0.3, 'record-1').filled).toBeGreaterThan(0);
    expect(at(0.4, 'durable').x).toBe(old);
    expect(at(0.6, 'durable').x).toBeGreaterThan(old);
    expect(at(0.6, 'record-1').was).toBeUndefined();
  });

  it('shows a copy leaving its original, which stays', () => {
    const { before, after } = around('wal.group_written');
    const half = between(layoutWal(before, SIZE), layoutWal(after, SIZE), 0.45);
    const copy = half.find((mark) => mark.kind === 'segment' && mark.copyOf !== undefined)!;
    const original = half.find((mark) => mark.id === copy.copyOf)!;
    expect(copy.thread).toBeDefined();
    expect(original.opacity).toBe(1);
    expect(copy.y).toBeGreaterThan(original.y);
  });

  it('keeps the object of a mark that did not change, so that nothing is drawn again', () => {
    const { before, after } = around('store.commit_acknowledged');
    const pool = new Map<string, Mark>();
    const [from, to] = [shareMarks(layoutWal(before, SIZE), pool), shareMarks(layoutWal(after, SIZE), pool)];
    const [first, second] = [between(from, to, 0.5), between(from, to, 0.55)];
    const same = second.filter((mark) => first.includes(mark));
    expect(same.length).toBeGreaterThan(second.length * 0.7);
  });

  it('has stages that do not overlap', () => {
    expect([stage(0.15, 'point'), stage(0.15, 'change')]).toEqual([1, 0]);
    expect([stage(0.45, 'change'), stage(0.45, 'move')]).toEqual([1, 0]);
    expect([stage(0.8, 'move'), stage(0.8, 'wind')]).toEqual([1, 0]);
  });
});

describe('walking with the arrow keys', () => {
  it('goes along the tape record by record', () => {
    const { views } = run(threeThenFlush);
    const scene = layoutWal(views.at(-1)!, SIZE);
    const stops = reachable(scene, STOPS);
    const first = stops.find((mark) => mark.id === 'record-1')!;
    expect(nearestMark(stops, first, 'ArrowRight', scene).id).toBe('record-2');
    expect(nearestMark(stops, first, 'ArrowDown', scene).y).toBeGreaterThan(first.y);
  });
});
