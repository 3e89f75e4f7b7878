/** Cursors handed out as generators: closed at the end, and by whoever gives up before. */
import type { Cursor, Entry } from './ordered_index';

/** The cursor is open already, at the call: a generator begins when it is first asked. */
export function entriesOf(cursor: Cursor, limit = Infinity): Generator<Entry, void> {
  return closedBy(eachEntry(cursor, limit), cursor);
}

function* eachEntry(cursor: Cursor, limit: number): Generator<Entry, void> {
  try {
    for (let i = 0; i < limit; i++) {
      const entry = cursor.next();
      if (!entry) return;
      yield entry;
    }
  } finally {
    cursor.close();
  }
}

/** A generator that was never asked for anything ends without its `finally`: who gives it up closes the cursor here. */
export function closedBy<T>(entries: Generator<T, void>, cursor: Pick<Cursor, 'close'>): Generator<T, void> {
  const end = entries.return.bind(entries);
  entries.return = (value) => {
    cursor.close();
    return end(value);
  };
  return entries;
}

/** The other way round. */
export function cursorOf(entries: Iterable<Entry>): Cursor {
  const iterator = entries[Symbol.iterator]();
  return {
    next: () => {
      const result = iterator.next();
      return result.done === true ? undefined : result.value;
    },
    close: () => void iterator.return?.(),
  };
}
