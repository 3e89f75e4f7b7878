/** A table with damaged bytes: the read that meets them says so, `check` finds them, and no answer is ever another one. */
import { describe, expect, it } from 'vitest';
import { encodeText, startsWith } from '../../base/bytes';
import { EngineError, isEngineError } from '../../base/errors';
import { extentId } from '../../base/ids';
import type { BlockBuilt } from '../events';
import { BlockCache } from './block_cache';
import type { Table } from './table';
import type { TableMeta } from './table_meta';
import { areSame, evenKeys, isSame, scan, SmallTables } from './testing/small_table';

const ENTRIES = evenKeys(24, 'a value ');
const BITS = [0, 1, 2, 3, 4, 5, 6, 7];
const OTHERS = ['k001', 'k013', 'k033', 'k045'].map((key) => encodeText(key));

/** What can be asked of a table, and whether the answer is the right one. */
const QUESTIONS: readonly ((table: Table) => boolean)[] = [
  (table) => ENTRIES.every((each) => isSame(table.get(each.key), each)),
  (table) => OTHERS.every((key) => table.get(key) === undefined),
  (table) => areSame(scan(table, {}, false), ENTRIES),
  (table) => areSame(scan(table, {}, true, 'merge').reverse(), ENTRIES),
  (table) => ENTRIES.every(({ key }) => table.mayContain(key)),
];

/** Asks everything, each question alone: what one read met must not hide what another would serve. */
function askEverything(tables: SmallTables, meta: TableMeta): { met: number; wrong: number } {
  const census = { met: 0, wrong: 0 };
  for (const question of QUESTIONS) {
    try {
      if (!question(tables.open(meta, true, new BlockCache(0)))) census.wrong++;
    } catch (error) {
      if (!isEngineError(error, 'table_damaged') || error.place.file === undefined) throw error;
      census.met++;
    }
  }
  return census;
}

describe('a table with one bit flipped', () => {
  it.each(['full', 'partitioned'] as const)(
    'is never believed: every flip is met by a read and by check (filter: %s)',
    (filter) => {
      const tables = new SmallTables({ filter, holes: 2, blockBytes: 64, bitsPerKey: 30 });
      const meta = tables.write(ENTRIES);
      const table = tables.open(meta);
      const whole = tables.read(meta);
      expect(meta.extents.length).toBeGreaterThan(1);
      const census = { detected: 0, harmless: 0, wrong: 0, asked: 0, met: 0 };
      let flips = 0;
      for (let at = 0; at < meta.bytes; at++) {
        // All eight bits of each byte where the filter is full; where it is not, one in turn.
        const isAsked = (bit: number): boolean => bit === at % 8;
        for (const bit of BITS.filter((each) => filter === 'full' || isAsked(each))) {
          flips++;
          tables.spoil(meta, at, Uint8Array.of(whole[at]! ^ (1 << bit)));
          if (table.check().some(({ rule }) => rule === 'D1') || isRefused(tables, meta)) census.detected++;
          else census.harmless++;
          // Questions are dear: of the eight flips of a byte, one in turn is asked about.
          if (!isAsked(bit)) continue;
          const { met, wrong } = askEverything(tables, meta);
          census.asked++;
          census.met += Math.min(1, met);
          census.wrong += wrong;
        }
        tables.spoil(meta, at, whole.subarray(at, at + 1));
      }
      // Every byte is under a checksum, and is read by some question: no flip is harmless.
      expect(census).toEqual({
        ...{ detected: flips, harmless: 0, wrong: 0 },
        ...{ asked: meta.bytes, met: meta.bytes },
      });
      expect(flips).toBe((filter === 'full' ? 8 : 1) * meta.bytes);
      expect(table.check()).toEqual([]);
      expect(askEverything(tables, meta)).toEqual({ met: 0, wrong: 0 });
    },
  );

  it('that nobody verifies gives wrong answers: the checksum is what finds it', () => {
    const tables = new SmallTables({ filter: 'none' });
    const meta = tables.write(ENTRIES);
    const at = tables.read(meta).findIndex((_, i, all) => startsWith(all.subarray(i), encodeText('value 12')));
    tables.spoil(meta, at, encodeText('w'));
    expect(() => scan(tables.open(meta), {}, false)).toThrow('its checksum does not match');
    const unverified = tables.open(meta, false, new BlockCache(0));
    expect(new TextDecoder().decode(unverified.get(ENTRIES[12]!.key)!.value)).toBe('a walue 12');
  });

  it('that nobody verifies is answered from or refused: nothing in an index leads anybody out of the table', () => {
    const tables = new SmallTables({ filter: 'partitioned', bitsPerKey: 30, blockBytes: 64 });
    const meta = tables.write(ENTRIES);
    const index = tables.events.find((each) => each.kind === 'lsm.block_built' && each.block === 'index');
    const { at: from, bytes } = index as BlockBuilt;
    const whole = tables.read(meta);
    const census = { refused: 0, answered: 0 };
    for (let at = from; at < from + bytes; at++) {
      for (const bit of BITS) {
        tables.spoil(meta, at, Uint8Array.of(whole[at]! ^ (1 << bit)));
        for (const question of QUESTIONS.slice(2, 4)) {
          try {
            question(tables.open(meta, false, new BlockCache(0)));
            census.answered++;
          } catch (error) {
            if (!isEngineError(error, 'table_damaged')) throw error;
            census.refused++;
          }
        }
      }
      tables.spoil(meta, at, whole.subarray(at, at + 1));
    }
    expect(census.refused).toBeGreaterThan(100);
    expect(census.refused + census.answered).toBe(2 * 8 * bytes);
  });
});

function isRefused(tables: SmallTables, meta: TableMeta): boolean {
  try {
    tables.open(meta, true, new BlockCache(0));
    return false;
  } catch (error) {
    return isEngineError(error, 'table_damaged');
  }
}

describe('a table in a file that is not as it was', () => {
  it('is refused when it was cut short, at any length', () => {
    const tables = new SmallTables({});
    const meta = tables.write(ENTRIES);
    const copy = tables.files.data_0;
    const bytes = new Uint8Array(copy.size());
    copy.read(0, bytes);
    for (let length = 0; length < meta.bytes; length += 7) {
      copy.truncate(length);
      const cut = new SmallTables({}, tables.files);
      expect(isRefused(cut, meta), `at ${length}`).toBe(true);
      copy.write(0, bytes);
    }
  });

  it('is refused with fewer extents than it needs, and as a table of other numbers', () => {
    const tables = new SmallTables({});
    const meta = tables.write(ENTRIES);
    const others: Partial<TableMeta>[] = [
      { extents: meta.extents.slice(1) },
      { extents: [...meta.extents.slice(1), extentId(98)] },
      { extents: meta.extents.slice().reverse() },
      ...[{ id: 2 }, { bytes: meta.bytes - 1 }, { entries: 23 }, { tombstones: 0 }, { smallest: encodeText('k001') }],
    ];
    for (const other of others) expect(isRefused(tables, { ...meta, ...other }), Object.keys(other)[0]).toBe(true);
    expect(isRefused(tables, meta)).toBe(false);
  });

  it('does not take the block of another table, of another place, or of another store, whole as they are', () => {
    const tables = new SmallTables({ filter: 'none' });
    const meta = tables.write(ENTRIES, 1);
    const blocks = tables.events.flatMap((each) =>
      each.kind === 'lsm.block_built' && each.block === 'data' ? [each] : [],
    );
    const [first, second] = [blocks[0]!, blocks[1]!];
    const original = tables.read(meta);
    const strangers = {
      'another table': tables.read(tables.write(ENTRIES, 2), 0, first.bytes),
      'an older value': tables.read(tables.write(evenKeys(24, 'b value '), 3), 0, first.bytes),
      'another place': tables.read(meta, second.at, second.at + second.bytes),
      'another store': tables.read(tables.write(ENTRIES, 1, 99), 0, first.bytes),
    };
    for (const [whose, block] of Object.entries(strangers)) {
      tables.spoil(meta, 0, block.subarray(0, first.bytes));
      expect(() => tables.open(meta, true, new BlockCache(0)).get(ENTRIES[0]!.key), whose).toThrow(
        'its checksum does not match',
      );
      expect(tables.open(meta).check(), whose).toMatchObject([{ rule: 'D1' }]);
      tables.spoil(meta, 0, original.subarray(0, second.at + second.bytes));
    }
    expect(tables.open(meta).check()).toEqual([]);
  });
});

describe('damage to one data block', () => {
  it('is named with its keys and its place; every other key is read, and scans beside it go on', () => {
    const tables = new SmallTables({ holes: 2 });
    const meta = tables.write(ENTRIES);
    const built = tables.events.flatMap((each) =>
      each.kind === 'lsm.block_built' && each.block === 'data' ? [each] : [],
    );
    const second = built[1]!;
    tables.spoil(meta, second.at + 3, Uint8Array.of(0xee));
    const table = tables.open(meta);
    tables.events.length = 0;
    const lost = ENTRIES.filter(({ key }) => {
      try {
        return table.get(key) === undefined;
      } catch (error) {
        return error instanceof EngineError;
      }
    });
    const from = ENTRIES.indexOf(lost[0]!);
    expect(lost.length).toBeGreaterThan(3);
    expect(lost).toEqual(ENTRIES.slice(from, from + lost.length));
    // The index knows where a block ends, not where the next one begins: a range up to the last key before needs no more.
    const to = ENTRIES[from - 1]!.key;
    expect(scan(table, { to }, true)).toEqual(ENTRIES.slice(0, from - 1).reverse());
    expect(scan(table, { to }, false)).toEqual(ENTRIES.slice(0, from - 1));
    expect(scan(table, { from: ENTRIES[from + lost.length]!.key }, false)).toEqual(ENTRIES.slice(from + lost.length));
    expect(() => scan(table, {}, false)).toThrow(`Table 1 is damaged at byte ${second.at}`);
    expect(tables.events).toContainEqual({
      ...{ kind: 'lsm.damage_found', table: 1, at: second.at, problem: 'its checksum does not match' },
    });
    const findings = table.check();
    expect(findings).toHaveLength(1);
    expect(findings[0]!.detail).toMatch(/It held keys above 6b\w+ up to 6b\w+\.$/);
    expect(findings[0]!.place!.file).toMatch(/^data_/);
  });

  it('that a second reading does not show was none', () => {
    const tables = new SmallTables({ filter: 'none' });
    const meta = tables.write(ENTRIES);
    let reads = 0;
    const { data_0: file } = tables.files;
    const shaky = { ...tables.files, data_0: Object.assign(Object.create(file) as typeof file, { name: file.name }) };
    shaky.data_0.read = (at, into) => {
      const count = file.read(at, into);
      if (reads++ % 2 === 0) into[0]! ^= 1;
      return count;
    };
    shaky.data_0.size = () => file.size();
    const again = new SmallTables({ filter: 'none' }, shaky);
    for (const key of ENTRIES) expect(again.open(meta, true, new BlockCache(0)).get(key.key)).toEqual(key);
    expect(reads).toBeGreaterThan(10);
  });
});
