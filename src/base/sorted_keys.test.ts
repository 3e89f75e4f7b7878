import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareBytes, encodeText } from './bytes';
import { SortedKeys } from './sorted_keys';

/** What `search` promises, by looking at every key. */
function searchSlowly(keys: readonly Uint8Array[], key: Uint8Array): number {
  const at = keys.findIndex((other) => compareBytes(other, key) >= 0);
  if (at === -1) return ~keys.length;
  return compareBytes(keys[at]!, key) === 0 ? at : ~at;
}

/** Few bytes, so that prefixes, heads and whole keys collide. */
const key = fc.uint8Array({ minLength: 1, maxLength: 9, max: 2 });

test('keys of any shape are found where they are, or where they would go', () => {
  fc.assert(
    fc.property(fc.array(key), fc.array(key), (inserted, asked) => {
      const sorted = new SortedKeys([]);
      for (const each of inserted) {
        const at = sorted.search(each);
        expect(at).toBe(searchSlowly(sorted.all, each));
        if (at < 0) sorted.insert(~at, each);
      }
      for (const each of asked) expect(sorted.search(each)).toBe(searchSlowly(sorted.all, each));
    }),
  );
});

test('a search is right after keys were cut off, taken out and copied', () => {
  fc.assert(
    fc.property(fc.uniqueArray(key, { selector: String, minLength: 3 }), key, fc.nat(), (keys, asked, seed) => {
      const left = new SortedKeys(keys.sort(compareBytes));
      const right = left.splitOff(1 + (seed % (keys.length - 2)));
      right.removeAt(seed % right.length);
      const copy = right.copy();
      copy.pop();
      for (const part of [left, right, copy]) expect(part.search(asked)).toBe(searchSlowly(part.all, asked));
    }),
  );
});

test('keys that share more than their heads show are told apart', () => {
  const sorted = new SortedKeys(['a', 'abcdefgh', 'abcdefghi', 'abcdefghij'].map(encodeText));
  expect(sorted.search(encodeText('abcdefghi'))).toBe(2);
  expect(sorted.search(encodeText('abcdefg'))).toBe(~1);
});
