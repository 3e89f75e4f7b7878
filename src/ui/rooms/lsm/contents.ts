/**
 * What a scene has to know of all entries at once: which keys there are, and which entries newer ones hide. Kept for the
 * last few lists that it follows from, which steps that change none of them share: a history has thousands of versions of
 * a tree, and each would keep its thousands of keys.
 */
import type { AxisScale, KeyAxis, KeyOrder, Stretch } from './axis';
import { inOrder, makeAxis } from './axis';
import type { EntryView, LsmView, MemtableView, TableView } from './model';

/** More entries than this are not looked at one by one: then keys are where tables begin and end. */
export const DETAILED_MAX = 4096;

export interface Contents extends KeyOrder {
  readonly isDetailed: boolean;
  readonly stretches: readonly Stretch[];
  /** Ids of entries that a newer one of the same key hides. */
  readonly shadowed: ReadonlySet<string>;
}

interface InForce {
  readonly isDetailed: boolean;
  readonly count: number;
  /** Run by run. */
  readonly keys: readonly Uint8Array[];
  readonly stretches: readonly Stretch[];
  /** Newest first. */
  readonly tables: readonly TableView[];
}

/** What was made of the last few things that somebody asked about. */
class Recent<Of extends object, Made> {
  readonly #made: { readonly of: Of; readonly made: Made }[] = [];

  get(of: Of, make: () => Made): Made {
    const known = this.#made.find((one) => one.of === of);
    if (known) return known.made;
    const made = make();
    this.#made.unshift({ of, made });
    this.#made.length = Math.min(this.#made.length, RECENT);
    return made;
  }
}
/** The step before, the step after, and the same again for who points at something. */
const RECENT = 4;

const inForce = new Recent<LsmView['levels'], InForce>();

export function tablesInForce({ levels }: LsmView): readonly TableView[] {
  return ofLevels(levels).tables;
}

const ofLevels = (levels: LsmView['levels']): InForce => inForce.get(levels, () => inForceIn(levels));

function inForceIn(levels: LsmView['levels']): InForce {
  const tables: TableView[] = [];
  for (const runs of levels) for (const run of runs) for (const table of run.tables) tables.push(table);
  let count = 0;
  for (const { entries } of tables) count += entries?.length ?? 0;
  const isDetailed = count <= DETAILED_MAX;
  const keys: Uint8Array[] = [];
  const stretches: Stretch[] = [];
  for (const table of tables) {
    addKeys(table, isDetailed, keys);
    addStretch(table, isDetailed, stretches);
  }
  return { isDetailed, count, keys, stretches, tables };
}

function addKeys({ entries, largest, smallest }: TableView, isDetailed: boolean, keys: Uint8Array[]): void {
  if (isDetailed && entries) for (const { key } of entries) keys.push(key);
  else if (smallest && largest) keys.push(smallest, largest);
}

function addStretch(table: TableView, isDetailed: boolean, stretches: Stretch[]): void {
  const { bytes, count, entries, largest, smallest } = table;
  if (!smallest || !largest) return;
  stretches.push({ smallest, largest, bytes, unseen: isDetailed && entries ? 0 : Math.max(0, count - 2) });
}

const contents = new Recent<LsmView, Contents>();

export const contentsOf = (view: LsmView): Contents => contents.get(view, () => contentsIn(view));

function contentsIn(view: LsmView): Contents {
  const { count, isDetailed: areTables, keys: known, stretches: inForceNow, tables } = ofLevels(view.levels);
  const memtables = [view.memtable, ...view.immutables];
  const inMemory = memtables.reduce((sum, { entries }) => sum + (entries?.length ?? 0), 0);
  const isDetailed = areTables && count + inMemory <= DETAILED_MAX;
  const keys = known.slice();
  const stretches = inForceNow.slice();
  for (const memtable of memtables) {
    keys.push(...keysInMemory(memtable, isDetailed));
    stretches.push(...stretchInMemory(memtable, isDetailed));
  }
  for (const table of view.making) {
    addKeys(table, false, keys);
    addStretch(table, false, stretches);
  }
  for (const table of view.shelf) addKeys(table, false, keys);
  return { isDetailed, ...inOrder(keys), stretches, shadowed: isDetailed ? shadowedIn(memtables, tables) : NOTHING };
}
const NOTHING: ReadonlySet<string> = new Set();

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
