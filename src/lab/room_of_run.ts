/** Which room shows a run best: that of its versions, if it keeps any; else that of its index, where the index has one. */
import type { FormatOptions, TreeFormat } from '../kv_store/types';

export type PageProtectionName = TreeFormat['protection'];
export type RunRoom = 'wal' | 'btree' | 'lsm' | 'mvcc';

export function roomOfRun({ lsm, tree, versions }: Pick<Partial<FormatOptions>, 'lsm' | 'tree' | 'versions'>): RunRoom {
  if (versions === true) return 'mvcc';
  if (lsm !== undefined) return 'lsm';
  return tree === undefined ? 'wal' : 'btree';
}

export const RUN_ROOM_WORDS: Readonly<Record<RunRoom, string>> = {
  wal: 'Log room',
  btree: 'B-tree room',
  lsm: 'LSM room',
  mvcc: 'room of versions',
};
