/**
 * What can be wrong with a history, by the names of the literature, and which level forbids which.
 *
 *     never written     a read gave what nobody ever wrote
 *     duplicate         a list has one element twice
 *     broken scan       a scan gave a key twice, out of order, or outside its range
 *     internal          a transaction did not see its own writes
 *     incompatible order  two reads of one list disagree about the order of its elements
 *     lost write        a committed append is missing from a later list
 *     G1a               aborted read: a read gave what an aborted transaction wrote
 *     G1b               intermediate read: a read gave what its writer overwrote before it committed
 *     timestamps        two commits have the same one, or a commit has one that its own snapshot includes
 *     G0                dirty write: a circle of ww
 *     G1c               circular information flow: a circle of ww and wr
 *     P4                lost update: two read the same version of a key, and both replaced it
 *     G-SIa             interference: a ww or wr without the start order, seen in the timestamps
 *     OTV               observed transaction vanishes: some of what a transaction wrote is read, and then older values of the rest
 *     PMP               predicate-many-preceders: a circle with one rw, made by a scan
 *     G-single          read skew: any other circle with exactly one rw
 *     G-SIb             missed effects: a circle with exactly one rw that needs the start order
 *     G-nonadjacent     a circle of which no two rw follow each other (the long fork is one)
 *     G2-item           write skew: a circle with two rw in a row, all made by reads of keys that were there to be read
 *     G2                the same with a rw made by a scan: a phantom
 *
 * G0 to G2 are Adya's (1999), G-SIa and G-SIb his of snapshot isolation (§4.3; there one rule, G-SI, in two parts), P4 is
 * of Berenson and others (1995), OTV and PMP are of Adya as Bailis and others (2014) and the Hermitage tests name them,
 * G-nonadjacent is Elle's: Cerone and Gotsman (2018) prove that snapshot isolation allows a circle only if two
 * rw in it follow each other. OTV, PMP and P4 are kinds of G-single; the most telling name that fits is the one given.
 *
 * Serializable means here what the store promises: some serial order of all transactions in which nobody comes before one
 * that was committed when he began. So a circle with the start order counts as well (strict serializability). What
 * G-SIa forbids beyond that is a matter of snapshots: two transactions that overlap and blindly write one key are serializable.
 */
import type { DependencyKind } from './dependency';

export const ANOMALY_NAMES = [
  'never written',
  'duplicate',
  'broken scan',
  'internal',
  'incompatible order',
  'lost write',
  'G1a',
  'G1b',
  'timestamps',
  'G0',
  'G1c',
  'P4',
  'G-SIa',
  'OTV',
  'PMP',
  'G-single',
  'G-SIb',
  'G-nonadjacent',
  'G2-item',
  'G2',
] as const;
export type AnomalyName = (typeof ANOMALY_NAMES)[number];

export const HISTORY_LEVELS = ['snapshot', 'serializable'] as const;
export type HistoryLevel = (typeof HISTORY_LEVELS)[number];

const ALLOWED: Readonly<Record<HistoryLevel, readonly AnomalyName[]>> = {
  snapshot: ['G2-item', 'G2'],
  serializable: ['G-SIa'],
};

export function forbids(level: HistoryLevel, name: AnomalyName): boolean {
  return !ALLOWED[level].includes(name);
}

/** One arrow of a witness: `from` has to come before `to`, because of what `text` says. */
export interface WitnessEdge {
  readonly from: number;
  readonly to: number;
  readonly kind: DependencyKind;
  /** The key it is about; none for the start order. */
  readonly key?: string;
  readonly text: string;
}

/** The transactions of a witness and the arrows between them, for a picture. */
export interface WitnessGraph {
  readonly transactions: readonly number[];
  readonly edges: readonly WitnessEdge[];
}

export interface Anomaly {
  readonly name: AnomalyName;
  /** What happened, and why it cannot be right: two sentences. */
  readonly sentences: readonly [string, string];
  readonly graph: WitnessGraph;
}
