/**
 * Which versions nobody can read any more.
 *
 *     commit        2    3    5    8    9          watermark 6: the oldest snapshot in use
 *     apple         a    b    c    d                b goes, a goes: of what is at or left of the line, the newest is read
 *     pear               b    †         e           b goes, and † with it: to read a deletion or nothing is the same
 *     plum          a                               stays: it is the newest at or left of the line, and the live value
 *                              ▲ watermark
 *
 * The usual mistake is to take everything left of the line. The newest version at or below it is what every reader at the line
 * sees, and stays, however old it is. A tombstone there goes when nothing older is left behind it that it has to hide.
 *
 * (Larson et al. 2011, "High-Performance Concurrency Control Mechanisms for Main-Memory Databases", section 2.4; Böttcher et
 * al. 2019, "Scalable Garbage Collection for In-Memory MVCC Systems", also take what lies between two snapshots in use. We do
 * not: one number is easy to see through, and a parked reader is reported and can be ended.)
 *
 *   Z1  Of the versions of a key at or below the watermark, the newest stays, unless it is a tombstone with nothing behind it.
 *   Z2  A tombstone goes together with the last version that it hides, or after it, never before.
 */
import type { Lsn } from '../base/ids';

/** As much of a version as it takes to judge it. */
export interface Dated {
  readonly lsn: Lsn;
  readonly isTombstone: boolean;
}

export interface GarbageRule {
  /** Only what snapshots older than this could read may go. */
  readonly watermark: Lsn;
  /** Nothing older of these keys lies elsewhere. Default: true. */
  readonly isBottom?: boolean;
  /** Protection (`protections.ts`). Default: true. */
  readonly keepVersionAtWatermark?: boolean;
}

/** The versions of one key, newest first, one at a time: a chain may be too long for one slice. */
export class ChainSweep<V extends Dated> {
  readonly #rule: GarbageRule;
  /** Z1: the newest at or below the watermark. */
  #kept: V | undefined;
  #hasNewer = false;

  constructor(rule: GarbageRule) {
    this.#rule = rule;
  }

  /** As far as this one has come: for whoever may have to go back to here. */
  copy(): ChainSweep<V> {
    const copy = new ChainSweep<V>(this.#rule);
    copy.#kept = this.#kept;
    copy.#hasNewer = this.#hasNewer;
    return copy;
  }

  /** Whether this one goes. */
  visit(version: V): boolean {
    const { keepVersionAtWatermark = true, watermark } = this.#rule;
    const hasNewer = this.#hasNewer;
    this.#hasNewer = true;
    if (version.lsn > watermark) return false;
    if (this.#kept) return true;
    if (hasNewer && !keepVersionAtWatermark) return true;
    this.#kept = version;
    return false;
  }

  /** At the end of the chain, with everything before carried out: the tombstone that goes as well. */
  end(): V | undefined {
    return this.#rule.isBottom !== false && this.#kept?.isTombstone === true ? this.#kept : undefined;
  }
}

/** @returns of the versions of one key, newest first, those that go */
export function garbageOf<V extends Dated>(versions: readonly V[], rule: GarbageRule): V[] {
  const sweep = new ChainSweep<V>(rule);
  const garbage = versions.filter((version) => sweep.visit(version));
  const tombstone = sweep.end();
  return tombstone ? [tombstone, ...garbage] : garbage;
}
