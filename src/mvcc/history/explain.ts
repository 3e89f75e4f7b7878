/** A circle of dependencies in words: what happened, and why no order fits it. */
import type { AnomalyName, WitnessEdge, WitnessGraph } from './anomalies';
import { isAntiDependency, kindName, RW_PREDICATE, WR, WW, type Dependency } from './dependency';
import { nameOf } from './history';
import type { Versions } from './versions';
import { namesText, valueText } from './words';

/** Longer circles are cut short in words; the graph has them whole. */
const ARROWS_TOLD = 4;

/** The anomalies that are circles. */
export type CircleName = Exclude<
  AnomalyName,
  | 'never written'
  | 'duplicate'
  | 'broken scan'
  | 'timestamps'
  | 'internal'
  | 'incompatible order'
  | 'lost write'
  | 'G1a'
  | 'G1b'
>;

export function explainCircle(
  versions: Versions,
  name: CircleName,
  circle: readonly Dependency[],
): { sentences: readonly [string, string]; graph: WitnessGraph } {
  const edges = circle.map((one) => witnessEdge(versions, one));
  const told = edges.slice(0, ARROWS_TOLD).map(({ text }) => text);
  const rest = edges.length - told.length;
  const first =
    rest > 0
      ? `${told.join('; ')}; and ${rest} more of the kind lead back to ${nameOf(circle[0]!.from)}.`
      : `${told.join('; ')}.`;
  return {
    sentences: [first, whyNot(name, circle)],
    graph: { transactions: circle.map(({ from }) => from), edges },
  };
}

/** One arrow alone: what is wrong with it is that the start order does not have it. */
export function explainInterference(
  versions: Versions,
  edge: Dependency,
): { sentences: readonly [string, string]; graph: WitnessGraph } {
  const { from, to, kind } = edge;
  const { commit } = versions.transactions[from]!;
  const { snapshot } = versions.transactions[to]!;
  return {
    sentences: [
      `${witnessEdge(versions, edge).text}, though the commit of ${nameOf(from)} at ${commit!} is newer than the snapshot of ${nameOf(to)} at ${snapshot!}.`,
      kind === WW
        ? 'Of two transactions that overlap and write the same key, only the first to commit may succeed.'
        : 'A snapshot shows nothing that was committed after it was taken.',
    ],
    graph: { transactions: [from, to], edges: [witnessEdge(versions, edge)] },
  };
}

function witnessEdge(versions: Versions, edge: Dependency): WitnessEdge {
  const { from, kind, to, version } = edge;
  const kindText = kindName(kind);
  if (kindText === 'start order')
    return { from, to, kind: kindText, text: `${nameOf(from)} was committed before ${nameOf(to)} began` };
  const text = kind === WW ? explainWrites(versions, edge) : explainRead(versions, edge);
  return { from, to, kind: kindText, key: versions.keyOf(version).name, text };
}

function explainWrites(versions: Versions, { from, next, to, version }: Dependency): string {
  return `${nameOf(to)} ${didText(versions, next)} after ${nameOf(from)} had ${doneText(versions, version)}`;
}

/** A wr or a rw. */
export function explainRead(versions: Versions, { from, kind, next, to, version }: Dependency): string {
  const key = versions.keyOf(version).name;
  const value = versions.valueOf(version);
  if (kind === WR) {
    const read = value === null ? `found nothing under ${key}` : `read ${valueText(value)} under ${key}`;
    return `${nameOf(to)} ${read}, as ${nameOf(from)} left it`;
  }
  const verb = kind === RW_PREDICATE ? 'scanned and ' : '';
  const read =
    value === null
      ? `found nothing under ${key}`
      : `${kind === RW_PREDICATE ? 'found' : 'read'} ${valueText(value)} under ${key}`;
  return `${nameOf(from)} ${verb}${read} before ${nameOf(to)} ${didText(versions, next)}`;
}

function didText(versions: Versions, version: number): string {
  const { isList, name } = versions.keyOf(version);
  const value = versions.valueOf(version);
  if (value === null) return `deleted ${name}`;
  return isList ? `appended ${value} to ${name}` : `wrote ${value} to ${name}`;
}

function doneText(versions: Versions, version: number): string {
  const { isList } = versions.keyOf(version);
  const value = versions.valueOf(version);
  if (value === null) return 'deleted it';
  return isList ? `appended ${value}` : `written ${value}`;
}

function whyNot(name: CircleName, circle: readonly Dependency[]): string {
  const reader = nameOf(circle.find(({ kind }) => isAntiDependency(kind))?.from ?? circle[0]!.from);
  const transactions = [...new Set(circle.map(({ from }) => from))].sort((a, b) => a - b);
  const all = namesText(transactions);
  const withoutReader = namesText(transactions.filter((one) => nameOf(one) !== reader));
  const others = transactions.length === 2 ? 'the other' : 'the others';
  switch (name) {
    case 'G0':
      return `The writes of ${all} are mixed, so none of them can come first.`;
    case 'G1c':
      return `So each of ${all} would have to come before ${others}, and that is no order.`;
    case 'P4':
      return `${reader} wrote over what it had never seen.`;
    case 'OTV':
      return `${reader} saw a part of what had been done, and after that read as if it had never been.`;
    case 'PMP':
      return `The scan of ${reader} and its other reads belong to different moments.`;
    case 'G-single':
      // The way back ends in a write: then it is no second read that gives it away.
      if (circle.at(-1)!.kind === WW) return `${reader} read from before ${withoutReader}, and yet wrote behind.`;
      return `${reader} read from two different moments, and no one snapshot shows both.`;
    case 'G-SIb':
      return `${reader} missed what was committed before it began.`;
    case 'G-nonadjacent':
      return `The readers among ${all} disagree about which of the writes came first.`;
    case 'G2-item':
      return `Each of ${all} would have to come before ${others}, so they were not run one after the other.`;
    case 'G2':
      return `A scan did not find what another wrote, and each of ${all} would have to come before ${others}.`;
    case 'G-SIa':
      return 'A snapshot shows nothing that was committed after it was taken.';
  }
}
