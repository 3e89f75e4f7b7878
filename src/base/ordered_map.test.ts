import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from './bytes';
import type { Cursor, Entry, Range } from './ordered_index';
import { OrderedIndexModel } from './ordered_index_model';
import { OrderedMap, type MapSnapshot } from './ordered_map';

/** Two bytes, so that a few thousand operations meet the same keys again, and leaves split and empty. */
const key = fc.nat(0xfff).map((n) => Uint8Array.of(n >>> 4, n & 15));
const range: fc.Arbitrary<Range> = fc.record({
  from: fc.option(key, { nil: undefined }),
  to: fc.option(key, { nil: undefined }),
});
const change = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('put' as const), key, value: fc.uint8Array({ maxLength: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
);

const text = (entries: readonly Entry[]): string[] => entries.map((e) => `${toHex(e.key)}=${toHex(e.value)}`);
function all(cursor: Cursor): string[] {
  const entries: Entry[] = [];
  for (let entry = cursor.next(); entry; entry = cursor.next()) entries.push(entry);
  expect(cursor.next()).toBeUndefined();
  return text(entries);
}
function expectEqual(snapshot: MapSnapshot, model: OrderedIndexModel, { from, to }: Range = {}): void {
  for (const reverse of [false, true]) {
    expect(all(snapshot.cursor({ from, to }, reverse))).toEqual(text(model.range({ from, to }, reverse)));
  }
  expect({ keys: snapshot.keys, userBytes: snapshot.userBytes }).toEqual({
    keys: model.entries.length,
    userBytes: model.userBytes,
  });
}

/** A model that holds what `model` holds now. */
function frozen(model: OrderedIndexModel): OrderedIndexModel {
  const copy = new OrderedIndexModel();
  copy.apply(model.entries.map(({ key: k, value }) => ({ kind: 'put', key: k, value })));
  return copy;
}

describe('an ordered map', () => {
  it('equals a sorted array after random puts and deletes, both ways, over any range', () => {
    const property = fc.property(
      fc.array(change, { maxLength: 300, size: 'max' }),
      range,
      key,
      (changes, cut, probe) => {
        const map = new OrderedMap();
        const model = new OrderedIndexModel();
        for (const one of changes) {
          if (one.kind === 'put') map.put(one.key, one.value);
          else expect(map.delete(one.key)).toBe(model.get(one.key) !== undefined);
          model.apply([one]);
        }
        expect(map.check()).toEqual([]);
        expect(map.get(probe)).toEqual(model.get(probe));
        expectEqual(map.snapshot(), model);
        expectEqual(map.snapshot(), model, cut);
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  it('M3: snapshots show what they were taken of, whatever is written afterwards', () => {
    const rounds = fc.array(fc.array(change, { maxLength: 60, size: 'max' }), { maxLength: 6 });
    const property = fc.property(rounds, (batches) => {
      const map = new OrderedMap();
      const model = new OrderedIndexModel();
      const taken: { snapshot: MapSnapshot; model: OrderedIndexModel }[] = [];
      for (const batch of batches) {
        taken.push({ snapshot: map.snapshot(), model: frozen(model) });
        for (const one of batch) {
          if (one.kind === 'put') map.put(one.key, one.value);
          else map.delete(one.key);
        }
        model.apply(batch);
      }
      for (const then of taken) expectEqual(then.snapshot, then.model);
      expectEqual(map.snapshot(), model);
    });
    fc.assert(property, { numRuns: 100 });
  });

  it('M2: stays a tree of equal depth when it is filled and emptied in order, in reverse and shuffled', () => {
    const count = 5000;
    const keyAt = (i: number): Uint8Array => Uint8Array.of(i >>> 8, i & 0xff);
    const orders = [(i: number) => i, (i: number) => count - 1 - i, (i: number) => (i * 3457) % count];
    for (const fill of orders) {
      for (const empty of orders) {
        const map = new OrderedMap();
        for (let i = 0; i < count; i++) map.put(keyAt(fill(i)), keyAt(i));
        expect(map.keys).toBe(count);
        for (let i = 0; i < count; i++) {
          expect(map.delete(keyAt(empty(i)))).toBe(true);
          if (i % 500 === 0) expect(map.check()).toEqual([]);
        }
        expect({ keys: map.keys, userBytes: map.userBytes }).toEqual({ keys: 0, userBytes: 0 });
        expect(all(map.snapshot().cursor({}, false))).toEqual([]);
        map.put(keyAt(1), keyAt(1));
        expect(map.check()).toEqual([]);
      }
    }
  });

  it('a cursor that is closed gives nothing more', () => {
    const map = new OrderedMap();
    for (let i = 0; i < 300; i++) map.put(Uint8Array.of(i >>> 8, i & 0xff), new Uint8Array(1));
    for (const reverse of [false, true]) {
      const cursor = map.snapshot().cursor({}, reverse);
      expect(cursor.next()).toBeDefined();
      cursor.close();
      expect(cursor.next()).toBeUndefined();
    }
  });
});
