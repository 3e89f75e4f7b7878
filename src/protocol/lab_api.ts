/**
 * What a lab worker can do. `connect()` of the page gives this interface; the worker implements it once, and both
 * sides speak `OverTheWire<LabApi>`. Every method may fail with a `Failure`; none throws across the wire.
 *
 * Ports are handed over (transferred): trace batches, job reports and acknowledgements never wait behind a call.
 */
import type { OrderGrade } from '../crash/exercise/grade_order';
import type { CommitStep } from '../crash/exercise/ordered_store';
import type { FieldAnnotation, Stretch } from '../base/fields';
import type { Entry } from '../base/ordered_index';
import type { FileName } from '../storage/file';
import type { ScriptError } from '../workload/command';
import type { TreeApi } from './btree';
import type { CrashApi } from './crash';
import type { LsmApi } from './lsm';
import type { MvccApi } from './mvcc';
import type {
  DrillOutcome,
  DrillPlan,
  LoadRecord,
  LoadSpec,
  PowerCutBoard,
  PowerCutBoardId,
  PowerCutChoice,
  StopReport,
} from './drill';
import type { JobId, TablePreview, TableSource } from './job';
import type { MediaApi } from './media';
import type { NamesApi } from './names';
import type { CommandEntry } from './results';
import type {
  FileBytes,
  Keyframe,
  RowPage,
  RowQuery,
  SessionInfo,
  SessionSpec,
  SessionState,
  StoreMake,
} from './session';
import type { CommandOrigin, SessionId } from './trace';
import type { TrafficRun, TrafficSettings } from './traffic';

/** Where the stores of this worker live, and who has the learner's. */
export interface Hello {
  readonly protocol: number;
  readonly storage: 'opfs' | 'memory';
  /** In memory: one sentence why. */
  readonly why?: string;
  /** Of the learner's store. `other`: another tab has it, and `ownerSentence` says what is known of it. */
  readonly owner: 'nobody' | 'this' | 'other';
  readonly ownerSentence?: string;
}

/** What `run` did: the commands that ran, or what is wrong with the text (then none of it ran). */
export interface RunReport {
  readonly scriptErrors: readonly ScriptError[];
  readonly commands: readonly CommandEntry[];
  readonly state: SessionState;
}

/** What a reset would delete; `token` has to be handed back, and holds only while that is still true. */
export interface ResetPlan {
  readonly keys: number;
  readonly fileBytes: number;
  readonly sentence: string;
  readonly token: string;
}

export interface LabApi extends CrashApi, NamesApi, MediaApi, TreeApi, LsmApi, MvccApi {
  hello(protocol: number): Promise<Hello>;

  // ---- sessions
  openSession(spec: SessionSpec): Promise<SessionInfo>;
  /** Sends every record from `fromSeq` on that is still kept, then each new one, in batches. One port a session. */
  attachTrace(session: SessionId, port: MessagePort, fromSeq: number): Promise<void>;
  /** Parses the text and runs its commands in order. Settings in it are refused: they belong to `openSession`. */
  run(session: SessionId, text: string, origin?: CommandOrigin): Promise<RunReport>;
  /** Parses only. */
  parse(text: string): Promise<readonly ScriptError[]>;
  commands(session: SessionId): Promise<readonly CommandEntry[]>;
  describe(session: SessionId): Promise<SessionState>;
  readBytes(session: SessionId, file: FileName, at: number, length: number): Promise<FileBytes>;
  /** What bytes at a place of a file mean, whether they were read or rebuilt: decoded with the engine's own codecs. */
  annotate(session: SessionId, file: FileName, at: number, bytes: Uint8Array): Promise<readonly FieldAnnotation[]>;
  /** What has to be read so that `annotate` finds the structures in a stretch whole. */
  stretchToAnnotate(session: SessionId, file: FileName, stretch: Stretch): Promise<Stretch>;
  /** The files as they were at the first kept record; fails with `replay_unavailable` when over the cap. */
  keyframe(session: SessionId): Promise<Keyframe>;
  rows(session: SessionId, query: RowQuery): Promise<RowPage>;
  /** A new session, in scratch files, that has done what this one had at the last command boundary up to `seq`. */
  fork(session: SessionId, seq: number): Promise<SessionInfo>;
  /** Serves commits on a port: see `commit_port.ts`. */
  attachClients(session: SessionId, port: MessagePort): Promise<void>;
  closeSession(session: SessionId): Promise<void>;

  // ---- tables and backups
  /** Reads a CSV or JSON text and keeps its good rows as a data set that `load NAME` loads. Writes nothing. */
  previewTable(source: TableSource): Promise<TablePreview>;
  /** Job: loads a data set in batches, each an atomic commit. What is in before a cancel stays in. */
  importRows(session: SessionId, dataset: string, batchRows?: number): Promise<JobId>;
  exportBackup(session: SessionId): Promise<Uint8Array>;
  /** Verifies the whole backup, then (job) makes the store hold exactly what it holds. */
  importBackup(session: SessionId, backup: Uint8Array): Promise<JobId>;
  planReset(session: SessionId): Promise<ResetPlan>;
  /** Formats the store anew, as it was made, or over another index or with versions. @returns the session in its place. */
  resetStore(session: SessionId, token: string, make?: StoreMake): Promise<SessionInfo>;

  // ---- jobs
  attachJobs(port: MessagePort): Promise<void>;
  cancelJob(job: JobId): Promise<void>;

  // ---- experiments, on the visitor's own machine
  /** Job: recovery time for several checkpoint intervals, each posted as an `IntervalPoint`. Uses scratch files only. */
  measureIntervals(port: MessagePort): Promise<JobId>;
  /** Clients against one real store on a virtual clock, see traffic.ts; fails with `option_invalid`. */
  runTraffic(settings: TrafficSettings): Promise<TrafficRun>;
  /** The six steps of a commit in some order, each named once: every crash of it, judged. */
  gradeOrder(order: readonly CommitStep[]): Promise<OrderGrade>;

  // ---- drills (see drill.ts for who calls what where)
  /** At a record: at its I/O, or the next one after it. */
  planDrill(
    session: SessionId,
    at: { readonly seq: number } | { readonly io: number },
    prefixBytes?: number,
  ): Promise<DrillPlan>;
  /** Posts an `AcknowledgementNote` for each acknowledged commit as it happens. */
  runToStop(plan: DrillPlan, acknowledgements: MessagePort): Promise<StopReport>;
  /** `acknowledged`: the LSNs the page heard of, not those the report says. */
  reopenAfterStop(plan: DrillPlan, report: StopReport, acknowledged: readonly number[]): Promise<DrillOutcome>;
  /** Gives the scratch folder of a drill back, once its sessions are closed. */
  discardDrill(plan: DrillPlan): Promise<void>;
  openPowerCut(plan: DrillPlan): Promise<PowerCutBoard>;
  cutPower(board: PowerCutBoardId, choice: PowerCutChoice): Promise<DrillOutcome>;
  /** Runs a load against a session, posting a `LoadNote` for each group. Ends only by cancel, `commits`, or death. */
  startLoad(session: SessionId, spec: LoadSpec, port: MessagePort): Promise<JobId>;
  /**
   * Opens the scratch store of a load whose worker is gone, and judges it by what the page kept. `loaded`: what
   * `openSession` of that worker gave; `before`: what the store held when the load began.
   */
  judgeLoad(loaded: SessionInfo, record: LoadRecord, before: readonly Entry[]): Promise<DrillOutcome>;

  // ---- ownership and the end
  /** Asks the tab that owns the learner's store to close it, then waits until it is free. */
  takeOver(): Promise<Hello>;
  /** Closes everything at once, with a clean shutdown: for `pagehide`. Other calls then fail with `store_closed`. */
  close(): Promise<void>;
}

/** Every method, for whoever has to go through them: the compiler holds it equal to the interface. */
export const LAB_METHODS = Object.keys({
  hello: true,
  openSession: true,
  attachTrace: true,
  run: true,
  parse: true,
  commands: true,
  describe: true,
  readBytes: true,
  annotate: true,
  stretchToAnnotate: true,
  keyframe: true,
  rows: true,
  fork: true,
  attachClients: true,
  closeSession: true,
  previewTable: true,
  importRows: true,
  exportBackup: true,
  importBackup: true,
  planReset: true,
  resetStore: true,
  attachJobs: true,
  cancelJob: true,
  measureIntervals: true,
  exploreNames: true,
  describeMedia: true,
  priceMedia: true,
  probeMedia: true,
  compareLayouts: true,
  runTraffic: true,
  gradeOrder: true,
  runTreeExperiment: true,
  makeTreeTask: true,
  gradeTreeTask: true,
  openFilter: true,
  runLsmExperiment: true,
  makeLsmTask: true,
  gradeLsmTask: true,
  runMvccExperiment: true,
  makeMvccTask: true,
  gradeMvccTask: true,
  planDrill: true,
  runToStop: true,
  reopenAfterStop: true,
  discardDrill: true,
  openPowerCut: true,
  cutPower: true,
  startLoad: true,
  judgeLoad: true,
  crashSwitches: true,
  crashSource: true,
  planCrashes: true,
  crashPending: true,
  searchCrashes: true,
  openCrashCell: true,
  crashScript: true,
  timeCrashSource: true,
  shrinkCrash: true,
  takeOver: true,
  close: true,
} satisfies Record<keyof LabApi, true>) as readonly (keyof LabApi)[];
