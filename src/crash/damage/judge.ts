/**
 * What an engine makes of damaged files.
 *
 *     open ──┬─ refuses: an error of the catalogue that names a place ─▶ salvage ─▶ part of it, read-only, or refused
 *            │                                                                                          detected
 *            └─ opens ──┬─ refuses what lies on damaged pages, serves the rest, and its check names the place   detected
 *                       ├─ serves everything, checks out, goes on                                        harmless
 *                       ├─ serves a prefix that nothing on the disk could have proved short              undetectable
 *                       └─ anything else: wrong, short without a word, an error nobody wrote down        silent
 *
 *   J1  A refused opening, and one for salvage, change no byte.
 *   J2  Whatever is served was there: the contents after some commit, or, from salvage, part of them.
 *   J3  A store that opens without a word goes on: the next commit and a checkpoint work, and are found again.
 */
import { encodeText, equalBytes } from '../../base/bytes';
import { isEngineError, type EngineError, type ErrorCode } from '../../base/errors';
import type { Batch, Entry } from '../../base/ordered_index';
import { ManualSchedule, SeededRandom } from '../../base/runtime';
import { closeAll, FILE_NAMES, type FileSet } from '../../storage/file';
import type { PartialImages } from '../../storage/images';
import { MemoryStorage } from '../../storage/memory';
import { compareContents } from '../compare';
import { firstNotBelow, History, type State } from '../history';
import type { CrashStore, CrashSubject, ProtectionSwitches } from '../subject';
import { damagedImages, type Damage } from './damage';
import { readAround } from './late';
import type { Specimen } from './specimen';
import { whyUndetectable, type UndetectableReason } from './undetectable';

export type DamageVerdict =
  | { readonly outcome: 'detected'; readonly code: ErrorCode; readonly salvage: 'opened' | 'refused' }
  | { readonly outcome: 'harmless' }
  | { readonly outcome: 'undetectable'; readonly reason: UndetectableReason }
  | { readonly outcome: 'silent'; readonly why: string };

/** How an engine may say that its files are damaged. */
const DAMAGE_CODES: ReadonlySet<ErrorCode> = new Set([
  'file_missing',
  'not_a_store',
  'format_too_new',
  'superblock_damaged',
  'checkpoint_damaged',
  'page_damaged',
  'table_damaged',
  'manifest_damaged',
  'log_damaged',
] as const);

/** A broken promise, in words. Thrown inside, never out of `judgeDamage`. */
class Broken extends Error {
  override readonly name = 'Broken';
}

export function judgeDamage(
  subject: CrashSubject,
  specimen: Specimen,
  damage: Damage,
  protections: ProtectionSwitches = subject.protections,
): DamageVerdict {
  try {
    return new Trial(subject, specimen, damage, protections).verdict();
  } catch (error) {
    // An assertion, a range error, an endless loop caught by its limit: a user's store would be dead without a reason.
    const why = error instanceof Broken ? error.message : `threw ${String(error)}`;
    return { outcome: 'silent', why };
  }
}

/** Salts have to differ from those of the history; that they are the same in every trial does no harm. */
const SEED_OF_TRIALS = 0xda3a9e;
const NEXT_COMMIT: Batch = [{ kind: 'put', key: encodeText('next'), value: encodeText('commit') }];

class Trial {
  readonly #subject: CrashSubject;
  readonly #specimen: Specimen;
  readonly #damage: Damage;
  readonly #protections: ProtectionSwitches;
  readonly #images: PartialImages;
  #storage: MemoryStorage;
  readonly #random = new SeededRandom(SEED_OF_TRIALS);

  constructor(subject: CrashSubject, specimen: Specimen, damage: Damage, protections: ProtectionSwitches) {
    this.#subject = subject;
    this.#specimen = specimen;
    this.#damage = damage;
    this.#protections = protections;
    this.#images = damagedImages(specimen, damage);
    this.#storage = new MemoryStorage(this.#images);
  }

  verdict(): DamageVerdict {
    const opened = this.#open(false);
    if ('code' in opened) return this.#refused(opened);
    const { files, store } = opened;
    const { lastLsn } = store.recovery;
    const reported = this.#subject.findsDamageLate === true ? this.#lateDamage(store) : undefined;
    if (reported !== undefined) return this.#late(opened, reported);
    const state = this.#stateOf(store);
    const findings = store.check();
    if (findings.length > 0) throw new Broken(`opened without a word, and check says ${findings[0]!.detail}`);
    const isWhole = lastLsn === this.#specimen.history.length;
    const reason = isWhole ? undefined : whyUndetectable(this.#specimen, this.#damage, store.recovery);
    if (!isWhole && reason === undefined) {
      throw new Broken(`served commit ${lastLsn} of ${this.#specimen.history.length} as the last, without a word`);
    }
    this.#goOn(store, files, state);
    return reason === undefined ? { outcome: 'harmless' } : { outcome: 'undetectable', reason };
  }

  /** J2, for a store that says nothing of damage. */
  #stateOf(store: CrashStore): State {
    const { lastLsn } = store.recovery;
    const { history } = this.#specimen;
    if (lastLsn > history.length) throw new Broken(`served commit ${lastLsn} of ${history.length}`);
    const state = history.stateAfter(lastLsn);
    const difference = compareContents(store, state);
    if (difference) throw new Broken(`served what was never there: as of commit ${lastLsn} ${difference.sentence}`);
    return state;
  }

  /** The code with which a reader or the check reports damage, where the opening said nothing of it. */
  #lateDamage(store: CrashStore): ErrorCode | undefined {
    const { refusals } = readAround(store, this.#knownState(store));
    const finding = store.check().find(({ place }) => place?.file !== undefined);
    return refusals[0]?.code ?? (finding && 'page_damaged');
  }

  #knownState(store: CrashStore): State {
    const { history } = this.#specimen;
    return history.stateAfter(Math.min(store.recovery.lastLsn, history.length));
  }

  /** What can be read is right, the check names every place, the rest goes on; and salvage gives it without a refusal. */
  #late({ files, store }: { store: CrashStore; files: FileSet }, code: ErrorCode): DamageVerdict {
    const { lastLsn } = store.recovery;
    const { history } = this.#specimen;
    if (lastLsn !== history.length && whyUndetectable(this.#specimen, this.#damage, store.recovery) === undefined)
      throw new Broken(`served commit ${lastLsn} of ${history.length} as the last, and reports another damage`);
    const state = this.#knownState(store);
    this.#expectAround(store, state, 'over damaged pages');
    const findings = store.check();
    const nameless = findings.find(({ place }) => place?.file === undefined);
    if (nameless) throw new Broken(`beside the damage, check says ${nameless.detail}`);
    if (findings.length === 0) throw new Broken('a reader is refused, and check names no place');
    this.#goOnAround(store, files, state);
    this.#storage = new MemoryStorage(this.#images);
    return this.#salvaged(code);
  }

  #expectAround(store: CrashStore, state: State, when: string): void {
    const { refusals, wrong } = readAround(store, state);
    if (wrong !== undefined) throw new Broken(`${when} ${wrong}`);
    const other = refusals.find(({ code }) => !DAMAGE_CODES.has(code));
    if (other) throw new Broken(`${when} it refuses with ${other.code}: ${other.message}`);
  }

  /** J3, as far as damaged pages allow: the next commit is refused whole, or it is there ever after. */
  #goOnAround(store: CrashStore, files: FileSet, state: State): void {
    const refusal = errorOf(() => {
      store.batch(NEXT_COMMIT);
      store.flush();
    });
    if (refusal !== undefined && !(isEngineError(refusal) && DAMAGE_CODES.has(refusal.code)))
      throw new Broken(`the next commit meets ${refusal instanceof Error ? refusal.message : 'no error'}`);
    const history = History.from(state);
    if (refusal === undefined) history.push({ operations: NEXT_COMMIT, mode: 'strict' });
    const expected = history.stateAfter(history.length);
    closeAll(files);
    for (const after of ['the next commit', 'the next checkpoint']) {
      const again = this.#open(false);
      if ('code' in again) throw new Broken(`after ${after} it refuses with ${again.code}: ${again.message}`);
      this.#expectAround(again.store, expected, `after ${after}`);
      again.store.checkpoint();
      closeAll(again.files);
    }
  }

  #refused(error: EngineError): DamageVerdict {
    if (!DAMAGE_CODES.has(error.code)) throw new Broken(`refused with ${error.code}: ${error.message}`);
    if (error.place.file === undefined) throw new Broken(`${error.code} names no file`);
    this.#assertUntouched('a refused opening');
    return this.#salvaged(error.code);
  }

  #salvaged(code: ErrorCode): DamageVerdict {
    const salvaged = this.#open(true);
    if ('code' in salvaged) {
      if (!DAMAGE_CODES.has(salvaged.code)) throw new Broken(`salvage refused with ${salvaged.code}`);
      return { outcome: 'detected', code, salvage: 'refused' };
    }
    this.#checkSalvaged(salvaged.store);
    closeAll(salvaged.files);
    this.#assertUntouched('salvage');
    return { outcome: 'detected', code, salvage: 'opened' };
  }

  #checkSalvaged(store: CrashStore): void {
    if (store.recovery.end !== 'damaged') throw new Broken('salvaged, and the report says nothing of damage');
    const { history } = this.#specimen;
    const state = history.stateAfter(Math.min(store.recovery.lastLsn, history.length));
    const left = [...store.scan()];
    const difference = compareContents(store, left);
    if (difference) throw new Broken(`salvage gives two answers: ${difference.sentence}`);
    if (!isPartOf(left, state)) throw new Broken('salvage served what was never there');
    if (!store.check().some(({ place }) => place?.file !== undefined)) {
      throw new Broken('check of a salvaged store names no place');
    }
    const refusal = errorOf(() => store.batch(NEXT_COMMIT));
    if (!isEngineError(refusal, 'store_read_only')) throw new Broken('a salvaged store took a commit');
    store.close();
  }

  /** J3. */
  #goOn(store: CrashStore, files: FileSet, state: State): void {
    const history = History.from(state);
    history.push({ operations: NEXT_COMMIT, mode: 'strict' });
    const expected = history.stateAfter(1);
    store.batch(NEXT_COMMIT);
    store.flush();
    this.#expectAgain(files, expected, 'the next commit');
    const again = this.#open(false);
    if ('code' in again) throw new Broken(`the next commit works, and then it refuses with ${again.code}`);
    again.store.checkpoint();
    this.#expectAgain(again.files, expected, 'the next checkpoint');
  }

  /** The program dies here, and the store is opened again. */
  #expectAgain(files: FileSet, expected: State, after: string): void {
    closeAll(files);
    const again = this.#open(false);
    if ('code' in again) throw new Broken(`after ${after} it refuses with ${again.code}`);
    const difference = compareContents(again.store, expected);
    if (difference) throw new Broken(`after ${after} ${difference.sentence}`);
    if (again.store.check().length > 0) throw new Broken(`after ${after} it does not check out`);
    closeAll(again.files);
  }

  /** J1. */
  #assertUntouched(what: string): void {
    const now = this.#storage.snapshot();
    for (const name of FILE_NAMES) {
      if (!equalBytes(now[name], this.#images[name] ?? new Uint8Array(0))) throw new Broken(`${what} changed ${name}`);
    }
  }

  /** The store, or the error of the catalogue it refused with; what is neither is thrown. */
  #open(salvage: boolean): { store: CrashStore; files: FileSet } | EngineError {
    const create = this.#damage.kind === 'missing' && this.#damage.madeAnew;
    let files: FileSet | undefined;
    try {
      files = this.#storage.openNow({ create });
      const { schedule } = new ManualSchedule();
      const opening = { files, random: this.#random, schedule, protections: this.#protections, salvage };
      return { store: this.#subject.open(opening), files };
    } catch (error) {
      if (files) closeAll(files);
      if (!isEngineError(error)) throw error;
      return error;
    }
  }
}

/** Whether every entry, in key order, is one of the state's. */
function isPartOf(entries: readonly Entry[], state: State): boolean {
  return entries.every(({ key, value }) => {
    const there = state[firstNotBelow(state, key)];
    return there !== undefined && equalBytes(there.key, key) && equalBytes(there.value, value);
  });
}

function errorOf(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}
