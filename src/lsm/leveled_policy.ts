/**
 * Leveled compaction: one run a level, each level `ratio` times as large as the one above it.
 *
 *     level 0    up to l0Tables runs, as flushed
 *     level 1    l0Tables * memtableBytes
 *     level 2    * ratio
 *     level 3    * ratio ...
 *
 * Reads are cheap: one table of each level can have a key. Writes pay: what moves down is merged with what it overlaps,
 * `ratio` times as much (O'Neil et al. 1996, section 3, with a component for each level; the scheme is LevelDB's).
 *
 * *Which level.* Each has a score, how much it has over how much it may have; the highest one wins if it is at least 1. Level
 * 0 also counts runs, since every one of them is another stop of each read. What level 1 may have is what a full level 0
 * hands down, so merging them costs no more than twice that.
 *
 * *Which table.* Of level 0 all: they overlap. Of the others the one that overlaps least of the next level for its own
 * length: that is what moving it costs. Going round by key (LevelDB) treats all ranges alike, but has to remember where
 * it was; the least overlap needs nothing but the version, makes moves of tables that overlap nothing come first, and
 * writes less (both are among the choices in Sarkar, Staratzis, Zhu, Athanassoulis 2021, "Constructing and analyzing the LSM
 * compaction design space"). No range can hide for long: while others move down, what lies below it stays, and below them
 * grows. Of equals the oldest table goes.
 *
 * A level with several runs was left by another policy. Its oldest run goes down table by table, as if it were too much.
 */
import { inputOf, inWords, makePlan, type CompactionPlan } from './compaction_plan';
import type { LsmTuning, PolicyOptions } from './options';
import type { TableMeta } from './table/table_meta';
import { bytesOf, overlapping, spanOf, type Run, type Version } from './version';

export type LeveledOptions = Extract<PolicyOptions, { readonly kind: 'leveled' }>;

/** What a level may have before something moves down. */
export function leveledLimit(level: number, memtableBytes: number, { l0Tables, ratio }: LeveledOptions): number {
  return memtableBytes * l0Tables * ratio ** Math.max(0, level - 1);
}

interface Due {
  readonly level: number;
  readonly score: number;
  readonly why: string;
}

/** Every level that has something, with how full it is. */
export function leveledScores(
  { levels }: Version,
  { memtableBytes }: LsmTuning,
  policy: LeveledOptions,
): readonly Due[] {
  return levels.flatMap((runs, level): Due[] => {
    if (runs.length === 0) return [];
    const bytes = bytesOf(runs);
    const limit = leveledLimit(level, memtableBytes, policy);
    const runsMax = level === 0 ? policy.l0Tables : 1;
    // One run a level is no reason; a second one is.
    const byRuns = level === 0 || runs.length > 1 ? runs.length / runsMax : 0;
    const why =
      byRuns >= bytes / limit
        ? `level ${level} has ${runs.length} ${runs.length === 1 ? 'run' : 'runs'} of ${runsMax}`
        : `level ${level} has ${inWords(bytes)} of ${inWords(limit)}`;
    return [{ level, score: Math.max(byRuns, bytes / limit), why }];
  });
}

export function chooseLeveled(version: Version, tuning: LsmTuning, policy: LeveledOptions): CompactionPlan | undefined {
  const due = leveledScores(version, tuning, policy).reduce((a, b) => (b.score > a.score ? b : a), NOTHING_DUE);
  if (due.score < 1) return undefined;
  const { level, why } = due;
  const runs = version.levels[level]!;
  const target = version.levels[level + 1]?.[0];
  if (level > 0) {
    const { table, overlap } = leastOverlap(runs.at(-1)!, target);
    return makePlan(version, {
      fromLevel: level,
      toLevel: level + 1,
      inputs: [inputOf(level, runs.at(-1)!, [table]), ...(target ? [inputOf(level + 1, target, overlap)] : [])],
      intoRun: target?.id,
      why: `${why}; table ${table.id} overlaps least below it, ${inWords(bytesOf(overlap))} for its ${inWords(table.bytes)}`,
    });
  }
  const span = spanOf(runs.flatMap(({ tables }) => tables))!;
  return makePlan(version, {
    fromLevel: 0,
    toLevel: 1,
    inputs: [...runs.map((run) => inputOf(0, run)), ...(target ? [inputOf(1, target, overlapping(target, span))] : [])],
    intoRun: target?.id,
    why: runs.length === 1 ? why : `${why}; they overlap each other, so all of them go`,
  });
}

const NOTHING_DUE: Due = { level: -1, score: 0, why: '' };

/** The table that is cheapest to move down, and what it has to be merged with. */
function leastOverlap(run: Run, target: Run | undefined): { table: TableMeta; overlap: readonly TableMeta[] } {
  let best: { table: TableMeta; overlap: readonly TableMeta[]; cost: number } | undefined;
  for (const table of run.tables) {
    const overlap = target ? overlapping(target, table) : [];
    const cost = bytesOf(overlap) / table.bytes;
    if (!best || cost < best.cost || (cost === best.cost && table.id < best.table.id)) best = { table, overlap, cost };
  }
  return best!;
}

/** What compactions have to read until every level is within its limit, if keys are spread evenly. */
export function leveledDebt(version: Version, tuning: LsmTuning, policy: LeveledOptions): number {
  const { levels } = version;
  const have = (level: number): number => bytesOf(levels[level] ?? []);
  const level0 = leveledScores(version, tuning, policy).find(({ level, score }) => level === 0 && score >= 1);
  let debt = level0 ? have(0) + have(1) : 0;
  let comingDown = level0 ? have(0) : 0;
  for (let level = 1; level < levels.length || comingDown > 0; level++) {
    const bytes = have(level) + comingDown;
    const tooMuch = Math.max(0, bytes - leveledLimit(level, tuning.memtableBytes, policy));
    const surplusRuns = bytesOf((levels[level] ?? []).slice(1));
    comingDown = Math.max(tooMuch, surplusRuns);
    debt += comingDown * (1 + have(level + 1) / Math.max(bytes, 1));
  }
  return debt;
}

/** What one full level 0 costs on its way down through so many levels below it, at worst. */
export function leveledPass(levels: number, { memtableBytes }: LsmTuning, { l0Tables, ratio }: LeveledOptions): number {
  return memtableBytes * l0Tables * (2 + (ratio + 1) * Math.max(0, levels - 1));
}
