import { describe, expect, it } from 'vitest';
import { encodeText } from '../base/bytes';
import { lsn, logPosition } from '../base/ids';
import type { Entry } from '../base/ordered_index';
import type { RecoveryReport } from '../kv_store';
import type { LedgerCommit, Verdict } from '../protocol/drill';
import { judge, type Evidence } from './judge';

const entry = (key: string, value: string): Entry => ({ key: encodeText(key), value: encodeText(value) });
const put = (key: string, value: string) => ({ kind: 'put', ...entry(key, value) }) as const;
const RECORD = 20;

/** Three strict commits, acknowledged and flushed, one key each. */
const commit = (number: number, change: Partial<LedgerCommit> = {}): LedgerCommit => ({
  lsn: lsn(number),
  client: 1,
  mode: 'strict',
  operations: [put(`k${number}`, `v${number}`)],
  acknowledged: true,
  flushed: true,
  recordBytes: RECORD,
  written: [{ at: number * RECORD, bytes: new Uint8Array(RECORD).fill(number) }],
  ...change,
});
const COMMITS = [commit(1), commit(2), commit(3)];
const LOG = Uint8Array.from({ length: 5 * RECORD }, (_, at) => Math.floor(at / RECORD));

const report = (lastLsn: number, change: Partial<RecoveryReport> = {}): RecoveryReport => ({
  formatted: false,
  slot: 0,
  otherSlot: 'same',
  checkpointLsn: lsn(0),
  checkpointKeys: 0,
  recordsScanned: lastLsn,
  recordsApplied: lastLsn,
  recordsSkipped: 0,
  logBytesScanned: 0,
  lastLsn: lsn(lastLsn),
  end: 'end_clean',
  reason: '',
  position: logPosition(0),
  ticks: 0,
  ...change,
});

function verdict(change: Partial<Evidence>): Verdict {
  return judge({
    crash: 'power_cut',
    before: [entry('old', 'x')],
    commits: COMMITS,
    recovered: [entry('old', 'x'), entry('k1', 'v1'), entry('k2', 'v2'), entry('k3', 'v3')],
    recovery: report(3),
    failure: undefined,
    crashAlone: false,
    log: LOG,
    ...change,
  });
}

describe('the judge', () => {
  it('finds nothing wrong where all acknowledged commits are there', () => {
    const result = verdict({});
    expect(result).toMatchObject({
      letter: 'A',
      prefix: true,
      prefixCommits: 3,
      acknowledgedKept: 3,
      acknowledgedLost: 0,
    });
    expect(result.commits.map(({ fate, recordInFile }) => [fate, recordInFile])).toEqual(
      Array(3).fill(['kept', 'whole']),
    );
  });

  it('goes red when an acknowledged commit is missing', () => {
    const recovered = [entry('old', 'x'), entry('k1', 'v1'), entry('k2', 'v2')];
    const result = verdict({ recovered, recovery: report(2) });
    expect(result).toMatchObject({ letter: 'S', prefixCommits: 2, acknowledgedLost: 1 });
    expect(result.commits[2]!.why).toContain('must not be');
  });

  it('goes red when a commit in the middle is missing, although the last one is there', () => {
    const recovered = [entry('old', 'x'), entry('k1', 'v1'), entry('k3', 'v3')];
    const result = verdict({ recovered });
    expect(result).toMatchObject({ letter: 'S', prefix: false, acknowledgedLost: 1 });
    expect(result.commits.map(({ fate }) => fate)).toEqual(['kept', 'lost', 'kept']);
  });

  it('goes red when half of a commit is there, acknowledged or not', () => {
    const half = commit(3, { acknowledged: false, flushed: false, operations: [put('k3', 'v3'), put('k4', 'v4')] });
    const result = verdict({ commits: [commit(1), commit(2), half] });
    expect(result.letter).toBe('S');
    expect(result.commits[2]!.fate).toBe('half');
  });

  it('goes red when something is there that nobody wrote', () => {
    const recovered = [entry('old', 'y'), entry('k1', 'v1'), entry('k2', 'v2'), entry('k3', 'v3')];
    expect(verdict({ recovered }).letter).toBe('S');
  });

  it('lets a relaxed commit go in a power cut, but not in a crash, and not once it was flushed', () => {
    const recovered = [entry('old', 'x'), entry('k1', 'v1'), entry('k2', 'v2')];
    const relaxed = commit(3, { mode: 'relaxed', flushed: false });
    const lost = { commits: [commit(1), commit(2), relaxed], recovered, recovery: report(2) };
    expect(verdict(lost).letter).toBe('L');
    expect(verdict({ ...lost, crash: 'kill' }).letter).toBe('S');
    expect(verdict({ ...lost, commits: [commit(1), commit(2), { ...relaxed, flushed: true }] }).letter).toBe('S');
  });

  it('allows what was not acknowledged to be there, or not, and says how much of it the file had', () => {
    const open = commit(3, { acknowledged: false, flushed: false });
    expect(verdict({ commits: [commit(1), commit(2), open] })).toMatchObject({ letter: 'A', unacknowledgedKept: 1 });

    const gone = { recovered: [entry('old', 'x'), entry('k1', 'v1'), entry('k2', 'v2')], recovery: report(2) };
    const inFile = (log: Uint8Array): unknown =>
      verdict({ commits: [commit(1), commit(2), open], log, ...gone }).commits[2]!.recordInFile;
    const torn = LOG.slice().fill(0, 3 * RECORD + 7);
    expect([inFile(LOG), inFile(torn), inFile(new Uint8Array(LOG.length))]).toEqual(['whole', 'part', 'none']);
  });

  it('takes the number of commits that recovery names where a commit changed nothing', () => {
    const idle = commit(3, { acknowledged: false, operations: [put('k2', 'v2')] });
    const recovered = [entry('old', 'x'), entry('k1', 'v1'), entry('k2', 'v2')];
    const commits = [commit(1), commit(2), idle];
    expect(verdict({ commits, recovered, recovery: report(2) }).prefixCommits).toBe(2);
    expect(verdict({ commits, recovered, recovery: report(3) }).prefixCommits).toBe(3);
  });

  it('tells damage that was reported from a failure of any other kind', () => {
    const failed = (code: 'log_damaged' | 'read_failed'): Verdict =>
      verdict({ recovered: [], recovery: undefined, failure: { code, message: 'it says so', place: {} } });
    expect(failed('log_damaged').letter).toBe('D');
    expect(failed('read_failed').letter).toBe('F');
    expect(verdict({ recovery: report(3, { end: 'damaged' }) }).letter).toBe('D');
  });

  it('calls it a failure when a store says that a crash alone damaged it', () => {
    const failure = { code: 'log_damaged', message: 'it says so', place: {} } as const;
    expect(verdict({ recovered: [], recovery: undefined, failure, crashAlone: true }).letter).toBe('F');
    expect(verdict({ recovery: report(3, { end: 'damaged' }), crashAlone: true }).letter).toBe('F');
  });
});
