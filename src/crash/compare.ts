/** What a store serves, held against what it should: scanned both ways, and asked for key by key. */
import { decodeText, equalBytes, toHex } from '../base/bytes';
import type { Entry } from '../base/ordered_index';
import type { State } from './history';
import type { CrashStore } from './subject';

export interface Difference {
  /** One sentence without its subject: "a scan gives b = 2, where there should be nothing." */
  readonly sentence: string;
  /** What was served there; absent where something is missing. */
  readonly found?: Entry;
}

/** The first difference; undefined if there is none. */
export function compareContents(store: CrashStore, state: State): Difference | undefined {
  let at = 0;
  for (const entry of store.scan()) {
    const wanted = state[at++];
    if (!sameEntry(entry, wanted)) return differs('a scan', entry, wanted);
  }
  if (at < state.length) return differs('a scan', undefined, state[at]);
  for (const entry of store.scan({ reverse: true })) {
    const wanted = state[--at];
    if (!sameEntry(entry, wanted)) return differs('a scan backwards', entry, wanted);
  }
  if (at > 0) return differs('a scan backwards', undefined, state[at - 1]);
  for (const wanted of state) {
    const value = store.get(wanted.key);
    if (value === undefined) return differs('get', undefined, wanted);
    if (!equalBytes(value, wanted.value)) return differs('get', { key: wanted.key, value }, wanted);
  }
  return undefined;
}

export function sameState(one: State, other: State): boolean {
  return one.length === other.length && one.every((entry, i) => sameEntry(entry, other[i]));
}

function sameEntry(entry: Entry, wanted: Entry | undefined): boolean {
  return wanted !== undefined && equalBytes(entry.key, wanted.key) && equalBytes(entry.value, wanted.value);
}

function differs(how: string, found: Entry | undefined, wanted: Entry | undefined): Difference {
  const says = found === undefined ? 'ends' : `gives ${entryText(found)}`;
  const should = wanted === undefined ? 'there should be nothing more' : `there should be ${entryText(wanted)}`;
  return { sentence: `${how} ${says}, where ${should}.`, ...(found !== undefined && { found }) };
}

const VALUE_SHOWN = 24;

function entryText({ key, value }: Entry): string {
  const shown = bytesText(value.subarray(0, VALUE_SHOWN));
  return `${bytesText(key)} = ${shown}${value.length > VALUE_SHOWN ? `… (${value.length} bytes)` : ''}`;
}

/** As text where it is text that can be printed. */
export function bytesText(bytes: Uint8Array): string {
  const text = decodeText(bytes);
  return text !== undefined && /^[\x20-\x7e]*$/.test(text) ? text : `0x${toHex(bytes)}`;
}
