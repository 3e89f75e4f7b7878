import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { lsn } from '../base/ids';
import type { EntryCursor, VersionedEntry } from './entry';
import { mergeCursor } from './merge_cursor';

/** `a4` is key a of LSN 4; `a4-` its tombstone. */
function entry(word: string): VersionedEntry {
  const value = word.endsWith('-') ? undefined : Uint8Array.of(1);
  return { key: Uint8Array.of(word.charCodeAt(0)), lsn: lsn(parseInt(word.slice(1))), value };
}
const word = ({ key, lsn: at, value }: VersionedEntry): string =>
  `${String.fromCharCode(key[0]!)}${at}${value === undefined ? '-' : ''}`;

class ListCursor implements EntryCursor {
  isClosed = false;
  readonly #entries: VersionedEntry[];
  constructor(words: readonly string[], reverse: boolean) {
    this.#entries = words.map(entry);
    if (reverse) this.#entries.reverse();
  }
  next(): VersionedEntry | undefined {
    return this.#entries.shift();
  }
  close(): void {
    this.isClosed = true;
  }
}

const sourcesOf = (lists: readonly (readonly string[])[], reverse: boolean): ListCursor[] =>
  lists.map((words) => new ListCursor(words, reverse));

/** All that a merge hands on, each with its source; and what it passed over. */
function merged(lists: readonly (readonly string[])[], reverse = false) {
  const shadowed: string[] = [];
  const cursor = mergeCursor(sourcesOf(lists, reverse), reverse, (old, source, by) =>
    shadowed.push(`${word(old)} from ${source} by ${word(by)}`),
  );
  const handed: string[] = [];
  const from: number[] = [];
  for (let one = cursor.next(); one; one = cursor.next()) {
    handed.push(word(one));
    from.push(cursor.source);
  }
  expect(cursor.next()).toBeUndefined();
  return { handed, from, shadowed };
}

describe('a merge', () => {
  it('hands on the newest entry of each key, tombstones too, and tells what it passes over', () => {
    const lists = [
      ['c5-', 'f7'],
      ['a4', 'c3'],
      ['c1', 'd2', 'f1'],
    ];
    const { from, handed, shadowed } = merged(lists);
    expect(handed).toEqual(['a4', 'c5-', 'd2', 'f7']);
    expect(from).toEqual([1, 0, 2, 0]);
    expect(shadowed).toEqual(['c3 from 1 by c5-', 'c1 from 2 by c5-', 'f1 from 2 by f7']);
    expect(merged(lists, true).handed).toEqual(['f7', 'd2', 'c5-', 'a4']);
  });

  it('of nothing, and of sources with nothing, is nothing', () => {
    expect(merged([]).handed).toEqual([]);
    expect(merged([[], []]).handed).toEqual([]);
    expect(merged([[], ['a1'], []]).handed).toEqual(['a1']);
  });

  it('closes every source, and hands on nothing after', () => {
    const sources = sourcesOf(
      [
        ['a2', 'b2'],
        ['a1', 'c1'],
      ],
      false,
    );
    const cursor = mergeCursor(sources, false);
    expect(word(cursor.next()!)).toBe('a2');
    cursor.close();
    expect(sources.map(({ isClosed }) => isClosed)).toEqual([true, true]);
    expect(cursor.next()).toBeUndefined();
    const unread = mergeCursor(sourcesOf([['a2']], false), false);
    unread.close();
    expect(unread.next()).toBeUndefined();
  });

  it('reads nothing before it is asked for something', () => {
    const source: EntryCursor = {
      next: () => expect.unreachable('nobody asked'),
      close: () => undefined,
    };
    mergeCursor([source], false).close();
  });
});

it('equals a map filled from the oldest source on, whatever the sources have', () => {
  const keys = fc.uniqueArray(fc.nat(12), { maxLength: 13 });
  fc.assert(
    fc.property(fc.array(keys, { maxLength: 9 }), fc.boolean(), (sources, reverse) => {
      const lists = sources.map((some, i) =>
        some
          .sort((a, b) => a - b)
          .map((k) => `${String.fromCharCode(97 + k)}${sources.length - i}${k % 3 === 0 ? '-' : ''}`),
      );
      const model = new Map<string, string>();
      for (const list of lists.toReversed()) for (const one of list) model.set(one[0]!, one);
      const expected = [...model.values()].sort();
      const { from, handed, shadowed } = merged(lists, reverse);
      expect(handed).toEqual(reverse ? expected.reverse() : expected);
      expect(from).toEqual(handed.map((one) => sources.length - parseInt(one.slice(1))));
      // Every entry is handed on, or passed over for one of its key that is newer.
      expect(handed.length + shadowed.length).toBe(lists.flat().length);
      for (const one of shadowed) {
        const [old, , source, , by] = one.split(' ');
        expect(old![0]).toBe(by![0]);
        expect(sources.length - parseInt(by!.slice(1))).toBeLessThan(Number(source));
      }
    }),
    { seed: inject('seed'), numRuns: 100 },
  );
});
