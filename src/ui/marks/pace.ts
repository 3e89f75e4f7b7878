/**
 * Whether a picture is being scrubbed: the playhead skips over steps, several times in a row. Then nearly every mark is
 * another one in each frame, nobody can point at any, and the picture is painted instead of built of elements.
 */

/** So many moves in a row that each skip a step. One jump, by a key or a link, is none of this. */
const SKIPS = 3;
/** Milliseconds between two of them, at most. Long, because a slow machine needs the paint most and has the longest frames. */
export const IN_A_ROW = 500;
/** Milliseconds after the last one until the picture is at rest again. */
export const REST_AFTER = 200;

export class Pace {
  #seq: number | undefined;
  #skippedAt = -Infinity;
  #skips = 0;

  /** The playhead has come to this record. @returns whether it is being scrubbed */
  moved(seq: number, now: number): boolean {
    const skipped = this.#seq !== undefined && Math.abs(seq - this.#seq) > 1;
    this.#seq = seq;
    if (skipped) {
      this.#skips = now - this.#skippedAt < IN_A_ROW ? this.#skips + 1 : 1;
      this.#skippedAt = now;
    }
    return this.#skips >= SKIPS && now - this.#skippedAt < REST_AFTER;
  }
}
