/** Whether a picture is being scrubbed just now: see pace.ts for when, and Painted.svelte for what then. */
import { Pace, REST_AFTER } from './pace';

export class Scrubbing {
  now: boolean = $state(false);
  readonly #pace = new Pace();
  /** Colours that the reader's system sets reach elements only. */
  readonly #forcedColours = matchMedia('(forced-colors: active)');
  #rest: ReturnType<typeof setTimeout> | undefined;

  moved(seq: number): void {
    if (!this.#pace.moved(seq, performance.now()) || this.#forcedColours.matches) return;
    this.now = true;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => (this.now = false), REST_AFTER);
  }
  stop(): void {
    clearTimeout(this.#rest);
    this.now = false;
  }
}
