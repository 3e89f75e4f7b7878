/**
 * A run over a B-tree with versions: commits of transactions, two in a group, while two others are open; and a vacuum
 * whose work a checkpoint carries to the disk.
 *
 *     open, reader   begun first; one has written what it never commits, one keeps every old version
 *     t1 t2, t3 t4   two at a time: begun together, committed into one group; three keys each, one of them deleted at times
 *     reader ends    open is given up and begun anew; vacuum, in slices between the last commits, and then to its end
 *     checkpoint     pages without what was collected
 */
import type { FormatOptions } from '../../../src/kv_store/types';
import type { Commit, FixedRun, Write } from './fixed_run';

export const VERSIONS_FORMAT: FormatOptions = {
  logBytes: 8 * 1024,
  groupAlignBytes: 512,
  extentBytes: 512,
  tree: { pageBytes: 256, protection: 'copy_on_write' },
  versions: true,
};

const PAIRS = 5;
/** From this pair on nobody reads what was before, and vacuum goes along. */
const READER_ENDS_AT = 3;
const VACUUM_SLICE_BYTES = 150;

export function versionsRun(): FixedRun {
  const commits: Commit[] = [];
  const open = ['begin open', 'put open never in open', 'delete left in open'];
  const lines = [...open, 'begin reader read-only'];
  for (let pair = 0; pair < PAIRS; pair++) {
    if (pair === READER_ENDS_AT) lines.push('commit reader', 'abort open', ...open);
    const mode = pair === 1 ? 'relaxed' : 'strict';
    const both = ['left', 'right'].map((key): Commit => ({ mode, writes: writesOf(key, pair) }));
    lines.push(...linesOf(both, commits.length + 1, pair >= READER_ENDS_AT ? [`vacuum ${VACUUM_SLICE_BYTES}`] : []));
    commits.push(...both);
  }
  return {
    commits,
    script: [...lines, 'vacuum', 'abort open', ...open, 'vacuum', 'checkpoint', ''].join('\n'),
    afterwards: 'vacuum\ncheckpoint\ncheck',
  };
}

function writesOf(key: string, pair: number): Write[] {
  const value = `${key}_${pair}`.padEnd(20 + 3 * pair, '_value');
  const sometimes = `sometimes_${key}`;
  return [
    { key, value },
    { key: `${key}_${pair}`, value },
    pair % 2 === 0 ? { key: sometimes, value } : { key: sometimes },
  ];
}

/** Both begin before either commits, and share a flush; `between` comes while they are on their way. */
function linesOf(both: readonly Commit[], first: number, between: readonly string[]): string[] {
  const name = (index: number): string => `t${first + index}`;
  return [
    ...both.map((_, index) => `begin ${name(index)}`),
    ...both.flatMap(({ writes }, index) =>
      writes.map(
        ({ key, value }) => `${value === undefined ? `delete ${key}` : `put ${key} ${value}`} in ${name(index)}`,
      ),
    ),
    ...both.map(({ mode }, index) => `commit ${name(index)} as ${index + 1} ${mode}`),
    ...between,
    'flush',
  ];
}
