import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeText, encodeText } from '../base/bytes';
import { WHOLE_KEY } from '../lsm';
import type { JobReport } from '../protocol/job';
import type { StoreMake } from '../protocol/session';
import type { SessionId, TraceBatch, TraceRecord } from '../protocol/trace';
import { inUse, listeningPort, SharedPlaces } from './testing/environment';
import { codeOf, finished, keysOf, opened, traceOf, VERSION, worker } from './testing/workers';

describe('greeting', () => {
  it('refuses a page of another version', async () => {
    expect(await codeOf(() => worker().host.hello(99))).toBe('protocol_version');
  });

  it('says where stores live, and who has the learner’s', async () => {
    const { host } = worker(undefined, { storage: 'memory', why: 'a private window' });
    expect(await host.hello(VERSION)).toMatchObject({ storage: 'memory', why: 'a private window', owner: 'nobody' });
    const other = worker(undefined, { findLearnerOwner: () => Promise.resolve('the other tab') }).host;
    expect(await other.hello(VERSION)).toMatchObject({ owner: 'other', ownerSentence: 'the other tab' });
    await other.openSession({ store: 'learner' });
    expect(await other.hello(VERSION)).toMatchObject({ owner: 'this' });
  });

  it('passes on that another tab has the store, and takes it over when asked', async () => {
    const places = new SharedPlaces();
    const openLearner = (_calls: unknown, takeOver: boolean): Promise<unknown> =>
      takeOver ? Promise.resolve(places.open('learner')) : Promise.reject(inUse());
    const { host } = worker(places, { openLearner });
    expect(await codeOf(() => host.openSession({ store: 'learner' }))).toBe('storage_in_use');
    expect(await host.takeOver()).toMatchObject({ owner: 'this' });
  });
});

describe('the learner’s store', () => {
  it('is there again in the next worker, after a clean close', async () => {
    const first = worker();
    await opened(first.host, { store: 'learner', grouping: 'explicit' }, 'put a 1\nflush\n');
    first.host.close();
    const second = worker(first.places);
    const info = await opened(second.host, { store: 'learner' });
    expect(info.truth).toBe('real engine, real bytes');
    expect(keysOf(second.host, info.session)).toEqual(['a']);
  });

  it('flushes by itself after the messages already queued, and says so as a command', async () => {
    const { host, environment } = worker();
    const { session } = await opened(host, { store: 'learner' }, 'put a 1\nput b 2\n');
    expect(host.describe(session).stats!.durableLsn).toBe(0);
    environment.hops.runAll();
    expect(host.describe(session).stats).toMatchObject({ durableLsn: 2, flushes: 1 });
    expect(host.commands(session).at(-1)).toMatchObject({ text: 'write', origin: 'schedule' });
  });

  it('in a browser without files is kept in memory, and labelled so', async () => {
    const { host } = worker(undefined, { storage: 'memory' });
    expect(await opened(host, { store: 'learner' })).toMatchObject({ truth: 'real engine, kept in memory' });
  });

  it('is deleted only with the token of what is deleted', async () => {
    const { host } = worker();
    const { session } = await opened(host, { store: 'learner', grouping: 'explicit' }, 'put a 1\nflush\n');
    const plan = host.planReset(session);
    expect(plan).toMatchObject({ keys: 1 });
    host.run(session, 'put b 2\nflush');
    expect(await codeOf(() => host.resetStore(session, plan.token))).toBe('command_refused');
    const fresh = await host.resetStore(session, host.planReset(session).token);
    expect(fresh.recovery!.formatted).toBe(true);
    expect(keysOf(host, fresh.session)).toEqual([]);
  });

  it('is made over a B-tree, or over the index that a reset names; one that is there stays what it is', async () => {
    const { host, places } = worker();
    const first = await opened(host, { store: 'learner', grouping: 'explicit' }, 'put a 1\nflush\n');
    expect(first.settings.format.tree).toEqual({ pageBytes: 4096, protection: 'copy_on_write' });
    expect(host.describe(first.session).description!.tree).toMatchObject({ height: 1 });

    const map = await host.resetStore(first.session, host.planReset(first.session).token, { index: 'map' });
    expect(map.settings.format.tree).toBeUndefined();
    expect(host.describe(map.session).description!.tree).toBeUndefined();
    host.run(map.session, 'put b 2\nflush');
    host.close();

    const second = worker(places);
    const again = await opened(second.host, { store: 'learner', grouping: 'explicit' });
    expect(again.settings.format, 'as it is, not as a new one would be').toEqual(map.settings.format);
    expect(keysOf(second.host, again.session)).toEqual(['b']);
    // A reset that names no index leaves that as it was.
    const fresh = await second.host.resetStore(again.session, second.host.planReset(again.session).token);
    expect(fresh.settings.format.tree).toBeUndefined();
    expect(fresh.settings.seed).not.toBe(again.settings.seed);
  });

  it('is made with versions, over the index that it had, and keeps them over another one', async () => {
    const { host } = worker();
    const first = await opened(host, { store: 'learner', grouping: 'explicit' });
    const make = (session: SessionId, what: StoreMake) => host.resetStore(session, host.planReset(session).token, what);

    const versioned = await make(first.session, { versions: true });
    expect(versioned.settings.format).toEqual({ ...first.settings.format, versions: true });
    const report = host.run(versioned.session, 'put a 1\nflush\nbegin t\nput a 2\nflush\nget a in t\ncommit t');
    expect(report.commands.map(({ result }) => result.kind)).not.toContain('failed');
    const overLsm = await make(versioned.session, { index: 'lsm' });
    expect(overLsm.settings.format).toMatchObject({ versions: true, lsm: {} });
    const plain = await make(overLsm.session, { versions: false });
    expect(plain.settings.format.versions).toBeUndefined();
    expect(plain.settings.format.lsm).toBeDefined();
  });
});

describe('a script', () => {
  it('with errors runs none of its lines', async () => {
    const { host } = worker();
    const { session } = await opened(host, { store: 'memory' });
    const report = host.run(session, 'put a 1\nputt b 2\nput c\n');
    expect(report.scriptErrors.map(({ span }) => span.line)).toEqual([2, 3]);
    expect(report.commands).toEqual([]);
    expect(keysOf(host, session)).toEqual([]);
  });

  it('is refused by a session that is not there', async () => {
    expect(await codeOf(() => worker().host.run(42, 'flush'))).toBe('session_unknown');
  });

  it('hands its trace on in batches that follow one another', async () => {
    const { host } = worker();
    const { session } = await opened(host, { store: 'simulated' }, 'put a 1\nflush\n');
    const port = listeningPort<TraceBatch>();
    host.attachTrace(session, port, 5);
    host.run(session, 'put b 2\nflush\n');
    const seqs = port.heard.flatMap(({ records }) => records.map(({ seq }) => seq));
    expect(seqs).toEqual(seqs.map((_, index) => index + 5));
    expect(seqs.at(-1)).toBe(host.describe(session).info.nextSeq - 1);
  });
});

describe('rows', () => {
  it('come by range, by prefix, by what they contain, and backwards', async () => {
    const { host } = worker();
    const { session } = await opened(
      host,
      { store: 'memory' },
      'put ab Oslo\nput aba Rome\nput b Oslo\nput "\\xff" Lima\nflush\n',
    );
    const keys = (query: object): (string | undefined)[] =>
      host.rows(session, { limit: 10, ...query }).rows.map(({ value }) => decodeText(value));
    expect(keys({ prefix: encodeText('a') })).toEqual(['Oslo', 'Rome']);
    expect(keys({ prefix: Uint8Array.of(0xff) })).toEqual(['Lima']);
    expect(keys({ contains: 'OSLO', reverse: true })).toEqual(['Oslo', 'Oslo']);
    expect(keys({ from: encodeText('aba'), to: encodeText('b') })).toEqual(['Rome']);
    expect(host.rows(session, { limit: 1 })).toMatchObject({ more: true, visited: 1 });
  });
});

describe('a table of rows on screen', () => {
  it('leaves no trace in a store over a tree that memory cannot hold: the run stays what a replay makes of it', async () => {
    const { host } = worker();
    const script = `store log 64k btree page 256 pool 2k\n`;
    const { session } = await opened(host, { store: 'by_script', script }, `load shuffled rows 60 batch 20\n`);
    const before = host.describe(session);
    const { rows } = host.rows(session, { limit: 1000 });
    const { rows: backwards } = host.rows(session, { limit: 1000, reverse: true });
    expect(rows).toHaveLength(60);
    expect(backwards).toEqual(rows.toReversed());
    expect(host.describe(session)).toEqual(before);

    host.run(session, 'put zebra striped\nflush\ncheckpoint\n');
    const fork = await host.fork(session, before.info.nextSeq - 1);
    host.rows(fork.session, { limit: 1000, contains: '7' });
    host.run(fork.session, 'put zebra striped\nflush\ncheckpoint\n');
    const untold = ({ event, io, tick }: TraceRecord): unknown => ({ event, io, tick });
    expect(traceOf(host, fork.session).map(untold)).toEqual(traceOf(host, session).map(untold));
  });
});

describe('importing', () => {
  it('loads all airports, and the filled session can still be replayed', async () => {
    const { host } = worker();
    const { session } = await opened(host, { store: 'memory', format: { logBytes: 256 * 1024, extentBytes: 4096 } });
    const text = readFileSync('public/data/airports.csv', 'utf8');
    const preview = host.previewTable({ name: 'airports.csv', format: 'csv', text });
    expect(preview).toMatchObject({ dataset: 'airports', goodRows: 3376, keyColumn: 'iata', faults: [] });
    const reports = await finished(host, () => host.importRows(session, 'airports'));
    expect(reports.at(-1)).toMatchObject({ state: 'finished', done: 3376, total: 3376 });
    expect(host.describe(session).stats!.keys).toBe(3376);

    const fork = await host.fork(session, Infinity);
    expect(traceOf(host, fork.session).length).toBe(traceOf(host, session).length);
    expect(host.describe(fork.session).stats).toEqual(host.describe(session).stats);
  });

  it('loads into a store of a lesson too, whose batches are short', async () => {
    const { host } = worker();
    const format = { logBytes: 16 * 1024, extentBytes: 512, lsm: { filterPrefix: WHOLE_KEY } };
    const { session } = await opened(host, { store: 'memory', format });
    const text = readFileSync('public/data/airports.csv', 'utf8').split('\n').slice(0, 400).join('\n');
    host.previewTable({ name: 'airports.csv', format: 'csv', text });
    const reports = await finished(host, () => host.importRows(session, 'airports'));
    expect(reports.at(-1)).toMatchObject({ state: 'finished', done: 399 });
  });

  it('can be cancelled between two slices: what is in stays in', async () => {
    const { host } = worker();
    const { session } = await opened(host, { store: 'memory' });
    const rows = Array.from({ length: 3000 }, (_, index) => `${index},x`).join('\n');
    host.previewTable({ name: 'many', format: 'csv', text: `id,x\n${rows}` });
    const port = listeningPort<JobReport>();
    host.attachJobs(port);
    const job = host.importRows(session, 'many');
    while (port.heard.length < 2) await Promise.resolve();
    host.cancelJob(job);
    while (port.heard.at(-1)!.state === 'running') await Promise.resolve();
    const { done, state } = port.heard.at(-1)!;
    expect(state).toBe('cancelled');
    expect(host.describe(session).stats!.keys).toBe(done);
    expect(await codeOf(() => host.cancelJob(job))).toBe('job_unknown');
  });

  it('a backup makes the store hold exactly what it holds; a damaged one changes nothing', async () => {
    const { host } = worker();
    const source = await opened(host, { store: 'memory' }, 'put a 1\nput b 2\nflush\n');
    const backup = host.exportBackup(source.session);
    const target = await opened(host, { store: 'memory' }, 'put aa between\nput b old\nput c 3\nflush\n');
    const flipped = backup.slice();
    flipped[50]! ^= 1;
    expect(await codeOf(() => host.importBackup(target.session, flipped))).toBe('backup_damaged');
    expect(keysOf(host, target.session)).toEqual(['aa', 'b', 'c']);
    const reports = await finished(host, () => host.importBackup(target.session, backup));
    expect(reports.at(-1)).toMatchObject({ state: 'finished' });
    expect(host.rows(target.session, { limit: 9 }).rows).toEqual(host.rows(source.session, { limit: 9 }).rows);
  });
});

describe('a fork', () => {
  const RUN = 'put a 1\nflush\nput b 2\nflush\ncrash at +1\nput c 3\nflush\nreopen\nput d 4\nflush\n';

  it('at every record has done what the session had, up to the command boundary before it', async () => {
    const { host } = worker();
    const { session } = await opened(host, { store: 'scratch' }, RUN);
    const original = traceOf(host, session);
    for (let seq = 0; seq < original.length; seq += 7) {
      const fork = await host.fork(session, seq);
      const replayed = traceOf(host, fork.session);
      expect(replayed).toEqual(original.slice(0, replayed.length));
      expect(replayed.length - 1).toBeLessThanOrEqual(Math.max(seq, firstCommandEnd(original)));
      expect(fork).toMatchObject({ store: 'scratch', forkedFrom: { session, seq } });
      await host.closeSession(fork.session);
    }
  });

  it('at the last record of a command has done that command', async () => {
    const { host } = worker();
    const { session } = await opened(host, { store: 'scratch' }, RUN);
    const entries = host.commands(session);
    for (const entry of entries.slice(1)) {
      const fork = await host.fork(session, entry.firstSeq - 1);
      expect(host.commands(fork.session)).toEqual(entries.slice(0, entry.command));
    }
  });

  it('goes its own way from there, and leaves the session as it is', async () => {
    const { host } = worker();
    const { session } = await opened(host, { store: 'scratch' }, 'put a 1\nflush\n');
    const fork = await host.fork(session, Infinity);
    host.run(fork.session, 'delete a\nflush\n');
    expect([keysOf(host, session), keysOf(host, fork.session)]).toEqual([['a'], []]);
  });
});

const firstCommandEnd = (records: readonly TraceRecord[]): number =>
  records.findLastIndex(({ command }) => command === 0);
