import { describe, expect, inject, it } from 'vitest';
import { SeededRandom } from '../base/runtime';
import { EditSource, versionOf } from './testing/versions';
import { applyEdit, tablesOf, type Version } from './version';
import { Versions } from './versions';

const idsOf = (version: Version): number[] => tablesOf(version).map(({ id }) => id);

describe('versions', () => {
  it('let a table go with the last version in use that has it, and no sooner', () => {
    const dropped: number[] = [];
    const first = versionOf([[[{ id: 2, from: 0, to: 9 }], [{ id: 1, from: 0, to: 9 }]]]);
    const versions = new Versions(first, ({ id }) => dropped.push(id));
    const pinned = versions.pin();
    expect(pinned).toBe(first);
    const { flushedLsn } = first;
    const second = applyEdit(first, {
      cause: 'compaction',
      removed: [{ level: 0, table: 1 }],
      added: [],
      flushedLsn,
      nextTableId: 3,
    });
    versions.install(second);
    expect(versions.inUse).toEqual([first, second]);
    expect(versions.tables.map(({ id }) => id).sort()).toEqual([1, 2]);
    expect(dropped).toEqual([]);
    versions.pin(first);
    versions.unpin(first);
    expect(dropped).toEqual([]);
    versions.unpin(first);
    expect(dropped).toEqual([1]);
    expect(versions.inUse).toEqual([second]);
    expect(() => versions.unpin(first)).toThrow(/U1/);
    expect(() => versions.unpin(second)).toThrow(/U1/);
    expect(() => versions.install(first)).toThrow(/forward/);
  });

  it('keep a table that moves', () => {
    const dropped: number[] = [];
    const first = versionOf([[[{ id: 1, from: 0, to: 9 }]]]);
    const versions = new Versions(first, ({ id }) => dropped.push(id));
    const table = first.levels[0]![0]!.tables[0]!;
    versions.install(
      applyEdit(first, {
        cause: 'trivial_move',
        removed: [{ level: 0, table: 1 }],
        added: [{ level: 1, run: undefined, table }],
        flushedLsn: first.flushedLsn,
        nextTableId: 2,
      }),
    );
    expect(dropped).toEqual([]);
    expect(idsOf(versions.current)).toEqual([1]);
  });

  it('whatever edits and readers do, have every table that somebody can still read, and no other', () => {
    const random = new SeededRandom(inject('seed'));
    const source = new EditSource(inject('seed'));
    const dropped = new Set<number>();
    const everAdded = new Set<number>();
    const versions = new Versions(source.version, ({ id }) => {
      expect(dropped.has(id), 'U2: told once').toBe(false);
      dropped.add(id);
    });
    const pins: Version[] = [];
    for (let i = 0; i < 400; i++) {
      const what = random.below(4);
      if (what === 0) pins.push(versions.pin());
      else if (what === 1 && pins.length > 0) versions.unpin(pins.splice(random.below(pins.length), 1)[0]!);
      else {
        source.next();
        versions.install(source.version);
        for (const id of idsOf(source.version)) everAdded.add(id);
      }
      const needed = new Set([versions.current, ...pins].flatMap(idsOf));
      expect(new Set(versions.tables.map(({ id }) => id))).toEqual(needed);
      expect([...everAdded].filter((id) => !dropped.has(id)).length).toBe(needed.size);
    }
    expect(dropped.size).toBeGreaterThan(5);
  });
});
