import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { encodeText, toHex } from '../base/bytes';
import { lsn } from '../base/ids';
import type { Operation, Range } from '../base/ordered_index';
import { ENTRY_OVERHEAD_BYTES, entryBytes, type EntryCursor, type VersionedEntry } from './entry';
import type { LsmEvent } from './events';
import { Memtable } from './memtable';

const put = (key: string, value: string): Operation => ({
  kind: 'put',
  key: encodeText(key),
  value: encodeText(value),
});
const remove = (key: string): Operation => ({ kind: 'delete', key: encodeText(key) });
const words = ({ key, lsn: at, value }: VersionedEntry): string =>
  `${toHex(key)}@${at} ${value === undefined ? 'tombstone' : toHex(value)}`;

function all(cursor: EntryCursor): string[] {
  const found: string[] = [];
  for (let entry = cursor.next(); entry; entry = cursor.next()) found.push(words(entry));
  expect(cursor.next()).toBeUndefined();
  return found;
}

describe('a memtable', () => {
  it('keeps the newest entry of a key, and a tombstone where it was deleted', () => {
    const memtable = new Memtable();
    memtable.apply([put('apple', 'a'), put('pear', 'b')], lsn(4));
    memtable.apply([remove('apple'), put('pear', 'c'), remove('unknown')], lsn(9));
    expect(memtable.get(encodeText('apple'))).toMatchObject({ lsn: 9, value: undefined });
    expect(memtable.get(encodeText('pear'))).toMatchObject({ lsn: 9, value: encodeText('c') });
    expect(memtable.get(encodeText('unknown'))).toMatchObject({ value: undefined });
    expect(memtable.get(encodeText('plum'))).toBeUndefined();
    expect([memtable.entries, memtable.minLsn, memtable.maxLsn]).toEqual([3, 4, 9]);
    expect(memtable.bytes).toBe('appleunknownpearc'.length + 3 * ENTRY_OVERHEAD_BYTES);
    expect(memtable.check()).toEqual([]);
  });

  it('keeps the arrays it is handed: whoever has copied a batch need not do it twice', () => {
    const memtable = new Memtable();
    const operation = put('k', 'v') as Extract<Operation, { kind: 'put' }>;
    memtable.apply([operation], lsn(1));
    expect(memtable.get(operation.key)!.key).toBe(operation.key);
    expect(memtable.get(operation.key)!.value).toBe(operation.value);
  });

  it('lets the last operation of a batch on a key win', () => {
    const memtable = new Memtable();
    memtable.apply([put('k', '1'), remove('k'), put('k', '2')], lsn(1));
    expect(memtable.get(encodeText('k'))).toMatchObject({ value: encodeText('2') });
    expect(memtable.entries).toBe(1);
  });

  it('takes batches in the order of their LSNs, and none once it is frozen', () => {
    const memtable = new Memtable();
    memtable.apply([put('k', '1')], lsn(5));
    expect(() => memtable.apply([put('k', '2')], lsn(5))).toThrow(/T2/);
    memtable.freeze();
    expect(() => memtable.apply([put('k', '2')], lsn(6))).toThrow(/T3/);
    expect(memtable.isFrozen).toBe(true);
  });

  it('tells what it took, with the bytes it has then', () => {
    const events: LsmEvent[] = [];
    const memtable = new Memtable({ emit: (event) => events.push(event) });
    memtable.apply([put('k', 'value'), remove('k')], lsn(3));
    expect(events).toMatchObject([
      { kind: 'lsm.memtable_changed', lsn: 3, isTombstone: false, bytes: 6 + ENTRY_OVERHEAD_BYTES },
      { kind: 'lsm.memtable_changed', lsn: 3, isTombstone: true, bytes: 1 + ENTRY_OVERHEAD_BYTES },
    ]);
  });
});

const key = fc.nat(80).map((n) => Uint8Array.of(n));
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), key, value: fc.uint8Array({ maxLength: 3 }) }),
  fc.record({ kind: fc.constant('delete' as const), key }),
);
const range: fc.Arbitrary<Range> = fc.record({
  from: fc.option(key, { nil: undefined }),
  to: fc.option(key, { nil: undefined }),
});

describe('batches nobody thought of', () => {
  it('show in views as they were when each was made, both ways, whatever came later', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(operation, { minLength: 1, maxLength: 9 }), { maxLength: 30 }),
        range,
        (batches, within) => {
          const memtable = new Memtable();
          const model = new Map<number, VersionedEntry>();
          const expected: { readonly forward: string[]; readonly view: ReturnType<Memtable['view']> }[] = [];
          batches.forEach((batch, i) => {
            memtable.apply(batch, lsn(i + 1));
            for (const one of batch) {
              const value = one.kind === 'put' ? one.value : undefined;
              model.set(one.key[0]!, { key: one.key, lsn: lsn(i + 1), value });
            }
            const sorted = [...model].sort(([a], [b]) => a - b).filter(([k]) => isWithin(k, within));
            expected.push({ forward: sorted.map(([, entry]) => words(entry)), view: memtable.view() });
          });
          for (const { forward, view } of expected) {
            expect(all(view.cursor(within, false))).toEqual(forward);
            expect(all(view.cursor(within, true))).toEqual(forward.toReversed());
          }
          const bytes = [...model.values()].reduce((sum, entry) => sum + entryBytes(entry), 0);
          expect([memtable.bytes, memtable.entries]).toEqual([bytes, model.size]);
          expect(memtable.check()).toEqual([]);
        },
      ),
      { seed: inject('seed'), numRuns: 60 },
    );
  });
});

const isWithin = (k: number, { from, to }: Range): boolean =>
  (from === undefined || k >= from[0]!) && (to === undefined || k < to[0]!);
