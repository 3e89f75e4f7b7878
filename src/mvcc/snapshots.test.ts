/** Which snapshots are in use, whatever order they come and go in: against a plain list. */
import { expect, inject, it } from 'vitest';
import { lsn, type Lsn } from '../base/ids';
import { SeededRandom } from '../base/runtime';
import { Snapshots } from './snapshots';

it('those in use, and the watermark, are those of a list of all that was acquired and not released', () => {
  const seed = inject('seed');
  const random = new SeededRandom(seed);
  let published = 5;
  const snapshots = new Snapshots(() => lsn(published));
  const open: Lsn[] = [];
  for (let step = 0; step < 5000; step++) {
    const dice = random.below(10);
    if (dice === 0) published++;
    else if (dice < 6 && open.length < 12) {
      // Mostly at what is published, as readers do; sometimes at an older timestamp.
      const at = lsn(dice < 5 ? published : Math.max(1, published - random.below(6)));
      snapshots.acquire(at);
      open.push(at);
    } else if (open.length > 0) snapshots.release(open.splice(random.below(open.length), 1)[0]!);
    const expected = [...new Set(open)].sort((a, b) => a - b);
    expect(snapshots.inUse, `seed ${seed}, step ${step}`).toEqual(expected);
    expect(snapshots.watermark, `seed ${seed}, step ${step}`).toBe(expected[0] ?? published);
  }
});

it('what was not acquired is not released', () => {
  const snapshots = new Snapshots(() => lsn(5));
  snapshots.acquire(lsn(5));
  snapshots.release(lsn(5));
  expect(() => snapshots.release(lsn(5))).toThrow('acquired');
  expect(() => snapshots.release(lsn(4))).toThrow('acquired');
});
