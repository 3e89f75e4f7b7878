/**
 * The checker: opens what a crash left with the real recovery, and holds the store to everything it promised.
 *
 *     disk ──open──▶ store ──▶ a b d h  contents     the state after k commits, promised <= k <= submitted
 *       │              │──────▶ c       structure    the store's own check
 *       │              └──────▶ g       goes on      one more commit, the power goes again, still there
 *       ├─ as recovery left it ─open──▶ e  again     the same bytes, the same state
 *       └─ before each I/O of recovery ─open──▶ f    the same state, whatever of recovery got through
 *
 * Equal bytes are opened once: recovery is a function of the bytes (and of salts, which no reader can tell apart), so
 * what it makes of an image is kept, and e and f, which mostly meet images that were seen before, cost little.
 *
 *   V1  Nothing is taken from the store under test but what it serves and its LSN: what is right comes from the run.
 *   V2  Whatever a store throws is a verdict, never the end of the search.
 */
import { isEngineError } from '../base/errors';
import { equalBytes } from '../base/bytes';
import { ManualSchedule, SeededRandom } from '../base/runtime';
import type { Entry } from '../base/ordered_index';
import { carelessFiles, type CarelessName } from '../storage/careless';
import type { SimulatedDisk } from '../storage/simulated/disk';
import { keepAll, loseAll, randomChoice } from '../storage/simulated/fates';
import type { PersistenceProfile } from '../storage/simulated/profiles';
import { compareContents, type Difference } from './compare';
import { readAround } from './damage/late';
import { firstNotBelow, type History, type State } from './history';
import type { CrashPoint } from './run';
import type { CrashStore, CrashSubject, ProtectionSwitches } from './subject';
import { fatesByContents, letterOf, prefixLength, type VerdictLetter } from './verdict';
import { watchedFiles, type DeviceCall } from './watched_files';

/**
 *   opens            the store opens at all
 *   a_prefix         a prefix of the commits, with all that was promised in it, and no more than was submitted
 *   b_whole          every commit whole, none half, none out of order
 *   c_structure      the store's own check finds nothing
 *   d_scans          scans both ways and gets agree with the model
 *   e_again          recovering again changes nothing: same bytes, same state
 *   f_crash_again    a crash at each I/O of the recovery comes to the same
 *   g_goes_on        the next commit works, and outlives the next power cut
 *   h_never_written  nothing that is read was never written
 */
export const CHECKS = [
  'opens',
  'a_prefix',
  'b_whole',
  'c_structure',
  'd_scans',
  'e_again',
  'f_crash_again',
  'g_goes_on',
  'h_never_written',
] as const;
export type CheckName = (typeof CHECKS)[number];

export interface CheckerOptions {
  readonly subject: CrashSubject;
  readonly protections: ProtectionSwitches;
  readonly careless: readonly CarelessName[];
  readonly profile: PersistenceProfile;
  readonly seed: number;
  /** LSN of the run's first commit, less one. */
  readonly firstLsn: number;
  /** Calls lied during the run, or bits rotted: damage may be reported. */
  readonly isSpoilt: boolean;
  /** f, at depth 2. */
  readonly crashRecovery: boolean;
}

export interface Judgement {
  readonly letter: VerdictLetter;
  readonly sentence: string;
  /** How many commits came back; undefined where no number of them gives what did. */
  readonly commits: number | undefined;
  /** What failed. Also with D, where nothing but a missing safeguard explains the damage. */
  readonly check: CheckName | undefined;
  /** Damage was reported past the known limit of the store: D, and nothing else is excused by it. */
  readonly isKnownLimit?: true;
}

/** A failed check; how it becomes a letter is `#failed`'s matter. */
interface Failing {
  readonly check: CheckName;
  readonly sentence: string;
  /** It answered, and wrongly. */
  readonly isWrong?: boolean;
  /** Otherwise: the code with which it refused. */
  readonly refusal?: string;
  readonly commits?: number;
}

/** Where a store came to that was opened on an image. */
interface Opened {
  readonly store: CrashStore;
  readonly schedule: ManualSchedule;
  readonly commits: number;
}

const CACHED_IMAGES_MAX = 200_000;

export class Checker {
  readonly #options: CheckerOptions;
  /** Images on which a recovery was found right: how many commits it finds. By image, history and promise. */
  readonly #known = new Map<string, number>();
  /** Crashes inside recovery that were tried, images seen before included. */
  recoveryCrashes = 0;

  constructor(options: CheckerOptions) {
    this.#options = options;
  }

  /** Judges a disk, which is used up. `image`: its hash. */
  judge(point: CrashPoint, disk: SimulatedDisk, image: string): Judgement {
    try {
      return this.#judge(point, disk, image);
    } catch (error) {
      // Damage that shows when somebody needs the page.
      if (isEngineError(error))
        return this.#failed(point, {
          check: 'opens',
          sentence: `The store refuses: ${error.message}`,
          refusal: error.code,
        });
      // V2: a defect of the store; one of the harness would show in every state.
      return this.#failed(point, { check: 'opens', sentence: `The program breaks off: ${messageOf(error)}.` });
    }
  }

  #judge(point: CrashPoint, disk: SimulatedDisk, image: string): Judgement {
    const forks: SimulatedDisk[] = [];
    const opened = this.#open(disk, point.openings + 1, this.#options.crashRecovery ? forks : undefined);
    if ('check' in opened) return this.#failed(point, opened);
    const { commits, store } = opened;
    const failing =
      this.#contents(point, opened) ??
      this.#structure(store) ??
      this.#again(point, disk, image, commits) ??
      this.#crashAgain(point, forks, image, commits) ??
      this.#goesOn(point, opened, disk);
    if (failing !== undefined) return this.#failed(point, { commits, ...failing });
    this.#remember(point, image, commits);
    return { ...this.#passed(point, commits), commits, check: undefined };
  }

  /** Opens the store on a disk. `forks` takes the disk as it was before each I/O of the opening. */
  #open(disk: SimulatedDisk, opening: number, forks?: SimulatedDisk[]): Opened | Failing {
    const { careless, firstLsn, protections, seed, subject } = this.#options;
    const schedule = new ManualSchedule();
    const device = disk.openNow({ create: true });
    const onCall = (call: DeviceCall): void => this.#fork(disk, call, forks!);
    const files = forks === undefined ? device : watchedFiles({ files: device, onCall });
    try {
      const store = subject.open({
        files: carelessFiles(files, careless),
        random: new SeededRandom(seed + opening),
        schedule: schedule.schedule,
        protections,
      });
      return { store, schedule, commits: store.recovery.lastLsn - firstLsn };
    } catch (error) {
      if (isEngineError(error))
        return { check: 'opens', sentence: `The store refuses: ${error.message}`, refusal: error.code };
      return { check: 'opens', sentence: `Opening breaks off: ${messageOf(error)}.`, refusal: 'assertion_failed' };
    }
  }

  /** The disk as a crash at this I/O leaves it; of a write, where only the program dies, also with half of it landed. */
  #fork(disk: SimulatedDisk, call: DeviceCall, forks: SimulatedDisk[]): void {
    forks.push(disk.fork());
    if (this.#options.profile.losesUnflushed || call.kind !== 'write') return;
    const half = disk.fork();
    half.openNow({ create: true })[call.file].write(call.at, call.bytes.subarray(0, call.bytes.length >>> 1));
    forks.push(half.crash());
  }

  /** a, b, d, h. */
  #contents({ history, promised, submitted }: CrashPoint, { commits, store }: Opened): Failing | undefined {
    if (commits < promised) return wrong('a_prefix', `${commitsInWords(promised)} promised, and ${commits} came back.`);
    if (commits > submitted)
      return wrong(
        'a_prefix',
        `${commits} ${commits === 1 ? 'commit' : 'commits'} came back, and only ${submitted} ${submitted === 1 ? 'was' : 'were'} ever submitted.`,
      );
    const state = history.stateAfter(commits);
    let difference: Difference | undefined;
    try {
      difference = compareContents(store, state);
    } catch (error) {
      // A page is damaged: that is said, and what else is served has to be right all the same.
      const around = isEngineError(error) ? readAround(store, state).wrong : undefined;
      if (around === undefined) throw error;
      return wrong('a_prefix', `Around damage, after ${commits} commits, ${around}.`);
    }
    if (difference === undefined) return undefined;
    const check = this.#whatDiffers(history, submitted, difference, store, commits);
    return wrong(check, `After ${commits} ${commits === 1 ? 'commit' : 'commits'} ${difference.sentence}`);
  }

  #whatDiffers(
    history: History,
    submitted: number,
    difference: Difference,
    store: CrashStore,
    said: number,
  ): CheckName {
    if (difference.found !== undefined && !wasWritten(history, submitted, difference.found)) return 'h_never_written';
    const recovered = [...store.scan()];
    const commits = Array.from({ length: submitted }, (_, i) => history.commit(i + 1));
    if (prefixLength(history.stateAfter(0), commits, recovered, said) === said) return 'd_scans';
    return fatesByContents(commits, recovered).includes('half') ? 'b_whole' : 'a_prefix';
  }

  /** c. */
  #structure(store: CrashStore): Failing | undefined {
    const [finding] = store.check();
    if (finding === undefined) return undefined;
    const sentence = `The store's own check: ${finding.rule}, ${finding.detail}.`;
    const isDamage = this.#options.subject.findsDamageLate === true && finding.place?.file !== undefined;
    return { check: 'c_structure', sentence, ...(isDamage && { refusal: 'page_damaged' }) };
  }

  /** e: where opening changed no byte, opening again is the same call on the same bytes. */
  #again(point: CrashPoint, disk: SimulatedDisk, image: string, commits: number): Failing | undefined {
    const left = disk.imageHash();
    if (left === image) return undefined;
    const known = this.#known.get(this.#key(point, left));
    if (known !== undefined) return known === commits ? undefined : came(commits, known);
    const copy = disk.fork();
    const failing = this.#comesTo(point, copy, commits, 'e_again', 'Recovered again');
    if (failing !== undefined) return failing;
    if (copy.imageHash() !== left)
      return { check: 'e_again', sentence: 'Recovering again changes bytes that the first recovery left.' };
    this.#remember(point, left, commits);
    return undefined;
  }

  /** f. */
  #crashAgain(point: CrashPoint, forks: readonly SimulatedDisk[], image: string, commits: number): Failing | undefined {
    for (const [index, fork] of forks.entries()) {
      for (const disk of this.#crashes(fork, index)) {
        this.recoveryCrashes++;
        const left = disk.imageHash();
        if (left === image) continue;
        const known = this.#known.get(this.#key(point, left));
        if (known === commits) continue;
        const failing = this.#comesTo(point, disk, commits, 'f_crash_again', `Crashed at I/O ${index + 1} of recovery`);
        if (failing !== undefined) return failing;
        this.#remember(point, left, commits);
      }
    }
    return undefined;
  }

  /** What the second crash leaves: the same kind as the first; a lying disk owes nothing after a second cut. */
  *#crashes(fork: SimulatedDisk, index: number): Generator<SimulatedDisk, void> {
    const { profile, seed } = this.#options;
    const items = fork.pending();
    if (!profile.losesUnflushed || profile.flush === 'ignored' || items.length === 0) {
      yield fork;
      return;
    }
    yield fork.powerCut(keepAll(items));
    yield fork.powerCut(loseAll(items));
    yield fork.powerCut(randomChoice(items, profile, new SeededRandom(seed + index)));
  }

  /** Opens a disk that has to come to so many commits, whole. */
  #comesTo(
    { history, openings }: CrashPoint,
    disk: SimulatedDisk,
    commits: number,
    check: CheckName,
    when: string,
  ): Failing | undefined {
    const opened = this.#open(disk, openings + 2);
    if ('check' in opened) return { ...opened, check, sentence: `${when}: ${opened.sentence}` };
    if (opened.commits !== commits)
      return wrong(check, `${when}, the store has ${opened.commits} commits, not ${commits}.`);
    const difference = compareContents(opened.store, history.stateAfter(commits));
    return difference && wrong(check, `${when}, ${difference.sentence}`);
  }

  /** g: a strict commit, then the power goes with everything that is not flushed. */
  #goesOn(point: CrashPoint, { commits, schedule, store }: Opened, disk: SimulatedDisk): Failing | undefined {
    const { profile } = this.#options;
    const state = point.history.stateAfter(commits);
    try {
      const ticket = store.batch([{ kind: 'put', key: NEXT_KEY, value: NEXT_VALUE }], { mode: 'strict' });
      schedule.runAll();
      if (ticket.state !== 'acknowledged')
        return { check: 'g_goes_on', sentence: `The next commit is ${ticket.state}, not acknowledged.` };
    } catch (error) {
      return { check: 'g_goes_on', sentence: `The next commit fails: ${messageOf(error)}` };
    }
    const isCut = profile.losesUnflushed && profile.flush === 'honest';
    const left = isCut ? disk.powerCut(loseAll(disk.pending())) : disk.crash();
    const opened = this.#open(left, point.openings + 2);
    if ('check' in opened)
      return { ...opened, check: 'g_goes_on', sentence: `After the next commit: ${opened.sentence}` };
    if (opened.commits !== commits + 1) {
      const found = `${opened.commits} of ${commits + 1} commits are there`;
      return wrong('g_goes_on', `The next commit was acknowledged, and after a power cut ${found}.`);
    }
    const difference = compareContents(opened.store, withNext(state));
    return difference && wrong('g_goes_on', `After the next commit and a power cut, ${difference.sentence}`);
  }

  #passed({ acknowledged }: CrashPoint, commits: number): Pick<Judgement, 'letter' | 'sentence'> {
    if (commits < acknowledged)
      return {
        letter: 'L',
        sentence: `${acknowledged - commits} of ${acknowledged} acknowledged commits are gone, as they may be here; what is left is the first ${commits}.`,
      };
    const more =
      commits > acknowledged
        ? ` ${commits - acknowledged} more ${commits - acknowledged === 1 ? 'is' : 'are'} there that nobody was told of.`
        : '';
    return {
      letter: 'A',
      sentence:
        acknowledged === 0
          ? `Nobody had been told anything yet.${more}`
          : `${acknowledged === 1 ? 'The one acknowledged commit is' : `All ${acknowledged} acknowledged commits are`} there.${more}`,
    };
  }

  /** What a failed check comes to: wrong answers are S, what fails openly F, or D where damage may be reported. */
  #failed({ isPastLimit }: CrashPoint, failing: Failing): Judgement {
    const { check, commits, isWrong = false, refusal, sentence } = failing;
    const letter = letterOf({
      refusal: isWrong ? undefined : (refusal ?? 'assertion_failed'),
      isReadOnly: false,
      crashAlone: this.#crashAlone && !isPastLimit,
      isPrefix: false,
      missing: 'forbidden',
    });
    const isKnownLimit = letter === 'D' && isPastLimit && this.#isWhole;
    const isSpoilt = letter === 'D' && (this.#options.isSpoilt || this.#options.profile.flush === 'ignored');
    return {
      letter,
      sentence,
      commits,
      check: isSpoilt || isKnownLimit ? undefined : check,
      ...(isKnownLimit && { isKnownLimit }),
    };
  }

  /** J4. */
  get #crashAlone(): boolean {
    const { isSpoilt, profile } = this.#options;
    return this.#isWhole && !isSpoilt && profile.flush === 'honest';
  }

  /** Every safeguard is on. */
  get #isWhole(): boolean {
    const { careless, protections } = this.#options;
    return careless.length === 0 && !Object.values(protections).includes(false);
  }

  #key({ history, promised, submitted }: CrashPoint, image: string): string {
    return `${image}${promised}.${submitted}.${history.markAfter(submitted)}`;
  }

  #remember(point: CrashPoint, image: string, commits: number): void {
    if (this.#known.size >= CACHED_IMAGES_MAX) this.#known.clear();
    this.#known.set(this.#key(point, image), commits);
  }
}

const commitsInWords = (count: number): string => (count === 1 ? '1 commit was' : `${count} commits were`);

/** No workload uses it: below every key of letters, above nothing but the empty key. */
const NEXT_KEY = new Uint8Array([0]);
const NEXT_VALUE = new Uint8Array([0x6f, 0x6e]);

function withNext(state: State): State {
  const at = firstNotBelow(state, NEXT_KEY);
  const isThere = state[at] !== undefined && equalBytes(state[at].key, NEXT_KEY);
  return state.toSpliced(at, isThere ? 1 : 0, { key: NEXT_KEY, value: NEXT_VALUE });
}

/** Whether anybody ever put that value under that key, or it was there before. */
function wasWritten(history: History, submitted: number, found: Entry): boolean {
  const isIt = (entry: { readonly key: Uint8Array; readonly value?: Uint8Array }): boolean =>
    equalBytes(entry.key, found.key) && entry.value !== undefined && equalBytes(entry.value, found.value);
  if (history.stateAfter(0).some(isIt)) return true;
  for (let number = 1; number <= submitted; number++) if (history.commit(number).operations.some(isIt)) return true;
  return false;
}

const wrong = (check: CheckName, sentence: string): Failing => ({ check, sentence, isWrong: true });

const came = (commits: number, known: number): Failing =>
  wrong('e_again', `Recovered again, the store has ${known} commits, not ${commits}.`);

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
