/** Every lesson of the room in a window as it opens, with its panels below: all parts are in sight, the bytes too. */
import { expect, it } from 'vitest';
import { MVCC_LESSONS } from '../../../lab/lessons/mvcc';
import { layoutMvcc } from './layout';
import { LabRun } from './testing/lab_run';

/** What the stage leaves for the picture at 1440×900, 1024×768 and 390×844, with the panels at their first height. */
const WINDOWS = [
  { width: 1138, height: 428 },
  { width: 776, height: 380 },
  { width: 390, height: 468 },
] as const;

it.each(MVCC_LESSONS)('$title', ({ script }) => {
  const run = LabRun.of(script);
  for (const { view } of run.told.filter((told) => told.view.clock !== told.before.clock))
    for (const size of WINDOWS) {
      const { frame } = layoutMvcc(view, size);
      expect(frame.height, `at ${size.width}, step ${view.seq}`).toBeLessThanOrEqual(size.height);
      expect(frame.bytes.height, `at ${size.width}, step ${view.seq}`).toBeGreaterThanOrEqual(38);
    }
});
