/**
 * In which order the versions of a key came: for each version, those that are known to come after it next.
 *
 *     list      absent ─▶ 4 ─▶ 7 ─▶ 9 ─▶ 12        4, 7, 9: the longest list that was read. 12: committed, and read by nobody
 *                                   └──▶ 15        yet: behind what was read, and without timestamps nobody knows in which order
 *     register  absent ─▶ 3 ─▶ 8 ─▶ 5              by commit timestamps, where the store gives all of them;
 *               absent ─▶ 3 ─▶ 8                   otherwise only: somebody read 3, and then wrote 8
 *                  └────▶ 5
 *
 *   O1  Every arrow is true of the only order there is, though perhaps with others in between: so a ww from the
 *       writer of the one to that of the other holds, and a rw from whoever read the one.
 *   O2  Only final versions of registers are in an order, and only what was written by transactions that count.
 *   O3  Timestamps are the store's word, not an observation; where an order rests on them, `basis` says so.
 */
import type { Readings } from './readings';
import type { KeyVersions, Versions } from './versions';

export type OrderBasis = 'reads' | 'timestamps';

export class VersionOrders {
  readonly #next: (number[] | undefined)[];
  /** How many keys, by what their order rests on; with `timestamps` it may be in part (O3). */
  readonly basis: Record<OrderBasis, number> = { reads: 0, timestamps: 0 };

  constructor(versions: Versions, readings: Readings, useTimestamps: boolean) {
    this.#next = new Array<number[] | undefined>(versions.count);
    const firsts = new ReadsBeforeWrites(versions, readings);
    for (const key of versions.keys) {
      const written = key.written.filter((one) => versions.counts[versions.writerOf(one)] === 1);
      const basis = key.isList
        ? this.#orderList(key, written, versions, readings, useTimestamps)
        : this.#orderRegister(key, written, versions, firsts, useTimestamps);
      this.basis[basis]++;
    }
  }

  /** The versions that come after this one, as far as is known (O1). */
  after(version: number): readonly number[] {
    return this.#next[version] ?? [];
  }

  #link(version: number, next: number): void {
    (this.#next[version] ??= []).push(next);
  }

  /** @returns the last one. */
  #chain(first: number, rest: readonly number[]): number {
    let last = first;
    for (const version of rest) {
      this.#link(last, version);
      last = version;
    }
    return last;
  }

  #orderList(
    key: KeyVersions,
    written: readonly number[],
    versions: Versions,
    readings: Readings,
    useTimestamps: boolean,
  ): OrderBasis {
    const elements = readings.longest.get(key)?.elements ?? [];
    const placed = new Set<number>();
    for (const element of elements) {
      const version = key.byValue.get(element);
      if (version !== undefined && versions.counts[versions.writerOf(version)] === 1) placed.add(version);
    }
    const last = this.#chain(key.initial, [...placed]);
    const unread = written.filter((one) => !placed.has(one));
    const inOrder = unread.length > 1 && useTimestamps ? byCommit(unread, versions) : undefined;
    if (inOrder !== undefined) this.#chain(last, inOrder);
    else for (const one of unread) this.#link(last, one);
    return inOrder === undefined ? 'reads' : 'timestamps';
  }

  #orderRegister(
    key: KeyVersions,
    written: readonly number[],
    versions: Versions,
    firsts: ReadsBeforeWrites,
    useTimestamps: boolean,
  ): OrderBasis {
    const final = written.filter((one) => versions.isFinal(one));
    const inOrder = useTimestamps ? byCommit(final, versions) : undefined;
    if (inOrder !== undefined) this.#chain(key.initial, inOrder);
    else for (const one of final) this.#link(firsts.before(one) ?? key.initial, one);
    return inOrder === undefined ? 'reads' : 'timestamps';
  }
}

/** In order of commit, and within a transaction as it wrote them; undefined unless the store told every timestamp. */
function byCommit(unordered: readonly number[], versions: Versions): number[] | undefined {
  if (unordered.some((one) => versions.commitOf(one) === undefined)) return undefined;
  return [...unordered].sort(
    (a, b) => versions.commitOf(a)! - versions.commitOf(b)! || versions.operationOf(a) - versions.operationOf(b),
  );
}

/** Of a transaction that read a register and then wrote it: which version its own comes after. */
class ReadsBeforeWrites {
  readonly #before = new Map<number, number>();

  constructor(versions: Versions, readings: Readings) {
    const byReader = new Map<number, number>();
    const nameOf = (transaction: number, key: KeyVersions): number => transaction * versions.count + key.initial;
    for (const { transaction, version } of readings.all) {
      const key = versions.keyOf(version);
      if (!key.isList) byReader.set(nameOf(transaction, key), version);
    }
    for (const key of versions.keys) {
      if (key.isList) continue;
      for (const version of key.written) {
        const before = byReader.get(nameOf(versions.writerOf(version), key));
        if (before !== undefined) this.#before.set(version, before);
      }
    }
  }

  before(version: number): number | undefined {
    return this.#before.get(version);
  }
}
