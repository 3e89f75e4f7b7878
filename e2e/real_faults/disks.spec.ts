/** Disks that are full or lose power, a few of each, and that the harness can see a loss. */
import { lyingFiles } from './rows/kills';
import { fullDisk, quota } from './rows/full';
import { cutFlushedLate, cutWithoutFlush, powerCut, powerCutCacheLost, settling } from './rows/power_cut';
import { declare, short, test } from './suite';

declare([quota, fullDisk, powerCut, powerCutCacheLost, settling]);

for (const row of [lyingFiles, cutWithoutFlush, cutFlushedLate]) {
  // Of a flush that does nothing and one that does it late, the first shows every day that the harness sees it.
  test(`the harness can fail: ${row.what}${row === cutFlushedLate ? ' @long' : ''}`, async ({ address }) => {
    test.setTimeout(180_000);
    const result = await short(row, address);
    test.expect(result.verdict).toBe('LOST');
    test.expect(result.lost, 'acknowledged commits lost').toBeGreaterThan(0);
  });
}
