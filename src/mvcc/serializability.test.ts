/**
 * The serializable level, held against the definition: whatever commits, the dependencies between those who committed have
 * no circle (Adya 1999). The reckoning here keeps all that happened and knows nothing of pivots.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText, encodeText } from '../base/bytes';
import { EngineError, isEngineError, type ErrorCode } from '../base/errors';
import type { MvccEvent } from './events';
import { MemoryVersions, type MemoryStoreOptions } from './memory_store';
import { ALL_MVCC_PROTECTIONS, type MvccProtections } from './protections';
import { hasCircle, moves, runRecorded } from './testing/serial_reckoning';
import type { BeginOptions, Transaction } from './transaction';

const get = (transaction: Transaction, key: string): void => void transaction.get(encodeText(key));
const put = (transaction: Transaction, key: string): void => transaction.put(encodeText(key), encodeText('new'));
const scan = (transaction: Transaction, from: string, to: string): void =>
  void Array.from(transaction.scan({ from: encodeText(from), to: encodeText(to) }));

/** Commits, and says how that went. */
function commit(transaction: Transaction): ErrorCode | 'committed' {
  try {
    transaction.commit();
    return 'committed';
  } catch (error) {
    if (!isEngineError(error)) throw error;
    return error.code;
  }
}

/** A store with x, y and z. */
function open(options: MemoryStoreOptions = {}) {
  const versions = new MemoryVersions(options);
  versions.transactions.commitBatch(
    ['x', 'y', 'z'].map((key) => ({ kind: 'put', key: encodeText(key), value: encodeText('old') })),
  );
  versions.flush();
  const begin = (more: BeginOptions = {}): Transaction =>
    versions.transactions.begin({ level: 'serializable', ...more });
  return { versions, begin };
}

const without = (name: keyof MvccProtections): MvccProtections => ({ ...ALL_MVCC_PROTECTIONS, [name]: false });

describe('Y2: the serializable level', () => {
  it('lets no circle commit, in random interleavings', () => {
    let committed = 0;
    let refused = 0;
    fc.assert(
      fc.property(moves(), (list) => {
        const run = runRecorded(list);
        committed += run.committed.length;
        refused += run.refused;
        expect(hasCircle(run.committed)).toBe(false);
      }),
      { numRuns: 300 },
    );
    // It would be no feat to refuse everything.
    expect(refused).toBeGreaterThan(0);
    expect(committed).toBeGreaterThan(refused * 3);
  });

  it.each(['trackReads', 'trackRanges'] as const)('without %s the same runs have circles', (name) => {
    const { failed } = fc.check(
      fc.property(moves(), (list) => !hasCircle(runRecorded(list, without(name)).committed)),
      { numRuns: 1000, endOnFailure: true },
    );
    expect(failed).toBe(true);
  });

  it('at snapshot isolation the same runs have circles', () => {
    const { failed } = fc.check(
      fc.property(moves('snapshot'), (list) => !hasCircle(runRecorded(list).committed)),
      { numRuns: 1000, endOnFailure: true },
    );
    expect(failed).toBe(true);
  });

  it('refuses the second of two that each read what the other changes, published or on its way', () => {
    for (const isPublished of [true, false]) {
      for (const [level, expected] of [
        ['serializable', 'serialization_failure'],
        ['snapshot', 'committed'],
      ] as const) {
        const { begin, versions } = open();
        const [one, other] = [begin({ level }), begin({ level })];
        get(one, 'x');
        put(one, 'y');
        get(other, 'y');
        put(other, 'x');
        expect(commit(one)).toBe('committed');
        if (isPublished) versions.flush();
        expect(commit(other)).toBe(expected);
        expect(other.state).toBe(level === 'snapshot' ? 'committing' : 'aborted');
      }
    }
  });

  it('refuses a phantom: a scan of a gap, and a key that is put into it', () => {
    const { begin } = open();
    const [one, other] = [begin(), begin()];
    scan(one, 'a', 'b');
    put(one, 'c1');
    scan(other, 'c', 'd');
    put(other, 'a1');
    expect(commit(one)).toBe('committed');
    expect(commit(other)).toBe('serialization_failure');
  });

  it('a read of a key that is not there counts, and so does one of a key that is deleted', () => {
    const { begin, versions } = open();
    const [one, other] = [begin(), begin()];
    get(one, 'new');
    one.delete(encodeText('x'));
    get(other, 'x');
    put(other, 'new');
    expect(commit(one)).toBe('committed');
    versions.flush();
    expect(commit(other)).toBe('serialization_failure');
  });

  it('a scan that is given up has read as far as it came, and no further', () => {
    for (const reverse of [false, true]) {
      const { begin } = open();
      const [one, other] = [begin(), begin()];
      const entries = one.scan({}, reverse);
      entries.next();
      const reached = decodeText(entries.next().value!.key);
      entries.return();
      expect(reached).toBe('y');
      put(one, reverse ? 'z0' : 'w0');
      get(other, reverse ? 'z0' : 'w0');
      put(other, reverse ? 'x0' : 'y0'); // Behind what was read: no dependency.
      expect(commit(one)).toBe('committed');
      expect(commit(other)).toBe('committed');
    }
  });

  it('and nobody who writes behind it has changed what it read', () => {
    for (const rows of [0, 2]) {
      const { begin } = open();
      const [one, other] = [begin(), begin()];
      const entries = one.scan();
      for (let i = 0; i < rows; i++) entries.next();
      entries.return();
      put(one, 'w');
      get(other, 'w');
      put(other, rows === 0 ? 'x' : 'z');
      expect(commit(other)).toBe('committed');
      expect(commit(one)).toBe('committed');
    }
  });
});

describe('what is no dangerous structure commits', () => {
  it('one dependency that points the wrong way', () => {
    const { begin } = open();
    const [reader, writer] = [begin(), begin()];
    get(reader, 'x');
    put(reader, 'y');
    put(writer, 'x');
    expect(commit(writer)).toBe('committed');
    expect(commit(reader)).toBe('committed');
  });

  it('two writers of what one has read', () => {
    const { begin } = open();
    const [reader, one, other] = [begin(), begin(), begin()];
    get(reader, 'x');
    get(reader, 'y');
    put(reader, 'z');
    put(one, 'x');
    put(other, 'y');
    for (const transaction of [one, other, reader]) expect(commit(transaction)).toBe('committed');
  });

  it('two in a row of which the last does not commit first', () => {
    const { begin } = open();
    const [first, pivot, third] = [begin(), begin(), begin()];
    get(first, 'x');
    put(first, 'unrelated');
    get(pivot, 'y');
    put(pivot, 'x');
    put(third, 'y');
    expect(commit(pivot)).toBe('committed');
    expect(commit(third)).toBe('committed');
    expect(commit(first)).toBe('committed');
  });

  it('a transaction after a pivot, though that is remembered for an older one', () => {
    const { begin, versions } = open();
    const [old, third, pivot] = [begin(), begin(), begin()];
    get(old, 'z');
    get(pivot, 'y');
    put(pivot, 'x');
    put(third, 'y');
    expect(commit(third)).toBe('committed');
    expect(commit(pivot)).toBe('committed');
    versions.flush();
    const later = begin();
    get(later, 'x');
    put(later, 'w');
    expect(commit(later)).toBe('committed');
    old.abort();
  });

  it('a transaction after another has nothing to fear from it', () => {
    const { begin, versions } = open();
    const one = begin();
    get(one, 'x');
    put(one, 'y');
    expect(commit(one)).toBe('committed');
    versions.flush();
    const other = begin();
    get(other, 'y');
    put(other, 'x');
    expect(commit(other)).toBe('committed');
  });

  it('what was aborted, or refused by the device, has read and written nothing', () => {
    const { begin, versions } = open();
    const [one, other, last] = [begin(), begin(), begin()];
    for (const transaction of [one, other]) {
      get(transaction, 'x');
      put(transaction, 'y');
    }
    get(last, 'y');
    put(last, 'x');
    one.abort();
    // A write of the same key: it wins here, and has then not happened.
    expect(commit(other)).toBe('committed');
    versions.refuse(new EngineError('write_failed', 'The device refused it.'));
    expect(commit(last)).toBe('committed');
  });
});

describe('Y1, Y2: each of three may be the one that is refused', () => {
  /** first reads x, pivot reads y and writes x, third writes y. */
  const three = (firstOptions: BeginOptions = {}) => {
    const { begin, versions } = open();
    const [pivot, third] = [begin(), begin()];
    get(pivot, 'y');
    put(pivot, 'x');
    put(third, 'y');
    return { begin, first: () => begin(firstOptions), pivot, third, versions };
  };

  it('the pivot, while the first is under way or has committed', () => {
    for (const isCommitted of [false, true]) {
      const { first, pivot, third } = three();
      const reader = first();
      get(reader, 'x');
      put(reader, 'z');
      expect(commit(third)).toBe('committed');
      if (isCommitted) expect(commit(reader)).toBe('committed');
      expect(commit(pivot)).toBe('serialization_failure');
    }
  });

  it('the first, if it reads when the pivot has committed already', () => {
    const { first, pivot, third } = three();
    const reader = first();
    expect(commit(third)).toBe('committed');
    expect(commit(pivot)).toBe('committed');
    get(reader, 'x');
    put(reader, 'z');
    expect(commit(reader)).toBe('serialization_failure');
  });

  it('Y3: and if it is said to only read, the pivot commits while it is under way', () => {
    const { first, pivot, third, versions } = three({ readOnly: true });
    const reader = first();
    get(reader, 'x');
    expect(commit(third)).toBe('committed');
    versions.flush();
    expect(commit(pivot)).toBe('committed');
    expect(commit(reader)).toBe('committed');
  });

  it('Y3: a first that only reads is harmless if its snapshot has not the third', () => {
    for (const readOnly of [true, false]) {
      const { first, pivot, third, versions } = three({ readOnly });
      const reader = first();
      expect(commit(third)).toBe('committed');
      versions.flush();
      expect(commit(pivot)).toBe('committed');
      versions.flush();
      get(reader, 'x');
      get(reader, 'y');
      expect(commit(reader)).toBe('committed');
    }
  });

  it('Y3: a first that only reads is refused if its snapshot has the third and not the pivot', () => {
    for (const readOnly of [true, false]) {
      const { first, pivot, third, versions } = three({ readOnly });
      expect(commit(third)).toBe('committed');
      versions.flush();
      const reader = first();
      expect(commit(pivot)).toBe('committed');
      versions.flush();
      get(reader, 'x');
      get(reader, 'y');
      expect(commit(reader)).toBe('serialization_failure');
    }
  });

  it('Y3: and the pivot is refused if that reader has read before', () => {
    for (const isCommitted of [false, true]) {
      const { first, pivot, third, versions } = three({ readOnly: true });
      expect(commit(third)).toBe('committed');
      versions.flush();
      const reader = first();
      get(reader, 'x');
      get(reader, 'y');
      if (isCommitted) expect(commit(reader)).toBe('committed');
      expect(commit(pivot)).toBe('serialization_failure');
    }
  });

  it('a batch without a transaction is a third as well', () => {
    const { first, pivot, versions } = three();
    const reader = first();
    get(reader, 'x');
    put(reader, 'z');
    versions.transactions.commitBatch([{ kind: 'put', key: encodeText('y'), value: encodeText('new') }]);
    expect(commit(pivot)).toBe('serialization_failure');
  });
});

it('says which dependencies made the structure, and who is refused in which place', () => {
  const events: MvccEvent[] = [];
  const { begin } = open({ trace: { emit: (event) => events.push(event) } });
  const [one, other] = [begin(), begin()];
  get(one, 'x');
  put(one, 'y');
  get(other, 'y');
  put(other, 'x');
  const { lsn: writerLsn } = one.commit();
  events.length = 0;
  expect(commit(other)).toBe('serialization_failure');
  expect(events).toEqual([
    { kind: 'mvcc.dependency_found', reader: other.id, writer: one.id, writerLsn, key: encodeText('y') },
    { kind: 'mvcc.dependency_found', reader: one.id, writer: other.id, key: encodeText('x') },
    { kind: 'mvcc.danger_found', transaction: other.id, as: 'pivot', other: one.id },
    { kind: 'mvcc.transaction_ended', transaction: other.id, how: 'refused' },
  ]);
});
