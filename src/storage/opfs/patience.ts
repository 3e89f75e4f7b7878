/**
 * Waiting for a file handle or a lock that somebody is about to let go.
 *
 * A terminated worker keeps its handles for up to two seconds, a page in the back/forward cache until it is evicted,
 * and one browser frees the handles of a dead worker one after the other. So "busy" is believed only after more than
 * three seconds of asking again, with pauses that double.
 */
export type Wait = (milliseconds: number) => Promise<void>;

export const PATIENCE_MS = 3500;
const PAUSE_MS_FIRST = 10;
const PAUSE_MS_MAX = 250;

/** One budget of waiting, shared by everything one attempt to open a store has to wait for. */
export class Patience {
  readonly #wait: Wait;
  #leftMs: number;
  #pauseMs = PAUSE_MS_FIRST;

  constructor(wait: Wait, budgetMs = PATIENCE_MS) {
    this.#wait = wait;
    this.#leftMs = budgetMs;
  }

  get isExhausted(): boolean {
    return this.#leftMs <= 0;
  }

  /** Pauses once, a little longer than the last time. */
  async pause(): Promise<void> {
    const pauseMs = Math.min(this.#pauseMs, this.#leftMs);
    this.#pauseMs = Math.min(PAUSE_MS_MAX, this.#pauseMs * 2);
    await this.spend(pauseMs);
  }

  /** Waits for something else, on the same budget. */
  async spend(milliseconds: number): Promise<void> {
    this.#leftMs -= milliseconds;
    await this.#wait(milliseconds);
  }

  /** Runs `attempt` until it no longer fails with an error that `isBusy` knows, or patience runs out. */
  async retry<T>(attempt: () => Promise<T>, isBusy: (error: unknown) => boolean): Promise<T> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!isBusy(error) || this.isExhausted) throw error;
      }
      await this.pause();
    }
  }
}
