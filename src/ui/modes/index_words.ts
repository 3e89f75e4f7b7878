/** What keeps the rows of a store, in words. */
import type { FormatOptions } from '../../kv_store/types';
import type { IndexChoice, StoreMake } from '../../protocol/session';

export const INDEX_WORDS: Readonly<Record<IndexChoice, { readonly name: string; readonly why: string }>> = {
  btree: {
    name: 'a B-tree',
    why: 'pages on disk, as most databases have them, and memory for those in use. The B-tree room shows them.',
  },
  lsm: {
    name: 'an LSM tree',
    why: 'rows gathered in memory and written as sorted tables, which are merged later. The LSM room shows them.',
  },
  map: { name: 'a map', why: 'all rows in memory, and each checkpoint writes all of them.' },
};

export const indexOf = (format: Partial<FormatOptions> | undefined): IndexChoice =>
  format?.tree ? 'btree' : format?.lsm ? 'lsm' : 'map';

/** Of a store that is made anew in place of one of this format. */
export function makeWords(make: StoreMake, old: Partial<FormatOptions> | undefined): string {
  const versions = make.versions ?? old?.versions === true;
  return `The new store keeps its rows in ${INDEX_WORDS[make.index ?? indexOf(old)].name}, ${versions ? 'with versions' : 'without versions'}.`;
}
