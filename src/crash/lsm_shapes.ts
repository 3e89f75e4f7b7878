/**
 * What an LSM tree does to its tables, recognised by what it says, so that a suite can count which of it happened in the
 * runs that it crashed. States that were never reached prove nothing.
 */
import type { ShapeWatch, WatchedEvent } from './subject';

export const LSM_SHAPES = [
  'memtable is full',
  'table flushed',
  'merge into a level without overlap',
  'merge with tables of the level below',
  'merge below level 1',
  'merge of more than one table out',
  'trivial move',
  'older entry dropped',
  'tombstone kept above older entries',
  'tombstone dropped at the bottom',
  'merge that leaves nothing',
  'manifest changes its area',
  'table let go',
] as const;
export type LsmShape = (typeof LSM_SHAPES)[number];

export const LSM_SHAPE_WATCH: ShapeWatch = {
  names: LSM_SHAPES,
  watch() {
    const tombstones = new Set<string>();
    return (event: WatchedEvent): readonly LsmShape[] => {
      switch (event.kind) {
        case 'lsm.memtable_rotated':
          return event.why === 'full' ? ['memtable is full'] : [];
        case 'lsm.memtable_changed':
          if (event.isTombstone) tombstones.add(nameOf(event));
          return [];
        case 'lsm.entry_merged':
          return entryShapes(event, tombstones.has(nameOf(event)));
        case 'lsm.manifest_area_changed':
          return ['manifest changes its area'];
        case 'lsm.table_dropped':
          return ['table let go'];
        case 'lsm.version_edited':
          return editShapes(event);
        default:
          return [];
      }
    };
  },
};

const nameOf = ({ key, lsn }: { readonly key: Uint8Array; readonly lsn: number }): string => `${lsn}:${key.join()}`;

function entryShapes(event: Extract<WatchedEvent, { kind: 'lsm.entry_merged' }>, isTombstone: boolean): LsmShape[] {
  if (event.outcome === 'overwritten') return ['older entry dropped'];
  if (event.outcome === 'tombstone_at_bottom') return ['tombstone dropped at the bottom'];
  return event.outcome === 'kept' && isTombstone ? ['tombstone kept above older entries'] : [];
}

function editShapes(event: Extract<WatchedEvent, { kind: 'lsm.version_edited' }>): LsmShape[] {
  const { added, cause, removed } = event;
  if (cause === 'flush') return added.length > 0 ? ['table flushed'] : [];
  if (cause === 'trivial_move') return ['trivial move'];
  const to = added[0]?.level;
  if (to === undefined) return ['merge that leaves nothing'];
  const overlaps = removed.some(({ level }) => level === to);
  return [
    overlaps ? 'merge with tables of the level below' : 'merge into a level without overlap',
    ...(to > 1 ? (['merge below level 1'] as const) : []),
    ...(added.length > 1 ? (['merge of more than one table out'] as const) : []),
  ];
}
