/**
 * Write skew, at a level that does not look for it: the one that commits now and one that committed beside it have each read
 * what the other one changed. Each would have to come before the other.
 */
import type { TxnId } from '../../../base/ids';
import {
  EDGES_MAX,
  type EdgeView,
  type MvccView,
  type PendingView,
  type TransactionView,
  type VersionView,
} from './model';
import { fromHex } from './records';

export function withSkew(view: MvccView, by: TransactionView, pending: PendingView, seq: number): MvccView {
  const mine = keysOf([pending]);
  const edges = view.transactions.flatMap((other) => {
    const { lsn } = other;
    const isBeside = lsn !== undefined && lsn > by.snapshot && other.snapshot < pending.lsn;
    if (!isBeside || other.key === by.key || !other.key.startsWith(`${view.life}.`)) return [];
    const theirs = keysOf([...view.chains, ...view.pending], lsn);
    const [away, back] = [by.reads.filter((key) => theirs.has(key)), other.reads.filter((key) => mine.has(key))];
    if (away.length === 0 || back.length === 0) return [];
    const edge = (reader: TxnId, writer: TxnId, writerLsn: number, keyHex: string): EdgeView => ({
      ...{ id: `${view.life}.${reader}.${writer}.${keyHex}`, reader, writer, writerLsn, key: fromHex(keyHex), keyHex },
      ...{ isDanger: true, seq },
    });
    return [
      ...away.map((key) => edge(by.id, other.id, lsn, key)),
      ...back.map((key) => edge(other.id, by.id, pending.lsn, key)),
    ];
  });
  if (edges.length === 0) return view;
  const ids = new Set(edges.map(({ id }) => id));
  return { ...view, edges: [...view.edges.filter(({ id }) => !ids.has(id)), ...edges].slice(-EDGES_MAX) };
}
const keysOf = (all: readonly { readonly versions: readonly VersionView[] }[], lsn?: number): ReadonlySet<string> =>
  new Set(all.flatMap((one) => one.versions.filter((v) => v.lsn === (lsn ?? v.lsn)).map(({ keyHex }) => keyHex)));
