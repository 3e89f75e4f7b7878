/**
 * A run over a B-tree of small pages whose last checkpoint carries a split: five keys of which a leaf holds four.
 *
 *     checkpoint   [ ash elm oak yew ]                      the page that the superblock names
 *     put fig      [ ash elm ] [ fig oak yew ] and a root   in memory, and in the log
 *     checkpoint   three pages and the map                  killed at each of its I/Os
 */
import type { FormatOptions, TreeFormat } from '../../../src/kv_store/types';
import type { Commit, FixedRun } from './fixed_run';

const PAGE_BYTES = 256;
const VALUE_LETTERS = 40;

export function splitFormat(protection: TreeFormat['protection']): FormatOptions {
  return {
    logBytes: 8 * 1024,
    groupAlignBytes: 512,
    extentBytes: 512,
    tree: { pageBytes: PAGE_BYTES, protection },
  };
}

export function splitRun(): FixedRun {
  const write = (key: string): { key: string; value: string } => ({ key, value: key.padEnd(VALUE_LETTERS, '_value') });
  const commits: Commit[] = [
    { mode: 'strict', writes: ['ash', 'elm', 'oak', 'yew'].map(write) },
    { mode: 'strict', writes: [write('fig')] },
  ];
  const puts = commits.map(({ writes }) => writes.map(({ key, value }) => `put ${key} ${value}`).join(' ; '));
  return { commits, script: `batch ${puts[0]!}\nflush\ncheckpoint\n${puts[1]!}\nflush\ncheckpoint\n` };
}
