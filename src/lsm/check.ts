/**
 * Walks an LSM tree and says what is wrong: `check` with what is in memory, `scrub` with every byte in the files.
 *
 *   L1   memtables are newer than tables, and each newer than the next
 *   V*   the version: order, overlaps, ages (`version.ts`); key by key, that no older entry hides a newer one (V2)
 *   S*, K1, K2, D1   every table: checksums, order, counts, ranges, filters (`table/table_check.ts`)
 *   K8   a table that cannot be read at all (`kv_store/check.ts`)
 *   L3   no extent is used twice, and none is lost
 */
import { toHex } from '../base/bytes';
import { isEngineError, type EngineError } from '../base/errors';
import type { ExtentId, Lsn } from '../base/ids';
import type { Finding } from '../base/ordered_index';
import type { ExtentAllocator } from '../storage/extent_allocator';
import type { Memtable } from './memtable';
import { mergeCursor } from './merge_cursor';
import { RunCursor, type ReadableTable } from './run_cursor';
import type { Table } from './table/table';
import type { TableMeta } from './table/table_meta';
import { checkVersion, tablesOf, type Version } from './version';

export interface CheckInput {
  readonly version: Version;
  /** Newest first. */
  readonly memtables: readonly Memtable[];
  readonly appliedLsn: Lsn;
  readonly allocator: ExtentAllocator;
  /** Every extent that somebody has. */
  readonly reached: readonly ExtentId[];
}

export function checkIndex({ allocator, appliedLsn, memtables, reached, version }: CheckInput): Finding[] {
  const findings = [...checkVersion(version), ...memtables.flatMap((memtable) => memtable.check())];
  let newer: number = appliedLsn;
  for (const memtable of memtables) {
    if (memtable.entries === 0) continue;
    if (memtable.maxLsn > newer) {
      findings.push({ rule: 'L1', detail: `a memtable has LSN ${memtable.maxLsn}, a newer one begins at ${newer}` });
    }
    newer = memtable.minLsn - 1;
  }
  if (version.flushedLsn > newer) {
    findings.push({ rule: 'L1', detail: `tables go up to LSN ${version.flushedLsn}, memtables begin behind ${newer}` });
  }
  return [...findings, ...allocator.check(reached).map(({ detail }) => ({ rule: 'L3', detail }))];
}

/** All tables of a version, from the files. What cannot be read at all is a finding, too. */
export function scrubTables(version: Version, table: (meta: TableMeta) => Pick<Table, 'check'>): Finding[] {
  return tablesOf(version).flatMap((meta) => {
    try {
      return table(meta).check();
    } catch (error) {
      if (!isEngineError(error)) throw error;
      return [findingOf(error)];
    }
  });
}

/**
 * V2, of every key that several runs have: what the upper one says of it is newer. Nothing in a table can tell, and no
 * checksum: a merge that took the wrong tables would leave each of them in order.
 */
export function checkAgesByKey(version: Version, table: (meta: TableMeta) => ReadableTable): Finding[] {
  const findings: Finding[] = [];
  const runs = version.levels.flat();
  const sources = runs.map(({ tables }) => new RunCursor(tables, table, {}, false, 'merge'));
  const merge = mergeCursor(sources, false, (hidden, source, by) => {
    if (hidden.lsn < by.lsn) return;
    const where = `table ${sources[source]!.table} has key ${toHex(hidden.key)} of LSN ${hidden.lsn}`;
    findings.push({ rule: 'V2', detail: `${where}, hidden by LSN ${by.lsn} in a run above it` });
  });
  try {
    while (merge.next());
  } catch (error) {
    if (!isEngineError(error)) throw error;
    findings.push(findingOf(error));
  }
  merge.close();
  return findings;
}

const findingOf = ({ message, place }: EngineError): Finding => ({ rule: 'K8', detail: message, place });
