/** Whether a run is being scrubbed just now: see pace.ts for when, and Painted.svelte for what a picture does then. */
import { Pace, SKIPS } from './pace';

/** After the last skip it is at rest again: after so many milliseconds, and frames, for where frames are slow. */
const REST_MS = 200;
const REST_FRAMES = 6;

export class Scrubbing {
  now: boolean = $state(false);
  readonly #pace = new Pace();
  #skippedAt = 0;
  #frames = 0;
  #request: number | undefined;

  moved(seq: number): void {
    const skips = this.#pace.moved(seq, performance.now());
    if (skips >= SKIPS) this.now = true;
    if (skips === 0 || !this.now) return;
    this.#skippedAt = performance.now();
    this.#frames = 0;
    this.#request ??= requestAnimationFrame(this.#frame);
  }
  stop(): void {
    if (this.#request !== undefined) cancelAnimationFrame(this.#request);
    this.#request = undefined;
    this.now = false;
  }

  readonly #frame = (): void => {
    const isAtRest = ++this.#frames > REST_FRAMES && performance.now() - this.#skippedAt > REST_MS;
    if (isAtRest) this.stop();
    else this.#request = requestAnimationFrame(this.#frame);
  };
}
