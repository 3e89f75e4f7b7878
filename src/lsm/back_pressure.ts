/**
 * When writers have to wait for compaction.
 *
 * Flushing is cheaper than compacting what was flushed, so writers can outrun compaction for a while. Unchecked, level 0
 * would grow until reads go through hundreds of runs and the device is full. So there are two marks:
 *
 *     pressure   0 ........ 1 .............. 2 ........
 *                  none     |     slowed     |  stalled        slowed: writers pay for more of it with each write
 *                       0.75 <-         1.5 <-                 stalled: they wait
 *
 * Slowing comes long before stalling: a writer that is a little slower for a long time has a bounded worst wait, one that
 * runs free and then stands still does not (Luo, Carey 2019, "On performance stability in LSM-based storage systems").
 * Each state is left only well below the mark at which it was entered (hysteresis): a system that sits at a mark would
 * otherwise change its mind with every write.
 */
export type BackPressure = 'none' | 'slowed' | 'stalled';

const SLOWED_FROM = 1;
const STALLED_FROM = 2;
/** A state ends below this part of the mark at which it begins. */
const LEAVES_BELOW = 0.75;

/** What follows from a pressure, in which 1 is where slowing begins, after the state that there was `before`. */
export function backPressure(pressure: number, before: BackPressure): BackPressure {
  const stalledFrom = before === 'stalled' ? LEAVES_BELOW * STALLED_FROM : STALLED_FROM;
  const slowedFrom = before === 'none' ? SLOWED_FROM : LEAVES_BELOW * SLOWED_FROM;
  if (pressure >= stalledFrom) return 'stalled';
  return pressure >= slowedFrom ? 'slowed' : 'none';
}
