/**
 * Which snapshots are in use, and how far back anybody can look.
 *
 *     published                                        9
 *     snapshots in use        4 (two readers)    7
 *                             ▲
 *                             watermark: the oldest in use; if there is none, what is published
 *
 * Below the watermark only one version of each key can still be read, the newest (`garbage.ts`). Two readers at one
 * timestamp count twice: the first to end must not take the other's world away.
 *
 *   W1  No version that a snapshot in use reads is ever collected: what collects asks for the watermark each time, and the
 *       watermark only falls if somebody begins at an older timestamp that is still kept (W2).
 *   W2  Nobody begins at a timestamp below one that was handed to whoever collects.
 */
import { assert } from '../base/assert';
import { EngineError } from '../base/errors';
import type { Lsn } from '../base/ids';

export class Snapshots {
  readonly #publishedLsn: () => Lsn;
  /** How many use each, but for the one that was acquired last: a reader that comes and goes touches no map. */
  readonly #uses = new Map<Lsn, number>();
  #last: Lsn | undefined;
  #lastUses = 0;
  /** W2: of the watermarks handed to whoever collects, the highest. */
  #collectedUpTo: Lsn;
  /** Of those in use; undefined: there is none, or it has to be looked for. */
  #oldest: Lsn | undefined;

  constructor(publishedLsn: () => Lsn) {
    this.#publishedLsn = publishedLsn;
    // What an earlier life collected, nobody noted: what is older than this opening is not promised.
    this.#collectedUpTo = publishedLsn();
  }

  /** Oldest first. */
  get inUse(): readonly Lsn[] {
    const all = [...this.#uses.keys()];
    if (this.#last !== undefined && this.#lastUses > 0) all.push(this.#last);
    return all.sort((a, b) => a - b);
  }

  get watermark(): Lsn {
    if (this.#lastUses === 0 && this.#uses.size === 0) return this.#publishedLsn();
    this.#oldest ??= this.inUse[0]!;
    return this.#oldest;
  }

  /** The oldest timestamp that can still be read. */
  get keptFrom(): Lsn {
    return this.#collectedUpTo;
  }

  /** W2: the watermark, for whoever collects what it makes garbage. */
  collect(): Lsn {
    const { watermark } = this;
    if (watermark > this.#collectedUpTo) this.#collectedUpTo = watermark;
    return watermark;
  }

  /** @throws EngineError option_invalid, snapshot_too_old */
  checkKept(at: Lsn): void {
    if (!Number.isSafeInteger(at))
      throw new EngineError('option_invalid', `${at} is no timestamp: those are whole numbers.`);
    if (at > this.#publishedLsn())
      throw new EngineError(
        'option_invalid',
        `Nothing is published at ${at}: the newest timestamp is ${this.#publishedLsn()}.`,
      );
    if (at >= this.#collectedUpTo) return;
    throw new EngineError(
      'snapshot_too_old',
      `Timestamp ${at} is not kept any more: the oldest that can be read is ${this.#collectedUpTo}.`,
      { lsn: at },
    );
  }

  acquire(at: Lsn): void {
    if (at !== this.#last) this.#turnTo(at);
    this.#lastUses++;
    if (this.#oldest !== undefined && at < this.#oldest) this.#oldest = at;
  }

  release(at: Lsn): void {
    const uses = at === this.#last ? this.#lastUses : this.#uses.get(at);
    assert(uses !== undefined && uses > 0, 'what is released was acquired');
    if (at === this.#last) this.#lastUses--;
    else if (uses > 1) this.#uses.set(at, uses - 1);
    else this.#uses.delete(at);
    if (uses === 1 && at === this.#oldest) this.#oldest = undefined;
  }

  /** Each timestamp is counted in one place. */
  #turnTo(at: Lsn): void {
    if (this.#last !== undefined && this.#lastUses > 0) this.#uses.set(this.#last, this.#lastUses);
    this.#last = at;
    this.#lastUses = this.#uses.get(at) ?? 0;
    this.#uses.delete(at);
  }
}
