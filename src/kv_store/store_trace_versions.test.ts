/** What a store with versions says of its transactions, readers and vacuum, and that saying it changes nothing. */
import { describe, expect, it } from 'vitest';
import { decodeText, encodeText } from '../base/bytes';
import { crc32c } from '../base/checksum';
import { codeOf } from '../base/testing/code_of';
import { ManualClock } from '../base/runtime';
import { WHOLE_KEY } from '../lsm';
import type { MvccEvent } from '../mvcc';
import { FILE_NAMES } from '../storage/file';
import { MemoryStorage } from '../storage/memory';
import type { StoreTrace } from './events';
import type { Store } from './store';
import { openSmall, putText, SMALL_FORMAT, textEntries } from './testing/small_store';
import type { FormatOptions } from './types';

const MAP: FormatOptions = { ...SMALL_FORMAT, versions: true };
const LSM: FormatOptions = { ...MAP, logBytes: 16 * 1024, lsm: { filterPrefix: WHOLE_KEY } };
const TREE: FormatOptions = { ...MAP, logBytes: 16 * 1024, tree: { pageBytes: 256, protection: 'copy_on_write' } };

/** Everything there is to say; the compiler holds the list equal to the union. */
const KINDS = Object.keys({
  'mvcc.transaction_begun': true,
  'mvcc.version_read': true,
  'mvcc.version_passed': true,
  'mvcc.chain_skipped': true,
  'mvcc.write_buffered': true,
  'mvcc.commit_started': true,
  'mvcc.conflict_found': true,
  'mvcc.dependency_found': true,
  'mvcc.danger_found': true,
  'mvcc.commit_settled': true,
  'mvcc.transaction_ended': true,
  'mvcc.snapshot_kept': true,
  'mvcc.snapshot_released': true,
  'mvcc.vacuum_started': true,
  'mvcc.version_collected': true,
  'mvcc.vacuum_advanced': true,
  'mvcc.slice_abandoned': true,
  'mvcc.vacuum_finished': true,
} satisfies Record<MvccEvent['kind'], true>);

const key = encodeText;

/** A bit of everything; the last of it is a transaction that is ended for being idle. */
function run(store: Store, clock: ManualClock): void {
  for (let i = 0; i < 12; i++) putText(store, 'long', `${i}`);
  putText(store, 'other', '1');
  store.flush();
  store.transactions.keepSnapshot('old');
  expect([...store.scan()]).toHaveLength(2);
  const [one, two] = [store.begin({ label: 'one' }), store.begin({ label: 'two' })];
  expect(decodeText(one.get(key('long'))!)).toBe('11');
  one.put(key('long'), key('one'));
  expect(decodeText(one.get(key('long'))!)).toBe('one');
  two.put(key('long'), key('two'));
  one.commit();
  expect(codeOf(() => two.commit())).toBe('write_conflict');
  const level = 'serializable';
  const [left, right] = [store.begin({ level }), store.begin({ level })];
  left.get(key('other'));
  right.get(key('long'));
  left.put(key('long2'), key('l'));
  left.put(key('long'), key('l'));
  right.put(key('other'), key('r'));
  store.flush();
  expect(codeOf(() => left.commit())).toBe('write_conflict');
  const [here, there] = [store.begin({ level }), store.begin({ level })];
  here.get(key('x'));
  there.get(key('y'));
  here.put(key('y'), key('1'));
  there.put(key('x'), key('1'));
  here.commit();
  expect(codeOf(() => there.commit())).toBe('serialization_failure');
  right.abort();
  store.flush();
  store.begin({ readOnly: true }).commit();
  store.transactions.releaseSnapshot('old');
  while (!store.vacuum.step(100).done);
  store.begin();
  for (let i = 0; i < 4; i++) clock.tick();
  while (!store.vacuum.step(100).done);
  expect(store.transactions.active).toEqual([]);
}

function traced(format: FormatOptions, isTraced = true): { events: MvccEvent[]; store: Store; bytes: number[] } {
  const events: MvccEvent[] = [];
  const trace: StoreTrace = {
    emit(event) {
      if (event.kind.startsWith('mvcc.')) events.push(event as MvccEvent);
    },
  };
  const clock = new ManualClock();
  const files = new MemoryStorage().openNow({ create: true });
  const tuning = { idleTicksMax: 3 };
  const { store } = openSmall(files, 1, { format, clock, tuning, trace: isTraced ? trace : null });
  run(store, clock);
  store.checkpoint();
  const bytes = FILE_NAMES.map((name) => {
    const all = new Uint8Array(files[name].size());
    files[name].read(0, all);
    return crc32c(all);
  });
  return { events, store, bytes };
}

describe.each([
  ['a map', MAP],
  ['a B-tree', TREE],
  ['an LSM tree', LSM],
])('a store with versions over %s, watched', (_name, format) => {
  it('says every kind of thing there is to say', () => {
    const said = new Set(traced(format).events.map(({ kind }) => kind));
    // Merges collect in an LSM tree, and say so themselves.
    const silent = format.lsm ? /vacuum|collected|slice/ : /slice_abandoned/; // Nothing is refused here.
    const wanted = KINDS.filter((kind) => !silent.test(kind));
    expect([...said].sort()).toEqual([...wanted].sort());
  });

  it('does the same as unwatched, byte for byte', () => {
    const [watched, unwatched] = [traced(format), traced(format, false)];
    expect(watched.bytes).toEqual(unwatched.bytes);
    expect(unwatched.events).toEqual([]);
    expect(textEntries(watched.store)).toEqual(textEntries(unwatched.store));
  });

  it('says who it was, and as of when: the reader of a scan has no label, and ends without having written', () => {
    const { events } = traced(format);
    const begun = events.flatMap((event) => (event.kind === 'mvcc.transaction_begun' ? [event] : []));
    expect(begun.slice(0, 3).map(({ label, snapshot }) => [label, snapshot])).toEqual([
      [undefined, 13],
      ['one', 13],
      ['two', 13],
    ]);
    const ended = events.flatMap((event) => (event.kind === 'mvcc.transaction_ended' ? [event.how] : []));
    expect(ended).toEqual([
      ...['read_only', 'submitted', 'refused', 'refused', 'submitted', 'refused'],
      ...['aborted', 'read_only', 'idle'],
    ]);
  });
});

describe.each([
  ['a map', MAP],
  ['a B-tree', TREE],
  ['an LSM tree', LSM],
])('what a store with versions over %s describes', (_name, format) => {
  const described = () => {
    const clock = new ManualClock();
    const { store } = openSmall(new MemoryStorage().openNow({ create: true }), 1, { format, clock });
    putText(store, 'a', '1');
    putText(store, 'a', '22');
    store.delete(key('b'));
    store.flush();
    const reader = store.begin({ label: 'reader', readOnly: true });
    store.transactions.keepSnapshot('here');
    putText(store, 'a', '333');
    putText(store, 'b', '4');
    store.flush();
    const writer = store.begin({ label: 'writer', level: 'serializable' });
    writer.get(key('a'));
    expect(writer.scan({ from: key('b') }).next().done).toBe(false);
    writer.delete(key('a'));
    return { store, reader };
  };

  it('is each key with its versions, newest first, and what would become of them', () => {
    const { keys, measure, watermark } = described().store.describe().versions!;
    expect(watermark).toBe(3);
    expect(keys.map((each) => decodeText(each.key))).toEqual(['a', 'b']);
    const [a, b] = keys.map(({ versions }) => versions.map(({ lsn, state, valueBytes }) => [lsn, state, valueBytes]));
    expect(a).toEqual([
      [4, 'live', 3],
      [2, 'kept', 2],
      [1, 'garbage', 1],
    ]);
    expect(b).toEqual([
      [5, 'live', 1],
      [3, 'garbage', 0],
    ]);
    const bytesOf = (wanted: string): number =>
      keys
        .flatMap(({ versions }) => versions)
        .reduce((sum, { bytes, state }) => sum + (state === wanted ? bytes : 0), 0);
    expect([bytesOf('live'), bytesOf('garbage')]).toEqual([measure.liveBytes, measure.garbageBytes]);
    expect(measure.heldBytes.reduce((sum, bytes) => sum + bytes, 0)).toBe(bytesOf('kept'));
  });

  it('and what is garbage goes, and nothing else', () => {
    const { store } = described();
    const { versions } = store.describe();
    const left = versions!.keys.flatMap((each) => each.versions.filter(({ state }) => state !== 'garbage'));
    while (!store.vacuum.step(1000).done);
    const after = store.describe().versions!;
    expect(after.keys.flatMap((each) => each.versions.map(({ lsn }) => lsn))).toEqual(left.map(({ lsn }) => lsn));
    expect(after.vacuum).toMatchObject({ isUnderWay: false, passes: 1, pass: { versionsCollected: 2 } });
  });

  it('is who reads as of when, what they wrote and, where somebody keeps it, what they read', () => {
    const { store, reader } = described();
    const text = (bytes: Uint8Array | undefined): string | undefined => bytes && decodeText(bytes);
    const { snapshots, snapshotsInUse, transactions } = store.describe().versions!;
    expect(snapshots).toEqual([{ name: 'here', snapshot: 3 }]);
    expect(snapshotsInUse).toEqual([3, 5]);
    const [first, second] = transactions;
    expect(first).toMatchObject({ label: 'reader', snapshot: 3, readOnly: true, state: 'active', writes: [] });
    expect(first!.reads).toBeUndefined();
    expect(second).toMatchObject({ label: 'writer', level: 'serializable', snapshot: 5 });
    expect(second!.writes.map((write) => [write.kind, text(write.key)])).toEqual([['delete', 'a']]);
    expect(second!.reads!.keys.map(text)).toEqual(['a']);
    expect(second!.reads!.ranges.map(({ from, isWhole, reached }) => [text(from), text(reached), isWhole])).toEqual([
      ['b', 'b', false],
    ]);
    reader.abort();
    expect(store.describe().versions).toMatchObject({ watermark: 3, snapshotsInUse: [3, 5] }); // The named one stays.
  });

  it('is where each record lies, if the index has pages', () => {
    const { tree, versions } = described().store.describe();
    const places = versions!.keys.flatMap((each) => each.versions.map(({ place }) => place));
    if (!tree) expect(places.every((place) => place === undefined)).toBe(true);
    else {
      const cells = tree.pages.flatMap(({ cells, kind, page }) =>
        kind === 'leaf' ? cells.map((_cell, slot) => `${page}/${slot}`) : [],
      );
      expect(places.map((place) => `${place!.page}/${place!.slot}`).sort()).toEqual(cells.sort());
    }
  });
});

it('looking ends nobody: a transaction that is idle for too long is there until somebody looks for garbage', () => {
  const clock = new ManualClock();
  const events: string[] = [];
  const trace: StoreTrace = { emit: ({ kind }) => void events.push(kind) };
  const files = new MemoryStorage().openNow({ create: true });
  const { store } = openSmall(files, 1, { format: MAP, clock, trace, tuning: { idleTicksMax: 1 } });
  store.begin();
  for (let i = 0; i < 5; i++) clock.tick();
  const before = events.length;
  store.stats();
  store.describe();
  expect([...store.peek()]).toEqual([]);
  expect(events.slice(before)).toEqual([]);
  expect(store.transactions.active).toHaveLength(1);
  store.vacuum.step(1);
  expect(store.transactions.active).toEqual([]);
});
