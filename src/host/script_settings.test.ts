/** What a session runs with, where its spec and its script both say something; and the learner's store over an LSM tree. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ManualSchedule, SeededRandom } from '../base/runtime';
import { Store } from '../kv_store';
import type { SessionSpec } from '../protocol/session';
import { MemoryStorage } from '../storage/memory';
import { parseScript } from '../workload/parser';
import { readCsv } from '../workload/tables';
import { LAB_IMPORT_BATCH_ROWS, SLICE_BATCHES } from './limits';
import { settingsOf, tunedBy } from './script_settings';

const settingsFor = (spec: Partial<SessionSpec>, script = '') =>
  settingsOf({ store: 'by_script', ...spec }, parseScript(script).script, () => 1);

test('a store has the index that was asked for last', () => {
  const script = 'store btree page 512\nstore lsm memtable 512 table 1k\nstore lsm table 2k';
  const { format, tuning } = settingsFor({}, script);
  expect(format).toMatchObject({ lsm: { filterPrefix: { kind: 'whole_key' } } });
  expect(format.tree).toBeUndefined();
  expect(tuning.lsm).toEqual({ memtableBytes: 512, tableBytes: 2048 });
  const tree = { pageBytes: 256, protection: 'none' } as const;
  expect(settingsFor({ format: { tree } }, script).format).toMatchObject({ tree });
  expect(settingsFor({ format: { tree } }, script).format.lsm).toBeUndefined();
});

test('what is tuned later leaves the rest as it was', () => {
  const policy = { kind: 'tiered', ratio: 3 } as const;
  expect(tunedBy({ poolBytes: 1, lsm: { memtableBytes: 512 } }, { lsm: { policy } })).toEqual({
    poolBytes: 1,
    lsm: { memtableBytes: 512, policy },
  });
  expect(tunedBy({ poolBytes: 1 }, { poolBytes: 2 })).toEqual({ poolBytes: 2 });
});

test('the airports fill three levels of a learner’s LSM tree', () => {
  const { format, tuning } = settingsFor({ store: 'learner', index: 'lsm' });
  const store = Store.open({
    files: new MemoryStorage().openNow({ create: true }),
    random: new SeededRandom(1),
    schedule: new ManualSchedule().schedule,
    format,
    tuning,
  });
  const { rows } = readCsv(readFileSync('public/data/airports.csv', 'utf8'));
  const rowsASlice = LAB_IMPORT_BATCH_ROWS * SLICE_BATCHES;
  for (let at = 0; at < rows.length; at += LAB_IMPORT_BATCH_ROWS) {
    const batch = rows.slice(at, at + LAB_IMPORT_BATCH_ROWS);
    store.batch(batch.map((row) => ({ kind: 'put', ...row })));
    if ((at + batch.length) % rowsASlice === 0) store.flush();
  }
  store.flush();
  const levelsWithTables = () => store.stats().lsm!.levels.flatMap(({ level, runs }) => (runs > 0 ? [level] : []));
  expect(levelsWithTables().length).toBeGreaterThanOrEqual(3);
  while (!store.step(64 * 1024).done);
  expect(store.stats().lsm!.pressure).toBe('none');
  expect(levelsWithTables()).not.toContain(0);
  expect(store.stats().keys).toBe(rows.length);
});
