/**
 * What is left of a run over a failing device, opened on a sound one.
 *
 *     where the run stands ─┬─ power cut, everything un-flushed lost   ─▶ open ─▶ next commit ─▶ power cut ─▶ open
 *                           ├─ power cut, everything kept              ─▶ …
 *                           ├─ power cut, each item as a seed has it   ─▶ …
 *                           └─ the program just ends                   ─▶ … and then the power goes ─▶ open
 *
 * W3, W4, W6 and W7 (`run.ts`) are held against each of these: at the end of a run, or, where that is asked for,
 * before every call of the device that follows the failing one.
 */
import { encodeText } from '../../base/bytes';
import { isEngineError } from '../../base/errors';
import type { Batch } from '../../base/ordered_index';
import { SeededRandom } from '../../base/runtime';
import { closeAll, type FileSet } from '../../storage/file';
import type { SimulatedDisk } from '../../storage/simulated/disk';
import { keepAll, loseAll, randomChoice } from '../../storage/simulated/fates';
import { compareContents } from '../compare';
import { History } from '../history';
import type { CrashStore } from '../subject';
import { saysDamaged } from '../verdict';

/** A broken promise, in words. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

/** Damage was reported where the known limit of the store explains it. */
class PastLimit extends Error {
  override readonly name = 'PastLimit';
}

/** Where a run stands: what a crash at this moment has to leave. */
export interface Standing {
  readonly disk: SimulatedDisk;
  readonly history: History;
  /** LSNs up to which commits must be there: when the program ends, and when the power goes. */
  readonly acknowledged: number;
  readonly promised: number;
  /** See `known_limit.ts`: already past it, and past it if the program ended now. */
  readonly isPastLimit: boolean;
  readonly wouldPassLimit: boolean;
}

export interface AftermathCounts {
  /** Disks that were opened and held to the promises. */
  states: number;
  /** Of them: damage was reported, and the known limit explains it. */
  pastLimit: number;
}

interface Expectation {
  readonly history: History;
  readonly least: number;
  readonly when: string;
  readonly isPastLimit: boolean;
}

export class Aftermath {
  readonly #open: (files: FileSet) => CrashStore;
  readonly counts: AftermathCounts = { states: 0, pastLimit: 0 };

  constructor(open: (files: FileSet) => CrashStore) {
    this.#open = open;
  }

  /** @throws Broken */
  hold(standing: Standing, seed: number): void {
    const { acknowledged, disk, history, isPastLimit, promised, wouldPassLimit } = standing;
    const items = disk.pending();
    const cuts = [
      ['lost everything', loseAll(items)],
      ['kept everything', keepAll(items)],
      ['kept some', randomChoice(items, disk.profile, new SeededRandom(seed))],
    ] as const;
    for (const [what, choice] of items.length === 0 ? cuts.slice(0, 1) : cuts) {
      const when = `after a power cut that ${what}`;
      this.#survive(disk.powerCut(choice), { history, least: promised, when, isPastLimit });
    }
    const left = disk.crash();
    const when = 'after the program ended';
    const shown = this.#survive(left, { history, least: acknowledged, when, isPastLimit: wouldPassLimit });
    const cut = left.powerCut(loseAll(left.pending()));
    // W7; past the limit the opening had nothing to flush.
    const least = wouldPassLimit ? promised : shown;
    const then = 'after it was opened, and the power went';
    this.#survive(cut, { history, least, when: then, isPastLimit: wouldPassLimit });
  }

  /** W3, W4, W6; the last LSN that is there now. */
  #survive(disk: SimulatedDisk, expected: Expectation): number {
    this.counts.states++;
    try {
      const files = disk.openNow({ create: true });
      const store = this.#openSound(files, expected, expected.when);
      expectPrefix(store, expected.history, expected.least, expected.when);
      const { lastLsn } = store.recovery;
      const [finding] = store.check();
      if (finding) throw new Broken(`${expected.when}: ${finding.detail}`);
      closeAll(files);
      this.#expectNextCommit(disk.fork(), lastLsn, expected);
      return lastLsn;
    } catch (error) {
      if (!(error instanceof PastLimit)) throw error;
      this.counts.pastLimit++;
      return expected.least;
    }
  }

  #expectNextCommit(disk: SimulatedDisk, lastLsn: number, expected: Expectation): void {
    const { when } = expected;
    const store = this.#openSound(disk.openNow({ create: true }), expected, when);
    const ticket = store.batch(NEXT_COMMIT);
    store.flush();
    if (ticket.state !== 'acknowledged') throw new Broken(`${when} the next commit is not acknowledged`);
    const cut = disk.powerCut(loseAll(disk.pending()));
    const again = this.#openSound(cut.openNow({ create: true }), expected, `${when}, and the next commit, and another`);
    const history = History.from(expected.history.stateAfter(lastLsn));
    history.push({ operations: NEXT_COMMIT, mode: 'strict' });
    const difference = compareContents(again, history.stateAfter(1));
    if (difference) throw new Broken(`${when}, the next commit and a power cut ${difference.sentence}`);
  }

  #openSound(files: FileSet, { isPastLimit }: Expectation, when: string): CrashStore {
    try {
      return this.#open(files);
    } catch (error) {
      if (!isEngineError(error)) throw error;
      if (isPastLimit && saysDamaged(error.code)) throw new PastLimit(error.message);
      throw new Broken(`${when} it refuses to open: ${error.message}`);
    }
  }
}

/** @throws Broken unless the store holds a prefix of the history, with its first `least` commits */
export function expectPrefix(store: CrashStore, history: History, least: number, when: string): void {
  const { lastLsn } = store.recovery;
  if (lastLsn < least) throw new Broken(`${when} it has commits up to ${lastLsn} of ${least} acknowledged`);
  if (lastLsn > history.length) throw new Broken(`${when} commit ${lastLsn} is there, which was refused`);
  const difference = compareContents(store, history.stateAfter(lastLsn));
  if (difference) throw new Broken(`${when}, at commit ${lastLsn}, ${difference.sentence}`);
}

const NEXT_COMMIT: Batch = [{ kind: 'put', key: encodeText('next'), value: encodeText('commit') }];
