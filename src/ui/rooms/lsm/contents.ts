/**
 * What a scene has to know of all entries at once: which keys there are, and which entries newer ones hide. Kept by the
 * lists that it follows from, which steps that change none of them share.
 */
import type { KeyAxis, Stretch } from './axis';
import { distinct, makeAxis, type AxisScale } from './axis';
import type { EntryView, LsmView, MemtableView, TableView } from './model';

/** More entries than this are not looked at one by one: then keys are where tables begin and end. */
export const DETAILED_MAX = 4096;

export interface Contents {
  readonly isDetailed: boolean;
  readonly keys: readonly Uint8Array[];
  readonly stretches: readonly Stretch[];
  /** Ids of entries that a newer one of the same key hides. */
  readonly shadowed: ReadonlySet<string>;
}

interface InForce {
  readonly isDetailed: boolean;
  readonly count: number;
  readonly keys: readonly Uint8Array[];
  readonly stretches: readonly Stretch[];
  /** Newest first. */
  readonly tables: readonly TableView[];
}
const inForce = new WeakMap<LsmView['levels'], InForce>();

export function tablesInForce({ levels }: LsmView): readonly TableView[] {
  return ofLevels(levels).tables;
}

function ofLevels(levels: LsmView['levels']): InForce {
  const cached = inForce.get(levels);
  if (cached) return cached;
  const tables = levels.flatMap((runs) => runs.flatMap((run) => run.tables));
  const count = tables.reduce((sum, { entries }) => sum + (entries?.length ?? 0), 0);
  const isDetailed = count <= DETAILED_MAX;
  const keys = tables.flatMap((table) => keysOf(table, isDetailed));
  const made = {
    isDetailed,
    count,
    keys: distinct(keys),
    stretches: tables.flatMap((table) => stretchOf(table, isDetailed)),
    tables,
  };
  inForce.set(levels, made);
  return made;
}

function keysOf({ entries, largest, smallest }: TableView, isDetailed: boolean): Uint8Array[] {
  if (isDetailed && entries) return entries.map(({ key }) => key);
  return smallest && largest ? [smallest, largest] : [];
}

const stretchOf = ({ bytes, count, entries, largest, smallest }: TableView, isDetailed: boolean): Stretch[] =>
  smallest && largest ? [{ smallest, largest, bytes, unseen: isDetailed && entries ? 0 : Math.max(0, count - 2) }] : [];

const contents = new WeakMap<LsmView, Contents>();

export function contentsOf(view: LsmView): Contents {
  const cached = contents.get(view);
  if (cached) return cached;
  const { count, isDetailed: areTables, keys: known, stretches, tables } = ofLevels(view.levels);
  const memtables = [view.memtable, ...view.immutables];
  const others = [...view.making, ...view.shelf];
  const inMemory = memtables.reduce((sum, { entries }) => sum + (entries?.length ?? 0), 0);
  const isDetailed = areTables && count + inMemory <= DETAILED_MAX;
  const fresh = [
    ...memtables.flatMap((memtable) => keysInMemory(memtable, isDetailed)),
    ...others.flatMap((table) => keysOf(table, false)),
  ];
  const made: Contents = {
    isDetailed,
    keys: fresh.length === 0 ? known : distinct([...known, ...fresh]),
    stretches: [
      ...stretches,
      ...memtables.flatMap((memtable) => stretchInMemory(memtable, isDetailed)),
      ...view.making.flatMap((table) => stretchOf(table, false)),
    ],
    shadowed: isDetailed ? shadowedIn(memtables, tables) : new Set(),
  };
  contents.set(view, made);
  return made;
}

function keysInMemory({ entries }: MemtableView, isDetailed: boolean): Uint8Array[] {
  if (!entries || entries.length === 0) return [];
  return isDetailed ? entries.map(({ key }) => key) : [entries[0]!.key, entries.at(-1)!.key];
}

function stretchInMemory({ bytes, entries }: MemtableView, isDetailed: boolean): Stretch[] {
  if (!entries || entries.length === 0) return [];
  const unseen = isDetailed ? 0 : Math.max(0, entries.length - 2);
  return [{ smallest: entries[0]!.key, largest: entries.at(-1)!.key, bytes, unseen }];
}

function shadowedIn(memtables: readonly MemtableView[], tables: readonly TableView[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const shadowed = new Set<string>();
  // Keys of one memtable, or of one run, are distinct: so an entry is hidden by what came before it.
  const look = (entries: readonly EntryView[] | undefined): void => {
    for (const { id, keyHex } of entries ?? []) {
      if (seen.has(keyHex)) shadowed.add(id);
      else seen.add(keyHex);
    }
  };
  for (const { entries } of memtables) look(entries);
  for (const { entries } of tables) look(entries);
  return shadowed;
}

export const axisOf = (view: LsmView, scale: AxisScale, x: number, width: number): KeyAxis =>
  makeAxis({ scale, x, width, ...contentsOf(view) });
