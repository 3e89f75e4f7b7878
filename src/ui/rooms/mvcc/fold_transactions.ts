/** Transactions in the view: what each session does, who is refused and why, and who came before whom. */
import { compareBytes, toHex } from '../../../base/bytes';
import type { TxnId } from '../../../base/ids';
import type { MvccEvent } from '../../../mvcc';
import { withStep, type When } from './clock';
import { textOf } from './fold_commits';
import {
  ALONE,
  EDGES_MAX,
  ENDED_MAX,
  keyOfTransaction,
  NOBODY,
  STORE,
  transactionOf,
  type EdgeView,
  type MvccView,
  type StepKind,
  type TransactionState,
  type TransactionView,
  type VersionView,
} from './model';
import { valueText } from './words';

type Event<K extends MvccEvent['kind']> = Extract<MvccEvent, { kind: K }>;

export function begun(view: MvccView, event: Event<'mvcc.transaction_begun'>, when: When): MvccView {
  const { ahead = [], label, level, readOnly, snapshot, transaction: id } = event;
  const { command } = view.command;
  const lane = label ?? (command?.kind === 'cursor' ? `cursor ${command.cursor}` : ALONE);
  // A scan is a reader of its own, and nothing that anybody did beside it.
  const next = lane === ALONE ? view : withStep(view, when, { lane, kind: 'begin', transaction: id, lsn: snapshot });
  const transaction: TransactionView = {
    id,
    key: keyOfTransaction(view.life, id),
    label,
    lane,
    snapshot,
    ahead: ahead.map(({ keys, lsn: number }) => {
      const before = view.pending.find(({ lsn }) => lsn < number)?.lsn;
      return { lsn: number, keysHex: keys.map(toHex), before };
    }),
    level,
    readOnly,
    state: 'active',
    inUse: true,
    beganAt: when.seq,
    from: Math.max(0, next.clock.moment),
    to: undefined,
    writes: [],
    reads: [],
    lsn: undefined,
    conflict: undefined,
    danger: undefined,
    code: undefined,
  };
  return {
    ...next,
    transactions: bounded([...view.transactions, transaction]),
    subject: { ...NOBODY, transactions: [id], reader: `t${transaction.key}` },
  };
}

/** V3: those that have ended go, the oldest first. */
function bounded(transactions: readonly TransactionView[]): readonly TransactionView[] {
  const over = transactions.filter(({ to }) => to !== undefined).length - ENDED_MAX;
  let gone = 0;
  return over <= 0 ? transactions : transactions.filter(({ to }) => to === undefined || gone++ >= over);
}

export function changed(view: MvccView, key: string, change: Partial<TransactionView>): MvccView {
  const { transactions } = view;
  return { ...view, transactions: transactions.map((one) => (one.key === key ? { ...one, ...change } : one)) };
}

export function written(view: MvccView, event: Event<'mvcc.write_buffered'>, when: When): MvccView {
  const { key, operation, transaction: id, valueBytes } = event;
  const by = transactionOf(view, id);
  if (!by) return view;
  const keyHex = toHex(key);
  const write: VersionView = {
    id: `t${by.key}.${keyHex}`,
    key,
    keyHex,
    lsn: 0,
    isTombstone: operation === 'delete',
    valueBytes,
    text: textOf(view.command.command, key, valueBytes),
    by: id,
    seq: when.seq,
    site: when.site,
  };
  const writes = [...by.writes.filter((one) => one.keyHex !== keyHex), write].sort((a, b) =>
    compareBytes(a.key, b.key),
  );
  const next = { ...changed(view, by.key, { writes }), focus: keyHex };
  return {
    ...withStep(next, when, { lane: by.lane, kind: operation, transaction: id, key, keyHex, text: valueText(write) }),
    subject: { ...NOBODY, versions: [write.id], transactions: [id] },
  };
}

const ENDS: Readonly<Record<Event<'mvcc.transaction_ended'>['how'], TransactionState>> = {
  submitted: 'committing',
  read_only: 'committed',
  aborted: 'aborted',
  refused: 'refused',
  idle: 'idle',
};
const STEPS: Readonly<Record<Event<'mvcc.transaction_ended'>['how'], StepKind | undefined>> = {
  submitted: undefined,
  read_only: 'read_only',
  aborted: 'abort',
  // That was told already, with the reason.
  refused: undefined,
  idle: 'idle',
};

export function ended(view: MvccView, { how, transaction: id }: Event<'mvcc.transaction_ended'>, when: When): MvccView {
  const by = transactionOf(view, id);
  if (!by) return view;
  const kind = STEPS[how];
  const next = kind && by.lane !== ALONE ? withStep(view, when, { lane: by.lane, kind, transaction: id }) : view;
  // What was submitted goes on until its client is told.
  const isOver = how !== 'submitted';
  return {
    ...changed(next, by.key, {
      inUse: false,
      state: ENDS[how],
      ...(isOver && { writes: [], to: Math.max(by.from, next.clock.moment) }),
    }),
    subject: { ...NOBODY, transactions: [id], part: 'watermark' },
  };
}

// ---- refused

export function conflictFound(view: MvccView, event: Event<'mvcc.conflict_found'>, when: When): MvccView {
  const { from, key, lsn, transaction: id } = event;
  const by = transactionOf(view, id);
  if (!by) return view;
  const keyHex = toHex(key);
  const conflict = { key, keyHex, lsn, from, seq: when.seq };
  const next = { ...changed(view, by.key, { conflict }), focus: keyHex };
  const other = view.transactions.findLast((one) => one.lsn === lsn);
  const versions = [...view.chains, ...view.pending]
    .flatMap((one) => one.versions)
    .filter((one) => one.lsn === lsn && one.keyHex === keyHex);
  return {
    ...withStep(next, when, { lane: by.lane, kind: 'refused', transaction: id, key, keyHex, lsn }),
    subject: { ...NOBODY, versions: versions.map((one) => one.id), transactions: other ? [id, other.id] : [id] },
  };
}

export function dependencyFound(view: MvccView, event: Event<'mvcc.dependency_found'>, when: When): MvccView {
  const { key, reader, writer, writerLsn } = event;
  const keyHex = toHex(key);
  const id = `${view.life}.${reader}.${writer ?? `at${writerLsn}`}.${keyHex}`;
  const edge: EdgeView = { id, reader, writer, writerLsn, key, keyHex, isDanger: false, seq: when.seq };
  return {
    ...view,
    edges: [...view.edges.filter((one) => one.id !== id), edge].slice(-EDGES_MAX),
    subject: { ...NOBODY, transactions: writer === undefined ? [reader] : [reader, writer] },
  };
}

export function dangerFound(view: MvccView, event: Event<'mvcc.danger_found'>, when: When): MvccView {
  const { as, other, transaction: id } = event;
  const by = transactionOf(view, id);
  if (!by) return view;
  const edges = view.edges.map((edge) => (isOf(edge, id, view.life) ? { ...edge, isDanger: true } : edge));
  const next = { ...changed(view, by.key, { danger: { as, other } }), edges };
  return {
    ...withStep(next, when, { lane: by.lane, kind: 'refused', transaction: id }),
    subject: { ...NOBODY, transactions: other === undefined ? [id] : [id, other] },
  };
}

const isOf = ({ id: edge, reader, writer }: EdgeView, id: TxnId, life: number): boolean =>
  edge.startsWith(`${life}.`) && (reader === id || writer === id);

// ---- snapshots with names

export function kept(view: MvccView, { name, snapshot }: Event<'mvcc.snapshot_kept'>, when: When): MvccView {
  const next = withStep(view, when, { lane: STORE, kind: 'keep', lsn: snapshot });
  const named = { name, snapshot, from: next.clock.moment, seq: when.seq };
  return { ...next, named: [...view.named, named], subject: { ...NOBODY, reader: `n${name}` } };
}

export function released(view: MvccView, { name }: Event<'mvcc.snapshot_released'>, when: When): MvccView {
  const next = withStep(view, when, { lane: STORE, kind: 'release' });
  return { ...next, named: view.named.filter((one) => one.name !== name), subject: { ...NOBODY, part: 'watermark' } };
}
