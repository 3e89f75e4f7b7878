/** Commits in the view: handed in, on their way with a number, published; brought back by recovery, and collected. */
import { equalBytes, decodeText, toHex } from '../../../base/bytes';
import type { Lsn, TxnId } from '../../../base/ids';
import type { CommitReplayed, CommitSubmitted, OperationSummary } from '../../../kv_store/events';
import type { MvccEvent } from '../../../mvcc';
import type { Command } from '../../../workload/command';
import { chainOf, withVersions, withoutVersion } from './chains';
import { withStep, type When } from './clock';
import {
  ALONE,
  NO_STEP,
  NOBODY,
  STORE,
  transactionOf,
  type ConflictView,
  type MvccView,
  type PendingView,
  type VersionView,
} from './model';
import { valueText } from './words';
import { withSkew } from './write_skew';

type Event<K extends MvccEvent['kind']> = Extract<MvccEvent, { kind: K }>;

export const submitted = (view: MvccView, { lsn, operations }: CommitSubmitted): MvccView => ({
  ...view,
  submitted: { lsn, operations },
  subject: NOBODY,
});

export function commitStarted(view: MvccView, event: Event<'mvcc.commit_started'>, when: When): MvccView {
  const { lsn, snapshot, transaction } = event;
  const operations = view.submitted?.lsn === lsn ? view.submitted.operations : [];
  const by = transactionOf(view, transaction);
  const buffered = new Map(by?.writes.map((write) => [write.keyHex, write]));
  const versions = new Map<string, VersionView>();
  for (const operation of operations) {
    const version = versionOf(view, operation, lsn, when, transaction);
    const own = buffered.get(version.keyHex);
    // V2: what was in the memory of the transaction.
    versions.set(version.keyHex, own ? { ...version, id: own.id, text: own.text } : version);
  }
  const pending: PendingView = { lsn, transaction, snapshot, versions: [...versions.values()] };
  const next: MvccView = {
    ...view,
    submitted: undefined,
    pending: [...view.pending, pending],
    focus: operations[0] ? toHex(operations[0].key) : view.focus,
    subject: { ...NOBODY, versions: pending.versions.map(({ id }) => id), transactions: idsOf(transaction) },
  };
  const [first] = operations;
  if (!by)
    return withStep(next, when, {
      lane: ALONE,
      kind: operations.length === 1 && first?.kind === 'delete' ? 'delete' : 'put',
      key: first?.key,
      keyHex: first ? toHex(first.key) : '',
      count: operations.length,
      lsn,
      text: pending.versions[0] && valueText(pending.versions[0]),
    });
  const conflict = unseenUnder(view, pending, when.seq);
  const numbered = withTransactionLsn(next, by.key, { lsn, conflict });
  return withStep(withSkew(numbered, by, pending, when.seq), when, {
    lane: by.lane,
    kind: 'commit',
    transaction,
    count: operations.length,
    lsn,
  });
}

const idsOf = (transaction: TxnId | undefined): readonly TxnId[] => (transaction === undefined ? [] : [transaction]);

const withTransactionLsn = (
  view: MvccView,
  key: string,
  { conflict, lsn }: { readonly lsn: Lsn; readonly conflict: ConflictView | undefined },
): MvccView => ({
  ...view,
  transactions: view.transactions.map((one) =>
    one.key === key ? { ...one, lsn, conflict, writes: [], state: 'committing' } : one,
  ),
});

/** What the check at a commit would have found, and did not: it is off. The last such commit, whose update is lost. */
function unseenUnder(view: MvccView, { snapshot, versions }: PendingView, seq: number): ConflictView | undefined {
  let found: ConflictView | undefined;
  for (const { key, keyHex } of versions) {
    const onTheirWay = view.pending.flatMap((one) => one.versions).filter((one) => one.keyHex === keyHex);
    for (const { lsn } of [...(chainOf(view.chains, key, keyHex)?.versions ?? []), ...onTheirWay])
      if (lsn > Math.max(snapshot, found?.lsn ?? 0)) found = { key, keyHex, lsn, from: undefined, seq };
  }
  return found;
}

/** What the index has from here on, for all to see. */
export function published(view: MvccView, lsn: number): MvccView {
  const commit = view.pending.find((one) => one.lsn === lsn);
  const versions = commit?.versions ?? [];
  const { chains, isCut } = withVersions(view.chains, versions);
  return {
    ...view,
    chains,
    isCut: view.isCut || isCut,
    pending: view.pending.filter((one) => one !== commit),
    publishedLsn: lsn,
    subject: { ...NOBODY, versions: versions.map(({ id }) => id), part: 'published' },
  };
}

export const rejected = (view: MvccView, lsn: number): MvccView => ({
  ...view,
  pending: view.pending.filter((one) => one.lsn !== lsn),
  submitted: undefined,
  subject: NOBODY,
});

export function settled(view: MvccView, event: Event<'mvcc.commit_settled'>, when: When): MvccView {
  const { code, lsn, transaction } = event;
  const by = transactionOf(view, transaction);
  const isUnknown = code === 'commit_unknown';
  const state = code === undefined ? 'committed' : isUnknown ? 'unknown' : 'aborted';
  const next: MvccView = {
    ...view,
    pending: code === undefined ? view.pending : view.pending.filter((one) => one.lsn !== lsn),
    transactions: by ? view.transactions.map((one) => (one === by ? { ...one, state, code } : one)) : view.transactions,
    subject: { ...NOBODY, transactions: idsOf(transaction) },
  };
  const after = withStep(next, when, {
    lane: by?.lane ?? ALONE,
    kind: code === undefined ? 'settled' : isUnknown ? 'unknown' : 'failed',
    transaction,
    lsn,
  });
  return by ? ended(after, by.key) : after;
}

/** Its span on the lane ends here. */
const ended = (view: MvccView, key: string): MvccView => ({
  ...view,
  transactions: view.transactions.map((one) => (one.key === key ? { ...one, to: view.clock.moment } : one)),
});

/** Recovery applies what the log has: it is in the file, and nobody has flushed it in this life. */
export function replayed(view: MvccView, { lsn, operations }: CommitReplayed, when: When): MvccView {
  const versions = operations.map((operation) => versionOf(view, operation, lsn, when, undefined));
  const { chains, isCut } = withVersions(view.chains, versions);
  return {
    ...view,
    chains,
    isCut: view.isCut || isCut,
    publishedLsn: lsn,
    writtenLsn: Math.max(view.writtenLsn, lsn),
    subject: { ...NOBODY, versions: versions.map(({ id }) => id) },
  };
}

function versionOf(
  view: MvccView,
  { key, kind, valueBytes }: OperationSummary,
  lsn: number,
  { seq, site }: When,
  by: TxnId | undefined,
): VersionView {
  const keyHex = toHex(key);
  const isTombstone = kind === 'delete';
  const known = view.remembered.get(nameIn(keyHex, lsn));
  // V2: the same number may have been given to another write, if the first one was lost.
  if (known?.isTombstone === isTombstone && known.valueBytes === valueBytes)
    return known.seq === NO_STEP ? { ...known, seq, site } : known;
  const text = kind === 'put' ? textOf(view.command.command, key, valueBytes) : undefined;
  return { id: `c${view.life}.${lsn}.${keyHex}`, key, keyHex, lsn, isTombstone, valueBytes, text, by, seq, site };
}

export const nameIn = (keyHex: string, lsn: number): string => `${keyHex}.${lsn}`;

/** The value under this key in a command, where it is a short word. */
export function textOf(command: Command | undefined, key: Uint8Array, valueBytes: number): string | undefined {
  const puts =
    command?.kind === 'put'
      ? [command]
      : command?.kind === 'batch'
        ? command.operations.flatMap((one) => (one.kind === 'put' ? [one] : []))
        : [];
  const value = puts.findLast((one) => equalBytes(one.key, key))?.value;
  if (value === undefined || value.length !== valueBytes || value.length > TEXT_MAX) return undefined;
  const text = decodeText(value);
  return text !== undefined && /^[\x21-\x7e\u00a1-\uffff ]+$/.test(text) ? text : undefined;
}
const TEXT_MAX = 24;

// ---- vacuum

export const vacuumStarted = (view: MvccView, when: When): MvccView =>
  withStep(
    {
      ...view,
      vacuum: { ...view.vacuum, isUnderWay: true, pass: { seen: 0, collected: 0, bytes: 0 }, last: undefined },
      subject: { ...NOBODY, part: 'vacuum' },
    },
    when,
    { lane: STORE, kind: 'vacuum', count: 0 },
  );

export function versionCollected(view: MvccView, event: Event<'mvcc.version_collected'>, when: When): MvccView {
  const { bytes, key, lsn } = event;
  const keyHex = toHex(key);
  const { vacuum } = view;
  const { pass } = vacuum;
  const next: MvccView = {
    ...view,
    chains: withoutVersion(view.chains, key, keyHex, lsn),
    focus: view.focus ?? keyHex,
    vacuum: {
      ...vacuum,
      pass: { ...pass, collected: pass.collected + 1, bytes: pass.bytes + bytes },
      collected: vacuum.collected + 1,
      bytes: vacuum.bytes + bytes,
    },
    subject: { ...NOBODY, part: 'vacuum' },
  };
  return withStep(next, when, { lane: STORE, kind: 'vacuum', key, keyHex, lsn });
}

export function vacuumAdvanced(view: MvccView, event: Event<'mvcc.vacuum_advanced'>): MvccView {
  const { last, versionsSeen, watermark } = event;
  const { vacuum } = view;
  const { pass } = vacuum;
  return {
    ...view,
    keptFrom: Math.max(view.keptFrom, watermark),
    vacuum: {
      ...vacuum,
      pass: { ...pass, seen: pass.seen + versionsSeen },
      last: last && { keyHex: toHex(last.key), lsn: last.lsn },
    },
    subject: { ...NOBODY, part: 'vacuum' },
  };
}

/** Nobody begins below what it was handed, whatever came of it. */
export const sliceAbandoned = (view: MvccView, { watermark }: Event<'mvcc.slice_abandoned'>): MvccView => ({
  ...view,
  keptFrom: Math.max(view.keptFrom, watermark),
  subject: { ...NOBODY, part: 'vacuum' },
});

export const vacuumFinished = (view: MvccView): MvccView => ({
  ...view,
  vacuum: { ...view.vacuum, isUnderWay: false, passes: view.vacuum.passes + 1 },
  subject: { ...NOBODY, part: 'vacuum' },
});
