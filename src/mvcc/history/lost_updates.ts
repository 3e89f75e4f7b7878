/**
 * Writes that went missing, seen without looking for a circle.
 *
 * P4: two committed transactions read the same version of a key and both wrote the key. Whichever came second did not see the
 * first, and wrote over it. A lost write is plainer: an append that was committed before a reader began is not in what he read.
 */
import type { WitnessEdge } from './anomalies';
import { kindName, RW } from './dependency';
import { explainRead } from './explain';
import type { Findings } from './findings';
import { nameOf } from './history';
import type { Readings } from './readings';
import type { StartOrder } from './start_order';
import type { KeyVersions, Versions } from './versions';
import { namesText, valueText } from './words';

export function findLostUpdates(versions: Versions, readings: Readings, findings: Findings): void {
  const lastWrites = lastWriteOfEach(versions);
  const updaters = new Map<number, number>();
  for (const { transaction, version } of readings.all) {
    const key = versions.keyOf(version);
    const written = lastWrites.get(key)?.get(transaction);
    if (written === undefined) continue;
    const other = updaters.get(version);
    if (other === undefined) updaters.set(version, transaction);
    else if (other !== transaction) {
      const otherWritten = lastWrites.get(key)!.get(other)!;
      findings.add('P4', 2, () => lostUpdate(versions, version, [other, transaction], [otherWritten, written]));
    }
  }
}

/** For each key: who that counts wrote it, and the last version each wrote. */
function lastWriteOfEach(versions: Versions): Map<KeyVersions, Map<number, number>> {
  return new Map(
    versions.keys.map((key) => [
      key,
      new Map(
        key.written
          .filter((one) => versions.counts[versions.writerOf(one)] === 1)
          .map((one) => [versions.writerOf(one), one]),
      ),
    ]),
  );
}

function lostUpdate(
  versions: Versions,
  version: number,
  [a, b]: readonly [number, number],
  [writtenByA, writtenByB]: readonly [number, number],
) {
  const key = versions.keyOf(version).name;
  const edge = (from: number, to: number, next: number): WitnessEdge => ({
    from,
    to,
    kind: kindName(RW),
    key,
    text: explainRead(versions, { from, to, kind: RW, version, next, operation: -1 }),
  });
  const value = versions.valueOf(version);
  const found = value === null ? `found nothing under ${key}` : `read ${value} under ${key}`;
  return {
    sentences: [
      `${namesText([a, b])} both ${found}, and both wrote ${key} and committed.`,
      'The second of the two never saw what the first wrote, and wrote over it.',
    ] as const,
    graph: { transactions: [a, b], edges: [edge(a, b, writtenByB), edge(b, a, writtenByA)] },
  };
}

export function findLostWrites(versions: Versions, readings: Readings, start: StartOrder, findings: Findings): void {
  for (const [key, { elements, transaction: reader }] of readings.longest) {
    const seen = new Set(elements);
    for (const version of key.written) {
      const writer = versions.writerOf(version);
      if (versions.counts[writer] !== 1 || seen.has(versions.valueOf(version)!)) continue;
      if (start.between(writer, reader) === -1) continue;
      const appended = valueText(versions.valueOf(version));
      const text = `${nameOf(writer)} was committed before ${nameOf(reader)} began`;
      findings.add('lost write', 2, () => ({
        sentences: [
          `${nameOf(writer)} appended ${appended} to ${key.name} and was committed before ${nameOf(reader)} began, and ${nameOf(reader)} read ${valueText(elements)} there.`,
          'What was committed stays, and everybody who begins later sees it.',
        ],
        graph: { transactions: [writer, reader], edges: [{ from: writer, to: reader, kind: 'start order', text }] },
      }));
    }
  }
}
