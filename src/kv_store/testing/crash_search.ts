/**
 * A seeded search for a history that ends badly: a few lives of one store on a simulated disk, each ended by a crash
 * at some call and, most times, by a cut of the power; after each, what is found is held against what was promised.
 *
 * The exhaustive search is the crash suite's; this one is small enough to run with every protection switched off in
 * turn, and says in one line what it found and how to see it again.
 */
import { isEngineError } from '../../base/errors';
import { SeededRandom } from '../../base/runtime';
import type { Fault } from '../../storage/fault_script';
import { faultyFiles } from '../../storage/faulty';
import { FILE_NAMES, type FileName } from '../../storage/file';
import { Latch, Latched, latchedFiles } from '../../storage/latched';
import { SimulatedDisk } from '../../storage/simulated/disk';
import { randomChoice } from '../../storage/simulated/fates';
import type { PersistenceProfile } from '../../storage/simulated/profiles';
import type { Store } from '../store';
import type { Protections } from '../types';
import { openSmall, putText, textEntries, type SmallStore } from './small_store';

/** What may go wrong besides crashes and cuts. */
export interface World {
  readonly profile: PersistenceProfile;
  readonly lives: number;
  /** A life ends at some call up to this one. */
  readonly callsMax: number;
  readonly valueBytesMax: number;
  /** Draws a fault for a life. */
  readonly fault?: (random: SeededRandom) => Fault;
  /** Files in which one bit may rot between two lives; a store that then refuses to open has kept its promise. */
  readonly rotting?: readonly FileName[];
}

const KEYS = 7;
const COMMITS_MAX = 60;

interface Commit {
  readonly key: string;
  readonly value: string;
}

/** One store through its lives. Commit i of the history has LSN i + 1. */
class Lives {
  readonly #world: World;
  readonly #protections: Protections;
  readonly #random: SeededRandom;
  #disk: SimulatedDisk;
  #history: Commit[] = [];
  /** Up to here the store has promised, whatever happens. */
  #acknowledged = 0;
  /** Up to here it has, if the power stays: relaxed commits too. */
  #acknowledgedByWrite = 0;
  /** Whether the power went since the store was last opened to the end. */
  #wasCut = false;
  #stamp = 0;
  #hasRotted = false;

  constructor(seed: number, world: World, protections: Protections) {
    this.#world = world;
    this.#protections = protections;
    this.#random = new SeededRandom(seed);
    this.#disk = new SimulatedDisk({}, world.profile);
  }

  /** The harm that was done, in words; undefined if every promise was kept. */
  run(): string | undefined {
    for (let life = 0; life <= this.#world.lives; life++) {
      try {
        const harm = this.#live(life === this.#world.lives);
        if (harm !== undefined) return `life ${life}: ${harm}`;
      } catch (error) {
        if (!(error instanceof Latched)) throw error;
      }
      this.#end();
    }
    return undefined;
  }

  #live(isLast: boolean): string | undefined {
    const stopAt = isLast ? Infinity : 1 + this.#random.below(this.#world.callsMax);
    const latch = new Latch({ stopAt, prefixBytes: this.#random.below(3) * 200 });
    const faults = this.#world.fault && !isLast ? [this.#world.fault(this.#random)] : [];
    const files = latchedFiles(faultyFiles(this.#disk.openNow({ create: true }), { faults }), latch);
    let opened: SmallStore;
    try {
      opened = openSmall(files, this.#random.next(), { protections: this.#protections });
    } catch (error) {
      if (!isEngineError(error) || this.#hasRotted || faults.length > 0) throw error;
      return this.#acknowledged > 0
        ? `${this.#acknowledged} acknowledged, and it refuses: ${error.message}`
        : undefined;
    }
    const harm = this.#judge(opened.store);
    if (harm === undefined && !isLast) this.#work(opened);
    return harm;
  }

  /** A prefix of the history, whole, with everything acknowledged in it. */
  #judge(store: Store): string | undefined {
    const { lastLsn } = store.recovery;
    const promised = this.#wasCut ? this.#acknowledged : this.#acknowledgedByWrite;
    if (lastLsn < promised) return `acknowledged up to LSN ${promised}, found up to ${lastLsn}`;
    if (lastLsn > this.#history.length) return `found LSN ${lastLsn}, but ${this.#history.length} were ever written`;
    const model = new Map(this.#history.slice(0, lastLsn).map(({ key, value }) => [key, value]));
    const expected = [...model].map(([key, value]) => `${key}=${value}`).sort();
    const found = textEntries(store);
    if (found.join() !== expected.join()) return `after LSN ${lastLsn} it serves what was never there`;
    this.#history.length = lastLsn;
    this.#acknowledged = this.#acknowledgedByWrite = lastLsn;
    this.#wasCut = false;
    return undefined;
  }

  #work({ schedule, store }: SmallStore): void {
    try {
      for (let n = 0; n < COMMITS_MAX; n++) {
        this.#commit(store);
        const dice = this.#random.below(16);
        if (dice < 8) schedule.runAll();
        else if (dice === 8) store.beginCheckpoint();
        else if (dice < 12) store.step(1);
      }
      schedule.runAll();
    } catch (error) {
      if (!isEngineError(error)) throw error;
    }
  }

  #commit(store: Store): void {
    const key = `key ${this.#random.below(KEYS)}`;
    const value = `${++this.#stamp}`.padEnd(this.#random.below(this.#world.valueBytesMax), '.');
    const commit = { key, value };
    const mode = this.#random.below(2) === 0 ? 'strict' : 'relaxed';
    const ticket = putText(store, key, value, { mode });
    this.#history.length = ticket.lsn - 1;
    this.#history.push(commit);
    ticket.onSettled((error) => {
      if (error) {
        if (error.code !== 'commit_unknown') this.#history.length = Math.min(this.#history.length, ticket.lsn - 1);
        return;
      }
      this.#acknowledgedByWrite = ticket.lsn;
      if (mode === 'strict') this.#acknowledged = ticket.lsn;
    });
  }

  /** The program is gone; most times the power too. Then a bit may rot. */
  #end(): void {
    const isCut = this.#world.fault !== undefined || this.#random.below(4) > 0;
    const choice = randomChoice(this.#disk.pending(), this.#world.profile, this.#random);
    this.#disk = isCut ? this.#disk.powerCut(choice) : this.#disk.crash();
    this.#wasCut ||= isCut;
    if (this.#world.rotting) this.#rot(this.#world.rotting);
  }

  #rot(names: readonly FileName[]): void {
    const images = this.#disk.images();
    const image = images[names[this.#random.below(names.length)]!];
    if (image.length === 0) return;
    // In the first KiB, where a small store has something.
    image[this.#random.below(Math.min(image.length, 1024))]! ^= 1 << this.#random.below(8);
    this.#disk = new SimulatedDisk(
      Object.fromEntries(FILE_NAMES.map((name) => [name, images[name]])),
      this.#world.profile,
    );
    this.#hasRotted = true;
  }
}

/** The first seed below `seeds` whose history ends badly, and how; undefined if none does. */
export function searchForHarm(world: World, protections: Protections, seeds: number): string | undefined {
  for (let seed = 0; seed < seeds; seed++) {
    try {
      const harm = new Lives(seed, world, protections).run();
      if (harm !== undefined) return `seed ${seed}, ${harm}`;
    } catch (error) {
      // Refused, as it may after rot or a fault: the end of this history, and no harm.
      if (!isEngineError(error)) throw error;
    }
  }
  return undefined;
}
