/** V1: the view in the engine's own words, as far as events can know them; a test holds the two equal. */
import type { VersionsDescription } from '../../../mvcc';
import { bytesOf, roleOf } from './garbage';
import { watermarkOf, type ChainView, type MvccView, type TransactionView } from './model';
import { recordBytes } from './records';

/** Without ticks, without what serializable transactions have read, and without where records lie. */
export interface Described {
  readonly keys: readonly unknown[];
  readonly transactions: readonly unknown[];
  readonly snapshots: VersionsDescription['snapshots'];
  readonly snapshotsInUse: readonly number[];
  readonly watermark: number;
  readonly keptFrom: number;
  readonly bytes: { readonly live: number; readonly held: number; readonly garbage: number };
  readonly vacuum: unknown;
}

export function describeView(view: MvccView): Described {
  const watermark = watermarkOf(view);
  const open = view.transactions.filter(({ inUse }) => inUse);
  const inUse = new Set([...open, ...view.named].map(({ snapshot }) => snapshot));
  const { isUnderWay, pass, passes } = view.vacuum;
  return {
    keys: view.chains.map((chain) => describeChain(chain, watermark)),
    transactions: open.map((one) => describeTransaction(view, one)),
    snapshots: view.named.map(({ name, snapshot }) => ({ name, snapshot }) as VersionsDescription['snapshots'][number]),
    snapshotsInUse: [...inUse].sort((a, b) => a - b),
    watermark,
    keptFrom: view.keptFrom,
    bytes: bytesOf(view),
    vacuum: { isUnderWay, passes, seen: pass.seen, collected: pass.collected, bytes: pass.bytes },
  };
}

/** What it has handed in is drawn on its way; the engine counts it as its own until it has ended. */
function describeTransaction({ pending }: MvccView, transaction: TransactionView): unknown {
  const { id, label, level, lsn, readOnly, snapshot } = transaction;
  const writes = lsn === undefined ? transaction.writes : (pending.find((one) => one.lsn === lsn)?.versions ?? []);
  return {
    id,
    label,
    snapshot,
    level,
    readOnly,
    writes: writes.map(({ isTombstone, keyHex, valueBytes }) => ({ isTombstone, keyHex, valueBytes })),
  };
}

const describeChain = (chain: ChainView, watermark: number): unknown => ({
  keyHex: chain.keyHex,
  versions: chain.versions.map((version, index) => ({
    lsn: version.lsn,
    isTombstone: version.isTombstone,
    valueBytes: version.valueBytes,
    bytes: recordBytes(version),
    state: roleOf(chain, index, watermark),
  })),
});
