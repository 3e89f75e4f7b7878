import { describe, expect, it } from 'vitest';
import { encodeText } from '../../base/bytes';
import { lsn } from '../../base/ids';
import { SeededRandom } from '../../base/runtime';
import type { VersionedEntry } from '../entry';
import { expectSame, scan, SmallTables } from './testing/small_table';

/** Keys and values that keep their length for a while, and then have another; tombstones and empty values among them. */
function mixedRows(count: number): VersionedEntry[] {
  const random = new SeededRandom(8);
  return Array.from({ length: count }, (_, i): VersionedEntry => {
    const lengths = [0, 5, 5, 5, 40, 300, random.below(60)];
    const length = lengths[Math.floor(i / 9) % lengths.length]!;
    const name = `${String(i).padStart(5, '0')}${'x'.repeat(i % 50 === 0 ? 3 : 0)}`;
    const value = new Uint8Array(length).map(() => random.below(256));
    return { key: encodeText(name), lsn: lsn(1 + random.below(9999)), value: i % 11 === 4 ? undefined : value };
  });
}

describe('entries that are used again', () => {
  const rows = mixedRows(400);
  const tables = new SmallTables();
  const table = tables.open(tables.write(rows));

  it('say what those of any reader say', () => {
    expectSame(scan(table, {}, false, 'merge'), rows);
  });

  it('E1: are still good when the next one was asked for, and few objects for all rows', () => {
    const cursor = table.cursor({}, false, 'merge');
    const objects = new Set<VersionedEntry>();
    let before = cursor.next()!;
    for (let i = 1; i < rows.length; i++) {
      const next = cursor.next()!;
      objects.add(before);
      expectSame([before], [rows[i - 1]!]);
      before = next;
    }
    // Two restarts of four.
    expect(objects.size).toBe(8);
  });
});
