/**
 * How a playhead moves: step by step, or skipping over steps, as when it is scrubbed. Then nearly every mark is another
 * one in each frame, nobody can point at any, and a picture is painted instead of built of elements.
 */

/** So many moves in a row that each skip a step are scrubbing. One jump, by a key or a link, is not. */
export const SKIPS = 3;
/** Milliseconds between two of them, at most. Long: a slow machine needs the paint most, and its frames are far apart. */
export const IN_A_ROW = 500;

export class Pace {
  #seq: number | undefined;
  #skippedAt = -Infinity;
  #skips = 0;

  /** The playhead has come to this record. @returns how many moves in a row skipped a step; 0 if this one did not */
  moved(seq: number, now: number): number {
    const skipped = this.#seq !== undefined && Math.abs(seq - this.#seq) > 1;
    this.#seq = seq;
    if (!skipped) return 0;
    this.#skips = now - this.#skippedAt < IN_A_ROW ? this.#skips + 1 : 1;
    this.#skippedAt = now;
    return this.#skips;
  }
}
