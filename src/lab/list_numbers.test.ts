import fc from 'fast-check';
import { expect, test } from 'vitest';
import { listNumbers, NO_ITEM } from './list_numbers';
import { PersistentList } from './persistent_list';

type Edit = readonly [what: 'push' | 'set' | 'drop' | 'cut', at: number, value: number | undefined];
const edits = fc.array(
  fc.tuple(
    fc.constantFrom<Edit[0]>('push', 'push', 'push', 'set', 'set', 'drop', 'cut'),
    fc.nat(200),
    fc.option(fc.nat(1000), { nil: undefined }),
  ),
  { maxLength: 300 },
);

function edited(list: PersistentList<number | undefined>, [what, at, value]: Edit): PersistentList<number | undefined> {
  switch (what) {
    case 'push':
      return list.push(value);
    case 'set':
      return list.set(list.first + at, value);
    case 'drop':
      return list.dropBefore(list.first + Math.floor(at / 50));
    case 'cut':
      return list.truncate(list.end - Math.floor(at / 50));
  }
}

test('every list has the number of each of its items, and none for what it does not hold', () => {
  fc.assert(
    fc.property(edits, (all) => {
      const numbersOf = listNumbers<number>((item) => item * 2);
      const lists = [PersistentList.empty<number | undefined>(1)];
      const expectAll = (list: PersistentList<number | undefined>): void => {
        const expected = Array.from({ length: list.end }, (_, index) => {
          const item = list.get(index);
          return item === undefined ? NO_ITEM : item * 2;
        });
        expect([...numbersOf(list)]).toEqual(expected);
      };
      for (const edit of all) {
        const list = edited(lists.at(-1)!, edit);
        lists.push(list);
        expectAll(list);
        // As somebody does who scrubs: to and fro.
        expectAll(lists[edit[1] % lists.length]!);
      }
    }),
  );
});

test('what a change leaves alone is not looked at again', () => {
  let asked = 0;
  const numbersOf = listNumbers<number>((item) => (asked++, item));
  let list = PersistentList.empty<number | undefined>();
  for (let item = 0; item < 10_000; item++) list = list.push(item);
  numbersOf(list);
  expect(asked).toBe(10_000);
  numbersOf(list.set(5000, 7));
  expect(asked).toBeLessThan(10_100);
});
