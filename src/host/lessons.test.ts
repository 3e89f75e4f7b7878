/**
 * Every lesson is a test: what each command came to, every event and the tape, pinned beside the script. So is every
 * fault that was found in a layer and mended there: the run that showed it, with the end that it has to have.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { goldenRun } from './testing/golden_run';

const FOLDER = 'src/workload/lessons';
const BTREE = 'src/workload/btree_lessons';
const LSM = 'src/workload/lsm_lessons';
const MVCC = 'src/workload/mvcc_lessons';
const FAULTS = 'src/workload/faults';
const scriptsIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.script'));
const lessons = scriptsIn(FOLDER);
const btreeLessons = scriptsIn(BTREE);
const lsmLessons = scriptsIn(LSM);
const mvccLessons = scriptsIn(MVCC);
const faults = scriptsIn(FAULTS);

async function isAsPinned(folder: string, name: string): Promise<void> {
  const { told } = goldenRun(readFileSync(`${folder}/${name}`, 'utf8'));
  const pinned = `../../${folder}/${name.replace('.script', '.golden')}`;
  await expect(told.trimStart()).toMatchFileSnapshot(pinned);
}

describe('the faults that were found', () => {
  it.each(faults)('%s', (name) => isAsPinned(FAULTS, name));

  // Made anew with one key as well: whatever happened, the store is whole in the end, or says what is left of it.
  it.each(faults)('%s ends well', (name) => {
    const last = goldenRun(readFileSync(`${FAULTS}/${name}`, 'utf8')).session.log.at(-1)!;
    if (name.startsWith('salvage')) expect(last.result).toMatchObject({ findings: [{ rule: 'K8' }] });
    else expect(last.result).toEqual({ kind: 'checked', findings: [] });
  });
});

describe('the lessons', () => {
  it.each(lessons)('%s', (name) => isAsPinned(FOLDER, name));
  it.each(btreeLessons)('of the B-tree: %s', (name) => isAsPinned(BTREE, name));
  it.each(lsmLessons)('of the LSM tree: %s', (name) => isAsPinned(LSM, name));
  it.each(mvccLessons)('of versions: %s', (name) => isAsPinned(MVCC, name));

  // A golden file is made anew with one key, so what a lesson's words stand on is pinned here as well.
  it.each([
    ['05_torn_write', 'end=end_unfinished'],
    ['12_no_checksum', '> get pear\n  = 700B'],
    ['16_full_disk', '> put fig @1200\n  failed, store_full'],
  ])('%s shows what it says', (name, shown) => {
    expect(goldenRun(readFileSync(`${FOLDER}/${name}.script`, 'utf8')).told).toContain(shown);
  });

  it.each([
    ['02_a_flush_makes_a_table', 'lsm.version_edited edit=1 cause=flush'],
    ['03_level_0_fills', 'key=elm lsn=1 isTombstone=false from=1 outcome=overwritten'],
    ['04_a_deleted_key', 'key=fig lsn=3 isTombstone=true from=4 outcome=kept'],
    ['04_a_deleted_key', 'key=fig lsn=3 isTombstone=true from=6 outcome=tombstone_at_bottom'],
    ['05_the_way_of_a_read', 'lsm.table_probed key=nut level=1 table=3 outcome=filter_said_no'],
    ['08_a_reader_keeps_old_tables', 'old      1 2, reader 1 reads edit 2'],
    ['09_crash_before_the_manifest', '> check\n  all well'],
    ['10_tables_not_flushed', '> reopen\n  failed, table_damaged'],
    ['11_a_tombstone_dropped_too_early', '> get fig\n  = @30'],
    ['12_writers_are_slowed_down', 'lsm.back_pressure_changed state=slowed'],
    ['12_writers_are_slowed_down', 'lsm.back_pressure_changed state=stalled'],
  ])('of the LSM tree: %s shows what it says: %s', (name, shown) => {
    expect(goldenRun(readFileSync(`${LSM}/${name}.script`, 'utf8')).told).toContain(shown);
  });

  it.each([
    ['02_a_snapshot_does_not_move', '> scan in reader\n  apple = red\n  pear = green\n'],
    ['04_the_first_to_commit_wins', 'mvcc.conflict_found transaction=2 key=stock lsn=2 from=1'],
    ['04_the_first_to_commit_wins', '> get stock\n  = 9'],
    ['05_write_skew', 'anna = off\n  ben = off\n'],
    ['06_serializable_refuses_it', '> commit t2 as 2\n  failed, serialization_failure'],
    ['07_a_delete_is_a_version', '> get apple in reader\n  = red'],
    ['07_a_delete_is_a_version', '2 of 3 versions collected'],
    ['08_the_version_that_must_stay', '> vacuum\n  2 of 5 versions collected'],
    ['08_the_version_that_must_stay', '> scan in reader\n  apple = brown\n  pear = green\n'],
    ['09_a_parked_reader', '> vacuum\n  0 of 8 versions collected'],
    ['09_a_parked_reader', '> vacuum\n  6 of 8 versions collected'],
    ['10_two_readers_at_one_timestamp', '> vacuum\n  0 of 4 versions collected'],
    ['11_as_of_an_older_timestamp', '> begin late at 1\n  failed, snapshot_too_old'],
    ['12_idle_for_too_long', 'mvcc.transaction_ended transaction=1 how=idle'],
    ['12_idle_for_too_long', '> get apple in parked\n  failed, snapshot_too_old'],
    ['13_crash_with_transactions_open', '> scan\n  apple = red\n  plum = blue\n'],
    ['14_power_cut_in_a_commit', 'left = 2\n  other = 2\n  right = 2\n'],
    ['16_vacuum_by_itself', 'mvcc.vacuum_started'],
    ['17_a_merge_collects', 'outcome=kept why={kind=above_watermark lsn=1}'],
    ['17_a_merge_collects', 'outcome=filtered why={kind=below_watermark lsn='],
    ['18_published_in_order', '> scan in clerk\n  paid = no\n  sent = no\n'],
    ['15_how_a_scan_goes_over_old_versions', 'mvcc.chain_skipped transaction=1 key=apple'],
  ])('of versions: %s shows what it says: %s', (name, shown) => {
    expect(goldenRun(readFileSync(`${MVCC}/${name}.script`, 'utf8')).told).toContain(shown);
  });

  it('break no assertion of the engine', () => {
    const paths = [FOLDER, BTREE, LSM, MVCC].flatMap((folder) => scriptsIn(folder).map((name) => `${folder}/${name}`));
    for (const name of paths) {
      const { session } = goldenRun(readFileSync(name, 'utf8'));
      const broken = session.log.filter(
        ({ result }) => result.kind === 'failed' && result.failure.code === 'assertion_failed',
      );
      expect(broken, name).toEqual([]);
    }
  });
});
