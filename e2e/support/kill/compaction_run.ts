/**
 * A run over an LSM tree of tiny tables that ends with a flush and the compaction that it makes due: keys written over,
 * one deleted, in four batches.
 *
 *     batch, flush, checkpoint      three times: a table of level 0 each, and the first merges
 *     batch, flush
 *     checkpoint                    killed at each I/O from here on: table, manifest, superblock
 *     put, flush                    as often as it takes: each pays for a slice of the merge; then tables, manifest
 */
import type { FormatOptions, TuningOptions } from '../../../src/kv_store/types';
import type { LsmTuning } from '../../../src/lsm';
import type { Commit, FixedRun } from './fixed_run';

const VALUE_LETTERS = 60;

export const COMPACTION_FORMAT: FormatOptions = {
  logBytes: 8 * 1024,
  groupAlignBytes: 512,
  extentBytes: 512,
  lsm: { filterPrefix: { kind: 'whole_key' } },
};

export function compactionTuning(policy: LsmTuning['policy']['kind']): Partial<TuningOptions> {
  return {
    lsm: {
      memtableBytes: 2048,
      blockBytes: 256,
      tableBytes: 512,
      policy: policy === 'leveled' ? { kind: policy, ratio: 2, l0Tables: 2 } : { kind: policy, ratio: 2 },
    },
  };
}

/** Enough for the merge, one slice each. */
const PAYING_PUTS = 6;

export function compactionRun(): FixedRun {
  const batches = [
    ['ash', 'elm', 'oak', 'yew'],
    ['elm', 'fig', 'oak', 'sorb'],
    ['ash', 'fig', 'lime', 'yew'],
    ['elm', 'lime', 'pear', 'sorb'],
  ];
  const commits: Commit[] = batches.map((keys, batch) => ({
    mode: 'strict',
    // One key of each batch but the first is deleted: its tombstone is merged as well.
    writes: keys.map((key, at) =>
      batch > 0 && at === 1 ? { key } : { key, value: `${key}_${batch}`.padEnd(VALUE_LETTERS, '_value') },
    ),
  }));
  const words = commits.map(({ writes }) =>
    writes.map(({ key, value }) => (value === undefined ? `delete ${key}` : `put ${key} ${value}`)).join(' ; '),
  );
  const paying = Array.from({ length: PAYING_PUTS }, (_, at) => ({ key: `pay_${at}`, value: `${at}` }));
  return {
    commits: [...commits, ...paying.map((write) => ({ mode: 'strict' as const, writes: [write] }))],
    script:
      words.map((batch) => `batch ${batch}\nflush\ncheckpoint\n`).join('') +
      paying.map(({ key, value }) => `put ${key} ${value}\nflush\n`).join(''),
  };
}
