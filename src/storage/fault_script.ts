/**
 * Faults by script: which call goes wrong, and how. One type for every device, so that an error found on the
 * simulated disk can be tried on a real file.
 *
 * A fault names a kind of call and a number: the `nth` call of that kind, counted from 1 over all files, or over one
 * file if it names one. It strikes once, or from there on (`forever`). The first fault of the list that applies wins.
 *
 *     { call: 'flush', nth: 3, effect: { kind: 'fail_and_drop' } }           the third flush loses its data
 *     { call: 'write', file: 'log', nth: 2, forever: true, effect: { kind: 'fail' } }
 */
import type { FileName } from './file';

interface When {
  readonly file?: FileName | undefined;
  readonly nth: number;
  readonly forever?: boolean | undefined;
}

export type ReadEffect =
  | { readonly kind: 'fail' }
  /** The right count, but zeros instead of bytes. */
  | { readonly kind: 'zeros' }
  /** At most `count` bytes. */
  | { readonly kind: 'short'; readonly count: number };

export type WriteEffect =
  | { readonly kind: 'fail' }
  /** Everything is written, then the call fails: whoever asked cannot know. */
  | { readonly kind: 'fail_after' }
  /** `count` bytes are written and that is the answer. More than there were to write (a browser did that): none are. */
  | { readonly kind: 'short'; readonly count: number }
  /** Written whole, but at another offset. */
  | { readonly kind: 'misdirected'; readonly at: number };

export type FlushEffect =
  | { readonly kind: 'fail' }
  /** The data is durable, then the call fails. */
  | { readonly kind: 'fail_after' }
  /** Fails and throws away what it should have flushed; the next flush will succeed without it. */
  | { readonly kind: 'fail_and_drop' }
  /** Answers that all is well and does nothing. */
  | { readonly kind: 'lie' };

export interface TruncateEffect {
  readonly kind: 'fail';
}

export type Fault =
  | (When & { readonly call: 'read'; readonly effect: ReadEffect })
  | (When & { readonly call: 'write'; readonly effect: WriteEffect })
  | (When & { readonly call: 'flush'; readonly effect: FlushEffect })
  | (When & { readonly call: 'truncate'; readonly effect: TruncateEffect });

export type FaultyCall = Fault['call'];

/** A device that runs out of room after the store has grown by so many bytes. */
export interface FullDisk {
  readonly growthBytes: number;
  /** What happens to the write that no longer fits: refused whole (a quota), or cut short once (a full disk). */
  readonly lastWrite: 'refused' | 'short';
}

export interface FaultScript {
  readonly faults: readonly Fault[];
  readonly full?: FullDisk | undefined;
}

interface EffectOf {
  read: ReadEffect;
  write: WriteEffect;
  flush: FlushEffect;
  truncate: TruncateEffect;
}

/** Counts calls, and says which fault strikes each. */
export class FaultCounter {
  readonly #faults: readonly Fault[];
  readonly #calls = new Map<string, number>();

  constructor(faults: readonly Fault[]) {
    this.#faults = faults;
  }

  /** Counts one more call, and gives what befalls it, if anything. */
  strike<C extends FaultyCall>(call: C, file: FileName): EffectOf[C] | undefined {
    const overall = this.#count(call);
    const ofFile = this.#count(`${call} ${file}`);
    const fault = this.#faults.find((candidate) => {
      if (candidate.call !== call || (candidate.file !== undefined && candidate.file !== file)) return false;
      const number = candidate.file === undefined ? overall : ofFile;
      return candidate.forever === true ? number >= candidate.nth : number === candidate.nth;
    });
    return fault?.effect as EffectOf[C] | undefined;
  }

  #count(key: string): number {
    const count = (this.#calls.get(key) ?? 0) + 1;
    this.#calls.set(key, count);
    return count;
  }
}
