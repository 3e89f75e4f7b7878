/**
 * Every version that a history speaks of, numbered: for each key one that stands for "not there yet", and one for each write.
 * What a read gave is turned into the number of a version here, and everything after works with numbers.
 *
 *   N1  The first version of a key, `initial`, was written by nobody and has no value.
 *   N2  A version is final if its writer wrote no other under the key after it: others may see final ones only.
 *   N3  A transaction counts if it committed, or if nobody knows how it ended and one that counts read what it wrote: then it
 *       has committed. (Elle does the same.)
 */
import { assert } from '../../base/assert';
import type { History, HistoryTransaction } from './history';

/** Who wrote the versions that were there before the history. */
export const NOBODY = -1;

export interface KeyVersions {
  readonly name: string;
  readonly isList: boolean;
  readonly initial: number;
  /** All that were written, in the order of the history's transactions; aborted attempts too. */
  readonly written: number[];
  /** Of them, those that delete the key. */
  readonly tombstones: number[];
  readonly byValue: Map<number, number>;
}

export class Versions {
  readonly transactions: readonly HistoryTransaction[];
  readonly keys: KeyVersions[] = [];
  /** The names of all keys that were written, in order. */
  readonly namesInOrder: readonly string[];
  /** N3. */
  readonly counts: Uint8Array;
  readonly #keyByName = new Map<string, KeyVersions>();
  // One column for each property of a version.
  readonly #key: KeyVersions[] = [];
  readonly #value: (number | null)[] = [];
  readonly #writer: number[] = [];
  readonly #operation: number[] = [];
  readonly #isFinal: boolean[] = [];

  constructor({ transactions }: History) {
    this.transactions = transactions;
    for (let i = 0; i < transactions.length; i++) this.#addWritesOf(i);
    this.namesInOrder = [...this.#keyByName.keys()].sort();
    this.counts = whoCounts(transactions, this);
  }

  get count(): number {
    return this.#key.length;
  }

  key(name: string): KeyVersions | undefined {
    return this.#keyByName.get(name);
  }
  keyOf(version: number): KeyVersions {
    return this.#key[version]!;
  }
  /** A list's element, a register's value; null where the key is not there. */
  valueOf(version: number): number | null {
    return this.#value[version]!;
  }
  writerOf(version: number): number {
    return this.#writer[version]!;
  }
  operationOf(version: number): number {
    return this.#operation[version]!;
  }
  isFinal(version: number): boolean {
    return this.#isFinal[version]!;
  }
  /** Its timestamp, if the store told. */
  commitOf(version: number): number | undefined {
    return this.transactions[this.#writer[version]!]?.commit;
  }

  #addWritesOf(transaction: number): void {
    const { operations } = this.transactions[transaction]!;
    const last = new Map<KeyVersions, number>();
    for (let i = 0; i < operations.length; i++) {
      const operation = operations[i]!;
      if (operation.kind !== 'append' && operation.kind !== 'write') continue;
      const key = this.#keyNamed(operation.key, operation.kind === 'append');
      const value = operation.kind === 'append' ? operation.element : operation.value;
      const version = this.#add(key, value, transaction, i);
      const before = last.get(key);
      if (before !== undefined) this.#isFinal[before] = false;
      last.set(key, version);
    }
  }

  #keyNamed(name: string, isList: boolean): KeyVersions {
    let key = this.#keyByName.get(name);
    if (key === undefined) {
      key = { name, isList, initial: this.count, written: [], tombstones: [], byValue: new Map() };
      this.keys.push(key);
      this.#keyByName.set(name, key);
      this.#push(key, null, NOBODY, -1);
    }
    assert(key.isList === isList, `M2: ${name} is a list or a register, not both`);
    return key;
  }

  #add(key: KeyVersions, value: number | null, writer: number, operation: number): number {
    const version = this.count;
    this.#push(key, value, writer, operation);
    key.written.push(version);
    if (value === null) key.tombstones.push(version);
    else {
      assert(!key.byValue.has(value), `M1: ${value} is written under ${key.name} once`);
      key.byValue.set(value, version);
    }
    return version;
  }

  #push(key: KeyVersions, value: number | null, writer: number, operation: number): void {
    this.#key.push(key);
    this.#value.push(value);
    this.#writer.push(writer);
    this.#operation.push(operation);
    this.#isFinal.push(true);
  }
}

/** N3: the committed ones, then whatever of unknown outcome they read from, then what those read from. */
function whoCounts(transactions: readonly HistoryTransaction[], versions: Versions): Uint8Array {
  const counts = new Uint8Array(transactions.length);
  transactions.forEach(({ outcome }, i) => (counts[i] = outcome === 'committed' ? 1 : 0));
  if (!transactions.some(({ outcome }) => outcome === 'unknown')) return counts;
  const toLookAt = transactions.flatMap((_, i) => (counts[i] === 1 ? [i] : []));
  for (let reader = toLookAt.pop(); reader !== undefined; reader = toLookAt.pop()) {
    for (const [name, value] of valuesRead(transactions[reader]!)) {
      const version = versions.key(name)?.byValue.get(value);
      if (version === undefined) continue;
      const writer = versions.writerOf(version);
      if (counts[writer] === 1 || transactions[writer]!.outcome !== 'unknown') continue;
      counts[writer] = 1;
      toLookAt.push(writer);
    }
  }
  return counts;
}

function* valuesRead({ operations }: HistoryTransaction): Generator<readonly [string, number]> {
  for (const operation of operations) {
    if (operation.kind !== 'read' && operation.kind !== 'scan') continue;
    const entries = operation.kind === 'scan' ? operation.entries : [[operation.key, operation.value] as const];
    for (const [name, value] of entries) {
      if (typeof value === 'number') yield [name, value];
      else for (const element of value ?? []) yield [name, element];
    }
  }
}
