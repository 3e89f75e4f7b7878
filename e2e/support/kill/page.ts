/**
 * The page of the kill suite. It connects to the lab's worker with the lab's own `connect()`, keeps the list of what it
 * was told, kills, and judges the data that a new worker reads back. What it finds it returns; the test asserts.
 */
import { decodeText, encodeText } from '../../../src/base/bytes';
import { SeededRandom } from '../../../src/base/runtime';
import type { AcknowledgementNote, DrillPlan } from '../../../src/protocol/drill';
import type { LabApi } from '../../../src/protocol/lab_api';
import type { LsmTuning } from '../../../src/lsm';
import type { StoreStats, TreeFormat } from '../../../src/kv_store/types';
import type { CommandEntry } from '../../../src/protocol/results';
import type { SessionSpec } from '../../../src/protocol/session';
import type { SessionId, TraceBatch, TraceRecord } from '../../../src/protocol/trace';
import { PROTOCOL_VERSION } from '../../../src/protocol/trace';
import { connect, type Connection } from '../../../src/ui/connect';
import { COMPACTION_FORMAT, compactionRun, compactionTuning } from './compaction_run';
import { FORMAT, contentsAfter, fixedRun, judgeFixedRun, type Contents, type FixedRun } from './fixed_run';
import { CLIENTS, LoadClient, judgeLoad } from './load';
import { splitFormat, splitRun } from './split_run';
import { VERSIONS_FORMAT, versionsRun } from './versions_run';

export type PolicyName = LsmTuning['policy']['kind'];

/** An I/O of the fixed run, and how many bytes of it, if it is a write, were to land. */
export interface Stop {
  readonly io: number;
  readonly prefixBytes?: number;
}
export interface RunIo extends Stop {
  readonly call: 'write' | 'flush' | 'truncate';
  readonly file: string;
  readonly bytes: number;
}

export interface KillResult {
  readonly stop: Stop;
  /** Commits the engine had begun, and those the page had been told yes for. */
  readonly submitted: number;
  readonly acknowledged: number;
  /** How many commits came back; undefined: not the state after any number of them. */
  readonly prefix: number | undefined;
  /** What must not be, in words. */
  readonly findings: readonly string[];
}

export interface LoadKillResult {
  readonly answersBefore: number;
  readonly submitted: number;
  /** When `terminate()` was called, and at the end: answers on their way still arrive. */
  readonly acknowledgedAtKill: number;
  readonly acknowledged: number;
  readonly recovered: number;
  readonly checkpointLsn: number;
  readonly findings: readonly string[];
}

/** The last checkpoint of a run over a tree. */
export interface SplitRehearsal {
  readonly ios: readonly RunIo[];
  /** Leaf splits between the checkpoint before and this one. */
  readonly splitsBefore: number;
  readonly pagesWritten: number;
}

/** The last checkpoint of a run over an LSM tree, and what came after it. */
export interface CompactionRehearsal {
  readonly ios: readonly RunIo[];
  /** Tables that were written from memory, and compactions that ended. */
  readonly flushes: number;
  readonly compactions: number;
}

/** Transactions that commit while others are open, and a vacuum. */
export interface VersionsRehearsal {
  readonly ios: readonly RunIo[];
  readonly collected: number;
  readonly slices: number;
  /** Groups of more than one commit. */
  readonly shared: number;
}

/** A session of a fixed run that has run to its end in a worker that is not killed: every kill is planned on it. */
interface Rehearsal {
  readonly run: FixedRun;
  readonly planner: Connection;
  readonly session: SessionId;
  readonly ios: readonly RunIo[];
}

let rehearsal: Rehearsal | undefined;
/** Kills under way at the same time, each in a store of its own: most of a kill is waiting for the files of the dead. */
const LANES = 4;

const kills = {
  /** Runs the 20 commits once; returns the I/Os that they make. */
  async rehearse(seed: number): Promise<{ ios: readonly RunIo[]; checkpoints: number; logBytesWritten: number }> {
    const { ios, stats } = await rehearsed(fixedRun(seed), { seed, format: FORMAT });
    const { checkpoints = 0, logBytesWritten = 0 } = stats ?? {};
    return { ios, checkpoints, logBytesWritten };
  },

  /** Runs up to a checkpoint that carries a split; returns the I/Os of that checkpoint, and what it was about. */
  async rehearseSplit(protection: TreeFormat['protection']): Promise<SplitRehearsal> {
    const { commands, ios, records } = await rehearsed(splitRun(), { seed: 1, format: splitFormat(protection) });
    const [before, last] = commands.filter(({ text }) => text === 'checkpoint') as [CommandEntry, CommandEntry];
    const events = (from: number, kind: string): number =>
      records.filter(({ event, seq }) => event.kind === kind && seq > from).length;
    return {
      ios: ios.filter(({ io }) => io > last.ioBefore),
      splitsBefore: events(before.firstSeq, 'btree.leaf_split'),
      pagesWritten: events(last.firstSeq, 'btree.page_written'),
    };
  },

  /** Runs through a flush and the compaction behind it; returns the I/Os of the two, and what they did. */
  async rehearseCompaction(policy: PolicyName): Promise<CompactionRehearsal> {
    const spec = { seed: 1, format: COMPACTION_FORMAT, tuning: compactionTuning(policy) };
    const { commands, ios, records } = await rehearsed(compactionRun(), spec);
    const last = commands.findLast(({ text }) => text === 'checkpoint')!;
    const edits = (cause: string): number =>
      records.filter(
        ({ event, seq }) => event.kind === 'lsm.version_edited' && event.cause === cause && seq > last.firstSeq,
      ).length;
    return {
      ios: ios.filter(({ io }) => io > last.ioBefore),
      flushes: edits('flush'),
      compactions: edits('compaction'),
    };
  },

  /** Runs commits of transactions and a vacuum with others open; returns all I/Os behind the opening, and what there was. */
  async rehearseVersions(): Promise<VersionsRehearsal> {
    const { commands, ios, records } = await rehearsed(versionsRun(), { seed: 1, format: VERSIONS_FORMAT });
    const began = commands.find(({ text }) => text.startsWith('begin'))!;
    const count = (kind: string): number => records.filter(({ event }) => event.kind === kind).length;
    const groups = records.flatMap(({ event }) => (event.kind === 'wal.group_written' ? [event] : []));
    return {
      ios: ios.filter(({ io }) => io > began.ioBefore),
      collected: count('mvcc.version_collected'),
      slices: count('mvcc.vacuum_advanced'),
      shared: groups.filter(({ firstLsn, lastLsn }) => lastLsn > firstLsn).length,
    };
  },

  /** The latched stop at each of these. */
  async killAt(stops: readonly Stop[]): Promise<KillResult[]> {
    const results = new Map<Stop, KillResult>();
    const lanes = Array.from({ length: LANES }, async (_, lane) => {
      const killer = new Killer();
      for (const stop of stops.filter((_stop, index) => index % LANES === lane)) {
        results.set(stop, await killer.kill(stop));
      }
      await killer.end();
    });
    await Promise.all(lanes);
    return stops.map((stop) => results.get(stop)!);
  },

  /** Parks a worker at each of these, all at the same time: a parked worker keeps its files for two more seconds. */
  async parkAt(stops: readonly Stop[]): Promise<KillResult[]> {
    return Promise.all(stops.map(killParked));
  },

  /** Loads a store until so many answers were heard, and some milliseconds longer; then kills without asking. */
  async killUnderLoad(seed: number, count: number): Promise<LoadKillResult[]> {
    const random = new SeededRandom(seed);
    const results: LoadKillResult[] = [];
    // One after the other: the store belongs to the victim's own session of scratch, and when that is dead, the next
    // victim would clear it away before anybody has looked.
    for (let kill = 0; kill < count; kill++) {
      const answersBefore = 50 + random.below(800);
      results.push(await killLoaded(random.next(), answersBefore, random.below(4000) / 1000));
    }
    return results;
  },

  /** A fixed run whose strict commits are acknowledged before their flush, and the power cut at its last flush of the log. */
  async cutPowerUnprotected(seed: number): Promise<{ letter: string; acknowledged: number; result: KillResult }> {
    const run = fixedRun(seed);
    const worker = await started('unprotected');
    const protections = { flushBeforeAcknowledge: false };
    const { session } = await worker.api.openSession({ store: 'simulated', seed, format: FORMAT, protections });
    const { state } = await worker.api.run(session, run.script);
    const ios = iosOf(await recordsOf(worker.api, session, state.info.nextSeq));
    const io = ios.findLast(({ call, file }) => call === 'flush' && file === 'log')!.io;
    const plan = await worker.api.planDrill(session, { io });
    const board = await worker.api.openPowerCut(plan);
    const outcome = await worker.api.cutPower(board.board, { keep: [], torn: [] });
    const told = new Set(outcome.verdict.commits.filter((commit) => commit.acknowledged).map(({ lsn }) => Number(lsn)));
    const contents = await contentsOf(worker.api, outcome.session.session);
    await worker.end();
    return {
      letter: outcome.verdict.letter,
      acknowledged: told.size,
      result: resultOf(run, { io }, contents, told, outcome.verdict.commits.length),
    };
  },

  /** What the judges say when they are lied to about a real kill: each of these must be findings. */
  async lies(): Promise<{ honest: readonly string[]; missing: readonly string[]; half: readonly string[] }> {
    const { run, ios } = rehearsal!;
    const io = ios.findLast(({ call, file }) => call === 'flush' && file === 'log')!.io;
    const killer = new Killer();
    const { contents, heard, submitted } = await killer.killAndRead({ io: io - 1 });
    await killer.end();
    const findings = (told: ReadonlySet<number>, recovered: Contents): readonly string[] =>
      resultOf(run, { io }, recovered, told, submitted).findings;
    const { prefix } = judgeFixedRun(run.commits, contents, heard);
    const batch = run.commits.findLastIndex(({ writes }, index) => index < prefix! && writes.length > 1);
    const torn = new Map(contentsAfter(run.commits, batch + 1));
    torn.delete(run.commits[batch]!.writes[0]!.key);
    return {
      honest: findings(heard, contents),
      missing: findings(new Set([...heard, prefix! + 1]), contents),
      half: findings(heard, torn),
    };
  },

  async end(): Promise<void> {
    await rehearsal?.planner.end();
  },
};

declare global {
  interface Window {
    kills: typeof kills;
  }
}
window.kills = kills;

// ---- the rehearsal

/** A run to its end, in a worker that is not killed. */
async function rehearsed(
  run: FixedRun,
  spec: Pick<SessionSpec, 'seed' | 'format' | 'tuning'>,
): Promise<{
  ios: readonly RunIo[];
  records: readonly TraceRecord[];
  commands: readonly CommandEntry[];
  stats: StoreStats | undefined;
}> {
  await rehearsal?.planner.end();
  const planner = await started('lab');
  const { session } = await planner.api.openSession({ store: 'scratch', ...spec });
  const { commands, scriptErrors, state } = await planner.api.run(session, run.script);
  const lsns = commands.flatMap(({ result }) => (result.kind === 'submitted' ? [result.lsn] : []));
  const failed = commands.filter(({ result }) => result.kind === 'failed');
  if (scriptErrors.length > 0 || failed.length > 0) throw new Error(JSON.stringify([scriptErrors, failed]));
  if (lsns.some((lsn, index) => lsn !== index + 1)) throw new Error(`commit n has LSN n; here: ${lsns.join()}`);
  const contents = await contentsOf(planner.api, session);
  if (judgeFixedRun(run.commits, contents, new Set(lsns)).prefix !== run.commits.length) {
    throw new Error('without any kill the store does not hold what the commits put there');
  }
  const records = await recordsOf(planner.api, session, state.info.nextSeq);
  const ios = iosOf(records);
  rehearsal = { run, planner, session, ios };
  return { ios, records, commands, stats: state.stats };
}

// ---- the latched stop

interface Left {
  readonly contents: Contents;
  readonly heard: ReadonlySet<number>;
  readonly submitted: number;
  /** What the lab's own judge said. */
  readonly letter: string;
  readonly problem: string | undefined;
}

/** Kills one worker after the other. The one that recovered from the last kill is the next victim: half as many start. */
class Killer {
  #victim = started('victim');

  async kill(stop: Stop): Promise<KillResult> {
    const { contents, heard, letter, problem, submitted } = await this.killAndRead(stop);
    const result = resultOf(rehearsal!.run, stop, contents, heard, submitted);
    const findings = [...result.findings];
    if (problem !== undefined) findings.push(problem);
    // It looked at the same files, by other means.
    if ((letter === 'A') !== (findings.length === 0)) findings.push(`the lab's verdict is ${letter}`);
    return { ...result, findings };
  }

  async killAndRead(stop: Stop): Promise<Left> {
    const { planner, session } = rehearsal!;
    const victim = await this.#victim;
    const heir = started('victim');
    this.#victim = heir;
    const plan = await planner.api.planDrill(session, { io: stop.io }, stop.prefixBytes);
    const { heard, port } = acknowledgements();
    const report = await victim.api.runToStop(plan, port);
    if (!report.stopped) throw new Error(`the run ended before I/O ${stop.io}`);
    await heard.reach(report.commits.filter(({ acknowledged }) => acknowledged).length);
    victim.terminate();

    const { api } = await heir;
    const outcome = await api.reopenAfterStop(plan, report, [...heard.lsns]);
    const { failure, session: reopened } = outcome.session;
    const contents = failure === undefined ? await contentsOf(api, reopened) : new Map<string, string>();
    const problem =
      failure === undefined ? await goesOn(api, reopened, rehearsal!.run.afterwards) : `does not open: ${failure.code}`;
    await api.closeSession(reopened);
    await planner.api.discardDrill(plan);
    const submitted = report.commits.length;
    return { contents, heard: heard.lsns, submitted, letter: outcome.verdict.letter, problem };
  }

  async end(): Promise<void> {
    await (await this.#victim).end();
  }
}

/** A recovered store is whole, and takes the next commit. */
async function goesOn(api: LabApi, session: SessionId, afterwards?: string): Promise<string | undefined> {
  const { commands } = await api.run(session, 'check\nput after_the_crash yes\nflush\nget after_the_crash');
  const [checked, , , got] = commands.map(({ result }) => result);
  if (checked?.kind !== 'checked' || checked.findings.length > 0) return `check: ${JSON.stringify(checked)}`;
  if (got?.kind !== 'value' || got.value === undefined) return `the next commit: ${JSON.stringify(commands)}`;
  if (afterwards === undefined) return undefined;
  const more = (await api.run(session, afterwards)).commands.map(({ result }) => result);
  const isWell = more.every((one) => one.kind !== 'failed' && (one.kind !== 'checked' || one.findings.length === 0));
  return isWell ? undefined : `afterwards: ${JSON.stringify(more)}`;
}

// ---- the parked stop

async function killParked({ io, prefixBytes }: Stop): Promise<KillResult> {
  const { ios, planner, run, session } = rehearsal!;
  // The latch never closes: the files park on their own, at the same I/O.
  const whole = await planner.api.planDrill(session, { io: ios.at(-1)!.io });
  const plan: DrillPlan = { ...whole, stop: { io: Number.MAX_SAFE_INTEGER } };
  let parked: (at: number) => void = () => undefined;
  const isParked = new Promise<number>((resolve) => (parked = resolve));
  const victim = await started(
    ['parked', io, ...(prefixBytes === undefined ? [] : [prefixBytes])].join(':'),
    (name) => {
      const worker = new Worker(new URL('./parking_test.worker.ts', import.meta.url), { type: 'module', name });
      worker.addEventListener('message', ({ data }: MessageEvent<{ parkedAt?: number }>) => {
        if (data.parkedAt !== undefined) parked(data.parkedAt);
      });
      return worker;
    },
  );
  const { heard, port } = acknowledgements();
  const ended = victim.api.runToStop(plan, port).then(
    () => 'finished',
    () => 'killed',
  );
  const what = await Promise.race([isParked, ended]);
  victim.terminate();
  if (what !== io) throw new Error(`was to park at I/O ${io}: ${what}`);

  const heir = await started('heir');
  const reopened = await heir.api.openSession({ store: 'scratch', folder: plan.folder, seed: io });
  if (reopened.failure !== undefined) throw new Error(reopened.failure.message);
  const contents = await contentsOf(heir.api, reopened.session);
  const problem = await goesOn(heir.api, reopened.session);
  await heir.end();
  await planner.api.discardDrill(plan);
  const result = resultOf(run, { io, ...(prefixBytes !== undefined && { prefixBytes }) }, contents, heard.lsns);
  return problem === undefined ? result : { ...result, findings: [...result.findings, problem] };
}

// ---- the kill without cooperation

async function killLoaded(seed: number, answersBefore: number, waitMilliseconds: number): Promise<LoadKillResult> {
  const victim = await started('loaded');
  const { api } = victim;
  const format = { logBytes: 64 * 1024, extentBytes: 4096 };
  const opened = await api.openSession({ store: 'scratch', traced: false, grouping: 'hop', seed, format });
  const { folder } = opened;
  if (folder === undefined) throw new Error('there are no real files here');
  let answers = 0;
  let enough: () => void = () => undefined;
  const isEnough = new Promise<void>((resolve) => (enough = resolve));
  const clients: LoadClient[] = [];
  for (let client = 1; client <= CLIENTS; client++) {
    const { port1, port2 } = new MessageChannel();
    await api.attachClients(opened.session, port2);
    const onAnswer = (): void => {
      if (++answers === answersBefore) enough();
    };
    clients.push(new LoadClient(client, port1, onAnswer));
  }
  const told = (): number => clients.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);
  for (const client of clients) client.start();
  await isEnough;
  // Off the rhythm of the answers: the instant may fall anywhere in a group.
  await new Promise((resolve) => setTimeout(resolve, waitMilliseconds));
  victim.terminate();
  const acknowledgedAtKill = told();
  for (const client of clients) client.kill();

  const heir = await started('heir');
  const reopened = await heir.api.openSession({ store: 'scratch', folder, seed: seed ^ 1 });
  const { failure, recovery } = reopened;
  if (recovery === undefined) throw new Error(failure?.message ?? 'it did not open');
  const contents = await contentsOf(heir.api, reopened.session);
  const { findings, recovered } = judgeLoad(clients, contents, recovery.lastLsn);
  const refused = clients.flatMap((client) => client.refused);
  const problem = await goesOn(heir.api, reopened.session);
  await heir.api.closeSession(reopened.session);
  await heir.end();
  return {
    answersBefore,
    submitted: clients.reduce((sum, client) => sum + client.submitted, 0),
    acknowledgedAtKill,
    acknowledged: told(),
    recovered,
    checkpointLsn: recovery.checkpointLsn,
    findings: [...findings, ...refused, ...(problem === undefined ? [] : [problem])],
  };
}

// ---- shared

async function started(name: string, start?: Parameters<typeof connect>[1]): Promise<Connection> {
  const connection = connect(name, start);
  const { storage, why } = await connection.api.hello(PROTOCOL_VERSION);
  if (storage !== 'opfs') throw new Error(`the store is not in real files: ${why ?? ''}`);
  return connection;
}

class Heard {
  readonly lsns = new Set<number>();
  #wanted = Infinity;
  #reached: () => void = () => undefined;

  add(lsn: number): void {
    this.lsns.add(lsn);
    if (this.lsns.size >= this.#wanted) this.#reached();
  }

  /** They come on a port of their own, and the last may be behind the worker's report. */
  async reach(count: number): Promise<void> {
    this.#wanted = count;
    await new Promise<void>((resolve) => {
      this.#reached = resolve;
      if (this.lsns.size >= count) resolve();
    });
  }
}

function acknowledgements(): { heard: Heard; port: MessagePort } {
  const { port1, port2 } = new MessageChannel();
  const heard = new Heard();
  port1.onmessage = ({ data }: MessageEvent<AcknowledgementNote>) => heard.add(data.lsn);
  return { heard, port: port2 };
}

function resultOf(
  run: FixedRun,
  stop: Stop,
  contents: Contents,
  heard: ReadonlySet<number>,
  submitted = heard.size,
): KillResult {
  const { half, lost, prefix } = judgeFixedRun(run.commits, contents, heard);
  const findings: string[] = [];
  if (lost.length > 0) findings.push(`acknowledged and missing: ${lost.join(', ')}`);
  if (half.length > 0) findings.push(`half there: ${half.join(', ')}`);
  if (prefix === undefined) findings.push('not the state after any number of commits');
  return { stop, submitted, acknowledged: heard.size, prefix, findings };
}

/** Everything the store holds, read through the worker. */
async function contentsOf(api: LabApi, session: SessionId): Promise<Contents> {
  const contents = new Map<string, string>();
  const { more, rows } = await api.rows(session, { from: encodeText(' '), limit: 10_000 });
  if (more) throw new Error('more rows than the suite can have written');
  for (const { key, value } of rows) contents.set(decodeText(key) ?? 'not text', decodeText(value) ?? 'not text');
  return contents;
}

/** The whole trace of a session. */
async function recordsOf(api: LabApi, session: SessionId, nextSeq: number): Promise<TraceRecord[]> {
  const { port1, port2 } = new MessageChannel();
  const records: TraceRecord[] = [];
  const isWhole = new Promise<void>((resolve) => {
    port1.onmessage = ({ data }: MessageEvent<TraceBatch>) => {
      records.push(...data.records);
      if ((records.at(-1)?.seq ?? -1) >= nextSeq - 1) resolve();
    };
  });
  await api.attachTrace(session, port2, 0);
  await isWhole;
  port1.close();
  return records;
}

function iosOf(records: readonly TraceRecord[]): RunIo[] {
  return records.flatMap(({ event, io }): RunIo[] => {
    switch (event.kind) {
      case 'storage.file_written':
        return [{ io, call: 'write', file: event.file, bytes: event.bytes.length }];
      case 'storage.file_flushed':
        return [{ io, call: 'flush', file: event.file, bytes: 0 }];
      case 'storage.file_truncated':
        return [{ io, call: 'truncate', file: event.file, bytes: 0 }];
      default:
        return [];
    }
  });
}
