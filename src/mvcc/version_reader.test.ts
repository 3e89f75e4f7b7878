import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes, encodeText, toHex } from '../base/bytes';
import { lsn, txnId } from '../base/ids';
import { seekFirstByCursor, type Cursor, type Entry, type Operation, type Range } from '../base/ordered_index';
import { OrderedMap } from '../base/ordered_map';
import type { MvccEvent } from './events';
import { versionsOf } from './version_key';
import { HOPS_MAX, VersionReader, type VersionSource } from './version_reader';

/** A map that counts what is asked of it. */
class CountingSource implements VersionSource {
  readonly map = new OrderedMap();
  records = 0;
  cursors = 0;

  apply(batch: readonly Operation[], at: number): void {
    for (const version of versionsOf(batch, lsn(at)))
      if (version.kind === 'put') this.map.put(version.key, version.value);
  }
  seekFirst(prefix: Uint8Array, range: Range, restBytes?: number): Entry | undefined {
    return seekFirstByCursor((within) => this.cursor(within, false), prefix, range, restBytes);
  }
  cursor(range: Range, reverse: boolean): Cursor {
    this.cursors++;
    const cursor = this.map.cursor(range, reverse);
    return {
      next: () => {
        this.records++;
        return cursor.next();
      },
      close: () => cursor.close(),
    };
  }
}

/** Keys that begin with each other, with the bytes of the escape in them. */
const keyBytes = fc
  .array(fc.constantFrom(0x00, 0x01, 0x61, 0xff), { minLength: 1, maxLength: 3 })
  .map((bytes) => Uint8Array.from(bytes));
const operation = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('put' as const), key: keyBytes, value: fc.uint8Array({ maxLength: 2 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), key: keyBytes }) },
);
const range: fc.Arbitrary<Range> = fc.record({
  from: fc.option(keyBytes, { nil: undefined }),
  to: fc.option(keyBytes, { nil: undefined }),
});

function all(cursor: Cursor): string[] {
  const found: string[] = [];
  for (let entry = cursor.next(); entry; entry = cursor.next()) found.push(`${toHex(entry.key)}=${toHex(entry.value)}`);
  expect(cursor.next()).toBeUndefined();
  cursor.close();
  return found;
}

/** Keys and values after the first `commits` batches, as text, in key order. */
function world(history: readonly (readonly Operation[])[], commits: number): [Uint8Array, Uint8Array][] {
  const state = new Map<string, [Uint8Array, Uint8Array]>();
  for (const batch of history.slice(0, commits)) {
    for (const one of batch) {
      if (one.kind === 'put') state.set(toHex(one.key), [one.key, one.value]);
      else state.delete(toHex(one.key));
    }
  }
  return [...state.values()].sort(([a], [b]) => compareBytes(a, b));
}

describe('reading at a timestamp', () => {
  it('V1: equals the world as of each commit: single keys, and any range both ways', () => {
    const property = fc.property(
      fc.array(fc.array(operation, { minLength: 1, maxLength: 4 }), { maxLength: 30, size: 'max' }),
      range,
      fc.nat(30),
      (batches, within, at) => {
        const source = new CountingSource();
        batches.forEach((batch, i) => source.apply(batch, i + 1));
        const reader = new VersionReader(source);
        const { from, to } = within;
        const expected = world(batches, at);
        for (const batch of batches) {
          for (const { key } of batch) {
            const value = expected.find(([k]) => compareBytes(k, key) === 0)?.[1];
            expect(reader.read(key, lsn(at))?.value).toEqual(value);
          }
        }
        const inRange = expected
          .filter(([key]) => (!from || compareBytes(key, from) >= 0) && (!to || compareBytes(key, to) < 0))
          .map(([key, value]) => `${toHex(key)}=${toHex(value)}`);
        expect(all(reader.scan(within, false, lsn(at)))).toEqual(inRange);
        expect(all(reader.scan(within, true, lsn(at)))).toEqual(inRange.reverse());
      },
    );
    fc.assert(property, { numRuns: 150 });
  });

  it('a hop through a long chain seeks and does not walk: three keys with 2,000 versions each', () => {
    const source = new CountingSource();
    const keys = ['a', 'b', 'c'].map(encodeText);
    for (let at = 1; at <= 2000; at++) {
      source.apply(
        keys.map((key) => ({ kind: 'put', key, value: encodeText(`${at}`) })),
        at,
      );
    }
    const reader = new VersionReader(source);
    for (const at of [1, 2, 1000, 1999, 2000]) {
      const value = toHex(encodeText(`${at}`));
      source.records = source.cursors = 0;
      expect(toHex(reader.read(keys[1]!, lsn(at))!.value!)).toBe(value);
      expect(source).toMatchObject({ records: 1, cursors: 1 });
      for (const reverse of [false, true]) {
        source.records = source.cursors = 0;
        const found = all(reader.scan({}, reverse, lsn(at)));
        expect(found).toEqual((reverse ? ['63', '62', '61'] : ['61', '62', '63']).map((key) => `${key}=${value}`));
        expect(source.records, `at ${at}, reverse ${reverse}`).toBeLessThanOrEqual(3 * (2 * HOPS_MAX + 4));
      }
    }
  });

  it('a scan under way does not see what is committed meanwhile, also where it searches again', () => {
    const source = new CountingSource();
    const put = (key: string, at: number): void =>
      source.apply([{ kind: 'put', key: encodeText(key), value: encodeText(`${at}`) }], at);
    put('a', 1);
    put('b', 2);
    put('c', 3);
    const reader = new VersionReader(source);
    for (const reverse of [false, true]) {
      const { map } = source;
      // As an index does (X3): the scan's first cursor is over a frozen view, those it opens later see what there is then.
      const frozen: VersionSource = {
        seekFirst: (prefix, within, rest) => source.seekFirst(prefix, within, rest),
        cursor: (within, backwards) => map.snapshot().cursor(within, backwards),
      };
      const scan = new VersionReader(frozen).scan({}, reverse, lsn(3));
      expect(toHex(scan.next()!.key)).toBe(reverse ? '63' : '61');
      for (let at = 10; at < 40; at++) for (const key of ['a', 'b', 'bb', 'c']) put(key, at);
      expect(toHex(scan.next()!.value)).toBe(toHex(encodeText('2')));
      expect(toHex(scan.next()!.key)).toBe(reverse ? '61' : '63');
      expect(scan.next()).toBeUndefined();
      scan.close();
    }
    expect(all(reader.scan({}, false, lsn(40))).length).toBe(4);
  });

  it('says which version it read, and each one it passed over', () => {
    const events: MvccEvent[] = [];
    const source = new CountingSource();
    const key = encodeText('k');
    for (let at = 1; at <= 4; at++) source.apply([{ kind: 'put', key, value: key }], at);
    const reader = new VersionReader(source, { emit: (event) => events.push(event) });
    const told = (): unknown[] =>
      events.splice(0).map((event) => ('lsn' in event ? [event.kind.slice(5), event.lsn] : [event.kind.slice(5)]));
    reader.read(key, lsn(3), txnId(7));
    expect(events[0]).toMatchObject({ transaction: 7, at: 3, lsn: 3, found: 'value' });
    events.length = 0;
    all(reader.scan({}, false, lsn(2)));
    expect(told()).toEqual([
      ['version_passed', 4],
      ['version_passed', 3],
      ['version_read', 2],
      ['version_passed', 1],
    ]);
    all(reader.scan({}, true, lsn(2)));
    expect(told()).toEqual([
      ['version_passed', 1],
      ['version_passed', 3],
      ['version_passed', 4],
      ['version_read', 2],
    ]);
    reader.read(encodeText('other'), lsn(3));
    expect(events[0]).toMatchObject({ found: 'nothing' });
  });
});
