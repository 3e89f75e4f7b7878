/** Entries of memtables and tables in the view: in key order, and few enough to draw, or not known at all. */
import { compareBytes } from '../../../base/bytes';
import { ENTRIES_MAX, type Entries, type EntryView, type MemtableView } from './model';

/** Where `key` is, or would be. */
export function placeIn(entries: readonly EntryView[], key: Uint8Array): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes(entries[middle]!.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function entryFor(entries: Entries, keyHex: string, key: Uint8Array): EntryView | undefined {
  const found = entries?.[placeIn(entries, key)];
  return found?.keyHex === keyHex ? found : undefined;
}

/** The newest word on a key takes the place of an older one. */
export function withEntry(entries: Entries, entry: EntryView): Entries {
  if (entries === undefined) return undefined;
  const at = placeIn(entries, entry.key);
  const isThere = entries[at]?.keyHex === entry.keyHex;
  if (!isThere && entries.length >= ENTRIES_MAX) return undefined;
  return [...entries.slice(0, at), entry, ...entries.slice(isThere ? at + 1 : at)];
}

/** Behind all that are there. */
export const pushed = (entries: Entries, entry: EntryView): Entries =>
  entries === undefined || entries.length >= ENTRIES_MAX ? undefined : [...entries, entry];

/** What becomes of memtables that are flushed together: of each key the newest entry. Newest memtable first. */
export function flushedEntries(memtables: readonly MemtableView[]): Entries {
  const newest = new Map<string, EntryView>();
  for (const { entries } of memtables) {
    if (entries === undefined) return undefined;
    for (const entry of entries) if (!newest.has(entry.keyHex)) newest.set(entry.keyHex, entry);
  }
  if (newest.size > ENTRIES_MAX) return undefined;
  return [...newest.values()].sort((a, b) => compareBytes(a.key, b.key));
}
