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
 * How much a commit pays. A leveled tree reads 2 bytes for each that comes into level 1 and up to 11 into each level below:
 * 13 for three levels, 24 for four. 16 a byte keeps up with the first and is not far from the second, 64 catches up with
 * either. A record of the log takes a sector, 512 bytes, and counts as that, so a lone put pays for 8 KiB: with keys of 16
 * bytes and values of 100 some 35 microseconds, at 4 ns a byte (Node 20); slowed, four times as much. What would take longer by
 * nature is cut up as well: the bits of a table's filter are set in slices (`prepare` in `table/table_writer.ts`), and a
 * merge leaves the collector next to nothing to clear away (`table/reused_entries.ts`). Lone relaxed puts that did not
 * flush, a merge always due, 40,000 of them in Node 20 on two processors shared with other work:
 *
 *     microseconds                                        median    99 %    99.9 %    against the median
 *     a new array for each entry, a filter at once            48     190     3,700       77
 *     entries used again, filters in slices                   57     203       367        6.4
 *
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

/** Bytes of compaction for each byte committed. */
export const SHARES: Readonly<Record<BackPressure, number>> = { none: 16, slowed: 48, stalled: 256 };
