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

describe('what recovery did not take', () => {
  /** Three groups; `spoil` changes the log file before the store is opened again. */
  function reopened(spoil: (log: Uint8Array, view: WalView) => void): { records: TraceRecord[]; views: WalView[] } {
    const records: TraceRecord[] = [];
    const views: WalView[] = [walFold.initial()];
    const emit = (event: LabEvent): void => {
      const record: TraceRecord = { seq: records.length, tick: 0, command: 0, io: 0, site: 0, event };
      records.push(record);
      views.push(walFold.apply(views.at(-1)!, record));
    };
    const open = (storage: MemoryStorage): Store => {
      const unwatchedFiles = storage.openNow({ create: true });
      return Store.open({
        files: recordedFiles(unwatchedFiles, { emit }),
        unwatchedFiles,
        random: new SeededRandom(1),
        schedule: new ManualSchedule().schedule,
        trace: { emit },
        format: { logBytes: 16_384, extentBytes: 1024, groupAlignBytes: 512 },
      });
    };
    const storage = new MemoryStorage();
    const store = open(storage);
    threeThenFlush(store);
    for (const client of [1, 2]) {
      store.put(encodeText(`late${client}`), encodeText('value'), { client, mode: 'relaxed' });
    }
    store.put(encodeText('k9'), encodeText('value'), { client: 3, mode: 'relaxed' });
    const images = storage.snapshot();
    emit({ kind: 'host.crashed', io: 0 });
    spoil(images.log, views.at(-1)!);
    const again = open(new MemoryStorage(images));
    again.put(encodeText('next'), encodeText('value'), { client: 1 });
    return { records, views };
  }
  const viewAfter = ({ records, views }: ReturnType<typeof reopened>, kind: LabEvent['kind']): WalView =>
    views[records.findLastIndex((record) => record.event.kind === kind) + 1]!;
  const marks = (view: WalView, kind: Mark['kind']): Mark[] =>
    [...layoutWal(view, SIZE).marks.values()].filter((mark) => mark.kind === kind);

  it('keeps each lost record in its place on the tape, under the word discard, until the next commit', () => {
    const wiped = reopened((log, view) => {
      const lost = view.groups.last()!;
      log.fill(0, lost.position, lost.position + lost.bytes);
    });
    const before = layoutWal(viewAfter(wiped, 'host.crashed'), SIZE).marks;
    const last = viewAfter(wiped, 'host.crashed').entries.last()!;
    for (const kind of ['wal.scan_ended', 'store.recovered'] as const) {
      const view = viewAfter(wiped, kind);
      const discarded = marks(view, 'verdict').filter((mark) => mark.variant === 'discard');
      expect(discarded.map((mark) => mark.lsn)).toEqual(view.recovery!.discarded.map((entry) => entry.lsn));
      expect(discarded.at(-1)).toMatchObject({ lsn: last.lsn, data: { verdict: 'discard' } });
      expect(layoutWal(view, SIZE).marks.get(`record-${last.id}`)).toMatchObject({
        x: before.get(`record-${last.id}`)!.x,
        data: { state: 'discarded' },
      });
    }
    expect(marks(viewAfter(wiped, 'wal.record_buffered'), 'verdict')).toEqual([]);
  });

  it('says why the scan stopped, and tears the record it stopped at', () => {
    const torn = reopened((log, view) => {
      const { bytes, position } = view.entries.last()!.place!;
      log[position + bytes - 1]! ^= 0xff;
    });
    const view = viewAfter(torn, 'wal.scan_ended');
    const { lsn } = viewAfter(torn, 'host.crashed').entries.last()!;
    expect(marks(view, 'record').filter((mark) => mark.state === 'torn')).toMatchObject([{ lsn }]);
    expect(marks(view, 'scan_end')).toMatchObject([
      { text: `unfinished or damaged: record ${lsn}: its checksum does not match`, variant: 'end_unfinished' },
    ]);
    expect(layoutWal(view, { width: 390, height: 620 }).marks.get('scan-end')).toMatchObject({
      text: 'unfinished or damaged',
    });
  });

  it('has nothing dirty without a store, and while recovery goes on what it has brought back', () => {
    const run = reopened(() => undefined);
    const before = run.records.findLastIndex(({ event }) => event.kind === 'host.crashed');
    expect(marks(run.views[before]!, 'dirty')[0]!.data).toEqual({ dirty: run.views[before]!.keys });
    expect(marks(run.views[before + 1]!, 'dirty')).toEqual([]);
    const brought = run.records.flatMap(({ event }, at) =>
      event.kind === 'store.commit_replayed' ? [marks(run.views[at + 1]!, 'dirty')[0]!.data!['dirty']] : [],
    );
    expect(brought.length).toBeGreaterThan(2);
    expect(brought).toEqual(brought.map((_, n) => n + 1));
  });

  it('discards nothing where the log is whole', () => {
    const whole = reopened(() => undefined);
    expect(marks(viewAfter(whole, 'wal.scan_ended'), 'verdict').map((mark) => mark.variant)).not.toContain('discard');
    expect(marks(viewAfter(whole, 'wal.scan_ended'), 'scan_end')).toMatchObject([{ variant: 'end_clean' }]);
    expect(marks(viewAfter(whole, 'store.recovered'), 'scan_end')).toEqual([]);
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
