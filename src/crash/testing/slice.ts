/** For tests: so many distinct states of the suite, of one share of the work. */
import { PROFILES } from '../../storage/simulated/profiles';
import { inAllFormats } from '../formats';
import { storeSubject } from '../store_subject';
import type { CrashSubject } from '../subject';
import { Suite, type SuiteSummary } from '../suite';

export function suiteSlice(
  index: number,
  of: number,
  distinct: number,
  seed: number,
  subject: CrashSubject = inAllFormats(storeSubject()),
): SuiteSummary {
  const suite = new Suite({
    subject,
    profiles: Object.values(PROFILES),
    seed,
    share: { index, of },
  });
  let judged = 0;
  for (const _ of suite.work()) if (++judged >= distinct) break;
  return suite.summary();
}
