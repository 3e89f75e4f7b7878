/**
 * What an LSM tree counts, since it was opened, in the words of RocksDB's compaction statistics (`rocksdb.stats`), so that
 * what is read here means the same as there:
 *
 *     In      bytes that came into a level from above: of level 0, what was flushed
 *     Rn      bytes of inputs read at the level above, Rnp1 at the level itself; Read is both
 *     Write   bytes of outputs;  Wnew = Write - Rnp1, what the level has grown by
 *     Moved   bytes that came without being read or written: trivial moves
 *     W-Amp   Write / In: what it cost to take a byte in
 */
import type { BlockCache, CacheCounters } from './table/block_cache';
import type { Table, TableCounters } from './table/table';
import { bytesOf, tablesOf, type Version } from './version';

export interface LevelCounters {
  readonly flushedBytes: number;
  readonly readFromAboveBytes: number;
  readonly readHereBytes: number;
  readonly writtenBytes: number;
  readonly movedBytes: number;
  readonly compactions: number;
}

export interface LevelStats extends LevelCounters {
  readonly level: number;
  readonly runs: number;
  readonly tables: number;
  readonly bytes: number;
  readonly entries: number;
  readonly tombstones: number;
  /** Write / In; 0 where nothing came in. */
  readonly writeAmplification: number;
}

export interface LsmStats {
  readonly levels: readonly LevelStats[];
  readonly memtables: number;
  readonly memtableBytes: number;
  readonly tables: number;
  readonly tableBytes: number;
  /** All that was written to tables, for each byte that was flushed. */
  readonly writeAmplification: number;
  /** What filters keep in memory. */
  readonly pinnedBytes: number;
  readonly cacheBytes: number;
  readonly cache: CacheCounters;
  readonly reads: TableCounters;
  readonly debtBytes: number;
  readonly pressure: string;
}

const NO_LEVEL: LevelCounters = {
  flushedBytes: 0,
  readFromAboveBytes: 0,
  readHereBytes: 0,
  writtenBytes: 0,
  movedBytes: 0,
  compactions: 0,
};

/** Counts level by level. */
export class LevelLedger {
  readonly #levels: LevelCounters[] = [];

  add(level: number, counted: Partial<LevelCounters>): void {
    while (this.#levels.length <= level) this.#levels.push(NO_LEVEL);
    this.#levels[level] = sumOf(this.#levels[level]!, counted);
  }

  of(level: number): LevelCounters {
    return this.#levels[level] ?? NO_LEVEL;
  }

  get length(): number {
    return this.#levels.length;
  }
}

export const NO_READS: TableCounters = {
  blocksRead: 0,
  bytesRead: 0,
  reads: 0,
  blocksFromCache: 0,
  lookups: 0,
  filterNegatives: 0,
  filterTruePositives: 0,
  filterFalsePositives: 0,
};

/** Field by field; what the second does not name counts as 0. */
export function sumOf<T extends object>(one: T, other: Partial<T>): T {
  const sum = { ...one } as Record<string, number>;
  for (const [name, count] of Object.entries(other)) sum[name] = sum[name]! + (count as number);
  return sum as T;
}

export interface LsmStatsInput {
  readonly version: Version;
  readonly ledger: LevelLedger;
  readonly memtables: readonly { readonly bytes: number; readonly entries: number }[];
  readonly tables: { readonly all: Iterable<Table>; readonly cache: BlockCache; readonly formerReads: TableCounters };
  readonly debtBytes: number;
  readonly pressure: string;
}

export function lsmStats(input: LsmStatsInput): LsmStats {
  const { debtBytes, ledger, memtables, pressure, tables, version } = input;
  const levels = Array.from({ length: Math.max(version.levels.length, ledger.length) }, (_, level) =>
    levelStats(version, level, ledger.of(level)),
  );
  const open = [...tables.all];
  const flushed = ledger.of(0).flushedBytes;
  const written = levels.reduce((sum, { flushedBytes, writtenBytes }) => sum + flushedBytes + writtenBytes, 0);
  return {
    levels,
    memtables: memtables.length,
    memtableBytes: bytesOf(memtables),
    tables: tablesOf(version).length,
    tableBytes: bytesOf(tablesOf(version)),
    writeAmplification: flushed === 0 ? 0 : written / flushed,
    pinnedBytes: open.reduce((sum, { pinnedBytes }) => sum + pinnedBytes, 0),
    cacheBytes: tables.cache.bytes,
    cache: { ...tables.cache.counters },
    reads: open.reduce((sum, { counters }) => sumOf(sum, counters), tables.formerReads),
    debtBytes,
    pressure,
  };
}

function levelStats(version: Version, level: number, counters: LevelCounters): LevelStats {
  const runs = version.levels[level] ?? [];
  const tables = runs.flatMap((run) => run.tables);
  const { flushedBytes, movedBytes, readFromAboveBytes, writtenBytes } = counters;
  const cameIn = flushedBytes + readFromAboveBytes + movedBytes;
  return {
    level,
    runs: runs.length,
    tables: tables.length,
    bytes: bytesOf(runs),
    entries: tables.reduce((sum, { entries }) => sum + entries, 0),
    tombstones: tables.reduce((sum, { tombstones }) => sum + tombstones, 0),
    ...counters,
    writeAmplification: cameIn === 0 ? 0 : (flushedBytes + writtenBytes) / cameIn,
  };
}
