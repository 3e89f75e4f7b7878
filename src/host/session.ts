/**
 * A session: one device, the store on it, the recorder, and the log of everything it was told.
 *
 * It is a pure function of its first bytes, its settings and its commands: the store's randomness is seeded by the
 * session's seed and the number of the opening, its clock counts file calls, and groups are flushed by commands. Where
 * commits flush themselves (`grouping: 'hop'`), that flush is a command as well, given by the schedule, so a replay
 * makes the same groups.
 *
 *     device ◀── gate (counts, stops) ◀── recorded ◀── store ◀── interpreter ◀── commands
 *                                            └──▶ recorder ◀── store events, host events
 *
 *   S1  Between two commands the store is either open and idle, or down. `Latched` never leaves a command.
 *   S2  Every command is in the log, with the record it began at and the I/Os before it.
 */
import { assert } from '../base/assert';
import { SeededRandom, type Schedule } from '../base/runtime';
import type { TraceSink } from '../base/trace';
import type { Batch } from '../base/ordered_index';
import { Store, type CommitOptions, type Ticket } from '../kv_store';
import type { CommitReceipt, Transaction } from '../mvcc';
import { carelessFiles } from '../storage/careless';
import { Latched } from '../storage/latched';
import { recordedFiles } from '../storage/recorded';
import type { CommandEntry, CommandResult } from '../protocol/results';
import type {
  Keyframe,
  SessionInfo,
  SessionSettings,
  SessionState,
  StoreChoice,
  StoreImages,
} from '../protocol/session';
import type { CommandOrigin, LabEvent, SessionId } from '../protocol/trace';
import type { Command } from '../workload/command';
import { printCommand } from '../workload/printer';
import { Cursors } from './cursors';
import type { DatasetLibrary } from './dataset_library';
import { totalBytes, type Device } from './device';
import { interpret, type CommandTarget } from './interpreter';
import { IoGate } from './io_gate';
import { LabError, toFailure } from './lab_error';
import { Ledger } from './ledger';
import { RebuiltImages } from './rebuilt_images';
import { Recorder, type RecorderLimits } from './recorder';
import { Transactions } from './transactions';

/** Files larger than this in all are not copied when a session begins: it can be watched, but not replayed. */
export const REPLAY_BYTES_MAX = 64 * 1024 * 1024;
/** A longer command log is not replayed: it would take as long again. */
export const REPLAY_COMMANDS_MAX = 200_000;

export interface SessionOptions {
  readonly id: SessionId;
  readonly store: StoreChoice;
  readonly device: Device;
  readonly settings: SessionSettings;
  readonly datasets: DatasetLibrary;
  /** Runs a waiting group soon; needed for `grouping: 'hop'`. */
  readonly hop: Schedule;
  /** Milliseconds of a clock that only goes forward, for the time opening took. */
  readonly now: () => number;
  /** Real files were asked for and there are none. */
  readonly isStandIn?: boolean;
  /** Off: no trace, no replay, nothing between the engine and its files but the gate. */
  readonly traced?: boolean;
  /** Keep every commit with its values, for the judge. */
  readonly keepLedger?: boolean;
  readonly limits?: RecorderLimits;
  readonly forkedFrom?: SessionInfo['forkedFrom'];
  /** Of scratch files: where they lie. */
  readonly folder?: string;
}

export class Session implements CommandTarget {
  readonly id: SessionId;
  readonly device: Device;
  readonly gate: IoGate;
  readonly recorder: Recorder;
  readonly cursors = new Cursors();
  readonly transactions = new Transactions();
  readonly datasets: DatasetLibrary;
  /** Once it was opened, with the format that the store has. */
  settings: SessionSettings;
  readonly #options: SessionOptions;
  readonly #firstImages: StoreImages | undefined;
  readonly #log: CommandEntry[] = [];
  readonly #sink: TraceSink<LabEvent> | null;
  #keyframe: RebuiltImages | undefined;
  #replayBlocked: string | undefined;
  #ledger: Ledger | undefined;
  #store: Store | undefined;
  /** What the next opening takes. */
  #nextOpening: Pick<SessionSettings, 'protections' | 'tuning'>;
  #openings = 0;
  #openMilliseconds = 0;
  /** The group that waits to be run. */
  #scheduled: (() => void) | undefined;
  #isRunning = false;
  /** Told of every event as it happens: a drill that will be killed cannot wait for a batch. */
  onEvent: ((event: LabEvent) => void) | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.id = options.id;
    this.device = options.device;
    this.datasets = options.datasets;
    this.settings = options.settings;
    this.#nextOpening = options.settings;
    this.gate = new IoGate(options.device.files);
    this.recorder = new Recorder(
      options.id,
      this.gate,
      ({ event }) => this.#keyframeImages()?.apply(event),
      options.limits,
    );
    const isTraced = options.traced !== false;
    this.#sink = isTraced ? { emit: (event, site) => this.#emit(event, site) } : null;
    this.#firstImages = isTraced ? this.#copyImages() : undefined;
    if (!isTraced) this.#replayBlocked = 'This session keeps no trace.';
  }

  /** Opens the store: command 0 of the log. */
  open(): CommandEntry {
    assert(this.#log.length === 0, 'S2: opening is the first command');
    const startedAt = this.#options.now();
    this.gate.stopAt(this.settings.openingCrash);
    const entry = this.#command(0, 'open', 'script', () => this.openStore(this.settings.salvage));
    this.#openMilliseconds = this.#options.now() - startedAt;
    return entry;
  }

  /** Runs one command to its end, whatever that is. */
  execute(command: Command, line: number, origin: CommandOrigin = 'script'): CommandEntry {
    assert(this.#log.length > 0, 'S2: opening is the first command');
    return this.#command(line, printCommand(command), origin, () => interpret(this, command));
  }

  /** Hands the trace on to whoever listens: after a command, or a run of them. */
  sendTrace(): void {
    this.recorder.sendBatch();
  }

  // ---- what the interpreter works with

  /** The open store. @throws LabError store_down */
  get store(): Store {
    if (this.#store !== undefined) return this.#store;
    throw storeDown();
  }
  get isOpen(): boolean {
    return this.#store !== undefined;
  }
  /** @throws LabError store_down */
  assertOpen(): void {
    if (!this.isOpen) throw storeDown();
  }

  emit(event: LabEvent): void {
    this.#sink?.emit(event);
  }

  /** Every commit goes through here, so that the ledger sees what the trace leaves out. */
  commit(operations: Batch, options: CommitOptions): Ticket {
    this.#ledger?.handIn(operations);
    return this.store.batch(operations, options);
  }

  /** The same for a transaction of the store; one that wrote nothing has no part in it. */
  commitTransaction(transaction: Transaction, options: CommitOptions): CommitReceipt {
    this.#ledger?.handIn(transaction.writes);
    return transaction.commit(options);
  }

  setNextOpening(change: Partial<Pick<SessionSettings, 'protections' | 'tuning'>>): void {
    this.#nextOpening = { ...this.#nextOpening, ...change };
  }
  get nextOpening(): Pick<SessionSettings, 'protections' | 'tuning'> {
    return this.#nextOpening;
  }

  openStore(salvage: boolean): CommandResult {
    assert(this.#store === undefined, 'a store is opened once at a time');
    this.#openings++;
    const { format, seed } = this.settings;
    const { protections, tuning } = this.#nextOpening;
    this.gate.files = this.device.files;
    const gated = this.gate.open();
    const sink = this.#sink;
    const recorded = sink === null ? gated : recordedFiles(gated, sink);
    const store = Store.open({
      files: carelessFiles(recorded, this.settings.careless),
      unwatchedFiles: this.device.bare,
      random: new SeededRandom(seed + this.#openings),
      schedule: (run) => this.#schedule(run),
      clock: { now: () => this.gate.calls },
      trace: sink,
      protections,
      tuning,
      format,
      salvage,
    });
    this.#store = store;
    // A store that was there already is what it was made as, whatever was asked for.
    if (this.#openings === 1 && !store.recovery.formatted)
      this.settings = { ...this.settings, format: store.annotationContext.format };
    if (this.#options.keepLedger === true && this.#ledger === undefined) {
      this.#ledger = new Ledger([...store.peek()], store.describe().log.logBytes);
    }
    this.emit({ kind: 'host.store_opened', opening: this.#openings, recovery: store.recovery });
    return { kind: 'opened', recovery: store.recovery };
  }

  /** Clean shutdown; the files stay open for the next opening. */
  closeStore(): void {
    const store = this.#store;
    this.#store = undefined;
    this.#scheduled = undefined;
    this.transactions.clear();
    this.cursors.endAll();
    store?.close();
  }

  /** Runs the group that waits, as the schedule would: nothing if none does. */
  runWaitingGroup(): CommandResult {
    const { store } = this;
    const run = this.#scheduled;
    this.#scheduled = undefined;
    run?.();
    return { kind: 'flushed', durableLsn: store.stats().durableLsn };
  }

  /** The process ends here. */
  crashNow(): CommandResult {
    this.gate.closeNow();
    return this.#died();
  }

  /** The device was changed under the gate: a fault, a power cut. */
  deviceChanged(): void {
    this.gate.files = this.device.files;
  }

  // ---- what others ask

  get log(): readonly CommandEntry[] {
    return this.#log;
  }
  get ledger(): Ledger | undefined {
    return this.#ledger;
  }

  /** The bytes the session began with. @throws LabError replay_unavailable */
  firstImages(): StoreImages {
    if (this.#firstImages !== undefined && this.#replayBlocked === undefined) return this.#firstImages;
    throw new LabError('replay_unavailable', this.#replayBlocked ?? 'This session cannot be replayed.');
  }

  keyframe(): Keyframe {
    const images = this.#keyframe?.images() ?? this.#firstImages;
    if (images !== undefined) return { seq: this.recorder.keptFrom, images };
    throw new LabError('replay_unavailable', this.#replayBlocked ?? 'The files are too large to be kept twice.');
  }

  /** From here on things happen that no command says: the session cannot be replayed any more. */
  blockReplay(why: string): void {
    this.#replayBlocked ??= why;
  }

  info(): SessionInfo {
    const opening = this.#log[0]?.result;
    const { folder, isStandIn, forkedFrom, store } = this.#options;
    const info: SessionInfo = {
      session: this.id,
      store,
      settings: this.settings,
      truth:
        this.device.kind === 'simulated'
          ? 'real engine, modelled device'
          : isStandIn === true || this.device.kind === 'memory'
            ? 'real engine, kept in memory'
            : 'real engine, real bytes',
      openMilliseconds: this.#openMilliseconds,
      nextSeq: this.recorder.nextSeq,
      io: this.gate.ios,
    };
    return {
      ...info,
      ...(opening?.kind === 'opened' && { recovery: opening.recovery }),
      ...(opening?.kind === 'failed' && { failure: opening.failure }),
      ...(this.#replayBlocked !== undefined && { replayBlocked: this.#replayBlocked }),
      ...(forkedFrom !== undefined && { forkedFrom }),
      ...(folder !== undefined && { folder }),
    };
  }

  state(): SessionState {
    const store = this.#store;
    return {
      info: this.info(),
      transactions: this.transactions.names,
      ...(store !== undefined && { description: store.describe(), stats: store.stats() }),
    };
  }

  /** Closes the store cleanly and the files with it. A crash that was still to come does not come any more. */
  close(): void {
    this.gate.stopAt(undefined);
    try {
      this.closeStore();
    } finally {
      this.recorder.sendBatch();
      this.device.close();
    }
  }

  // ---- private, in the order it happens

  #copyImages(): StoreImages | undefined {
    const bytes = totalBytes(this.device.sizes());
    if (bytes <= REPLAY_BYTES_MAX) return this.device.images();
    this.#replayBlocked = `The store holds ${bytes} bytes, more than the ${REPLAY_BYTES_MAX} that are copied for a replay.`;
    return undefined;
  }

  #keyframeImages(): RebuiltImages | undefined {
    if (this.#keyframe === undefined && this.#firstImages !== undefined)
      this.#keyframe = new RebuiltImages(this.#firstImages);
    return this.#keyframe;
  }

  #emit(event: LabEvent, site: number | undefined): void {
    this.recorder.emit(event, site);
    this.#ledger?.observe(event);
    this.onEvent?.(event);
  }

  #command(line: number, text: string, origin: CommandOrigin, run: () => CommandResult): CommandEntry {
    assert(!this.#isRunning, 'S1: commands do not nest');
    this.#isRunning = true;
    const command = this.#log.length;
    const { nextSeq: firstSeq } = this.recorder;
    const { ios: ioBefore } = this.gate;
    this.recorder.beginCommand(command);
    this.emit({ kind: 'host.command_started', command, line, text, origin });
    const result = this.#outcome(run);
    this.emit({ kind: 'host.command_finished', command, result });
    const entry: CommandEntry = { command, line, text, origin, firstSeq, ioBefore, result };
    this.#log.push(entry);
    if (this.#log.length > REPLAY_COMMANDS_MAX)
      this.blockReplay(`The session has had more than ${REPLAY_COMMANDS_MAX} commands.`);
    this.#isRunning = false;
    return entry;
  }

  #outcome(run: () => CommandResult): CommandResult {
    try {
      return run();
    } catch (error) {
      return error instanceof Latched ? this.#died() : { kind: 'failed', failure: toFailure(error) };
    }
  }

  #died(): CommandResult {
    const { landed, stoppedAt: io } = this.gate;
    this.#store = undefined;
    this.#scheduled = undefined;
    this.transactions.clear();
    this.cursors.clear();
    this.device.crash();
    this.gate.files = this.device.files;
    this.emit({ kind: 'host.crashed', io, ...(landed !== undefined && { landed }) });
    return { kind: 'crashed', io };
  }

  #schedule(run: () => void): void {
    this.#scheduled = run;
    if (this.settings.grouping !== 'hop') return;
    this.#options.hop(() => {
      if (this.#scheduled !== run) return;
      if (this.#replayBlocked === undefined) this.execute({ kind: 'write' }, 0, 'schedule');
      else this.#outcome(() => this.runWaitingGroup());
      this.recorder.sendBatch();
    });
  }
}

const storeDown = (): LabError => new LabError('store_down', 'The store is down: reopen it first.');
