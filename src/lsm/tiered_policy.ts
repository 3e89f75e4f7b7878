/**
 * Tiered compaction: up to `ratio` runs a level; when a level is full, all of them become one run of the next.
 *
 *     level 0    | . | | . | | . | | . |                   ratio 4: four runs, each a memtable
 *     level 1    | ....... |  | ....... |                  each of four of those
 *     level 2    | ........................... |           each of sixteen
 *
 * Writes are cheap: every entry is written once a level, whatever the ratio. Reads and space pay: each run can have a
 * key, and the last level can hold `ratio` values of it (Dayan, Idreos 2018, "Dostoevsky", section 2).
 *
 * *Which level.* The fullest, by runs; of equals the upper one, since what it hands down is merged together with the rest.
 * *Which tables.* All of the level: merging fewer would leave a run too many behind and write its entries again.
 *
 * One departure. By the book a merge always goes one level down. If the same few keys are written for ever, that makes the
 * tree deeper and deeper over data that does not grow. So the last level is merged in place while all it has fits
 * into one of its runs: depth follows from what there is, not from how often it was written.
 */
import { inputOf, inWords, makePlan, type CompactionPlan } from './compaction_plan';
import type { LsmTuning, PolicyOptions } from './options';
import { bytesOf, type Version } from './version';

export type TieredOptions = Extract<PolicyOptions, { readonly kind: 'tiered' }>;

/** How long a run of a level is if its entries were never overwritten. */
export const tieredRunBytes = (level: number, memtableBytes: number, ratio: number): number =>
  memtableBytes * ratio ** level;

/** The level with the most runs for what it may have, at least that; among levels `0` to `end - 1`. */
export function fullestLevel({ levels }: Version, ratio: number, end: number): number | undefined {
  let fullest: number | undefined;
  for (let level = 0; level < Math.min(end, levels.length); level++) {
    const runs = levels[level]!.length;
    if (runs >= ratio && (fullest === undefined || runs > levels[fullest]!.length)) fullest = level;
  }
  return fullest;
}

export function chooseTiered(
  version: Version,
  { memtableBytes }: LsmTuning,
  { ratio }: Pick<TieredOptions, 'ratio'>,
): CompactionPlan | undefined {
  const { levels } = version;
  const level = fullestLevel(version, ratio, levels.length);
  if (level === undefined) return undefined;
  const runs = levels[level]!;
  const bytes = bytesOf(runs);
  const limit = tieredRunBytes(level, memtableBytes, ratio);
  const staysHere = level > 0 && level === levels.length - 1 && bytes <= limit;
  const why = `level ${level} has ${runs.length} runs of ${ratio}: all become one`;
  return makePlan(version, {
    fromLevel: level,
    toLevel: staysHere ? level : level + 1,
    inputs: runs.map((run) => inputOf(level, run)),
    intoRun: undefined,
    why: staysHere
      ? `${why}, which stays: all together are ${inWords(bytes)}, a run here may have ${inWords(limit)}`
      : why,
  });
}

/** What compactions have to read until no level is full. */
export function tieredDebt({ levels }: Version, ratio: number): number {
  let debt = 0;
  let comingDown = 0;
  for (let level = 0; level < levels.length || comingDown > 0; level++) {
    const runs = levels[level] ?? [];
    const isFull = runs.length + (comingDown > 0 ? 1 : 0) >= ratio;
    comingDown = isFull ? bytesOf(runs) + comingDown : 0;
    debt += comingDown;
  }
  return debt;
}

/** What it costs when so many levels are full at once. */
export function tieredPass(levels: number, memtableBytes: number, ratio: number): number {
  let bytes = 0;
  for (let level = 0; level < levels; level++) bytes += ratio * tieredRunBytes(level, memtableBytes, ratio);
  return bytes;
}
