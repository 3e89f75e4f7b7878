import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes, encodeText, toHex } from '../../base/bytes';
import { lsn } from '../../base/ids';
import { eachFlippedBit, fromHex } from '../../base/testing/bits';
import type { VersionedEntry } from '../entry';
import {
  blockProblem,
  checkEntries,
  decodeEntries,
  findEntry,
  keyAtRestart,
  restartCount,
  restartsBelow,
  sealBlock,
  TRAILER_BYTES,
} from './block';
import { BlockBuilder } from './block_builder';
import { entry, expectSame } from './testing/small_table';

const SEED = 0x1234;

function build(entries: readonly VersionedEntry[], interval = 16): Uint8Array {
  const builder = new BlockBuilder(interval);
  for (const { key, lsn: at, value } of entries) builder.add(key, at, value);
  const expected = builder.bytes;
  const block = builder.finish('data', SEED).slice();
  expect(block.length).toBe(expected);
  return block;
}

function decode(block: Uint8Array): VersionedEntry[] {
  const entries: VersionedEntry[] = [];
  for (let restart = 0; restart < restartCount(block); restart++) {
    expect(decodeEntries(block, restart, entries)).toBe(true);
  }
  return entries;
}

describe('a block', () => {
  it('lies in the file as the drawing says', () => {
    const block = build([entry('key-17', 'a', 300), entry('key-24', undefined, 299), entry('key-3', '', 302)], 2);
    const drawn = [
      '00 06 02 ac02 6b65792d3137 61', // shared 0, 6 more, a value of 1 byte, LSN 300, "key-17", "a"
      '04 02 00 01 3234', // shared 4, 2 more, a tombstone, one LSN less, "24"
      '00 05 01 ae02 6b65792d33', // a restart: all of "key-3", an empty value, LSN 302
      '00000000 12000000 02000000', // where the two restarts are, and that they are two
      '01 11c6f9e8', // data, checksum
    ];
    expect(toHex(block)).toBe(toHex(fromHex(drawn.join(''))));
  });

  it('comes back as it went in, and is searched by key and by restart', () => {
    const keys = fc.uint8Array({ minLength: 1, maxLength: 200, max: 2, size: 'max' });
    const value = fc.option(
      fc.nat(300).map((length) => new Uint8Array(length).fill(9)),
      { nil: undefined },
    );
    const lsns = fc.nat(2 ** 32).map((at) => lsn(at * 2 ** 19));
    const lists = fc.uniqueArray(fc.record({ key: keys, lsn: lsns, value }), {
      ...{ minLength: 1, maxLength: 30, size: 'max', selector: ({ key }) => toHex(key) },
    });
    const property = fc.property(lists, fc.integer({ min: 1, max: 17 }), (list, interval) => {
      const entries = list.sort((a, b) => compareBytes(a.key, b.key));
      const block = build(entries, interval);
      expectSame(decode(block), entries);
      expect(checkEntries(block, [])).toBeUndefined();
      const known = new Map(entries.map((each) => [toHex(each.key), each]));
      const restarts = Array.from({ length: restartCount(block) }, (_, i) => keyAtRestart(block, i));
      for (const { key } of entries) {
        const shorter = key.subarray(0, -1);
        for (const asked of [key, shorter, Uint8Array.of(...key, 1), Uint8Array.of(...shorter, 3)]) {
          expectSame([findEntry(block, asked) ?? []].flat(), [known.get(toHex(asked)) ?? []].flat());
          const orders = restarts.map((restart) => compareBytes(restart, asked));
          expect(restartsBelow(block, asked, false)).toBe(orders.filter((order) => order < 0).length);
          expect(restartsBelow(block, asked, true)).toBe(orders.filter((order) => order <= 0).length);
        }
      }
    });
    fc.assert(property, { numRuns: 40 });
  });

  it('refuses keys out of order, between blocks too', () => {
    const builder = new BlockBuilder(1);
    const add = (key: string): void => builder.add(encodeText(key), lsn(1), undefined);
    add('b');
    for (const key of ['b', 'a', '']) expect(() => add(key), key).toThrow('K2');
    add('ba');
    builder.finish('data', SEED);
    expect(() => add('b')).toThrow('K2');
    add('bb');
  });

  it('with any one bit flipped is refused; so is one of another seed, another kind, or none at all', () => {
    const block = build([entry('key-17', 'value', 300), entry('key-24', undefined, 299)]);
    let flips = 0;
    eachFlippedBit(block, (flipped) => {
      flips++;
      expect(blockProblem(flipped, 'data', SEED, true)).toBe('its checksum does not match');
    });
    expect(flips).toBe(8 * block.length);
    expect(blockProblem(block, 'data', SEED, true)).toBeUndefined();
    expect(blockProblem(block, 'data', SEED + 1, true)).toBe('its checksum does not match');
    expect(blockProblem(block, 'filter_index', SEED, true)).toBe('it is no filter index block');
    expect(blockProblem(new Uint8Array(64), 'data', SEED, true)).toBe('its checksum does not match');
    expect(blockProblem(new Uint8Array(4), 'data', SEED, true)).toBe('it is shorter than its trailer');
  });

  it('that nobody verifies still cannot send a reader astray', () => {
    const block = build(
      Array.from({ length: 9 }, (_, i) => entry(`key-${i}`, `value ${i}`, i + 1)),
      4,
    );
    let refused = 0;
    let longest = 0;
    eachFlippedBit(block, (flipped) => {
      if (blockProblem(flipped, 'data', SEED, false) !== undefined) {
        refused++;
        return;
      }
      findEntry(flipped, encodeText('key-5'));
      const entries: VersionedEntry[] = [];
      for (let restart = 0; restart < restartCount(flipped); restart++) {
        if (!decodeEntries(flipped, restart, entries)) refused++;
        longest = Math.max(longest, entries.length);
        entries.length = 0;
      }
    });
    expect(refused).toBeGreaterThan(50);
    expect(longest).toBeLessThan(200);
  });

  it('is checked for what its entries share, not only for what they say', () => {
    // "ab" written as sharing 0 with "aa": a search that trusts K1 would miss it.
    const bytes = new Uint8Array(64);
    const parts = '00 02 01 01 6161' + '00 02 01 01 6162' + '00000000' + '01000000';
    bytes.set(fromHex(parts));
    const end = sealBlock(bytes, fromHex(parts).length, 'data', SEED);
    const block = bytes.slice(0, end);
    expect(end).toBe(fromHex(parts).length + TRAILER_BYTES);
    expect(blockProblem(block, 'data', SEED, true)).toBeUndefined();
    expect(checkEntries(block, [])).toBe('K1: entry 1 of a block shares 0 bytes and not 1');
    block[10] = 0x60;
    expect(checkEntries(block, [])).toContain('K2');
  });
});
