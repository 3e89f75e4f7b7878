/**
 * What an engine may ask of the world, handed in by whoever makes it. With these fixed, a run is a pure function of
 * its input: the same script, seed and schedule give the same bytes, which is what replay and crash search rest on.
 */

/** Time in whole ticks (the host decides what a tick is). An engine never orders anything by it. */
export interface Clock {
  now(): number;
}

/** Pseudo-random numbers; `next()` is uniform over the 2^32 unsigned integers. */
export interface Random {
  next(): number;
}

/**
 * Runs a task soon, never at once. Worker: one MessageChannel hop, which runs after every message already queued.
 * Scripts and tests: an explicit `flush`. Simulator: when the seed says so.
 */
export type Schedule = (run: () => void) => void;

/**
 * sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, passes PractRand, a few shifts a number.
 * Not for secrets: salts only have to differ, not to be unguessable.
 */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed >>> 0;
    this.#b = Math.floor(seed / 2 ** 32) >>> 0;
    this.#c = 0x9e3779b9;
    for (let i = 0; i < 15; i++) this.next(); // The generator's own advice: mix a weak seed well.
  }

  next(): number {
    const t = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t;
    return t >>> 0;
  }

  /** A whole number from 0 to `limit - 1`. The bias of the modulo is below 2^-20 for the small limits used here. */
  below(limit: number): number {
    return this.next() % limit;
  }

  /** A copy of a list in another order, every one as likely (Fisher and Yates, as Durstenfeld has it). */
  shuffled<T>(list: Iterable<T>): T[] {
    const order = [...list];
    for (let i = order.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }
}

/** A clock that moves only when told: each `tick()` is one step. */
export class ManualClock implements Clock {
  #ticks = 0;
  now(): number {
    return this.#ticks;
  }
  tick(): void {
    this.#ticks++;
  }
}

/** A schedule that waits for an explicit `runAll()`. What scripts, tests and the simulator use. */
export class ManualSchedule {
  #tasks: (() => void)[] = [];
  readonly schedule: Schedule = (run) => {
    this.#tasks.push(run);
  };
  get pending(): number {
    return this.#tasks.length;
  }
  /** Runs what was queued first. */
  runNext(): void {
    this.#tasks.shift()?.();
  }
  /** Runs what is queued, and what that queues, until nothing is left. */
  runAll(): void {
    for (let task = this.#tasks.shift(); task; task = this.#tasks.shift()) task();
  }
}
