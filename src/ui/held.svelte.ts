/**
 * What nobody can follow at sixty frames a second, and what it costs the page to lay out, need not change that often: a
 * held value follows another one at once after a pause, and otherwise once in so many milliseconds and frames, for where
 * frames are slow. It comes to rest on the newest.
 */
import { untrack } from 'svelte';

export interface Pause {
  readonly ms: number;
  readonly frames: number;
}

/** Longer than any pause between two values of one that goes on: what takes long is done when so much time has passed. */
export const REST_MS = 400;
/** Steps that are so far apart are taken one by one. */
const PAUSE_MS = 250;

/** To be made where effects can be: in a component, while it is set up. */
export class Held<T> {
  shown: T = $state.raw() as T;
  readonly #pause: Pause;
  #newest: T;
  #shownAt = -Infinity;
  #frames = 0;
  #request: number | undefined;

  constructor(now: () => T, pause: Pause) {
    this.#pause = pause;
    this.shown = this.#newest = untrack(now);
    $effect(() => {
      this.#newest = now();
      const isPaused = this.#request === undefined && performance.now() - this.#shownAt >= PAUSE_MS;
      if (isPaused) this.#show();
      else this.#request ??= requestAnimationFrame(this.#frame);
    });
    $effect(() => () => {
      if (this.#request !== undefined) cancelAnimationFrame(this.#request);
    });
  }

  readonly #frame = (): void => {
    const isDue = ++this.#frames >= this.#pause.frames && performance.now() - this.#shownAt >= this.#pause.ms;
    this.#request = isDue ? undefined : requestAnimationFrame(this.#frame);
    if (isDue) this.#show();
  };

  #show(): void {
    this.shown = this.#newest;
    this.#shownAt = performance.now();
    this.#frames = 0;
  }
}
