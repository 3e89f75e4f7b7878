/** A lesson begins where something is about to happen: nobody watches a log fill up for a page that splits later. */
import { expect, test } from 'vitest';
import { openScript } from '../host/testing/sessions';
import type { TraceRecord } from '../protocol/trace';
import { parseScript } from '../workload/parser';
import { BTREE_LESSONS } from './lessons/btree';
import { LSM_LESSONS } from './lessons/lsm';
import { MVCC_LESSONS } from './lessons/mvcc';
import { beatsOf } from './pace';
import { beginLine } from './script_text';

/** What a visit begins with, in beats a second (`Stage.speed`). */
const SPEED = 3;

function recordsOf(text: string): readonly TraceRecord[] {
  const session = openScript(text);
  for (const { line, command } of parseScript(text).script.lines) session.execute(command, line);
  return session.recorder.records(0);
}

/** What each lesson is about, or the first part of it. */
const SUBJECTS: Readonly<Record<string, TraceRecord['event']['kind']>> = {
  a_leaf_splits: 'btree.leaf_split',
  first_insert: 'btree.cell_inserted',
  the_root_grows: 'btree.root_grown',
  an_inner_page_splits: 'btree.leaf_split',
  ascending_keys: 'btree.cell_inserted',
  borrow: 'btree.leaf_borrowed',
  merge_and_root_collapse: 'btree.cell_removed',
  a_long_value: 'btree.overflow_written',
  pool_too_small: 'btree.victim_chosen',
  checkpoint_copy_on_write: 'btree.page_written',
  checkpoint_double_write: 'btree.page_written',
  checkpoint_log_images: 'btree.page_logged',
  checkpoint_none: 'btree.page_written',
  crash_between_the_beats: 'btree.leaf_split',
  power_cut_in_a_checkpoint_none: 'btree.leaf_split',
  power_cut_in_a_checkpoint_copy_on_write: 'btree.leaf_split',
  a_damaged_page: 'host.byte_flipped',
  a_rebuild: 'btree.rebuild_started',
  a_put_goes_to_memory: 'lsm.memtable_changed',
  a_flush_makes_a_table: 'lsm.memtable_rotated',
  level_0_fills: 'lsm.table_finished',
  a_deleted_key: 'lsm.memtable_changed',
  the_way_of_a_read: 'lsm.table_probed',
  a_scan_is_a_merge: 'lsm.reader_started',
  tiered_and_leveled: 'lsm.table_finished',
  a_reader_keeps_old_tables: 'lsm.reader_started',
  crash_before_the_manifest: 'lsm.compaction_started',
  tables_not_flushed: 'lsm.table_finished',
  a_tombstone_dropped_too_early: 'lsm.compaction_started',
  writers_are_slowed_down: 'lsm.compaction_started',
  a_put_adds_a_version: 'mvcc.commit_settled',
  a_snapshot_does_not_move: 'mvcc.transaction_begun',
  own_writes_first: 'mvcc.write_buffered',
  the_first_to_commit_wins: 'mvcc.write_buffered',
  write_skew: 'mvcc.version_read',
  serializable_refuses_it: 'mvcc.version_read',
  a_delete_is_a_version: 'mvcc.snapshot_kept',
  the_version_that_must_stay: 'mvcc.commit_settled',
  a_parked_reader: 'mvcc.transaction_begun',
  two_readers_at_one_timestamp: 'mvcc.transaction_begun',
  as_of_an_older_timestamp: 'mvcc.version_read',
  idle_for_too_long: 'mvcc.transaction_begun',
  crash_with_transactions_open: 'mvcc.write_buffered',
  power_cut_in_a_commit: 'mvcc.write_buffered',
  how_a_scan_goes_over_old_versions: 'mvcc.version_passed',
  vacuum_by_itself: 'mvcc.commit_settled',
  a_merge_collects: 'mvcc.transaction_begun',
  published_in_order: 'mvcc.transaction_begun',
};
const LESSONS = [...BTREE_LESSONS, ...LSM_LESSONS, ...MVCC_LESSONS];

test.each(LESSONS.map((lesson) => [lesson.id, lesson] as const))(
  '%s: what it is about begins within ten seconds',
  (id, { script }) => {
    const records = recordsOf(script);
    const begin = beginLine(script);
    const from = records.findIndex(
      ({ command, event }) => command > 0 && event.kind === 'host.command_started' && event.line >= begin,
    );
    const moves = records.findIndex(({ event }, at) => at >= from && event.kind === SUBJECTS[id]);
    const beats = records.slice(from, moves).reduce((sum, record) => sum + beatsOf(record), 0);
    expect(moves).toBeGreaterThan(from);
    expect(beats / SPEED).toBeLessThan(10);
  },
);

test.each(BTREE_LESSONS.filter(({ script }) => script.includes('ask "One page changed.')))(
  '$id: one page changed, as its question says',
  ({ script }) => {
    const flushed = recordsOf(script).findLast(({ event }) => event.kind === 'btree.checkpoint_flushed');
    expect(flushed?.event).toMatchObject({ pages: 1 });
  },
);

test('every lesson says here what it is about', () => {
  expect(Object.keys(SUBJECTS).sort()).toEqual(LESSONS.map(({ id }) => id).sort());
});

test('a reader begins behind the comment that says so, and nowhere else', () => {
  expect(beginLine('put a 1\n# Begin here.\nput b 2\n')).toBe(2);
  expect(beginLine('# where readers begin here and there\nput b "# begin here"\n')).toBe(0);
});
