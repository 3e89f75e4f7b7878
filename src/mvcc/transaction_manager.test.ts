import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText, encodeText } from '../base/bytes';
import { EngineError } from '../base/errors';
import { codeOf } from '../base/testing/code_of';
import { lsn, type Lsn } from '../base/ids';
import { ManualClock } from '../base/runtime';
import type { MvccEvent } from './events';
import { MemoryVersions, type MemoryStoreOptions } from './memory_store';
import { ALL_MVCC_PROTECTIONS, type MvccProtections } from './protections';
import { Interleaving, moves } from './testing/interleaving';
import type { Transaction } from './transaction';
import { TransactionManager } from './transaction_manager';

const text = (bytes: Uint8Array | undefined): string | undefined => bytes && decodeText(bytes);
const get = (transaction: Transaction, key: string): string | undefined => text(transaction.get(encodeText(key)));
const put = (transaction: Transaction, key: string, value: string): void =>
  transaction.put(encodeText(key), encodeText(value));
const scan = (transaction: Transaction): string =>
  [...transaction.scan()].map((entry) => `${text(entry.key)!}${text(entry.value)!}`).join(' ');

/** A store with `a` = 1 and `b` = 1 published. */
function open(options: MemoryStoreOptions = {}): MemoryVersions {
  const versions = new MemoryVersions(options);
  const first = versions.transactions.begin();
  put(first, 'a', '1');
  put(first, 'b', '1');
  first.commit();
  versions.flush();
  return versions;
}
/** What transactions say, and of their reads those that must not have been. */
class Told {
  readonly events: MvccEvent[] = [];
  readonly emit = (event: MvccEvent): void => void this.events.push(event);

  get strays(): readonly unknown[] {
    return this.events.flatMap((event) => {
      if (event.kind !== 'mvcc.version_read' || !event.stray) return [];
      return [{ key: text(event.key), found: event.found, lsn: event.lsn, stray: event.stray }];
    });
  }
}

const without = (...names: (keyof MvccProtections)[]): MvccProtections => ({
  ...ALL_MVCC_PROTECTIONS,
  ...Object.fromEntries(names.map((name) => [name, false])),
});

describe('transactions', () => {
  it('D1, D2: equal the model that keeps every version for ever, in random interleavings', () => {
    const levels = fc.constantFrom('snapshot' as const, 'serializable' as const);
    fc.assert(
      fc.property(moves(levels), (list) => new Interleaving().run(list)),
      { numRuns: 200 },
    );
  });

  it('D1: a snapshot does not move; own writes are seen, also over what is deleted, and by nobody else', () => {
    const versions = open();
    const { transactions } = versions;
    const reader = transactions.begin({ readOnly: true });
    const writer = transactions.begin();
    put(writer, 'a', '2');
    put(writer, 'c', '2');
    writer.delete(encodeText('b'));
    expect([get(writer, 'a'), get(writer, 'b'), scan(writer)]).toEqual(['2', undefined, 'a2 c2']);
    expect([...writer.scan({}, true)].map(({ key }) => text(key))).toEqual(['c', 'a']);
    expect(scan(reader)).toBe('a1 b1');
    writer.commit();
    expect(scan(transactions.begin())).toBe('a1 b1'); // On its way is not published.
    versions.flush();
    expect(writer.state).toBe('committed');
    expect(scan(reader)).toBe('a1 b1');
    expect(scan(transactions.begin())).toBe('a2 c2');
  });

  it('a scan sees what was written before it, and not what is written during it', () => {
    const transaction = open().transactions.begin();
    const entries = transaction.scan();
    expect(text(entries.next().value!.key)).toBe('a');
    put(transaction, 'bb', '2');
    transaction.delete(encodeText('b'));
    expect([...entries].map(({ key }) => text(key))).toEqual(['b']);
    expect(scan(transaction)).toBe('a1 bb2');
  });

  it('D2: of two that overlap and write the same key, the first to commit wins, published or on its way', () => {
    for (const isPublished of [true, false]) {
      const versions = open();
      const { transactions } = versions;
      const [first, second, other] = [transactions.begin(), transactions.begin(), transactions.begin()];
      put(first, 'a', '2');
      put(second, 'a', '3');
      put(other, 'b', '3');
      const { lsn: at } = first.commit();
      if (isPublished) versions.flush();
      expect(codeOf(() => second.commit())).toBe('write_conflict');
      expect(second.state).toBe('aborted');
      expect(other.commit().lsn).toBe(at + 1);
      const later = transactions.begin();
      put(later, 'a', '4');
      // Begun after the first committed: if that is on its way still, they overlap.
      expect(codeOf(() => later.commit())).toBe(isPublished ? undefined : 'write_conflict');
      versions.flush();
      expect(get(transactions.begin(), 'a')).toBe(isPublished ? '4' : '2');
    }
  });

  it('a commit that the log may have is neither committed nor aborted', () => {
    const versions = open();
    const first = versions.transactions.begin();
    put(first, 'a', '2');
    first.commit();
    versions.refuse(new EngineError('commit_unknown', 'The log was not flushed.'));
    expect(first.state).toBe('unknown');
  });

  it.each(['snapshot', 'serializable'] as const)('a reader that is given up is aborted, not committed: %s', (level) => {
    const ended: string[] = [];
    const emit = (event: MvccEvent): void => {
      if (event.kind === 'mvcc.transaction_ended') ended.push(event.how);
    };
    const { transactions } = new MemoryVersions({ trace: { emit } });
    transactions.begin({ readOnly: true, level }).abort();
    transactions.begin({ readOnly: true, level }).commit();
    expect(ended).toEqual(['aborted', 'read_only']);
  });

  it('D2: a commit that the device refused has not happened: its keys are free again', () => {
    const versions = open();
    const { transactions } = versions;
    const first = transactions.begin();
    put(first, 'a', '2');
    const settled: unknown[] = [];
    first.commit().onSettled((error) => settled.push(error?.code, first.state));
    versions.refuse(new EngineError('write_failed', 'The device refused it.'));
    expect(settled).toEqual(['write_failed', 'aborted']);
    const second = transactions.begin();
    put(second, 'a', '3');
    expect(second.commit().lsn).toBe(2); // Its number is given out again.
    versions.flush();
    expect(get(transactions.begin(), 'a')).toBe('3');
  });

  it('D2: a batch without a transaction loses to nobody, and wins against whoever overlaps', () => {
    const versions = open();
    const { transactions } = versions;
    const transaction = transactions.begin();
    put(transaction, 'a', '2');
    transactions.commitBatch([{ kind: 'put', key: encodeText('a'), value: encodeText('3') }]);
    expect(codeOf(() => transaction.commit())).toBe('write_conflict');
    transactions.commitBatch([{ kind: 'delete', key: encodeText('a') }]);
    versions.flush();
    expect(scan(transactions.begin())).toBe('b1');
  });

  it('what the writing itself refuses leaves the transaction as it was', () => {
    let isFull = true;
    const manager = new TransactionManager({
      source: open().records,
      publishedLsn: () => lsn(1),
      submit: () => {
        if (isFull) throw new EngineError('store_full', 'No room.');
        return { lsn: lsn(2), onSettled: (listener) => listener() };
      },
    });
    const transaction = manager.begin();
    put(transaction, 'a', '2');
    expect(codeOf(() => transaction.commit())).toBe('store_full');
    expect([transaction.state, get(transaction, 'a'), manager.watermark]).toEqual(['active', '2', 1]);
    isFull = false;
    expect(transaction.commit().lsn).toBe(2);
    expect(transaction.state).toBe('committed');
  });

  it('a read-only transaction commits at once, with nothing in the log; and may not write', () => {
    const versions = open();
    const reader = versions.transactions.begin({ readOnly: true });
    expect(() => put(reader, 'a', '2')).toThrow('a read-only transaction writes nothing');
    const settled: unknown[] = [];
    reader.commit().onSettled((error) => settled.push(error));
    expect({ settled, pending: versions.pending, state: reader.state }).toEqual({
      settled: [undefined],
      pending: 0,
      state: 'committed',
    });
    expect(() => get(reader, 'a')).toThrow('has ended');
  });

  it('the caller may reuse its arrays', () => {
    const { transactions } = open();
    const transaction = transactions.begin();
    const key = encodeText('k');
    const value = encodeText('v');
    transaction.put(key, value);
    key[0] = value[0] = 0x7a;
    expect(scan(transaction)).toBe('a1 b1 kv');
  });
});

describe('snapshots', () => {
  it('W1: the watermark is the oldest in use; two readers at one timestamp count twice', () => {
    const versions = open();
    const { transactions } = versions;
    const [one, other] = [transactions.begin(), transactions.begin()];
    transactions.commitBatch([{ kind: 'put', key: encodeText('a'), value: encodeText('2') }]);
    versions.flush();
    const later = transactions.begin();
    expect([transactions.watermark, transactions.snapshotsInUse]).toEqual([1, [1, 2]]);
    one.abort();
    one.abort(); // Once is enough.
    expect(transactions.watermark).toBe(1);
    while (!versions.vacuum.step(1000).done);
    expect(get(other, 'a')).toBe('1');
    other.abort();
    expect(transactions.watermark).toBe(2);
    later.abort();
    expect(transactions.watermark).toBe(transactions.publishedLsn);
  });

  it('W2: an older timestamp can be read as long as nothing of it was collected; a named one is kept', () => {
    const versions = open();
    const { transactions } = versions;
    expect(transactions.keepSnapshot('before')).toBe(1);
    expect(codeOf(() => transactions.keepSnapshot('before'))).toBe('option_invalid');
    for (const value of ['2', '3', '4']) {
      transactions.commitBatch([{ kind: 'put', key: encodeText('a'), value: encodeText(value) }]);
      versions.flush();
    }
    while (!versions.vacuum.step(1000).done);
    for (const at of [1, 2, 3, 4]) expect(get(transactions.begin({ at: lsn(at) }), 'a')).toBe(`${at}`);
    expect(codeOf(() => transactions.begin({ at: lsn(5) }))).toBe('option_invalid');
    expect(codeOf(() => transactions.begin({ at: lsn(3), readOnly: false }))).toBe('option_invalid');
    for (const transaction of transactions.active) transaction.abort();
    expect(get(transactions.begin({ at: transactions.snapshotNamed('before') }), 'a')).toBe('1');
    for (const transaction of transactions.active) transaction.abort();
    transactions.releaseSnapshot('before');
    expect(codeOf(() => transactions.releaseSnapshot('before'))).toBe('option_invalid');
    expect(get(transactions.begin({ at: lsn(2) }), 'a')).toBe('2'); // Nobody has collected since.
    for (const transaction of transactions.active) transaction.abort();
    while (!versions.vacuum.step(1000).done);
    expect(codeOf(() => transactions.begin({ at: lsn(2) }))).toBe('snapshot_too_old');
    expect(get(transactions.begin({ at: lsn(4) }), 'a')).toBe('4');
  });

  it('D4: idle for too long, a transaction gets snapshot_too_old and keeps nothing alive; it never gets wrong data', () => {
    const clock = new ManualClock();
    const versions = open({ clock, idleTicksMax: 2 });
    const { transactions } = versions;
    const parked = transactions.begin();
    const busy = transactions.begin();
    const entries = parked.scan();
    const notBegun = parked.scan();
    entries.next();
    transactions.commitBatch([{ kind: 'put', key: encodeText('b'), value: encodeText('2') }]);
    versions.flush();
    for (let i = 0; i < 3; i++) {
      clock.tick();
      expect(get(busy, 'b')).toBe('1');
    }
    expect(transactions.readers()).toEqual([
      { snapshot: 1, transaction: parked.id, ageTicks: 3, idleTicks: 3 },
      { snapshot: 1, transaction: busy.id, ageTicks: 3, idleTicks: 0 },
    ]);
    while (!versions.vacuum.step(1000).done);
    expect(parked.state).toBe('aborted');
    expect(codeOf(() => parked.get(encodeText('b')))).toBe('snapshot_too_old');
    expect(codeOf(() => entries.next())).toBe('snapshot_too_old');
    expect(codeOf(() => notBegun.next())).toBe('snapshot_too_old');
    expect(codeOf(() => parked.commit())).toBe('snapshot_too_old');
    expect(get(busy, 'b')).toBe('1');
    expect(transactions.readers().map(({ transaction }) => transaction)).toEqual([busy.id]);
  });

  it('a thousand open snapshots are a thousand numbers', () => {
    const versions = open();
    const { transactions } = versions;
    const readers = Array.from({ length: 1000 }, (_, i) => {
      transactions.commitBatch([{ kind: 'put', key: encodeText('a'), value: encodeText(`${i}`) }]);
      versions.flush();
      return transactions.begin({ readOnly: true });
    });
    while (!versions.vacuum.step(1000).done);
    readers.forEach((reader, i) => expect(get(reader, 'a')).toBe(`${i}`));
    for (const reader of readers) reader.commit();
    while (!versions.vacuum.step(1000).done);
    expect(versions.vacuum.lastPass).toMatchObject({ versionsSeen: 1001, versionsCollected: 999 });
  });
});

describe('what transactions say', () => {
  it('tells a conflict with the commit that won, and how each ended', () => {
    const events: MvccEvent[] = [];
    const versions = open({ trace: { emit: (event) => events.push(event) } });
    events.length = 0;
    const { transactions } = versions;
    const [first, second] = [transactions.begin(), transactions.begin()];
    put(first, 'a', '2');
    put(second, 'a', '3');
    first.commit();
    codeOf(() => second.commit());
    versions.flush();
    expect(events.map(({ kind }) => kind.slice(5))).toEqual([
      'transaction_begun',
      'transaction_begun',
      'write_buffered',
      'write_buffered',
      'commit_started',
      'transaction_ended',
      'conflict_found',
      'transaction_ended',
      'commit_settled',
    ]);
    expect(events[6]).toMatchObject({ transaction: second.id, lsn: 2, from: 1 });
    expect(events[7]).toMatchObject({ transaction: second.id, how: 'refused' });
  });
});

describe('each protection, switched off, lets through what it is there for', () => {
  it('validateWrites: an update is lost', () => {
    const versions = open({ protections: without('validateWrites') });
    const { transactions } = versions;
    const [one, other] = [transactions.begin(), transactions.begin()];
    for (const transaction of [one, other]) put(transaction, 'a', `${Number(get(transaction, 'a')) + 1}`);
    one.commit();
    other.commit();
    versions.flush();
    expect(get(transactions.begin(), 'a')).toBe('2');
  });

  it('snapshotReads: a read repeated gives another value', () => {
    const versions = open({ protections: without('snapshotReads') });
    const { transactions } = versions;
    const reader = transactions.begin();
    expect(get(reader, 'a')).toBe('1');
    transactions.commitBatch([{ kind: 'put', key: encodeText('a'), value: encodeText('2') }]);
    versions.flush();
    expect([get(reader, 'a'), scan(reader)]).toEqual(['2', 'a2 b1']);
  });

  it('hideUncommitted: what is aborted later was read', () => {
    const { transactions } = open({ protections: without('hideUncommitted') });
    const writer = transactions.begin();
    put(writer, 'a', '2');
    const reader = transactions.begin();
    expect([get(reader, 'a'), scan(reader)]).toEqual(['2', 'a2 b1']);
    writer.abort();
    expect(get(reader, 'a')).toBe('1');
  });

  it('hideUncommitted: each read of such a write says so, and whose it is; what lies under its own writes was not read', () => {
    const told = new Told();
    const { transactions } = open({ protections: without('hideUncommitted'), trace: told });
    const writer = transactions.begin();
    put(writer, 'a', '2');
    writer.delete(encodeText('b'));
    const reader = transactions.begin();
    const stray = { transaction: writer.id };
    told.events.length = 0;
    expect([get(reader, 'a'), get(reader, 'b'), scan(reader)]).toEqual(['2', undefined, 'a2']);
    expect(told.strays).toEqual([
      { key: 'a', found: 'value', lsn: undefined, stray },
      { key: 'b', found: 'tombstone', lsn: undefined, stray },
      { key: 'a', found: 'value', lsn: undefined, stray },
    ]);
    put(reader, 'a', '3');
    told.events.length = 0;
    expect([get(reader, 'a'), scan(reader)]).toEqual(['3', 'a3']);
    expect(told.strays).toEqual([]);
  });

  it('ownWrites: a transaction does not see what it wrote', () => {
    const transaction = open({ protections: without('ownWrites') }).transactions.begin();
    put(transaction, 'a', '2');
    expect([get(transaction, 'a'), scan(transaction)]).toEqual(['1', 'a1 b1']);
  });

  it('publishInLogOrder: two readers see two commits in opposite orders', () => {
    const versions = open({ protections: without('publishInLogOrder') });
    const { transactions } = versions;
    const commit = (key: string): unknown =>
      transactions.commitBatch([{ kind: 'put', key: encodeText(key), value: encodeText('2') }]);
    commit('x');
    commit('a');
    const one = transactions.begin();
    commit('b');
    const other = transactions.begin();
    expect([scan(one), scan(other)]).toEqual(['a2 b1', 'a1 b2']); // And nobody sees x, which came before both.
    versions.flush();
    expect([scan(one), scan(transactions.begin())]).toEqual(['a2 b1', 'a2 b2 x2']);
  });

  it('publishInLogOrder: a snapshot says what it has ahead of its time, and so does each read of it', () => {
    const told = new Told();
    const versions = open({ protections: without('publishInLogOrder'), trace: told });
    const { transactions } = versions;
    for (const key of ['a', 'b'])
      transactions.commitBatch([{ kind: 'put', key: encodeText(key), value: encodeText('2') }]);
    const reader = transactions.begin();
    expect(told.events.at(-1)).toMatchObject({ snapshot: 1, ahead: [{ lsn: 3, keys: [encodeText('b')] }] });
    expect([get(reader, 'a'), get(reader, 'b'), scan(reader)]).toEqual(['1', '2', 'a1 b2']);
    const read = { key: 'b', found: 'value', lsn: 3, stray: { lsn: 3 } };
    expect(told.strays).toEqual([read, read]);
    versions.flush();
    const later = transactions.begin();
    expect([get(later, 'b'), told.strays.length]).toEqual(['2', 2]);
    expect(told.events.findLast(({ kind }) => kind === 'mvcc.transaction_begun')).not.toHaveProperty('ahead');
  });

  it('with every protection on nothing says so', () => {
    const told = new Told();
    const versions = open({ trace: told });
    const writer = versions.transactions.begin();
    put(writer, 'a', '2');
    const reader = versions.transactions.begin();
    expect([get(reader, 'a'), scan(reader)]).toEqual(['1', 'a1 b1']);
    writer.commit();
    expect(scan(versions.transactions.begin())).toBe('a1 b1');
    expect([told.strays, told.events.filter((event) => 'ahead' in event)]).toEqual([[], []]);
  });

  it('wholeCommits: half of a commit is seen', () => {
    const { transactions } = open({ protections: without('wholeCommits') });
    transactions.commitBatch(['a', 'b'].map((key) => ({ kind: 'put', key: encodeText(key), value: encodeText('2') })));
    expect(scan(transactions.begin())).toBe('a2 b1');
  });

  it('keepVersionAtWatermark: what a snapshot reads is collected', () => {
    const versions = open({ protections: without('keepVersionAtWatermark') });
    const { transactions } = versions;
    const reader = transactions.begin();
    transactions.commitBatch([{ kind: 'put', key: encodeText('a'), value: encodeText('2') }]);
    versions.flush();
    while (!versions.vacuum.step(1000).done);
    expect(scan(reader)).toBe('b1');
  });

  it.each([
    'validateWrites',
    'snapshotReads',
    'hideUncommitted',
    'ownWrites',
    'publishInLogOrder',
    'wholeCommits',
    'keepVersionAtWatermark',
  ] as const)('%s: the model notices', (name) => {
    const broken = without(name);
    const { failed } = fc.check(
      fc.property(moves(fc.constant('snapshot' as const)), (list) => new Interleaving(broken).run(list)),
      { numRuns: 1000, endOnFailure: true },
    );
    expect(failed).toBe(true);
  });
});

it('a timestamp is a whole number', () => {
  const { transactions } = open();
  for (const at of [0.5, NaN, -Infinity])
    expect(codeOf(() => transactions.begin({ at: at as Lsn }))).toBe('option_invalid');
});
