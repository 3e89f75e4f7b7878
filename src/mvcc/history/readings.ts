/**
 * What each read saw, as versions; and whatever is wrong with a read by itself, before any two transactions are
 * compared: own writes that do not show, values that nobody wrote, that an aborted transaction wrote, or that its writer
 * replaced before it committed. That is asked of every transaction, however it ended: one that is refused at its commit has
 * acted on what it read until then.
 *
 *   Q1  Only reads that tell about others are kept: what comes after an own write of the register does not.
 *   Q2  Of a list that the reader appended to itself, the part before its own elements is what it read from others.
 *   Q3  A register that was deleted is not there, and one that never was is not there either. Which of the versions without a
 *       value a read met is decided for the store: the newest that its snapshot can have. Without timestamps, such
 *       a read tells nothing. Nor does it where a transaction that nobody knows the outcome of may have deleted the register:
 *       it leaves no value behind that could tell (N3).
 *   Q4  Of transactions that do not count only single reads are judged, and nothing is compared with what others read: a
 *       serializable one may have been refused for just that, and what the last ones before a power cut saw may be gone.
 */
import type { HistoryOperation, ReadValue } from './history';
import type { Faults } from './read_faults';
import type { ListReading, Reading } from './reading';
import type { KeyVersions, Versions } from './versions';

/** What a transaction did to a key itself, so far. */
interface Own {
  readonly appended: number[];
  value: number | null;
}

export class Readings {
  readonly all: Reading[] = [];
  /** The longest list that was read of each key; the version orders of lists are taken from it. */
  readonly longest = new Map<KeyVersions, ListReading>();
  readonly #tombstones = new Map<KeyVersions, readonly number[]>();
  readonly #versions: Versions;
  readonly #faults: Faults;
  readonly #useTimestamps: boolean;

  constructor(versions: Versions, faults: Faults, useTimestamps: boolean) {
    this.#versions = versions;
    this.#faults = faults;
    this.#useTimestamps = useTimestamps;
    for (let i = 0; i < versions.transactions.length; i++) this.#readAll(i);
  }

  #readAll(transaction: number): void {
    const { operations } = this.#versions.transactions[transaction]!;
    const own = new Map<KeyVersions, Own>();
    for (let at = 0; at < operations.length; at++) {
      const operation = operations[at]!;
      if (operation.kind === 'append' || operation.kind === 'write') this.#noteOwn(own, operation);
      else if (operation.kind === 'read')
        this.#read(own, operation.key, operation.value, { transaction, operation: at, isByScan: false });
      else this.#scan(own, operation, { transaction, operation: at, isByScan: true });
    }
  }

  #noteOwn(own: Map<KeyVersions, Own>, operation: HistoryOperation & { kind: 'append' | 'write' }): void {
    const key = this.#versions.key(operation.key)!;
    let mine = own.get(key);
    if (mine === undefined) own.set(key, (mine = { appended: [], value: null }));
    if (operation.kind === 'append') mine.appended.push(operation.element);
    else mine.value = operation.value;
  }

  /** What a scan gave, and of each key that was written at some time and lies in between: that it was not there. */
  #scan(own: Map<KeyVersions, Own>, scan: HistoryOperation & { kind: 'scan' }, by: Omit<Reading, 'version'>): void {
    const what = whatIsWrongWith(scan);
    if (what !== undefined) {
      this.#faults.brokenScan(by.transaction, scan, what);
      return;
    }
    const names = this.#versions.namesInOrder;
    let next = lowerBound(names, scan.from);
    for (const [name, value] of scan.entries) {
      for (; next < names.length && names[next]! < name; next++) this.#read(own, names[next]!, null, by);
      if (names[next] === name) next++;
      this.#read(own, name, value, by);
    }
    for (; next < names.length && names[next]! < scan.to; next++) this.#read(own, names[next]!, null, by);
  }

  #read(own: Map<KeyVersions, Own>, name: string, value: ReadValue, by: Omit<Reading, 'version'>): void {
    const key = this.#versions.key(name);
    if (key === undefined) {
      const isNothing = value === null || (typeof value !== 'number' && value.length === 0);
      if (!isNothing) this.#faults.neverWritten(by.transaction, name, value);
      return;
    }
    const mine = own.get(key);
    const version = key.isList ? this.#listVersion(key, mine, value, by) : this.#registerVersion(key, mine, value, by);
    if (version !== undefined && this.#counts(by.transaction)) this.all.push({ ...by, version }); // Q4
  }

  #counts(transaction: number): boolean {
    return this.#versions.counts[transaction] === 1;
  }

  #registerVersion(
    key: KeyVersions,
    mine: Own | undefined,
    value: ReadValue,
    { transaction }: Omit<Reading, 'version'>,
  ): number | undefined {
    if (mine !== undefined) {
      if (value !== mine.value) this.#faults.internal(transaction, key.name, mine.value, value);
      return undefined; // Q1
    }
    if (value === null) return this.#absentVersion(key, transaction);
    const version = typeof value === 'number' ? key.byValue.get(value) : undefined;
    if (version === undefined) this.#faults.neverWritten(transaction, key.name, value);
    else if (this.#versions.writerOf(version) === transaction) {
      this.#faults.tooEarly(transaction, key.name, value);
      return undefined;
    } else this.#faults.checkSource(transaction, version, true);
    return version;
  }

  /** Q3. */
  #absentVersion(key: KeyVersions, transaction: number): number | undefined {
    const versions = this.#versions;
    if (this.#mayHaveBeenDeleted(key, transaction)) return undefined;
    const real = this.#realTombstones(key);
    if (real.length === 0) return key.initial;
    const { snapshot } = versions.transactions[transaction]!;
    if (!this.#useTimestamps || snapshot === undefined) return undefined;
    let newest = key.initial;
    let newestCommit = -1;
    for (const one of real) {
      const commit = versions.commitOf(one);
      if (commit === undefined) return undefined;
      if (commit <= snapshot && commit > newestCommit) [newest, newestCommit] = [one, commit];
    }
    return newest;
  }

  /**
   * By somebody who may have committed or not, unless the timestamps say that the reader could not have seen it: it came too
   * late for him, or somebody who committed for certain wrote over it in time.
   */
  #mayHaveBeenDeleted(key: KeyVersions, reader: number): boolean {
    const { counts, transactions } = this.#versions;
    const snapshot = this.#useTimestamps ? transactions[reader]!.snapshot : undefined;
    return key.tombstones.some((one) => {
      const writer = this.#versions.writerOf(one);
      if (counts[writer] === 1 || transactions[writer]!.outcome !== 'unknown') return false;
      const { commit } = transactions[writer]!;
      if (snapshot === undefined) return true;
      return commit === undefined || (commit <= snapshot && !this.#isWrittenOver(key, commit, snapshot));
    });
  }

  #isWrittenOver(key: KeyVersions, after: number, until: number): boolean {
    const versions = this.#versions;
    return key.written.some((one) => {
      const commit = versions.commitOf(one);
      const isCertain = versions.counts[versions.writerOf(one)] === 1 && versions.isFinal(one);
      return isCertain && commit !== undefined && commit > after && commit <= until;
    });
  }

  /** Those that others may see. */
  #realTombstones(key: KeyVersions): readonly number[] {
    let real = this.#tombstones.get(key);
    if (real === undefined) {
      const versions = this.#versions;
      real = key.tombstones.filter((one) => versions.counts[versions.writerOf(one)] === 1 && versions.isFinal(one));
      this.#tombstones.set(key, real);
    }
    return real;
  }

  #listVersion(
    key: KeyVersions,
    mine: Own | undefined,
    value: ReadValue,
    { transaction }: Omit<Reading, 'version'>,
  ): number | undefined {
    const list = value ?? [];
    if (typeof list === 'number') {
      this.#faults.neverWritten(transaction, key.name, value);
      return undefined;
    }
    let elements = list;
    if (mine !== undefined) {
      const others = list.length - mine.appended.length;
      if (others < 0 || mine.appended.some((element, i) => element !== list[others + i])) {
        this.#faults.internal(transaction, key.name, mine.appended, list);
        return undefined;
      }
      elements = list.slice(0, others); // Q2
    }
    if (this.#hasOwnElement(key, mine, elements, transaction)) return undefined;
    this.#compareWithLongest(key, { transaction, elements });
    const last = elements.at(-1);
    if (last === undefined) return key.initial;
    const version = key.byValue.get(last);
    if (version !== undefined) this.#faults.checkSource(transaction, version, true);
    return version;
  }

  /** Among those of others, what the reader appended already shows twice, and what it has not appended yet cannot show. */
  #hasOwnElement(key: KeyVersions, mine: Own | undefined, elements: readonly number[], transaction: number): boolean {
    const { operations } = this.#versions.transactions[transaction]!;
    let isFound = false;
    for (const operation of operations) {
      if (operation.kind !== 'append' || operation.key !== key.name || !elements.includes(operation.element)) continue;
      isFound = true;
      if (mine?.appended.includes(operation.element) === true)
        this.#faults.duplicate(transaction, key.name, operation.element);
      else this.#faults.tooEarly(transaction, key.name, operation.element);
    }
    return isFound;
  }

  /** Elements that an earlier read had at the same places were looked at then. */
  #compareWithLongest(key: KeyVersions, reading: ListReading): void {
    const { elements, transaction } = reading;
    const longest = this.longest.get(key);
    const known = longest?.elements ?? [];
    const common = Math.min(elements.length, known.length);
    let same = 0;
    while (same < common && elements[same] === known[same]) same++;
    const isCompared = this.#counts(transaction); // Q4
    if (same < common && isCompared) this.#faults.incompatible(key, longest!, reading);
    this.#lookAtElements(key, elements, same, transaction);
    if (elements.length > known.length && isCompared) this.longest.set(key, reading);
  }

  #lookAtElements(key: KeyVersions, elements: readonly number[], from: number, transaction: number): void {
    if (from === elements.length) return;
    const seen = new Set(elements.slice(0, from));
    for (let i = from; i < elements.length; i++) {
      const element = elements[i]!;
      const version = key.byValue.get(element);
      if (version === undefined) this.#faults.neverWritten(transaction, key.name, element);
      else if (i < elements.length - 1) this.#faults.checkSource(transaction, version, false);
      if (seen.has(element)) this.#faults.duplicate(transaction, key.name, element);
      seen.add(element);
    }
  }
}

function whatIsWrongWith({ entries, from, to }: HistoryOperation & { kind: 'scan' }): string | undefined {
  let before: string | undefined;
  for (const [name] of entries) {
    if (name < from || name >= to) return `${name}, which is not in it`;
    if (name === before) return `${name} twice`;
    if (before !== undefined && name < before) return `${name} after ${before}`;
    before = name;
  }
  return undefined;
}

/** The first place whose name is not below. */
function lowerBound(names: readonly string[], name: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (names[middle]! < name) low = middle + 1;
    else high = middle;
  }
  return low;
}
