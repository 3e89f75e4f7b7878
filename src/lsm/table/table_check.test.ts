/** Tables that are whole by every checksum and wrong all the same: what `check` is for. */
import { describe, expect, it } from 'vitest';
import { encodeText } from '../../base/bytes';
import { lsn } from '../../base/ids';
import type { BlockBuilt } from '../events';
import { restartCount, sealBlock, TRAILER_BYTES, type BlockKind } from './block';
import { BlockCache } from './block_cache';
import { checkTable } from './table_check';
import {
  blockSeed,
  decodeFooter,
  encodeProperties,
  FOOTER_BYTES,
  type Footer,
  type TableProperties,
} from './table_format';
import type { TableMeta } from './table_meta';
import { TableReader } from './table_reader';
import { evenKeys, SEED, SmallTables } from './testing/small_table';

const ENTRIES = evenKeys(40);

class WrongTable {
  readonly tables: SmallTables;
  readonly meta: TableMeta;

  constructor(filter: 'none' | 'full' | 'partitioned' = 'full') {
    this.tables = new SmallTables({ filter, bitsPerKey: 40, blockBytes: 64 });
    this.meta = this.tables.write(ENTRIES);
  }

  built(block: BlockBuilt['block']): BlockBuilt[] {
    return this.tables.events.flatMap((each) =>
      each.kind === 'lsm.block_built' && each.block === block ? [each] : [],
    );
  }

  /** Changes a block and gives it the checksum that goes with it. */
  edit({ at, bytes }: BlockBuilt, kind: BlockKind, change: (block: Uint8Array) => void): this {
    const block = this.tables.read(this.meta, at, at + bytes);
    change(block);
    sealBlock(block, bytes - TRAILER_BYTES, kind, blockSeed(SEED, this.meta, at));
    this.tables.spoil(this.meta, at, block);
    return this;
  }

  /** `check` of it, with other numbers where the caller says so. */
  rules(
    other: { meta?: Partial<TableMeta>; properties?: Partial<TableProperties>; footer?: Partial<Footer> } = {},
  ): string[] {
    const { meta, tables } = this;
    const table = tables.open(meta);
    const options = { allocator: tables.allocator, storeSeed: SEED, cache: new BlockCache(0), verifyChecksums: true };
    const end = meta.bytes - FOOTER_BYTES;
    const footer = decodeFooter(tables.read(meta, end), meta, meta.bytes, SEED, true) as Footer;
    const findings = checkTable({
      meta: { ...meta, ...other.meta },
      properties: { ...table.properties, ...other.properties },
      footer: { ...footer, ...other.footer },
      reader: new TableReader(meta, { ...options, trace: null }),
      readFooter: () => footer,
      filterPrefix: { kind: 'whole_key' },
    });
    return [...new Set(findings.map(({ rule }) => rule))].sort();
  }
}

const replaceIn = (block: Uint8Array, from: string, to: string): void => {
  const [old, wanted] = [encodeText(from), encodeText(to)];
  const at = block.findIndex((_, i) => old.every((byte, j) => block[i + j] === byte));
  expect(at).toBeGreaterThanOrEqual(0);
  block.set(wanted, at);
};

describe('check finds', () => {
  it('nothing in a table that is right', () => {
    for (const filter of ['none', 'full', 'partitioned'] as const) expect(new WrongTable(filter).rules()).toEqual([]);
  });

  it('S1, S2: keys that are not where the index says', () => {
    const wrong = new WrongTable('none');
    const [first, second] = wrong.built('data');
    expect(restartCount(wrong.tables.read(wrong.meta, first!.at, first!.at + first!.bytes))).toBeGreaterThan(1);
    // The first key of the second block becomes smaller than everything: after nothing, and below its block's range.
    wrong.edit(second!, 'data', (block) => block.set(encodeText('a'), 5));
    expect(wrong.rules()).toEqual(['S1', 'S2']);
    const past = new WrongTable('none');
    const separators = past.built('index')[0]!;
    past.edit(separators, 'index', (block) => replaceIn(block, 'k01', 'k00'));
    expect(past.rules()).toContain('S2');
  });

  it('K2: entries of a block that are out of order, and nothing in one whose values alone differ', () => {
    const wrong = new WrongTable('none');
    wrong.edit(wrong.built('data')[0]!, 'data', (block) => replaceIn(block, 'v2', 'v9')); // A value: nobody can know.
    expect(wrong.rules()).toEqual([]);
    const entry = (block: Uint8Array, byte: number): number =>
      block.findIndex((each, i) => i > 3 && block[i - 4] === 3 && block[i - 3] === 1 && each === byte);
    wrong.edit(wrong.built('data')[0]!, 'data', (block) => void (block[entry(block, 0x34)] = 0x31));
    expect(wrong.rules()).toContain('K2');
  });

  it('S3: a key that its filter denies, in whichever partition', () => {
    for (const filter of ['full', 'partitioned'] as const) {
      const wrong = new WrongTable(filter);
      const filters = wrong.built('filter');
      const last = filter === 'full' ? filters[0]! : filters.at(-1)!;
      expect(filters.length).toBeGreaterThanOrEqual(filter === 'full' ? 1 : 2);
      wrong.edit(last, 'filter', (block) => void block.fill(0, 5, block.length - TRAILER_BYTES));
      expect(wrong.rules(), filter).toEqual(['S3']);
    }
  });

  it('S4: counts and bounds that are not what is there', () => {
    const wrong = new WrongTable();
    for (const meta of [
      ...[{ entries: 41 }, { tombstones: 0 }, { minLsn: lsn(1) }, { maxLsn: lsn(9999) }],
      ...[{ smallest: encodeText('k') }, { largest: encodeText('l') }],
    ]) {
      expect(wrong.rules({ meta }), Object.keys(meta)[0]).toEqual(['S4']);
    }
    for (const properties of [{ keyBytes: 1 }, { valueBytes: 1 }, { dataBlocks: 1 }]) {
      expect(wrong.rules({ properties }), Object.keys(properties)[0]).toEqual(['S4']);
    }
    const { at, bytes } = wrong.built('properties')[0]!;
    const { properties } = wrong.tables.open(wrong.meta);
    const other = encodeProperties({ ...properties, entries: 41 }, blockSeed(SEED, wrong.meta, at));
    expect(other.length).toBe(bytes);
    wrong.tables.spoil(wrong.meta, at, other);
    expect(() => wrong.tables.open(wrong.meta)).toThrow('they are not what the manifest says of it');
  });

  it('S5: bytes that are nobody’s', () => {
    const wrong = new WrongTable();
    expect(wrong.rules({ footer: { filter: undefined } })).toEqual(['S5']);
    expect(wrong.rules({ meta: { bytes: wrong.meta.bytes + 1 } })).toEqual(['S5']);
  });

  it('D1: the damage itself, in blocks of every kind, and goes on behind it', () => {
    for (const block of ['data', 'filter', 'filter_index', 'index', 'footer'] as const) {
      const { meta, tables } = new WrongTable('partitioned');
      const table = tables.open(meta);
      const built = tables.events.flatMap((each) =>
        each.kind === 'lsm.block_built' && each.block === block ? [each] : [],
      );
      for (const { at } of built) tables.spoil(meta, at, Uint8Array.of(0xff, 0xff, 0xff));
      const findings = table.check();
      expect(built.length).toBeGreaterThan(0);
      expect(findings.map(({ rule }) => rule)).toEqual(built.map(() => 'D1'));
    }
  });
});
