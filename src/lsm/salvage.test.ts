/** What salvage serves of a damaged table: the same from the front and from the back, and nothing that may be outdated. */
import { describe, expect, it } from 'vitest';
import { decodeText, encodeText } from '../base/bytes';
import type { Range } from '../base/ordered_index';
import type { VersionedEntry } from './entry';
import { SalvagedTable } from './salvage';
import { BlockCache } from './table/block_cache';
import { entry, SmallTables } from './table/testing/small_table';

/** No key fits between two of them: the index names a block by its very last key. */
const KEYS = Array.from({ length: 24 }, (_, i) => `k${String(i).padStart(3, '0')}`);
const RANGES: readonly Range[] = [
  {},
  { from: encodeText('k003'), to: encodeText('k020') },
  { from: encodeText('k011'), to: encodeText('k012') },
];

function keysOf(table: SalvagedTable, range: Range, reverse: boolean): string[] {
  const keys: string[] = [];
  const cursor = table.cursor(range, reverse);
  for (let each: VersionedEntry | undefined; (each = cursor.next());) keys.push(decodeText(each.key)!);
  return keys;
}

describe('a damaged table in salvage', () => {
  it('serves the same backwards as forwards, whichever byte is spoiled, and hides all that it does not serve', () => {
    const tables = new SmallTables({ blockBytes: 64 });
    const meta = tables.write(KEYS.map((key) => entry(key, `value of ${key}`)));
    const whole = tables.read(meta);
    let damaged = 0;
    for (let at = 0; at < meta.bytes; at++) {
      tables.spoil(meta, at, Uint8Array.of(whole[at]! ^ 1));
      const table = new SalvagedTable(meta, () => tables.open(meta, true, new BlockCache(0)));
      for (const range of RANGES) {
        expect(keysOf(table, range, true).reverse(), `byte ${at}`).toEqual(keysOf(table, range, false));
      }
      if (table.damage) damaged++;
      const served = new Set(keysOf(table, {}, false));
      for (const key of KEYS) expect(table.hides(encodeText(key)), `byte ${at}, ${key}`).toBe(!served.has(key));
      tables.spoil(meta, at, whole.subarray(at, at + 1));
    }
    expect(damaged).toBeGreaterThan(meta.bytes / 2);
  });
});
