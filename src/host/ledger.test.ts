import { describe, expect, it } from 'vitest';
import { encodeText } from '../base/bytes';
import { logPosition, lsn } from '../base/ids';
import type { LabEvent } from '../protocol/trace';
import { Ledger } from './ledger';
import { runScript } from './testing/sessions';

const LOG_BYTES = 1024;

function ledgerOf(events: readonly LabEvent[]): Ledger {
  const ledger = new Ledger([], LOG_BYTES);
  for (const event of events) {
    if (event.kind === 'store.commit_submitted') ledger.handIn([{ kind: 'delete', key: encodeText('k') }]);
    ledger.observe(event);
  }
  return ledger;
}

const submitted = (number: number): LabEvent => ({
  kind: 'store.commit_submitted',
  lsn: lsn(number),
  client: 0,
  mode: 'strict',
  operations: [],
});
const buffered = (number: number, position: number, bytes: number): LabEvent => ({
  kind: 'wal.record_buffered',
  lsn: lsn(number),
  position: logPosition(position),
  bytes,
  group: logPosition(0),
});
const written = (at: number, length: number, count = length): LabEvent => ({
  kind: 'storage.file_written',
  file: 'log',
  at,
  bytes: new Uint8Array(length).fill(7),
  count,
  result: 'ok',
});

describe('the ledger', () => {
  it('knows which commits a flush covered', () => {
    const ledger = ledgerOf([submitted(1), submitted(2), { kind: 'wal.group_flushed', durableLsn: lsn(1) }]);
    expect(ledger.commits().map(({ flushed }) => flushed)).toEqual([true, false]);
  });

  it('keeps what was written of each record, in two pieces where the tape wraps', () => {
    const [commit] = ledgerOf([
      submitted(1),
      buffered(1, 3 * LOG_BYTES - 10, 30),
      written(1000, 24),
      written(0, 512),
    ]).commits();
    expect(commit!.recordBytes).toBe(30);
    expect(commit!.written!.map(({ at, bytes }) => [at, bytes.length])).toEqual([
      [1014, 10],
      [0, 20],
    ]);
  });

  it('counts only the bytes that the device took', () => {
    const [commit] = ledgerOf([submitted(1), buffered(1, 100, 30), written(96, 200, 10)]).commits();
    expect(commit!.written!.map(({ at, bytes }) => [at, bytes.length])).toEqual([[100, 6]]);
  });

  it('forgets a commit that was refused, but not one that is in doubt', () => {
    const rejected = (number: number, code: 'write_failed' | 'commit_unknown'): LabEvent => ({
      kind: 'store.commit_rejected',
      lsn: lsn(number),
      client: 0,
      code,
    });
    const ledger = ledgerOf([submitted(1), submitted(2), rejected(2, 'write_failed'), rejected(1, 'commit_unknown')]);
    expect(ledger.commits().map((commit) => commit.lsn)).toEqual([1]);
  });

  it('forgets what a recovery did not find: its numbers are given out again', () => {
    const session = runScript('put a 1\nflush\nput b 2\ncrash\nreopen\nput c 3\nflush\n', {}, { keepLedger: true });
    const commits = session.ledger!.commits();
    expect(commits.map((commit) => [commit.lsn, commit.acknowledged])).toEqual([
      [1, true],
      [2, true],
    ]);
    expect(commits[1]!.operations[0]!.key).toEqual(encodeText('c'));
  });
});
