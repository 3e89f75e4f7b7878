import { describe, expect, it } from 'vitest';
import { encodeText } from '../base/bytes';
import { EngineError } from '../base/errors';
import { lsn } from '../base/ids';
import { OrderedMap } from '../base/ordered_map';
import type { MvccEvent } from './events';
import { measureVersions } from './measure';
import { Vacuum } from './vacuum';
import { commitOf, isTombstone, userKeyOf, versionsOf } from './version_key';

/** An index of versions, told as `'a1 b2† a3'`: key, commit, and whether it deletes. */
class Versions {
  readonly map = new OrderedMap();
  watermark = 0;
  refuses = false;
  readonly events: MvccEvent[] = [];
  readonly vacuum = new Vacuum({
    index: { cursor: (range, reverse) => this.map.snapshot().cursor(range, reverse) },
    forget: (keys) => {
      if (this.refuses) throw new EngineError('store_full', 'No room for the pages.');
      for (const key of keys) this.map.delete(key);
    },
    collect: () => lsn(this.watermark),
    trace: { emit: (event) => this.events.push(event) },
  });

  constructor(text: string) {
    this.add(text);
  }

  add(text: string): void {
    for (const word of text.split(' ')) {
      const key = encodeText(word[0]!);
      const operation = word.endsWith('†')
        ? ({ kind: 'delete', key } as const)
        : ({ kind: 'put', key, value: key } as const);
      for (const version of versionsOf([operation], lsn(parseInt(word.slice(1), 10))))
        if (version.kind === 'put') this.map.put(version.key, version.value);
    }
  }

  /** What is left. */
  get text(): string {
    const words: string[] = [];
    const cursor = this.map.cursor({}, false);
    for (let record = cursor.next(); record; record = cursor.next()) {
      const key = String.fromCharCode(userKeyOf(record.key)[0]!);
      words.push(`${key}${commitOf(record.key)}${isTombstone(record.value) ? '†' : ''}`);
    }
    return words.join(' ');
  }

  /** A pass with slices of so many bytes. @returns how many slices it took */
  pass(budgetBytes: number): number {
    for (let slices = 1; ; slices++) if (this.vacuum.step(budgetBytes).done) return slices;
  }
}

const HISTORY = 'a2 a3 a5 a8 b3 b5† b9 c2 d1 d4† e7† f6';

describe('vacuum', () => {
  it.each([
    [1, 13],
    [20, 7],
    [50, 4],
    [100_000, 1],
  ])('takes what the drawing says, in slices of %i bytes: %i of them', (budgetBytes, slicesWanted) => {
    const versions = new Versions(HISTORY);
    versions.watermark = 6;
    const slices = versions.pass(budgetBytes);
    expect(versions.text).toBe('a8 a5 b9 c2 e7† f6');
    expect(slices).toBe(slicesWanted);
    expect(versions.vacuum).toMatchObject({ passes: 1, isUnderWay: false });
    expect(versions.vacuum.lastPass).toMatchObject({ versionsSeen: 12, versionsCollected: 6 });
    versions.watermark = 9;
    versions.pass(budgetBytes);
    expect(versions.text).toBe('a8 b9 c2 f6');
    expect(versions.vacuum.total).toMatchObject({ versionsSeen: 18, versionsCollected: 8 });
    versions.pass(budgetBytes);
    expect(versions.vacuum.lastPass).toMatchObject({ versionsSeen: 4, versionsCollected: 0, bytesCollected: 0 });
  });

  it('U1, Z2: between slices a deleted key stays deleted, and an old version goes before the tombstone that hides it', () => {
    const versions = new Versions('a1 a2 a3 a4†');
    versions.watermark = 9;
    const left: string[] = [];
    while (!versions.vacuum.step(1).done) left.push(versions.text);
    expect(left).toEqual(['a4† a3 a2 a1', 'a4† a2 a1', 'a4† a1', 'a4†']);
    expect(versions.text).toBe('');
  });

  it('U2: versions that come meanwhile are passed by, and so is what stands behind the last one seen and goes', () => {
    const versions = new Versions('a1 a3 b1 b3');
    versions.watermark = 3;
    versions.vacuum.step(1); // a3
    versions.add('a5 b5†');
    versions.watermark = 5;
    versions.map.delete(versionsOf([{ kind: 'delete', key: encodeText('a') }], lsn(3))[0]!.key); // The last one that it saw.
    while (!versions.vacuum.step(1).done);
    expect(versions.text).toBe('a5');
  });

  it('U1: a slice that the index refuses has removed nothing, and the next one does it again', () => {
    const versions = new Versions(HISTORY);
    versions.watermark = 6;
    const before = versions.text;
    versions.refuses = true;
    // Smaller slices are tried, and go as far as there is nothing to take.
    const goOn = (): void => {
      for (let i = 0; i < 12; i++) versions.vacuum.step(60);
    };
    for (let i = 0; i < 3; i++) expect(goOn).toThrow('No room');
    expect(versions.text).toBe(before);
    expect(versions.vacuum.total.versionsCollected).toBe(0);
    const abandoned = versions.events.filter(({ kind }) => kind === 'mvcc.slice_abandoned');
    expect(abandoned).toEqual(Array(3).fill({ kind: 'mvcc.slice_abandoned', watermark: 6, code: 'store_full' }));
    versions.refuses = false;
    versions.pass(60);
    expect(versions.text).toBe('a8 a5 b9 c2 e7† f6');
    expect(versions.vacuum.lastPass).toMatchObject({ versionsSeen: 12, versionsCollected: 6 });
  });

  it('U1: also in the middle of a chain: the version that a refused slice has seen is not taken for an older one', () => {
    const versions = new Versions('a9 a5 a3');
    versions.watermark = 6;
    versions.vacuum.step(1); // a9
    versions.refuses = true;
    expect(() => versions.vacuum.step(1000)).toThrow('No room');
    versions.refuses = false;
    versions.pass(1000);
    expect(versions.text).toBe('a9 a5');
  });

  it('says what went, and what a pass came to', () => {
    const versions = new Versions('a1 a2');
    versions.watermark = 2;
    versions.pass(1000);
    expect(versions.events).toEqual([
      { kind: 'mvcc.vacuum_started' },
      { kind: 'mvcc.version_collected', key: encodeText('a'), lsn: 1, bytes: 13 },
      { kind: 'mvcc.vacuum_advanced', watermark: 2, last: { key: encodeText('a'), lsn: 1 }, versionsSeen: 2 },
      { kind: 'mvcc.vacuum_finished', versionsSeen: 2, versionsCollected: 1, bytesCollected: 13 },
    ]);
  });
});

describe('what versions cost', () => {
  const bytes = (versions: number, tombstones = 0): number => versions * 13 + tombstones * 12;

  it('is live, garbage, or held by the oldest readers', () => {
    const versions = new Versions(HISTORY);
    const measure = measureVersions(versions.map.snapshot(), [lsn(2), lsn(6)], lsn(2));
    expect(measure).toEqual({
      keys: 6,
      versions: 12,
      versionsMax: 4,
      liveBytes: bytes(4), // a8 b9 c2 f6
      garbageBytes: 0,
      heldBytes: [bytes(4, 2), bytes(1, 1)], // until 2 ends: a3 a2 b5† b3 d4† d1; until both have: a5 e7†
    });
    const alone = measureVersions(versions.map.snapshot(), [lsn(6)], lsn(6));
    expect(alone).toMatchObject({ garbageBytes: bytes(4, 2), heldBytes: [bytes(1, 1)] });
    expect(measureVersions(versions.map.snapshot(), [], lsn(9))).toMatchObject({
      garbageBytes: bytes(5, 3),
      heldBytes: [],
    });
  });

  it('garbage is what a vacuum takes at most', () => {
    for (const watermark of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
      const versions = new Versions(HISTORY);
      versions.watermark = watermark;
      const { garbageBytes } = measureVersions(versions.map.snapshot(), [lsn(watermark)], lsn(watermark));
      versions.pass(30);
      expect(versions.vacuum.lastPass.bytesCollected, `watermark ${watermark}`).toBe(garbageBytes);
    }
  });
});
