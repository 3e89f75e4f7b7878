/** V1: the view in the engine's own words; a test holds the two equal. */
import type { LsmDescription, LsmTuning, MemtableDescription } from '../../../lsm';
import { isUnderWay, type LsmView, type MemtableView, type MergeView } from './model';

export function describeView(view: LsmView): LsmDescription {
  const { debtBytes, immutables, limits, making, memtable, merge, pressure, readers, shelf, tuning } = view;
  return {
    tuning: tuning as LsmTuning,
    memtable: describeMemtable(memtable),
    immutables: immutables.map(describeMemtable),
    version: versionOf(view),
    limits,
    making: making.map(({ bytes, level, meta, table }) => ({ id: table, level, bytes, meta })),
    obsolete: shelf.map(({ table }) => table).sort((a, b) => a - b),
    readers,
    compaction: isUnderWay(merge) ? describeMerge(merge) : undefined,
    pressure: pressure.state,
    debtBytes,
    manifest: describeManifest(view),
  };
}

const describeMemtable = ({ bytes, entries }: MemtableView): MemtableDescription => ({
  entries: (entries ?? []).map(({ isTombstone, key, lsn, valueBytes }) => ({ key, lsn, isTombstone, valueBytes })),
  bytes,
});

function versionOf({ edit, flushedLsn, levels, nextTableId }: LsmView): LsmDescription['version'] {
  return {
    edit,
    flushedLsn,
    nextTableId,
    levels: levels.map((runs) =>
      runs.map(({ bytes, entries, id, tables }) => ({ id, tables: tables.map(({ meta }) => meta!), bytes, entries })),
    ),
  };
}

function describeMerge(merge: MergeView): LsmDescription['compaction'] {
  const { compaction, from, inputIds, isBottom, isMove, to, why } = merge;
  return { compaction, from, to, inputs: inputIds, why, isBottom, isTrivialMove: isMove };
}

function describeManifest({ manifest }: LsmView): LsmDescription['manifest'] {
  const { areas, edit, heads, inForce } = manifest;
  const area = inForce === undefined ? undefined : areas[inForce];
  return {
    heads,
    inForce:
      inForce === undefined || !area
        ? undefined
        : { area: inForce, epoch: area.epoch, extents: area.extents, bytes: area.bytes },
    edit,
  };
}
