/** Which room shows a run best: that of its index, where the index has one. */
import type { FormatOptions, TreeFormat } from '../kv_store/types';

export type PageProtectionName = TreeFormat['protection'];
export type RunRoom = 'wal' | 'btree';

export function roomOfRun({ tree }: Pick<Partial<FormatOptions>, 'tree'>): RunRoom {
  return tree === undefined ? 'wal' : 'btree';
}

export const RUN_ROOM_WORDS: Readonly<Record<RunRoom, string>> = { wal: 'Log room', btree: 'B-tree room' };
