/**
 * Opening an LSM tree: the manifest says which tables there are; what they hold is free for nobody else, and the rest is.
 * Nothing is written. Of each table its footer and properties are read, and its full filter; blocks come when needed.
 *
 * For salvage, a table that cannot be opened hides what is older in its range (`salvage.ts`); without a manifest there is no
 * telling which tables count, so none does: an older version would serve what was overwritten, and what was deleted.
 */
import { EngineError, isEngineError } from '../base/errors';
import type { DataFileName } from '../storage/extent_allocator';
import { Manifest, type ManifestOptions } from './manifest';
import { claim, OpenTables } from './open_tables';
import type { LsmOptions } from './open_options';
import type { TableMeta } from './table/table_meta';
import { tablesOf, type Version } from './version';
import { Versions } from './versions';

export interface OpenedLsm {
  readonly manifest: Manifest;
  readonly versions: Versions;
  readonly tables: OpenTables;
  readonly preferredFile: DataFileName;
  readonly damage: EngineError | undefined;
}

/** @throws EngineError manifest_damaged, table_damaged, read_failed; for salvage only the last */
export function openLsm(root: Uint8Array, options: LsmOptions, onDrop: (table: TableMeta) => void): OpenedLsm {
  const { allocator, filterPrefix, isSalvage = false, protections, storeSeed, trace, tuning } = options;
  const { damage, manifest } = openManifest(root, isSalvage, {
    allocator,
    storeSeed,
    verifyChecksums: protections.blockChecksum,
    wholeWrites: protections.wholeWrites,
    flushes: protections.manifestBeforeReuse,
    trace,
  });
  const tables = new OpenTables({
    allocator,
    storeSeed,
    filterPrefix,
    cacheBytes: tuning.cacheBytes,
    verifyChecksums: protections.blockChecksum,
    isSalvage,
    trace,
  });
  const { version } = manifest;
  for (const [level, runs] of version.levels.entries()) {
    for (const run of runs) for (const table of run.tables) openTable(table, level, tables, options);
  }
  const preferredFile = fileOfMost(version, options);
  return { manifest, versions: new Versions(version, onDrop), tables, preferredFile, damage: damage ?? tables.damage };
}

function openManifest(
  root: Uint8Array,
  isSalvage: boolean,
  options: ManifestOptions,
): { readonly manifest: Manifest; readonly damage: EngineError | undefined } {
  try {
    return { manifest: Manifest.open(root, options), damage: undefined };
  } catch (error) {
    if (!isSalvage || !isEngineError(error, 'manifest_damaged')) throw error;
    return { manifest: Manifest.open(new Uint8Array(0), options), damage: error };
  }
}

function openTable(table: TableMeta, level: number, tables: OpenTables, { allocator, isSalvage }: LsmOptions): void {
  const taken = claim(allocator, table.extents);
  if (taken !== undefined && isSalvage !== true) {
    const { at, name } = allocator.locate(taken);
    const why = allocator.exists(taken) ? 'is named twice' : 'lies past the end of its file';
    throw new EngineError('table_damaged', `Extent ${taken} of table ${table.id} ${why}.`, { file: name, offset: at });
  }
  tables.open(table, level);
}

/** New tables go where most are: a file that was emptied by a rebuild stays empty. */
function fileOfMost(version: Version, { allocator }: LsmOptions): DataFileName {
  const extents = tablesOf(version).flatMap((table) => table.extents);
  const inFirst = extents.filter((extent) => allocator.locate(extent).name === 'data_0').length;
  return 2 * inFirst >= extents.length ? 'data_0' : 'data_1';
}
