/** The host: everything a lab worker can do, behind one interface, for whatever stands on the other side. */
import { assert } from '../base/assert';
import { concatBytes } from '../base/bytes';
import { isEngineError } from '../base/errors';
import type { FieldAnnotation, Stretch } from '../base/fields';
import type { Entry } from '../base/ordered_index';
import { annotateBytes, type AnnotationContext, contextOfSuperblock, readBackup, wholeStretch } from '../kv_store';
import { gradeOrder, type OrderGrade } from '../crash/exercise/grade_order';
import type { CommitStep } from '../crash/exercise/ordered_store';
import type { FileName } from '../storage/file';
import type { TreeGrade, TreeQuestion, TreeTask, TreeTaskKind } from '../protocol/btree';
import { openFilter, type FilterQuestion, type OpenedFilter } from '../lsm';
import type { LsmGrade, LsmQuestion, LsmTask, LsmTaskKind } from '../protocol/lsm';
import type { MvccGrade, MvccQuestion, MvccTask, MvccTaskKind } from '../protocol/mvcc';
import type { CrashFinding, CrashOpened, CrashPlan, CrashRequest, CrashSource, CrashSwitch } from '../protocol/crash';
import type {
  DrillOutcome,
  DrillPlan,
  LoadRecord,
  LoadSpec,
  PendingItem,
  PowerCutBoard,
  PowerCutChoice,
  StopReport,
} from '../protocol/drill';
import type { JobId, TablePreview, TableSource } from '../protocol/job';
import type { Hello, LabApi, ResetPlan, RunReport } from '../protocol/lab_api';
import type { DevicePrice, LayoutSpec, MediaCatalogue, PriceQuestion } from '../protocol/media';
import type { NamesRequest, NamesRun } from '../protocol/names';
import type { CommandEntry } from '../protocol/results';
import type {
  FileBytes,
  Keyframe,
  RowPage,
  RowQuery,
  SessionInfo,
  SessionSpec,
  SessionState,
  StoreMake,
} from '../protocol/session';
import type { CommandOrigin, SessionId } from '../protocol/trace';
import type { TrafficRun, TrafficSettings } from '../protocol/traffic';
import type { ScriptError } from '../workload/command';
import { parseScript } from '../workload/parser';
import { treeExperiment } from './btree_experiments';
import { gradeTreeTask, makeTreeTask } from './btree_tasks';
import { lsmExperiment } from './lsm_experiments';
import { gradeLsmTask, makeLsmTask } from './lsm_tasks';
import { mvccExperiment } from './mvcc_experiments';
import { gradeMvccTask, makeMvccTask } from './mvcc_tasks';
import { serveCommits, type Port } from './commit_port';
import { CrashDesk } from './crash_desk';
import { DatasetLibrary } from './dataset_library';
import { totalBytes } from './device';
import { DrillDesk } from './drill_desk';
import type { HostEnvironment } from './environment';
import { importBackupWork, importRowsWork } from './imports';
import { Jobs } from './jobs';
import { recoveryExperiment } from './recovery_experiment';
import { LabError } from './lab_error';
import { loadWork } from './load';
import { describeMedia, priceMedia } from './media_desk';
import { layoutExperiment } from './media_layouts';
import { mediaProbe } from './media_probe';
import { exploreNames } from './names';
import { commandsUpTo, planned, replay } from './replay';
import { rowPage } from './rows';
import { learnerFormat } from './script_settings';
import type { Session } from './session';
import { SessionOpener, type Opening } from './session_opener';
import { readTable } from './table_preview';
import { runTraffic } from './traffic';

/** The methods of an interface, each free to answer at once. */
export type Served<Api> = {
  [Name in keyof Api]: Api[Name] extends (...parameters: infer Parameters) => Promise<infer Result>
    ? (...parameters: Parameters) => Result | Promise<Result>
    : never;
};

export class Host implements Served<LabApi> {
  readonly #environment: HostEnvironment;
  readonly #protocol: number;
  readonly #datasets = new DatasetLibrary();
  readonly #jobs: Jobs;
  readonly #opener: SessionOpener;
  readonly #drills: DrillDesk;
  readonly #crashes: CrashDesk;
  readonly #sessions = new Map<SessionId, Session>();
  /** The session that holds the learner's files. */
  #learner: Session | undefined;
  /** Sessions of the learner's files that another tab has taken over since. */
  readonly #takenOver = new Set<SessionId>();
  #isClosed = false;

  /** `protocol`: the version of the messages that this code speaks. */
  constructor(environment: HostEnvironment, protocol: number) {
    this.#environment = environment;
    this.#protocol = protocol;
    this.#jobs = new Jobs(() => environment.pause());
    this.#opener = new SessionOpener(environment, this.#datasets, {
      onAskedToRelease: () => this.#releaseLearner(),
      onLost: () => this.#forgetLearner(),
    });
    this.#drills = new DrillDesk(environment, this.#opener, this.#datasets, (session) => this.#adopt(session));
    this.#crashes = new CrashDesk(environment, this.#opener, this.#datasets, (session) => this.#adopt(session));
  }

  async hello(protocol: number): Promise<Hello> {
    if (protocol !== this.#protocol) {
      const message = `The page speaks version ${protocol}, this worker version ${this.#protocol}: reload the page.`;
      throw new LabError('protocol_version', message);
    }
    return this.#hello();
  }

  // ---- sessions

  async openSession(spec: SessionSpec): Promise<SessionInfo> {
    return this.#open({ spec });
  }

  attachTrace(id: SessionId, port: Port, fromSeq: number): void {
    this.#session(id).recorder.listen((batch) => port.postMessage(batch), fromSeq);
  }

  run(id: SessionId, text: string, origin: CommandOrigin = 'script'): RunReport {
    const session = this.#session(id);
    const { script, errors } = parseScript(text);
    if (script.settings.length > 0 && errors.length === 0) {
      throw new LabError('command_refused', 'Settings belong to the opening of a session: open one with this script.');
    }
    const commands: CommandEntry[] = [];
    if (errors.length === 0) {
      for (const { line, command } of script.lines) commands.push(session.execute(command, line, origin));
    }
    session.sendTrace();
    return { scriptErrors: errors, commands, state: session.state() };
  }

  parse(text: string): readonly ScriptError[] {
    return parseScript(text).errors;
  }

  commands(id: SessionId): readonly CommandEntry[] {
    return this.#session(id).log;
  }

  describe(id: SessionId): SessionState {
    return this.#session(id).state();
  }

  readBytes(id: SessionId, file: FileName, at: number, length: number): FileBytes {
    return { file, at, ...this.#session(id).device.readBytes(file, at, length) };
  }

  annotate(id: SessionId, file: FileName, at: number, bytes: Uint8Array): readonly FieldAnnotation[] {
    const context = this.#annotationContext(id);
    return context === undefined ? [] : annotateBytes(file, at, bytes, context);
  }

  stretchToAnnotate(id: SessionId, file: FileName, stretch: Stretch): Stretch {
    const context = this.#annotationContext(id);
    return context === undefined ? stretch : wholeStretch(file, stretch, context);
  }

  keyframe(id: SessionId): Keyframe {
    return this.#session(id).keyframe();
  }

  rows(id: SessionId, query: RowQuery): RowPage {
    return rowPage(this.#session(id).store, query);
  }

  async fork(id: SessionId, seq: number): Promise<SessionInfo> {
    const origin = this.#session(id);
    const images = origin.firstImages();
    const count = commandsUpTo(origin.log, seq, origin.recorder.nextSeq);
    const commands = planned(origin.log.slice(1, count + 1));
    const store = origin.device.kind === 'file' ? 'scratch' : origin.device.kind;
    const session = await this.#opener.open({
      spec: { store, images },
      settings: origin.settings,
      forkedFrom: { session: id, seq },
    });
    await replay(session, commands, () => this.#environment.pause());
    this.#adopt(session);
    return session.info();
  }

  attachClients(id: SessionId, port: Port): void {
    serveCommits(this.#session(id), port);
  }

  async closeSession(id: SessionId): Promise<void> {
    const session = this.#session(id);
    this.#sessions.delete(id);
    if (this.#learner === session) this.#learner = undefined;
    session.close();
    const { folder, forkedFrom } = session.info();
    // A drill's folder goes with its plan, a fork's with the fork.
    if (folder !== undefined && forkedFrom?.seq !== 0) await this.#environment.removeScratch(folder);
  }

  // ---- tables and backups

  previewTable(source: TableSource): TablePreview {
    const { dataset, preview } = readTable(source);
    this.#datasets.add(dataset);
    return preview;
  }

  importRows(id: SessionId, dataset: string, batchRows?: number): JobId {
    return this.#jobs.start(importRowsWork(this.#session(id), this.#datasets.find(dataset), batchRows));
  }

  exportBackup(id: SessionId): Uint8Array {
    return concatBytes([...this.#session(id).store.backup()]);
  }

  importBackup(id: SessionId, backup: Uint8Array): JobId {
    const session = this.#session(id);
    const { entries } = readBackup(backup);
    return this.#jobs.start(importBackupWork(session, entries, this.#datasets));
  }

  planReset(id: SessionId): ResetPlan {
    const session = this.#session(id);
    const keys = session.isOpen ? session.store.stats().keys : 0;
    const fileBytes = totalBytes(session.device.sizes());
    const what = session.isOpen ? `${keys} keys` : 'a store that is not open, with whatever it holds,';
    const sentence = `This deletes ${what} in ${fileBytes} bytes of files. Export a backup first if you may want it back.`;
    return { keys, fileBytes, sentence, token: `${id}:${keys}:${fileBytes}:${session.recorder.nextSeq}` };
  }

  async resetStore(id: SessionId, token: string, make?: StoreMake): Promise<SessionInfo> {
    const plan = this.planReset(id);
    if (plan.token !== token)
      throw new LabError('command_refused', `The store has changed meanwhile. ${plan.sentence}`);
    const session = this.#session(id);
    if (session.isOpen) session.closeStore();
    for (const name of ['data_0', 'data_1', 'log', 'superblock'] as const) {
      session.device.bare[name].truncate(0);
      session.device.bare[name].flush();
    }
    const { folder, store } = session.info();
    const { openingCrash: _, format, ...settings } = session.settings;
    this.#drop(session);
    return this.#open({
      spec: { store, ...(folder !== undefined && { folder }) },
      settings: {
        ...settings,
        seed: this.#environment.drawSeed(),
        format: make === undefined ? format : learnerFormat(make, format),
      },
    });
  }

  // ---- jobs

  attachJobs(port: Port): void {
    this.#jobs.listen((report) => port.postMessage(report));
  }

  cancelJob(job: JobId): void {
    this.#jobs.cancel(job);
  }

  // ---- drills

  async planDrill(id: SessionId, at: { seq: number } | { io: number }, prefixBytes?: number): Promise<DrillPlan> {
    return this.#drills.plan(this.#session(id), at, prefixBytes);
  }

  async runToStop(plan: DrillPlan, acknowledgements: Port): Promise<StopReport> {
    return this.#drills.runToStop(plan, acknowledgements);
  }

  async reopenAfterStop(plan: DrillPlan, report: StopReport, acknowledged: readonly number[]): Promise<DrillOutcome> {
    return this.#drills.reopenAfterStop(plan, report, acknowledged);
  }

  async discardDrill(plan: DrillPlan): Promise<void> {
    await this.#drills.discard(plan);
  }

  async openPowerCut(plan: DrillPlan): Promise<PowerCutBoard> {
    return this.#drills.openPowerCut(plan);
  }

  async cutPower(board: number, choice: PowerCutChoice): Promise<DrillOutcome> {
    return this.#drills.cutPower(board, choice);
  }

  measureIntervals(port: Port): JobId {
    return this.#jobs.start(recoveryExperiment(this.#environment, (point) => port.postMessage(point)));
  }

  runTraffic(settings: TrafficSettings): TrafficRun {
    return runTraffic(settings);
  }

  gradeOrder(order: readonly CommitStep[]): OrderGrade {
    return gradeOrder(order);
  }

  runTreeExperiment(question: TreeQuestion, port: Port): JobId {
    const { now } = this.#environment;
    return this.#jobs.start(treeExperiment(question, now, (note) => port.postMessage(note)));
  }

  makeTreeTask(kind: TreeTaskKind, seed: number): TreeTask {
    return makeTreeTask(kind, seed);
  }

  gradeTreeTask(kind: TreeTaskKind, seed: number, answers: Readonly<Record<string, readonly string[]>>): TreeGrade {
    return gradeTreeTask(kind, seed, answers);
  }

  openFilter(id: SessionId, question: FilterQuestion): OpenedFilter | undefined {
    const lsm = this.#annotationContext(id)?.format.lsm;
    return lsm && openFilter(question, lsm.filterPrefix);
  }

  runLsmExperiment(question: LsmQuestion, port: Port): JobId {
    return this.#jobs.start(lsmExperiment(question, (note) => port.postMessage(note)));
  }

  makeLsmTask(kind: LsmTaskKind, seed: number): LsmTask {
    return makeLsmTask(kind, seed);
  }

  gradeLsmTask(kind: LsmTaskKind, seed: number, answers: Readonly<Record<string, readonly string[]>>): LsmGrade {
    return gradeLsmTask(kind, seed, answers);
  }

  runMvccExperiment(question: MvccQuestion, port: Port): JobId {
    const { now } = this.#environment;
    return this.#jobs.start(mvccExperiment(question, now, (note) => port.postMessage(note)));
  }

  makeMvccTask(kind: MvccTaskKind, seed: number): MvccTask {
    return makeMvccTask(kind, seed);
  }

  gradeMvccTask(kind: MvccTaskKind, seed: number, answers: Readonly<Record<string, readonly string[]>>): MvccGrade {
    return gradeMvccTask(kind, seed, answers);
  }

  exploreNames(request: NamesRequest): NamesRun {
    return exploreNames(request);
  }

  describeMedia(): MediaCatalogue {
    return describeMedia();
  }

  priceMedia(question: PriceQuestion): readonly DevicePrice[] {
    return priceMedia(question, (session) => this.#session(session).recorder.records());
  }

  probeMedia(port: Port): JobId {
    return this.#jobs.start(mediaProbe(this.#environment, (note) => port.postMessage(note)));
  }

  compareLayouts(spec: LayoutSpec, port: Port): JobId {
    return this.#jobs.start(layoutExperiment(this.#environment, spec, (result) => port.postMessage(result)));
  }

  startLoad(id: SessionId, spec: LoadSpec, port: Port): JobId {
    return this.#jobs.start(loadWork(this.#session(id), spec, (note) => port.postMessage(note)));
  }

  async judgeLoad(loaded: SessionInfo, record: LoadRecord, before: readonly Entry[]): Promise<DrillOutcome> {
    return this.#drills.judgeLoad(loaded, record, before);
  }

  // ---- crash states

  crashSwitches(): readonly CrashSwitch[] {
    return this.#crashes.switches();
  }

  crashSource(id: SessionId): CrashSource {
    return this.#crashes.source(this.#session(id));
  }

  planCrashes(request: CrashRequest): CrashPlan {
    return this.#crashes.plan(request);
  }

  crashPending(request: CrashRequest, io: number): readonly PendingItem[] {
    return this.#crashes.pending(request, io);
  }

  searchCrashes(request: CrashRequest, port: Port): JobId {
    return this.#jobs.start(this.#crashes.searchWork(request, (batch) => port.postMessage(batch)));
  }

  async openCrashCell(request: CrashRequest, id: string): Promise<CrashOpened> {
    return this.#crashes.open(request, id);
  }

  crashScript(request: CrashRequest, id: string): string {
    return this.#crashes.script(request, id);
  }

  async timeCrashSource(request: CrashRequest): Promise<number> {
    return this.#crashes.time(request);
  }

  shrinkCrash(request: CrashRequest, id: string): CrashFinding {
    return this.#crashes.shrink(request, id);
  }

  // ---- ownership and the end

  async takeOver(): Promise<Hello> {
    if (this.#learner === undefined) await this.#open({ spec: { store: 'learner' }, takeOver: true });
    return this.#hello();
  }

  /** Synchronous up to its end: a page that is being hidden does not wait. */
  close(): void {
    this.#isClosed = true;
    this.#jobs.cancelAll();
    this.#drills.closeAll();
    for (const session of this.#sessions.values()) closeQuietly(session);
    this.#sessions.clear();
    this.#learner = undefined;
  }

  // ---- private

  async #hello(): Promise<Hello> {
    const { storage, why } = this.#environment;
    const hello = { protocol: this.#protocol, storage, ...(why !== undefined && { why }) };
    if (this.#learner !== undefined) return { ...hello, owner: 'this' };
    const ownerSentence = storage === 'opfs' ? await this.#environment.findLearnerOwner() : undefined;
    return ownerSentence === undefined ? { ...hello, owner: 'nobody' } : { ...hello, owner: 'other', ownerSentence };
  }

  async #open(opening: Opening): Promise<SessionInfo> {
    this.#assertOpen();
    if (opening.spec.store === 'learner' && this.#learner !== undefined) return this.#learner.info();
    const session = await this.#opener.open(opening);
    if (opening.spec.store === 'learner') this.#learner = session;
    this.#adopt(session);
    return session.info();
  }

  #adopt(session: Session): void {
    assert(!this.#sessions.has(session.id), 'a session has its own number');
    this.#sessions.set(session.id, session);
  }

  #session(id: SessionId): Session {
    this.#assertOpen();
    const session = this.#sessions.get(id);
    if (session !== undefined) return session;
    if (this.#takenOver.has(id)) throw new LabError('storage_in_use', 'Another tab has taken over this store.');
    throw new LabError('session_unknown', `There is no session ${id} in this worker.`);
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new LabError('store_closed', 'The lab was closed.');
  }

  /** As the superblock itself tells it: the store may be down. */
  #annotationContext(id: SessionId): AnnotationContext | undefined {
    const { device } = this.#session(id);
    return contextOfSuperblock(device.readBytes('superblock', 0, device.sizes().superblock).bytes);
  }

  #drop(session: Session): void {
    this.#sessions.delete(session.id);
    if (this.#learner === session) this.#learner = undefined;
    session.close();
  }

  #releaseLearner(): void {
    if (this.#learner === undefined) return;
    this.#takenOver.add(this.#learner.id);
    this.#drop(this.#learner);
  }

  #forgetLearner(): void {
    if (this.#learner === undefined) return;
    this.#takenOver.add(this.#learner.id);
    this.#sessions.delete(this.#learner.id);
    this.#learner = undefined;
  }
}

/** At the end of the page there is nobody left to tell, and recovery takes care of the rest. */
function closeQuietly(session: Session): void {
  try {
    session.close();
  } catch (error) {
    if (!isEngineError(error)) throw error;
  }
}
