/** Reads in the view: the version that was wanted, the hops on the way to it, and where in the index they were. */
import { toHex } from '../../../base/bytes';
import type { BTreeEvent } from '../../../btree';
import type { TxnId } from '../../../base/ids';
import type { LsmEvent } from '../../../lsm';
import type { MvccEvent } from '../../../mvcc';
import { chainOf, readAt, withVersions } from './chains';
import { withStep, type When } from './clock';
import {
  ALONE,
  NOBODY,
  READS_MAX,
  transactionOf,
  type MvccView,
  type StrayView,
  type TraceOfRead,
  type TransactionView,
  type VersionView,
} from './model';
import { nameOf, valueText } from './words';

type Event<K extends MvccEvent['kind']> = Extract<MvccEvent, { kind: K }>;

/** A scan goes over the chains one after the other, and over the rest of one after it has taken its version. */
function readOf(view: MvccView, key: Uint8Array, transaction: TxnId | undefined): TraceOfRead {
  const { read } = view;
  const keyHex = toHex(key);
  if (read?.keyHex === keyHex && read.transaction === transaction) return read;
  const at = transactionOf(view, transaction)?.snapshot ?? view.publishedLsn;
  const none = { found: undefined, lsn: undefined, stray: undefined };
  return { key, keyHex, transaction, at, hops: [], skips: 0, ...none, place: '' };
}

export function passed(view: MvccView, event: Event<'mvcc.version_passed'>): MvccView {
  const { key, lsn, transaction, why } = event;
  const read = readOf(view, key, transaction);
  const hop = { lsn, why, place: view.place };
  return {
    ...view,
    read: { ...read, hops: [...read.hops, hop].slice(-HOPS_SHOWN) },
    focus: read.keyHex,
    subject: { ...NOBODY, versions: idsOf(view, key, lsn) },
  };
}
/** A reader searches again after eight, in each half of a chain. */
const HOPS_SHOWN = 32;

export function skipped(view: MvccView, { key, transaction }: Event<'mvcc.chain_skipped'>): MvccView {
  const read = readOf(view, key, transaction);
  return { ...view, read: { ...read, skips: read.skips + 1 }, focus: read.keyHex, subject: NOBODY };
}

export function versionRead(view: MvccView, event: Event<'mvcc.version_read'>, when: When): MvccView {
  const { at, found, key, lsn, transaction } = event;
  const met = view.isPartial && lsn !== undefined && !event.stray ? withMet(view, event, when) : view;
  const by = transactionOf(met, transaction);
  const isScan = isScanning(view);
  const stray = by && strayOf(met, by, event);
  const read: TraceOfRead = { ...readOf(met, key, transaction), at, found, lsn, stray, place: view.place };
  const lane = by?.lane ?? ALONE;
  const kind = isScan ? 'scan' : 'read';
  const chain = chainOf(met.chains, key, read.keyHex);
  const version = readVersion(met, event, read.keyHex);
  // A scan says of such an entry twice: first of the version that lies under it.
  const isTold = event.stray !== undefined && isScan && chain !== undefined && readAt(chain, at) !== undefined;
  const next = withStep({ ...met, read, focus: read.keyHex }, when, {
    lane,
    kind,
    transaction,
    key,
    keyHex: read.keyHex,
    lsn,
    found,
    text: version && valueText(version),
    ...(stray && { stray }),
    ...(isTold && { count: 0 }),
  });
  return {
    ...(by && found !== 'own' ? withRead(next, by, read.keyHex) : next),
    subject: {
      ...NOBODY,
      versions: version ? [version.id] : [],
      transactions: [transaction, event.stray?.transaction].filter((id) => id !== undefined),
      reader: by && `t${by.key}`,
    },
  };
}

/** A scan that is a reader of its own, or one of a transaction. */
export const isScanning = ({ command: { command } }: MvccView): boolean =>
  command?.kind === 'scan' || command?.kind === 'next';

/** What was read, wherever it lies: in somebody's memory, on its way, or in the chain of its key. */
function readVersion(
  view: MvccView,
  { found, key, lsn, stray, transaction }: Event<'mvcc.version_read'>,
  hex: string,
): VersionView | undefined {
  const of = (versions: readonly VersionView[] = []) => versions.find((one) => one.keyHex === hex);
  if (found === 'own') return of(transactionOf(view, transaction)?.writes);
  if (stray && lsn === undefined) return of(transactionOf(view, stray.transaction)?.writes);
  const published = chainOf(view.chains, key, hex)?.versions.find((one) => one.lsn === lsn);
  return published ?? (stray && of(view.pending.find((one) => one.lsn === lsn)?.versions));
}

/** What the engine says of it; or what follows from its number, and from what the transaction has written itself. */
export function strayOf(
  view: MvccView,
  { ahead, snapshot, writes }: TransactionView,
  { found, key, lsn, stray }: Event<'mvcc.version_read'>,
): StrayView | undefined {
  if (stray) {
    const writer = transactionOf(view, stray.transaction);
    const of = writer ? nameOf(writer) : undefined;
    const before = ahead.find((one) => one.lsn === stray.lsn)?.before;
    return { why: stray.lsn === undefined ? 'uncommitted' : 'unpublished', key, of, lsn: stray.lsn, snapshot, before };
  }
  if (lsn !== undefined && lsn > snapshot)
    return { why: 'later', key, of: undefined, lsn, snapshot, before: undefined };
  // A scan lays its own writes over what it finds, and says nothing of that.
  const isMissed = found !== 'own' && !isScanning(view) && writes.some(({ keyHex }) => keyHex === toHex(key));
  return isMissed ? { why: 'not_own', key, of: undefined, lsn, snapshot, before: undefined } : undefined;
}

function withRead(view: MvccView, { key, reads }: TransactionView, keyHex: string): MvccView {
  if (reads.includes(keyHex)) return view;
  const more = [...reads, keyHex].slice(-READS_MAX);
  return {
    ...view,
    transactions: view.transactions.map((one) => (one.key === key ? { ...one, reads: more } : one)),
  };
}

/** Of a store that had versions before this run began: one that a reader met. */
function withMet(view: MvccView, { found, key, lsn }: Event<'mvcc.version_read'>, { seq, site }: When): MvccView {
  const keyHex = toHex(key);
  if (idsOf(view, key, lsn!).length > 0) return view;
  const version: VersionView = {
    id: `c${view.life}.${lsn}.${keyHex}`,
    key,
    keyHex,
    lsn: lsn!,
    isTombstone: found === 'tombstone',
    valueBytes: 0,
    text: undefined,
    by: undefined,
    seq,
    site,
  };
  return { ...view, chains: withVersions(view.chains, [version]).chains };
}

export function idsOf(view: MvccView, key: Uint8Array, lsn: number): readonly string[] {
  const chain = chainOf(view.chains, key, toHex(key));
  const version = chain?.versions.find((one) => one.lsn === lsn);
  return version ? [version.id] : [];
}

/** The page or the block that the index looks at: the next hop is in it. */
export function placed(view: MvccView, event: BTreeEvent | LsmEvent): MvccView {
  switch (event.kind) {
    case 'btree.page_read':
      return { ...view, place: `page ${event.page}, read from its file`, subject: NOBODY };
    case 'btree.page_referenced':
      return { ...view, place: `page ${event.page}, in memory`, subject: NOBODY };
    case 'btree.descended': {
      const page = event.path.at(-1);
      // Which of the two it was, was said on the way.
      if (page === undefined || view.place.startsWith(`page ${page},`)) return { ...view, subject: NOBODY };
      return { ...view, place: `page ${page}, in memory`, subject: NOBODY };
    }
    case 'lsm.block_read': {
      const from = event.isCached ? 'in the cache' : 'read from its file';
      return { ...view, place: `${event.block} block of table ${event.table}, ${from}`, subject: NOBODY };
    }
    default:
      return view;
  }
}

/** Something else happens now. */
export const lookedAway = (view: MvccView): MvccView =>
  view.read === undefined && view.place === '' ? view : { ...view, read: undefined, place: '' };
