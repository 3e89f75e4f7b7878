/**
 * A recorded run: the real store on the simulated disk, photographed just before every I/O.
 *
 *     actions    commit a   turn                      checkpoint
 *     I/Os                  write log │ flush log     write data │ flush data │ write superblock ...
 *     points     .          ▲         ▲               ▲          ▲            ▲                     ▲ end of the run
 *
 * A crash point is a fork of the disk (it costs an overlay, not a copy), and what the clients knew at that moment:
 *
 *     promised   <=   acknowledged   <=   submitted           in commits, from the first of the run
 *
 * A power cut may take what is between `promised` and `submitted`, and only that: relaxed commits are promised once a
 * flush of the log has covered them, or once an opening has shown them, which flushes what it shows. A crash of the
 * program alone may take nothing that was acknowledged.
 *
 *   U1  Point k lies before I/O k, and everything before it has reached the device; the last one lies behind the run.
 *   U2  The run itself is held to the same promises: what it reads between two actions is what the model says. A run
 *       that breaks one ends there, and says which (`harm`).
 */
import { AssertionError } from '../base/assert';
import { isEngineError, type EngineError } from '../base/errors';
import { ManualSchedule, SeededRandom } from '../base/runtime';
import { carelessFiles, type CarelessName } from '../storage/careless';
import type { Fault } from '../storage/fault_script';
import { faultyFiles } from '../storage/faulty';
import { Latched } from '../storage/latched';
import type { PartialImages } from '../storage/images';
import { inBoardOrder } from '../storage/simulated/board_order';
import type { StoreTrace } from '../kv_store';
import { SimulatedDisk } from '../storage/simulated/disk';
import type { Fate, PowerCutChoice } from '../storage/simulated/fates';
import type { PendingItem } from '../storage/simulated/pending';
import type { PersistenceProfile } from '../storage/simulated/profiles';
import type { Action, BoardChoice, CutShort } from './actions';
import { compareContents, type Difference } from './compare';
import { History } from './history';
import { KnownLimit } from './known_limit';
import type { CrashStore, CrashSubject, ProtectionSwitches } from './subject';
import { saysDamaged } from './verdict';
import { watchedFiles, type DeviceCall, type Watch } from './watched_files';

export interface RunOptions {
  readonly subject: CrashSubject;
  readonly actions: readonly Action[];
  readonly profile: PersistenceProfile;
  /** Opening n of the run draws its salts from `seed + n`, as a session of the lab does. */
  readonly seed: number;
  readonly protections: ProtectionSwitches;
  readonly careless: readonly CarelessName[];
  /** What the files hold before the run; empty files if absent. They belong to the run. */
  readonly images?: PartialImages;
}

/** A moment at which the run may end. */
export interface CrashPoint {
  readonly io: number;
  /** The I/O that did not happen any more; absent at the end of the run. A write has its bytes. */
  readonly call: DeviceCall | undefined;
  /** Which action made it: an index; -1 is the first opening. */
  readonly action: number;
  /** Flushes that had returned before. */
  readonly epoch: number;
  /** How often the store had been opened: salts of the next opening are drawn from `seed + openings + 1`. */
  readonly openings: number;
  /** Whether no store was open: it was being opened, or closed. */
  readonly isOpening: boolean;
  /** As it was just before; fork it before it is used. */
  readonly disk: SimulatedDisk;
  readonly history: History;
  readonly submitted: number;
  readonly acknowledged: number;
  readonly promised: number;
  /** Past the known limit: the store lives on what is in the cache alone (`known_limit.ts`). */
  readonly isPastLimit: boolean;
}

export interface RunHarm {
  readonly io: number;
  readonly action: number;
  readonly sentence: string;
  /** Absent where the program broke off rather than answered. */
  readonly difference?: Difference;
}

export interface RecordedRun {
  readonly options: RunOptions;
  readonly points: readonly CrashPoint[];
  /** LSN of the run's first commit, less one. */
  readonly firstLsn: number;
  /** Whether a call lied, or a write went astray: then damage may be reported. One that fails openly damages nothing. */
  readonly hasFaults: boolean;
  readonly harm: RunHarm | undefined;
  /** How often each shape of the subject happened in it. */
  readonly shapes: ReadonlyMap<string, number>;
}

export function recordRun(options: RunOptions): RecordedRun {
  return new Recording(options).run();
}

class Recording {
  readonly #options: RunOptions;
  readonly #points: CrashPoint[] = [];
  readonly #watch: Watch;
  #disk: SimulatedDisk;
  #ios = 0;
  #epoch = 0;
  #openings = 0;
  #action = -1;
  #firstLsn = 0;
  #history: History;
  /** Commits up to here: acknowledged at all; and promised whatever happens. */
  #acknowledged = 0;
  #promised = 0;
  #store: CrashStore | undefined;
  #schedule = new ManualSchedule();
  #hasFaults = false;
  /** Whether a call of the device may fail now. */
  #isFailing = false;
  readonly #shapes = new Map<string, number>();
  readonly #shapeTrace: StoreTrace | null;
  readonly #limit = new KnownLimit();
  #foundInCache = 0;
  /** The power went past the known limit: the opening that follows may report damage. */
  #isExcused = false;
  /** Where the program dies in the middle of an action. */
  #stop: { readonly io: number; readonly landedBytes: number } | undefined;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#disk = new SimulatedDisk(options.images, options.profile);
    this.#history = this.#historyBefore();
    this.#watch = {
      files: this.#disk.openNow({ create: true }),
      onCall: (call) => this.#capture(call),
    };
    const shapesOf = options.subject.shapes?.watch();
    this.#shapeTrace = shapesOf === undefined ? null : { emit: (event) => countEach(shapesOf(event), this.#shapes) };
  }

  run(): RecordedRun {
    const harm = this.#runActions();
    if (harm === undefined) this.#capture(undefined);
    const [options, points, firstLsn] = [this.#options, this.#points, this.#firstLsn];
    return { options, points, firstLsn, hasFaults: this.#hasFaults, harm, shapes: this.#shapes };
  }

  /** A store that was there before is opened on the side: its contents are what the run starts from. */
  #historyBefore(): History {
    const { images, profile, protections, subject } = this.#options;
    if (images === undefined) return History.from();
    const disk = new SimulatedDisk(images, profile);
    const store = subject.open({
      files: disk.openNow({ create: true }),
      random: new SeededRandom(0),
      schedule: new ManualSchedule().schedule,
      protections,
    });
    this.#firstLsn = store.recovery.lastLsn;
    return History.from([...store.scan()]);
  }

  #runActions(): RunHarm | undefined {
    const { actions } = this.#options;
    for (let index = -1; index < actions.length; index++) {
      this.#action = index;
      try {
        if (index < 0) this.#open();
        else this.#do(actions[index]!);
      } catch (error) {
        if (isEngineError(error)) {
          this.#limit.storeReturned();
          if (this.#store === undefined) return this.#refused(error);
          continue; // Refused by a store that goes on, or reads only: what it promised holds as before.
        }
        if (!(error instanceof AssertionError) && !(error instanceof RangeError)) throw error;
        return this.#harm(`The program breaks off: ${error.message}.`);
      }
      this.#limit.storeReturned();
      const harm = this.#harmInSession();
      if (harm !== undefined) return harm;
    }
    return undefined;
  }

  #do(action: Action): void {
    const store = this.#store!;
    switch (action.do) {
      case 'commit':
        this.#commit(store, action);
        break;
      case 'turn':
        this.#schedule.runAll();
        break;
      case 'flush':
        store.flush();
        break;
      case 'checkpoint':
        store.checkpoint();
        break;
      case 'step':
        store.stepOrBegin(action.budgetBytes);
        break;
      case 'reopen':
        this.#store = undefined;
        store.close();
        this.#limit.storeReturned();
        this.#limit.programEnded();
        this.#open();
        break;
      case 'crash':
        if (action.during !== undefined) this.#cutShort(action.during);
        this.#store = undefined;
        this.#limit.programEnded();
        this.#use(this.#disk.crash());
        this.#open();
        break;
      case 'cut':
        this.#store = undefined;
        this.#use(this.#disk.powerCut(fatesOf(this.#disk.pending(), action.choice)));
        this.#acknowledged = this.#options.profile.flush === 'ignored' ? 0 : this.#promised;
        this.#isExcused = this.#limit.isReached;
        this.#limit.powerWent();
        this.#open();
        this.#isExcused = false;
        break;
      case 'fail':
        this.#hasFaults ||= canDamage(action.fault);
        this.#isFailing = true;
        this.#watch.files = faultyFiles(this.#limit.device(this.#watch.files), { faults: [action.fault] });
        break;
    }
    this.#notePromises();
  }

  /** Does what of the action there is time for. */
  #cutShort({ action, ios, landedBytes }: CutShort): void {
    this.#stop = { io: this.#ios + ios, landedBytes };
    try {
      this.#do(action);
      this.#limit.storeReturned();
    } catch (error) {
      if (isEngineError(error)) this.#limit.storeReturned();
      else if (!(error instanceof Latched)) throw error;
    } finally {
      this.#stop = undefined;
    }
  }

  #open(): void {
    const { careless, protections, seed, subject } = this.#options;
    this.#schedule = new ManualSchedule();
    this.#openings++;
    const store = subject.open({
      files: carelessFiles(this.#limit.watch(watchedFiles(this.#watch)), careless),
      random: new SeededRandom(seed + this.#openings),
      schedule: this.#schedule.schedule,
      protections,
      trace: this.#shapeTrace,
    });
    // Kept before it is judged: a store that came back wrong is harm, one that refused is not open.
    this.#store = store;
    this.#history = this.#history.cutTo(this.#found(store));
    this.#acknowledged = this.#history.length;
    // An opening flushes what it shows; past the limit there was nothing to flush, and only what comes next is promised.
    this.#foundInCache = this.#limit.isReached ? this.#history.length : 0;
    if (!this.#limit.isReached) this.#promised = this.#acknowledged;
  }

  /** How many commits of the run an opening found; U2. */
  #found(store: CrashStore): number {
    const found = store.recovery.lastLsn - this.#firstLsn;
    if (found < this.#acknowledged || found > this.#history.length)
      throw new AssertionError(
        `${this.#acknowledged} of ${this.#history.length} commits were acknowledged, and opening finds ${found}`,
      );
    return found;
  }

  #commit(store: CrashStore, { mode, operations }: Extract<Action, { do: 'commit' }>): void {
    const ticket = store.batch(operations, { mode });
    const number = ticket.lsn - this.#firstLsn;
    this.#history = this.#history.cutTo(number - 1);
    this.#history.push({ operations, mode });
    ticket.onSettled((error) => {
      if (error === undefined) {
        this.#acknowledged = Math.max(this.#acknowledged, number);
        if (mode === 'strict') this.#promised = Math.max(this.#promised, number);
      } else if (error.code !== 'commit_unknown') this.#history = this.#history.cutTo(number - 1);
    });
  }

  /** A relaxed commit is promised once the store says that a flush has covered it. */
  #notePromises(): void {
    if (this.#store === undefined) return;
    const flushed = this.#store.stats().durableLsn - this.#firstLsn;
    const covered = Math.min(flushed, this.#acknowledged);
    if (covered > this.#foundInCache) this.#promised = Math.max(this.#promised, covered);
  }

  /** A disk that lies about flushes owes nothing but a prefix; a crash of the program alone may take nothing. */
  get #promisedByDisk(): number {
    const { flush, losesUnflushed } = this.#options.profile;
    if (!losesUnflushed) return this.#acknowledged;
    return flush === 'ignored' ? 0 : this.#promised;
  }

  /** U2. A device that fails may refuse a read. */
  #harmInSession(): RunHarm | undefined {
    try {
      const difference = this.#compare();
      return difference && this.#harm(`While it runs, ${difference.sentence}`, difference);
    } catch (error) {
      if (!isEngineError(error)) throw error;
      const isExcused = this.#hasFaults || this.#isFailing || this.#isExcused;
      return isExcused ? undefined : this.#harm(`While it runs, a read is refused: ${error.message}`);
    }
  }

  #compare(): Difference | undefined {
    const store = this.#store;
    if (store === undefined) return undefined;
    const published = store.stats().publishedLsn - this.#firstLsn;
    return compareContents(store, this.#history.stateAfter(Math.min(published, this.#history.length)));
  }

  /** U1. */
  #capture(call: DeviceCall | undefined): void {
    this.#notePromises();
    this.#ios++;
    this.#points.push({
      io: this.#ios,
      call: call?.kind === 'write' ? { ...call, bytes: call.bytes.slice() } : call,
      action: this.#action,
      epoch: this.#epoch,
      openings: this.#openings,
      isOpening: this.#store === undefined,
      disk: this.#disk.fork(),
      history: this.#history,
      submitted: this.#history.length,
      acknowledged: this.#acknowledged,
      promised: this.#promisedByDisk,
      isPastLimit: this.#limit.isReached,
    });
    if (this.#ios === this.#stop?.io) this.#die(call, this.#stop.landedBytes);
    if (call?.kind === 'flush') this.#epoch++;
  }

  /** This call does not happen, but for the first bytes of a write. */
  #die(call: DeviceCall | undefined, landedBytes: number): never {
    if (call?.kind === 'write' && landedBytes > 0)
      this.#watch.files[call.file].write(call.at, call.bytes.subarray(0, landedBytes));
    throw new Latched(this.#ios);
  }

  #use(disk: SimulatedDisk): void {
    this.#disk = disk;
    this.#isFailing = false;
    this.#watch.files = disk.openNow({ create: true });
  }

  #refused(error: EngineError): RunHarm | undefined {
    if (this.#hasFaults || this.#isExcused || this.#options.profile.flush === 'ignored') return undefined;
    if (this.#isFailing && !saysDamaged(error.code)) return undefined; // The device fails the opening, too.
    return this.#harm(`Opened again, the store refuses: ${error.message}`);
  }

  #harm(sentence: string, difference?: Difference): RunHarm {
    return { io: this.#ios, action: this.#action, sentence, ...(difference !== undefined && { difference }) };
  }
}

function countEach(names: readonly string[], counts: Map<string, number>): void {
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** Whether bytes at rest can be other than they were written. */
const canDamage = ({ effect }: Fault): boolean => effect.kind === 'misdirected' || effect.kind === 'lie';

/** The fates that a choice on the board means for the items of a disk. Numbers past the board mean nothing. */
export function fatesOf(items: readonly PendingItem[], { items: named, others }: BoardChoice): PowerCutChoice {
  const fates = new Map<PendingItem, Fate>();
  const board = inBoardOrder(items);
  for (const { fate, item } of named) {
    const pending = board[item - 1];
    if (pending !== undefined) fates.set(pending, fate);
  }
  return items.map((item) => fates.get(item) ?? { fate: others });
}
