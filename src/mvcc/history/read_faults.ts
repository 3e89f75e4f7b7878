/**
 * Faults that one read shows by itself, or two reads of one list: no circle is needed to see them. Each is one rule
 * and one pair of sentences.
 */
import type { WitnessEdge } from './anomalies';
import type { Findings } from './findings';
import { nameOf, type ReadValue } from './history';
import type { ListReading } from './reading';
import { NOBODY, type KeyVersions, type Versions } from './versions';
import { valueText } from './words';

export class Faults {
  readonly #versions: Versions;
  readonly #findings: Findings;

  constructor(versions: Versions, findings: Findings) {
    this.#versions = versions;
    this.#findings = findings;
  }

  neverWritten(reader: number, key: string, value: ReadValue): void {
    this.#findings.add('never written', 1, () => ({
      sentences: [
        `${nameOf(reader)} read ${valueText(value)} under ${key}, which no transaction ever wrote there.`,
        'A store can only give back what it was given.',
      ],
      graph: { transactions: [reader], edges: [] },
    }));
  }

  duplicate(reader: number, key: string, element: number): void {
    this.#findings.add('duplicate', 1, () => ({
      sentences: [
        `${nameOf(reader)} read a list under ${key} with ${element} in it twice, and it was appended once.`,
        'A write takes effect once, or not at all.',
      ],
      graph: { transactions: [reader], edges: [] },
    }));
  }

  brokenScan(reader: number, { from, to }: { readonly from: string; readonly to: string }, what: string): void {
    this.#findings.add('broken scan', 1, () => ({
      sentences: [
        `${nameOf(reader)} scanned from ${from} to ${to} and was given ${what}.`,
        'A scan gives each key of its range once, in order, and no other.',
      ],
      graph: { transactions: [reader], edges: [] },
    }));
  }

  internal(reader: number, key: string, wrote: ReadValue, read: ReadValue): void {
    const did = Array.isArray(wrote)
      ? `appended ${valueText(wrote)} to ${key}`
      : wrote === null
        ? `deleted ${key}`
        : `wrote ${valueText(wrote)} to ${key}`;
    this.#findings.add('internal', 1, () => ({
      sentences: [
        `${nameOf(reader)} ${did}, and then read ${valueText(read)} there.`,
        'A transaction always sees its own writes.',
      ],
      graph: { transactions: [reader], edges: [] },
    }));
  }

  /** A kind of `internal` as well: what it had not written yet cannot have been there. */
  tooEarly(reader: number, key: string, value: ReadValue): void {
    this.#findings.add('internal', 1, () => ({
      sentences: [
        `${nameOf(reader)} read ${valueText(value)} under ${key}, and wrote it there only after that.`,
        'Nobody sees a write before it is made.',
      ],
      graph: { transactions: [reader], edges: [] },
    }));
  }

  /** Whether others may see this version at all; `isWhole`: it is what the read gave, not an older part of a list. */
  checkSource(reader: number, version: number, isWhole: boolean): void {
    const versions = this.#versions;
    const writer = versions.writerOf(version);
    if (writer === NOBODY || writer === reader) return;
    // Of unknown outcome, read by nobody that counts: it may have committed, and been lost with the power.
    if (versions.transactions[writer]!.outcome === 'aborted') this.#abortedRead(reader, version);
    else if (isWhole && !versions.isFinal(version)) this.#intermediateRead(reader, version);
  }

  #abortedRead(reader: number, version: number): void {
    const writer = this.#versions.writerOf(version);
    this.#findings.add('G1a', 2, () => ({
      sentences: [
        `${this.#read(reader, version)}, and ${nameOf(writer)} was aborted.`,
        'What was aborted must look as if it had never been.',
      ],
      graph: this.#sourceGraph(reader, version),
    }));
  }

  #intermediateRead(reader: number, version: number): void {
    const writer = this.#versions.writerOf(version);
    this.#findings.add('G1b', 2, () => ({
      sentences: [
        `${this.#read(reader, version)}, and ${nameOf(writer)} went on to change ${this.#versions.keyOf(version).name} before it committed.`,
        'Others may see what a transaction leaves behind, and nothing from on the way.',
      ],
      graph: this.#sourceGraph(reader, version),
    }));
  }

  #read(reader: number, version: number): string {
    const key = this.#versions.keyOf(version).name;
    const value = valueText(this.#versions.valueOf(version));
    return `${nameOf(reader)} read ${value} under ${key}, which ${nameOf(this.#versions.writerOf(version))} wrote`;
  }

  #sourceGraph(reader: number, version: number): { transactions: number[]; edges: WitnessEdge[] } {
    const from = this.#versions.writerOf(version);
    const key = this.#versions.keyOf(version).name;
    const text = `${nameOf(reader)} read ${valueText(this.#versions.valueOf(version))} under ${key}, which ${nameOf(from)} wrote`;
    return { transactions: [from, reader], edges: [{ from, to: reader, kind: 'wr', key, text }] };
  }

  incompatible(key: KeyVersions, one: ListReading, other: ListReading): void {
    const transactions = [...new Set([one.transaction, other.transaction])];
    this.#findings.add('incompatible order', transactions.length, () => ({
      sentences: [
        `${nameOf(one.transaction)} read ${key.name} as ${valueText(one.elements)}, and ${nameOf(other.transaction)} read it as ${valueText(other.elements)}.`,
        'A list only grows at its end, so one of the two would have to begin with the other.',
      ],
      graph: { transactions, edges: [] },
    }));
  }
}
