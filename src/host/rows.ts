/**
 * Pages of rows for a table on screen: by range, by prefix, and by what a row contains. A table is looked at whenever the
 * page likes, and a replay does not know of it: so the store is read in a way that leaves no trace in it.
 */
import { compareBytes as compare, decodeText } from '../base/bytes';
import type { Entry } from '../base/ordered_index';
import type { Store } from '../kv_store';
import type { RowPage, RowQuery } from '../protocol/session';

/** A search looks at so many entries a call, then gives back what it has. */
const VISITED_MAX = 20_000;

export function rowPage(store: Store, query: RowQuery): RowPage {
  const { contains, limit, prefix, reverse = false } = query;
  const from = later(query.from, prefix);
  const to = earlier(query.to, prefix === undefined ? undefined : afterPrefix(prefix));
  const wanted = contains?.toLowerCase();
  const rows: Entry[] = [];
  let visited = 0;
  let last: Uint8Array | undefined;
  for (const entry of store.peek({ from, to }, reverse)) {
    if (rows.length === limit || visited === VISITED_MAX) {
      return { rows, more: true, visited, ...(last !== undefined && { lastVisited: last }) };
    }
    visited++;
    last = entry.key;
    if (wanted === undefined || contains === '' || has(entry, wanted)) rows.push(entry);
  }
  return { rows, more: false, visited, ...(last !== undefined && { lastVisited: last }) };
}

function has({ key, value }: Entry, wanted: string): boolean {
  return [key, value].some((bytes) => decodeText(bytes)?.toLowerCase().includes(wanted) === true);
}

function later(a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compare(a, b) > 0 ? a : b;
}

function earlier(a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compare(a, b) < 0 ? a : b;
}

/** The smallest key greater than every key with this prefix; undefined where there is none. */
export function afterPrefix(prefix: Uint8Array): Uint8Array | undefined {
  let end = prefix.length;
  while (end > 0 && prefix[end - 1] === 0xff) end--;
  if (end === 0) return undefined;
  const after = prefix.slice(0, end);
  after[end - 1]!++;
  return after;
}
