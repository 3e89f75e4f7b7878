import { expect, test } from 'vitest';
import { lsn } from '../base/ids';
import { ALL_PROTECTIONS } from '../kv_store/types';
import { ALL_MVCC_PROTECTIONS } from '../mvcc/protections';
import type { LabEvent, TraceRecord } from '../protocol/trace';
import { firstDifference, protectionsOf } from './protections';

const records = (...events: LabEvent[]): TraceRecord[] =>
  events.map((event, seq) => ({ seq, tick: 0, command: 0, io: 0, site: 0, event }));
const flushed: LabEvent = { kind: 'storage.file_flushed', file: 'log', result: 'ok' };
const ack: LabEvent = { kind: 'store.commit_acknowledged', lsn: lsn(1), client: 0 };

test('every protection has its words; that of pages is one of trees alone, that of images where there are some', () => {
  const names = protectionsOf({ tree: { pageBytes: 256, protection: 'log_images' } });
  const ofLsm = protectionsOf({ lsm: { filterPrefix: { kind: 'whole_key' } } });
  const ofVersions = protectionsOf({ versions: true });
  expect([...new Set([...names, ...ofLsm, ...ofVersions])].sort()).toEqual(Object.keys(ALL_PROTECTIONS).sort());
  expect(ofVersions.slice(protectionsOf({}).length)).toEqual(Object.keys(ALL_MVCC_PROTECTIONS));
  expect(ofLsm.filter((name) => !names.includes(name))).toEqual([
    'tablesBeforeManifest',
    'manifestBeforeReuse',
    'tombstonesToTheBottom',
  ]);
  expect(ofLsm).not.toContain('pageProtection');
  const ofTrees = names.filter((name) => name !== 'imagesBeforeSuperblock');
  expect(protectionsOf({ tree: { pageBytes: 256, protection: 'copy_on_write' } })).toEqual(ofTrees);
  expect(protectionsOf({})).toEqual(ofTrees.filter((name) => name !== 'pageProtection'));
});

test('two runs differ first where one tells something else, or ends', () => {
  expect(firstDifference(records(flushed, ack), records(flushed, ack))).toBeUndefined();
  expect(firstDifference(records(flushed, ack), records(ack, flushed))).toBe(0);
  expect(firstDifference(records(flushed), records(flushed, ack))).toBe(1);
  expect(firstDifference(records(flushed, ack), records(flushed))).toBe(0);
});
