/**
 * Versions of an index that was opened for salvage: one is served only where no newer one of its key can be missing.
 *
 *     leaf 7     ... apple 9        damaged: nobody knows what was on it
 *     leaf 8     apple 5  pear 3    apple 5 is right beside the damage: it may have been superseded. Not served
 *                                   pear 3 follows apple 5 on the same leaf: nothing is missing before it. Served
 *
 * Around damage an index leaves out what it cannot read. With one record for each key that is a key less; with versions the
 * next older one would be taken for the newest. So it is asked what may be missing between the front of the chain and the
 * version found.
 */
import type { Cursor, Range } from '../base/ordered_index';
import { prefixOf } from './version_key';
import type { VersionSource } from './version_reader';

export function wholeChains(source: VersionSource, mayMiss: (range: Range) => boolean): VersionSource {
  const isSure = ({ key }: { readonly key: Uint8Array }): boolean => !mayMiss({ from: prefixOf(key), to: key });
  return {
    cursor(range, reverse): Cursor {
      const records = source.cursor(range, reverse);
      return {
        next() {
          for (;;) {
            const record = records.next();
            if (!record || isSure(record)) return record;
          }
        },
        close: () => records.close(),
      };
    },
    seekFirst(prefix, range, restBytes) {
      const record = source.seekFirst(prefix, range, restBytes);
      return record && isSure(record) ? record : undefined;
    },
  };
}
