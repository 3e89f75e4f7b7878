/**
 * Damage that shows late: an engine that reads its pages when somebody asks for them opens over a damaged one, and says
 * so to whoever needs it. What it may not do is give a wrong answer, or none.
 *
 *     scan      a b c ╳        each entry as it was, up to the one that is refused
 *     scan back z y x ╳        the same from the other end
 *     get       a b c ╳ y z    each as it was, or refused
 *     check     names the file
 */
import { equalBytes } from '../../base/bytes';
import { isEngineError, type EngineError } from '../../base/errors';
import type { Entry } from '../../base/ordered_index';
import { bytesText } from '../compare';
import type { State } from '../history';
import type { CrashStore } from '../subject';

export interface ReadAround {
  /** In words: an answer that is wrong. */
  readonly wrong: string | undefined;
  /** The refusals, in the order they came. */
  readonly refusals: readonly EngineError[];
}

/** Reads everything there is, past what is refused. */
export function readAround(store: CrashStore, state: State): ReadAround {
  const refusals: EngineError[] = [];
  const refusable = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!isEngineError(error)) throw error;
      refusals.push(error);
      return undefined;
    }
  };
  const wrong =
    refusable(() => differs('a scan', store.scan(), state)) ??
    refusable(() => differs('a scan backwards', store.scan({ reverse: true }), state.toReversed()));
  if (wrong !== undefined) return { wrong, refusals };
  for (const { key, value } of state) {
    const answer = refusable(() => ({ value: store.get(key) }));
    if (answer === undefined) continue;
    if (answer.value === undefined) return { wrong: `get finds no ${bytesText(key)}`, refusals };
    if (!equalBytes(answer.value, value)) return { wrong: `get gives a wrong ${bytesText(key)}`, refusals };
  }
  return { wrong: undefined, refusals };
}

function differs(how: string, entries: Iterable<Entry>, wanted: State): string | undefined {
  let at = 0;
  for (const { key, value } of entries) {
    const due = wanted[at++];
    if (due === undefined || !equalBytes(due.key, key) || !equalBytes(due.value, value))
      return `${how} gives ${bytesText(key)}, where ${due === undefined ? 'nothing' : bytesText(due.key)} is due`;
  }
  return at < wanted.length ? `${how} ends before ${bytesText(wanted[at]!.key)}` : undefined;
}
