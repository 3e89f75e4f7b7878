/** All rows, in the order in which they are run and printed. */
import type { Row } from './row';
import { backForwardCache } from './rows/back_forward';
import { fullDisk, quota } from './rows/full';
import { browserKill, lyingFiles, rendererKill } from './rows/kills';

import { cutFlushedLate, cutWithoutFlush, powerCut, powerCutCacheLost, settling } from './rows/power_cut';
import { frozenTab, tabs } from './rows/tabs';
import { zombie } from './rows/zombie';

export const ROWS: readonly Row[] = [
  rendererKill,
  browserKill,
  quota,
  fullDisk,
  tabs,
  backForwardCache,
  frozenTab,
  zombie,
  powerCut,
  powerCutCacheLost,
  settling,
];

/** Rows that have to turn red: what they find is what the others would. */
export const MUST_FAIL: readonly Row[] = [lyingFiles, cutWithoutFlush, cutFlushedLate];
