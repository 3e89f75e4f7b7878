import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lsn } from '../base/ids';
import { garbageOf, type Dated, type GarbageRule } from './garbage';

/** `'9 7† 3'`: the versions of one key, newest first. */
function chain(text: string): Dated[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => ({ lsn: lsn(parseInt(word, 10)), isTombstone: word.endsWith('†') }));
}
const goes = (text: string, watermark: number, rule: Partial<GarbageRule> = {}): string =>
  garbageOf(chain(text), { watermark: lsn(watermark), ...rule })
    .map(({ isTombstone, lsn: at }) => `${at}${isTombstone ? '†' : ''}`)
    .join(' ');

describe('garbage', () => {
  it.each([
    ['8 5 3 2', 6, '3 2'], // the drawing
    ['9 5† 3', 6, '5† 3'],
    ['2', 6, ''],
    ['8 5 3', 5, '3'], // a version of the watermark's own commit is what its reader sees
    ['8 5 3', 4, ''],
    ['8 5 3', 8, '5 3'],
    ['8 7', 6, ''], // all are newer
    ['5†', 6, '5†'],
    ['7†', 6, ''], // a reader at 6 does not see it, but the next one does
    ['8† 5†', 6, '5†'],
    ['', 6, ''],
  ])('Z1: of %s at the watermark %i goes: %s', (versions, watermark, expected) => {
    expect(goes(versions, watermark)).toBe(expected);
  });

  it('Z1: a tombstone stays where something older may lie elsewhere', () => {
    expect(goes('5† 3', 6, { isBottom: false })).toBe('3');
    expect(goes('5†', 6, { isBottom: false })).toBe('');
  });

  it('without its protection it takes the version that the reader at the watermark sees, but never the live one', () => {
    expect(goes('8 5 3', 6, { keepVersionAtWatermark: false })).toBe('5 3');
    expect(goes('5 3', 6, { keepVersionAtWatermark: false })).toBe('3');
  });

  it('Z1: whatever it takes, every snapshot from the watermark on reads as before', () => {
    const versions = fc
      .uniqueArray(fc.tuple(fc.nat(20), fc.boolean()), { selector: ([at]) => at, maxLength: 8 })
      .map((list) => list.sort(([a], [b]) => b - a).map(([at, isTombstone]) => ({ lsn: lsn(at), isTombstone })));
    const readAt = (list: readonly Dated[], at: number): number | undefined => {
      const found = list.find((version) => version.lsn <= at);
      return found?.isTombstone === true ? undefined : found?.lsn;
    };
    fc.assert(
      fc.property(versions, fc.nat(20), (list, watermark) => {
        const garbage = new Set(garbageOf(list, { watermark: lsn(watermark) }));
        const left = list.filter((version) => !garbage.has(version));
        for (let at = watermark; at <= 21; at++) expect(readAt(left, at)).toBe(readAt(list, at));
        // And there is no more that could go: at most one version is left at or below the line, and it is live.
        const below = left.filter((version) => version.lsn <= watermark);
        expect(below.length).toBeLessThanOrEqual(1);
        expect(below.some(({ isTombstone }) => isTombstone)).toBe(false);
      }),
    );
  });
});
