/**
 * What of a key goes into a filter: fixed when a store is formatted, because every table's filter was built by it. Keys
 * that end in a version (MVCC) are looked for by what comes before it.
 */
import { assert } from '../base/assert';

export type FilterPrefixRule =
  { readonly kind: 'whole_key' } | { readonly kind: 'all_but_last'; readonly bytes: number };

export const WHOLE_KEY: FilterPrefixRule = Object.freeze({ kind: 'whole_key' });

/** A view of the key, not a copy. A key shorter than what is cut off is its own prefix. */
export function filterPrefix(key: Uint8Array, rule: FilterPrefixRule): Uint8Array {
  if (rule.kind === 'whole_key') return key;
  assert(rule.bytes > 0, 'cutting nothing off is called whole_key');
  return key.length < rule.bytes ? key : key.subarray(0, key.length - rule.bytes);
}
