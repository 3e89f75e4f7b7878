/**
 * Drills, each side of them: planning (where the session is), running to the stop (in a worker that will be killed),
 * reopening and judging (in the next one), and the power cut, which one worker does alone on the simulated device.
 * `protocol/drill.ts` draws who calls what where.
 */
import type { Entry } from '../base/ordered_index';
import type {
  AcknowledgementNote,
  DrillOutcome,
  DrillPlan,
  PlannedCommand,
  LoadRecord,
  PowerCutBoard,
  PowerCutBoardId,
  PowerCutChoice,
  StopReport,
} from '../protocol/drill';
import type { SessionInfo, SessionSettings, StoreImages } from '../protocol/session';
import type { TraceRecord } from '../protocol/trace';
import type { FileFlushed, FileTruncated, FileWritten } from '../storage/events';
import { datasetOf } from '../workload/datasets';
import type { Port } from './commit_port';
import type { DatasetLibrary } from './dataset_library';
import { totalBytes } from './device';
import type { HostEnvironment } from './environment';
import { judge, type Evidence } from './judge';
import { LabError } from './lab_error';
import { loadLedger } from './load';
import { assertOnRealFiles, datasetsOf, planned, replay } from './replay';
import type { Session } from './session';
import { lengthsOf, type SessionOpener } from './session_opener';

/** Far from the seeds that one session draws from: the openings of a reopened store take new salts. */
const REOPENED_SEED_STEP = 1_000_003;

interface Board {
  readonly plan: DrillPlan;
  readonly session: Session;
}

export class DrillDesk {
  readonly #environment: HostEnvironment;
  readonly #opener: SessionOpener;
  readonly #datasets: DatasetLibrary;
  readonly #adopt: (session: Session) => void;
  readonly #boards = new Map<PowerCutBoardId, Board>();

  /** `adopt`: makes a session one that the page can ask about. */
  constructor(
    environment: HostEnvironment,
    opener: SessionOpener,
    datasets: DatasetLibrary,
    adopt: (session: Session) => void,
  ) {
    this.#environment = environment;
    this.#opener = opener;
    this.#datasets = datasets;
    this.#adopt = adopt;
  }

  async plan(
    session: Session,
    at: { seq: number } | { io: number },
    prefixBytes: number | undefined,
  ): Promise<DrillPlan> {
    const images = session.firstImages();
    const record = ioRecord(session, at);
    const commands = planned(session.log.slice(1, record.command + 1));
    const datasets: Record<string, { key: Uint8Array; value: Uint8Array }[]> = {};
    for (const name of datasetsOf(commands)) {
      if (this.#datasets.isMade(name)) continue;
      const dataset = this.#datasets.find(name);
      datasets[name] = Array.from({ length: dataset.count }, (_, index) => dataset.row(index));
    }
    const stop = prefixBytes === undefined ? { io: record.io } : { io: record.io, prefixBytes };
    const { settings } = session;
    const folder = await this.#folderFor(images);
    return { session: session.id, stop, io: describeIo(record), folder, settings, images, commands, datasets };
  }

  async runToStop(plan: DrillPlan, port: Port): Promise<StopReport> {
    assertOnRealFiles(plan.commands);
    const isReal = this.#environment.storage === 'opfs';
    const { session } = await this.#replayPlan(plan, isReal ? 'file' : 'memory', port);
    const { ledger, gate } = session;
    return {
      stopped: gate.hasEnded,
      io: plan.stop.io,
      commits: ledger?.commits() ?? [],
      before: ledger?.before ?? [],
      settings: reopenedSettings(session, isReal ? 'file' : 'memory'),
      ...(!isReal && { images: session.device.images() }),
    };
  }

  /** What the page heard counts, not what the worker that was killed thought it had said. */
  async reopenAfterStop(plan: DrillPlan, report: StopReport, acknowledged: readonly number[]): Promise<DrillOutcome> {
    const { before, commits, images, settings } = report;
    const heard = new Set(acknowledged);
    const session = await this.#opener.prepare({
      spec: { store: 'scratch', folder: plan.folder, ...(images !== undefined && { images }) },
      settings,
      forkedFrom: { session: plan.session, seq: 0 },
    });
    return this.#openAndJudge(session, {
      crash: 'kill',
      before,
      commits: commits.map((commit) => ({ ...commit, acknowledged: heard.has(commit.lsn) })),
      crashAlone: isCrashAlone(plan.settings, plan.commands),
    });
  }

  async openPowerCut(plan: DrillPlan): Promise<PowerCutBoard> {
    const { session } = await this.#replayPlan(plan, 'simulated');
    const board: PowerCutBoardId = session.id;
    this.#boards.set(board, { plan, session });
    return { board, stopped: session.gate.hasEnded, io: plan.stop.io, pending: session.device.pending() };
  }

  async cutPower(id: PowerCutBoardId, choice: PowerCutChoice): Promise<DrillOutcome> {
    const board = this.#boards.get(id);
    if (board === undefined) throw new LabError('session_unknown', `There is no power cut ${id} under way.`);
    const { plan, session: stopped } = board;
    const device = stopped.device.fork();
    const cut = device.powerCut(choice);
    const session = await this.#opener.prepare({
      spec: { store: 'simulated' },
      settings: reopenedSettings(stopped, 'simulated'),
      device,
      forkedFrom: { session: plan.session, seq: 0 },
    });
    session.emit(cut);
    const { ledger } = stopped;
    return this.#openAndJudge(session, {
      crash: 'power_cut',
      before: ledger?.before ?? [],
      commits: ledger?.commits() ?? [],
      crashAlone: isCrashAlone(plan.settings, plan.commands),
    });
  }

  async judgeLoad(loaded: SessionInfo, record: LoadRecord, before: readonly Entry[]): Promise<DrillOutcome> {
    if (loaded.folder === undefined) {
      throw new LabError(
        'replay_unavailable',
        'The load ran in memory, which died with its worker: nothing is left to judge.',
      );
    }
    const session = await this.#opener.prepare({
      spec: { store: 'scratch', folder: loaded.folder },
      settings: { ...loaded.settings, seed: loaded.settings.seed + REOPENED_SEED_STEP },
    });
    session.open();
    const lastLsn = session.isOpen ? session.store.recovery.lastLsn : record.firstLsn - 1;
    const commits = loadLedger(record, lastLsn);
    const crashAlone = isCrashAlone(loaded.settings, []);
    return this.#outcome(session, { crash: 'kill', before, commits, crashAlone, log: undefined });
  }

  async discard(plan: DrillPlan): Promise<void> {
    for (const [id, board] of this.#boards) {
      if (board.plan.folder !== plan.folder) continue;
      board.session.close();
      this.#boards.delete(id);
    }
    if (this.#environment.storage === 'opfs' && plan.folder !== '') await this.#environment.removeScratch(plan.folder);
  }

  closeAll(): void {
    for (const { session } of this.#boards.values()) session.close();
    this.#boards.clear();
  }

  async #folderFor(images: StoreImages): Promise<string> {
    if (this.#environment.storage === 'memory') return '';
    return this.#environment.addScratch(totalBytes(lengthsOf(images)) * 2);
  }

  async #replayPlan(plan: DrillPlan, device: SessionSettings['device'], port?: Port): Promise<{ session: Session }> {
    for (const [name, rows] of Object.entries(plan.datasets)) this.#datasets.add(datasetOf(name, rows));
    const session = await this.#opener.prepare({
      spec: { store: device === 'simulated' ? 'simulated' : 'scratch', folder: plan.folder, images: plan.images },
      settings: { ...plan.settings, device, grouping: 'explicit' },
      keepLedger: true,
    });
    session.gate.endAt(plan.stop);
    if (port !== undefined) {
      session.onEvent = (event) => {
        if (event.kind === 'store.commit_acknowledged')
          port.postMessage({ lsn: event.lsn } satisfies AcknowledgementNote);
      };
    }
    session.open();
    await replay(session, plan.commands, () => this.#environment.pause());
    return { session };
  }

  #openAndJudge(
    session: Session,
    evidence: Pick<Evidence, 'before' | 'commits' | 'crash' | 'crashAlone'>,
  ): DrillOutcome {
    const { bytes: log } = session.device.readBytes('log', 0, Number.MAX_SAFE_INTEGER);
    session.open();
    return this.#outcome(session, { ...evidence, log });
  }

  #outcome(
    session: Session,
    evidence: Pick<Evidence, 'before' | 'commits' | 'crash' | 'crashAlone' | 'log'>,
  ): DrillOutcome {
    this.#adopt(session);
    const info = session.info();
    const verdict = judge({
      ...evidence,
      recovered: session.isOpen ? [...session.store.scan({})] : [],
      recovery: info.recovery,
      failure: info.failure,
    });
    return { session: info, verdict };
  }
}

/** Whether nothing but the crash can have damaged the files: no bit flipped, no faulty device, no protection off. */
function isCrashAlone(settings: SessionSettings, commands: readonly PlannedCommand[]): boolean {
  const { careless, profile, protections } = settings;
  if (careless.length > 0 || profile === 'liar') return false;
  const spoils = /^\s*(flip|fail|disk|protect)\b/;
  return !Object.values(protections).includes(false) && !commands.some(({ text }) => spoils.test(text));
}

/** What the commands had switched by the time of the stop, and a seed that no earlier opening used. */
function reopenedSettings(session: Session, device: SessionSettings['device']): SessionSettings {
  const { settings } = session;
  return {
    ...settings,
    ...session.nextOpening,
    device,
    grouping: 'explicit',
    seed: settings.seed + REOPENED_SEED_STEP,
  };
}

type IoRecord = TraceRecord & { readonly event: FileWritten | FileFlushed | FileTruncated };

const isIo = (record: TraceRecord): record is IoRecord =>
  ['storage.file_written', 'storage.file_flushed', 'storage.file_truncated'].includes(record.event.kind);

/** The record of the I/O at a moment: that of the record itself, or of the next one that has its own. */
function ioRecord(session: Session, at: { seq: number } | { io: number }): IoRecord {
  const records = session.recorder.records().filter(isIo);
  const found = records.find((record) => ('io' in at ? record.io === at.io : record.seq >= at.seq));
  if (found !== undefined) return found;
  throw new LabError('command_refused', 'No write, flush or truncate follows this step: there is nothing to stop.');
}

function describeIo({ event }: IoRecord): DrillPlan['io'] {
  switch (event.kind) {
    case 'storage.file_written':
      return { call: 'write', file: event.file, at: event.at, bytes: event.bytes.length };
    case 'storage.file_truncated':
      return { call: 'truncate', file: event.file, at: event.size, bytes: 0 };
    case 'storage.file_flushed':
      return { call: 'flush', file: event.file, at: 0, bytes: 0 };
  }
}
