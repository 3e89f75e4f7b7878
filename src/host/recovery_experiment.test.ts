import { describe, expect, it } from 'vitest';
import type { IntervalPoint } from '../protocol/experiment';
import { INTERVALS_BYTES, recoveryExperiment } from './recovery_experiment';
import { SharedPlaces, testEnvironment } from './testing/environment';

describe('the recovery experiment', () => {
  it('leaves each store just before a checkpoint, measures real openings, and cleans up', async () => {
    const places = new SharedPlaces();
    let ticks = 0;
    const removed: string[] = [];
    const environment = testEnvironment(places, {
      now: () => ticks++,
      removeScratch: (folder) => {
        places.stores.delete(folder);
        removed.push(folder);
        return Promise.resolve();
      },
    });
    const points: IntervalPoint[] = [];
    const slices = recoveryExperiment(environment, (point) => points.push(point)).slices();
    for (let step = await slices.next(); step.done !== true; step = await slices.next());
    expect(points.map(({ intervalBytes }) => intervalBytes)).toEqual(INTERVALS_BYTES);
    for (const { intervalBytes, replayedBytes } of points) {
      expect(replayedBytes).toBeGreaterThan(intervalBytes / 3);
      expect(replayedBytes).toBeLessThanOrEqual(intervalBytes * 2);
    }
    const written = points.map(({ bytesWrittenPerByte }) => bytesWrittenPerByte);
    expect(written.at(0)).toBeGreaterThan(2 * written.at(-1)!);
    expect(removed).toHaveLength(points.length);
    expect(places.stores.size).toBe(0);
  });
});
