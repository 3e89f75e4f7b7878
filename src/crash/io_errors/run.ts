/**
 * One run over a failing device, and everything that has to hold in it and after it.
 *
 *     open ─ commit ─ turn ─ … ╳ … ─ reopen ─ … ─┬─ power cut, everything un-flushed lost ─▶ open on a sound device
 *            k-th call goes wrong ┘              ├─ power cut, everything kept            ─▶ open
 *                                                └─ the program just ends                 ─▶ open ─ power cut ─▶ open
 *
 * A crossed run is held to that not only where it ends, but before every change of the device after the fault.
 *
 *   W1  Every error is one of the catalogue, and one that a failing device explains.
 *   W2  In its session the store serves the published prefix of the commits, and no other byte.
 *   W3  No commit that was acknowledged is lost: none at all when the program ends, no strict one when the power goes.
 *   W4  No commit that was refused comes back. One that is in doubt (`commit_unknown`) may be there or not, whole.
 *   W5  Nobody waits for ever: after a flush, every commit has been answered.
 *   W6  Once the device is sound the store opens, checks out, and takes a commit that outlives the next power cut.
 *   W7  What an opening has shown outlives a power cut as well.
 */
import { isEngineError, type EngineError, type ErrorCode } from '../../base/errors';
import { ManualSchedule, SeededRandom } from '../../base/runtime';
import type { Ticket } from '../../kv_store';
import { faultyFiles } from '../../storage/faulty';
import { Latch, Latched, latchedFiles } from '../../storage/latched';
import { closeAll, FILE_NAMES, type FileSet } from '../../storage/file';
import { recordedFiles } from '../../storage/recorded';
import { WrappedFile, wrapFiles } from '../../storage/wrapped_file';
import type { FaultyCall } from '../../storage/fault_script';
import { SimulatedDisk } from '../../storage/simulated/disk';
import { compareContents } from '../compare';
import { spread } from '../damage/share';
import { History } from '../history';
import { KnownLimit } from '../known_limit';
import type { CrashStore, CrashSubject, ProtectionSwitches } from '../subject';
import { Aftermath, Broken, expectPrefix, type AftermathCounts, type Standing } from './aftermath';
import { scriptFor, LOOPS, type PlannedFault, type SoundRun } from './faults';
import type { FaultAction } from './workload';

/**
 *   unnoticed   no call of the store threw and no commit was refused
 *   refused     something was refused, and the store went on
 *   stopped     it only reads, or does not open, until the device is sound again
 *   broken      a promise was broken
 */
export const LOOP_OUTCOMES = ['unnoticed', 'refused', 'stopped', 'broken'] as const;
export type LoopOutcome = (typeof LOOP_OUTCOMES)[number];

export interface LoopResult {
  readonly outcome: LoopOutcome;
  /** With `broken`: which promise. */
  readonly why?: string;
  readonly crossed: Crossed;
}

/** Changes of the device after the fault, points before one of them that were held to the promises, the disks they left, and how many the known limit explains. */
export interface Crossed extends Readonly<AftermathCounts> {
  readonly changes: number;
  readonly points: number;
}

/** What a store on a failing device may answer (W1). */
const DEVICE_CODES: ReadonlySet<ErrorCode> = new Set([
  'read_failed',
  'write_failed',
  'flush_failed',
  'store_full',
  'commit_unknown',
  'store_read_only',
] as const);
/** Besides, where reads give wrong bytes. */
const DAMAGE_CODES: ReadonlySet<ErrorCode> = new Set([
  'superblock_damaged',
  'checkpoint_damaged',
  'page_damaged',
  'table_damaged',
  'manifest_damaged',
  'log_damaged',
  'not_a_store',
] as const);

/** Formatting has then written the log, and not flushed it. */
const FORMATTING_CALLS = 6;
/** A fault that strikes once may strike an opening; the next one works. */
const OPENINGS_TRIED = 3;

/** The run without a fault: how many calls there are to fail. Throws if the store breaks a promise even so. */
export function soundRun(subject: CrashSubject, actions: readonly FaultAction[], seed: number): SoundRun {
  const run = new FaultedRun(subject, actions, seed, { protections: subject.protections, isCrossed: false });
  const { outcome, why } = run.result();
  if (outcome !== 'unnoticed') throw new Error(`without a fault the run is ${outcome}: ${why ?? ''}`);
  return { calls: run.calls, writeLengths: run.writeLengths, sectorsHeld: Math.ceil(run.bytesHeld / 512) };
}

export function runWithFault(
  subject: CrashSubject,
  actions: readonly FaultAction[],
  seed: number,
  fault: PlannedFault,
  sound: SoundRun,
  {
    crossedPointsMax = Infinity,
    isCrossed = false,
    protections = subject.protections,
  }: Partial<FaultedRunOptions> = {},
): LoopResult {
  return new FaultedRun(subject, actions, seed, { crossedPointsMax, protections, isCrossed }, fault, sound).result();
}

interface FaultedRunOptions {
  readonly protections: ProtectionSwitches;
  /** With a crash before every change of the device after the fault, or so many of them. */
  readonly isCrossed: boolean;
  readonly crossedPointsMax?: number;
}

class FaultedRun {
  readonly #subject: CrashSubject;
  readonly #actions: readonly FaultAction[];
  readonly #seed: number;
  readonly #options: FaultedRunOptions;
  readonly #random: SeededRandom;
  readonly #fault: PlannedFault | undefined;
  readonly #sound: SoundRun | undefined;
  readonly calls: Record<FaultyCall, number> = { read: 0, write: 0, flush: 0, truncate: 0 };
  readonly writeLengths: number[] = [];
  #disk = new SimulatedDisk();
  #files: FileSet | undefined;
  #schedule = new ManualSchedule();
  #store: CrashStore | undefined;
  /** Commits by LSN. Those that were refused are taken off again. */
  #history = History.from();
  #tickets: Ticket[] = [];
  /** LSNs up to which commits must be there: when the program ends, and when the power goes. */
  #acknowledged = 0;
  #promised = 0;
  #outcome: LoopOutcome = 'unnoticed';
  readonly #limit = new KnownLimit();
  readonly #standings: Standing[] = [];
  crossed: Crossed = { changes: 0, points: 0, states: 0, pastLimit: 0 };

  constructor(
    subject: CrashSubject,
    actions: readonly FaultAction[],
    seed: number,
    options: FaultedRunOptions,
    fault?: PlannedFault,
    sound?: SoundRun,
  ) {
    this.#subject = subject;
    this.#actions = actions;
    this.#seed = seed;
    this.#options = options;
    this.#random = new SeededRandom(seed);
    this.#fault = fault;
    this.#sound = sound;
  }

  get bytesHeld(): number {
    const images = this.#disk.images();
    return FILE_NAMES.reduce((sum, name) => sum + images[name].length, 0);
  }

  result(): LoopResult {
    try {
      this.#live();
      this.#afterwards();
      return { outcome: this.#outcome, crossed: this.crossed };
    } catch (error) {
      // Whatever else is thrown, an assertion above all, is no answer of a store to a device (W1).
      const why = error instanceof Broken ? error.message : `threw ${String(error)}`;
      return { outcome: 'broken', why, crossed: this.crossed };
    }
  }

  #live(): void {
    this.#dieWhileFormatting();
    if (!this.#openPatiently()) return;
    for (const action of this.#actions) {
      if (!this.#try(() => this.#do(action))) return;
      this.#compare();
    }
  }

  /** The program dies while it makes the store; the next opening throws away what is left of that, and truncates it. */
  #dieWhileFormatting(): void {
    const inner = this.#disk.openNow({ create: true });
    try {
      this.#openOn(this.#counted(latchedFiles(this.#failing(inner), new Latch({ stopAt: FORMATTING_CALLS }))));
    } catch (error) {
      if (!isEngineError(error) && !(error instanceof Latched)) throw error;
      if (isEngineError(error)) {
        this.#note(error);
        this.#limit.storeReturned();
      }
    }
    closeAll(inner);
    this.#endProgram();
  }

  #endProgram(): void {
    this.#limit.programEnded();
    this.#disk = this.#disk.crash();
  }

  /** False if the run is over: there is no store any more. */
  #try(run: () => void): boolean {
    try {
      run();
    } catch (error) {
      if (!isEngineError(error)) throw error;
      this.#note(error);
    }
    this.#limit.storeReturned();
    return this.#store !== undefined;
  }

  /** W1. */
  #note(error: EngineError): void {
    const { code } = error;
    if (!DEVICE_CODES.has(code) && !(this.#readsAreWrong && DAMAGE_CODES.has(code))) {
      throw new Broken(`refused with ${code}, which no failing device explains: ${error.message}`);
    }
    if (code === 'store_read_only' || code === 'commit_unknown') this.#outcome = 'stopped';
    else if (this.#outcome === 'unnoticed') this.#outcome = 'refused';
  }

  get #readsAreWrong(): boolean {
    const fault = this.#fault;
    return fault !== undefined && fault.loop in LOOPS && LOOPS[fault.loop as keyof typeof LOOPS].call === 'read';
  }

  #do(action: FaultAction): void {
    const store = this.#store!;
    switch (action.do) {
      case 'commit':
        this.#commit(store, action);
        break;
      case 'turn':
        this.#schedule.runAll();
        break;
      case 'flush':
        this.#flush(store);
        break;
      case 'checkpoint':
        store.checkpoint();
        break;
      case 'step':
        store.beginCheckpoint();
        store.step(1);
        break;
      case 'reopen':
        this.#store = undefined;
        store.close();
        this.#limit.storeReturned();
        this.#limit.programEnded();
        this.#openPatiently();
        break;
      case 'crash':
        this.#store = undefined;
        closeAll(this.#files!);
        this.#endProgram();
        this.#openPatiently();
        break;
    }
  }

  #commit(store: CrashStore, { mode, operations }: Extract<FaultAction, { do: 'commit' }>): void {
    const ticket = store.batch(operations, { mode });
    const { lsn } = ticket;
    if (lsn > this.#history.length + 1) throw new Broken(`gave LSN ${lsn} to commit ${this.#history.length + 1}`);
    const commit = { operations, mode };
    this.#history = this.#history.cutTo(lsn - 1);
    this.#history.push(commit);
    this.#tickets.push(ticket);
    ticket.onSettled((error) => {
      if (error === undefined) {
        this.#acknowledged = Math.max(this.#acknowledged, lsn);
        if (mode === 'strict') this.#promised = Math.max(this.#promised, lsn);
        return;
      }
      this.#note(error);
      // W4: from here on its LSN is free, or means another commit.
      const isGone = error.code !== 'commit_unknown' && lsn <= this.#history.length;
      if (isGone && this.#history.commit(lsn) === commit) this.#history = this.#history.cutTo(lsn - 1);
    });
  }

  /** W5. */
  #flush(store: CrashStore): void {
    try {
      store.flush();
      this.#promised = Math.max(this.#promised, this.#acknowledged);
    } finally {
      const waiting = this.#tickets.filter(({ state }) => state !== 'acknowledged' && state !== 'rejected');
      if (waiting.length > 0) throw new Broken(`commit ${waiting[0]!.lsn} still waits after a flush`);
    }
  }

  /** W2. */
  #compare(): void {
    const store = this.#store;
    if (store === undefined) return;
    const { publishedLsn } = store.stats();
    if (publishedLsn < this.#acknowledged) {
      throw new Broken(`commit ${this.#acknowledged} is acknowledged, ${publishedLsn} the last that is published`);
    }
    if (publishedLsn > this.#history.length) throw new Broken(`commit ${publishedLsn} is published, and was refused`);
    try {
      const difference = compareContents(store, this.#history.stateAfter(publishedLsn));
      if (difference) throw new Broken(`in its session, at commit ${publishedLsn}, ${difference.sentence}`);
    } catch (error) {
      if (!isEngineError(error)) throw error;
      this.#note(error); // A read that reached the device.
    }
  }

  /** False if the device lets no opening through. */
  #openPatiently(): boolean {
    for (let tries = 0; tries < OPENINGS_TRIED && this.#store === undefined; tries++) {
      this.#try(() => {
        this.#store = this.#openFaulty();
      });
    }
    if (this.#store === undefined) {
      this.#outcome = 'stopped';
      return false;
    }
    const { lastLsn } = this.#store.recovery;
    const store = this.#store;
    // A read that goes wrong only now is an answer too, as in any session.
    this.#try(() => expectPrefix(store, this.#history, this.#acknowledged, 'opened on the failing device'));
    this.#history = this.#history.cutTo(lastLsn);
    this.#tickets = [];
    this.#acknowledged = lastLsn;
    if (!this.#limit.isReached) this.#promised = lastLsn; // W7.
    return true;
  }

  #openFaulty(): CrashStore {
    const inner = this.#disk.openNow({ create: true });
    this.#files = this.#counted(this.#failing(inner));
    this.#schedule = new ManualSchedule();
    try {
      return this.#openOn(this.#files, this.#schedule);
    } catch (error) {
      closeAll(inner);
      throw error;
    }
  }

  #failing(files: FileSet): FileSet {
    return faultyFiles(
      this.#limit.device(files),
      scriptFor(this.#fault, this.#sound, { calls: this.calls, bytesHeld: this.bytesHeld }),
    );
  }

  #counted(files: FileSet): FileSet {
    const onCall = (): void => {
      if (this.#options.isCrossed && this.#hasStruck) this.#standings.push(this.#standing());
    };
    return this.#limit.watch(wrapFiles(this.#recorded(files), (inner) => new AnnouncedFile(inner, onCall)));
  }

  #recorded(files: FileSet): FileSet {
    return recordedFiles(files, {
      emit: (event) => {
        if (event.kind === 'storage.file_read') this.calls.read++;
        else if (event.kind === 'storage.file_flushed') this.calls.flush++;
        else if (event.kind === 'storage.file_truncated') this.calls.truncate++;
        else if (event.kind === 'storage.file_written') {
          this.calls.write++;
          this.writeLengths.push(event.bytes.length);
        }
      },
    });
  }

  #openOn(files: FileSet, schedule = new ManualSchedule()): CrashStore {
    const { schedule: run } = schedule;
    return this.#subject.open({ files, random: this.#random, schedule: run, protections: this.#options.protections });
  }

  /** What each end of the run leaves: where it stands now, and, if that was asked for, where it stood since the fault. */
  #afterwards(): void {
    const aftermath = new Aftermath((files) => this.#openOn(files));
    aftermath.hold(this.#standing(), this.#seed);
    const standings = this.#standings.map((standing, i) => ({ standing, i }));
    const held = spread(standings, this.#options.crossedPointsMax ?? Infinity, this.#seed);
    for (const { i, standing } of held) {
      try {
        aftermath.hold(standing, this.#seed + i);
      } catch (error) {
        if (!(error instanceof Broken)) throw error;
        throw new Broken(`${i} changes of the device after the fault: ${error.message}`);
      }
    }
    this.crossed = { changes: standings.length, points: held.length, ...aftermath.counts };
  }

  #standing(): Standing {
    return {
      disk: this.#disk.fork(),
      history: this.#history,
      acknowledged: this.#acknowledged,
      promised: this.#promised,
      isPastLimit: this.#limit.isReached,
      wouldPassLimit: this.#limit.wouldBeReached,
    };
  }

  get #hasStruck(): boolean {
    const fault = this.#fault;
    if (fault === undefined) return false;
    return fault.loop in LOOPS
      ? this.calls[LOOPS[fault.loop as keyof typeof LOOPS].call] >= fault.nth
      : this.#outcome !== 'unnoticed';
  }
}

/** Says so before each call that could change the disk. */
class AnnouncedFile extends WrappedFile {
  readonly #announce: () => void;

  constructor(inner: ConstructorParameters<typeof WrappedFile>[0], announce: () => void) {
    super(inner);
    this.#announce = announce;
  }

  override write(...call: Parameters<WrappedFile['write']>): number {
    this.#announce();
    return this.inner.write(...call);
  }

  override flush(...call: Parameters<WrappedFile['flush']>): void {
    this.#announce();
    this.inner.flush(...call);
  }

  override truncate(...call: Parameters<WrappedFile['truncate']>): void {
    this.#announce();
    this.inner.truncate(...call);
  }
}
