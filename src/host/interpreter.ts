/** What each command of the script language does to a session. One function a command; results, not output. */
import { unreachable } from '../base/assert';
import type { Batch, Entry } from '../base/ordered_index';
import type { CommitOptions, Store, Ticket } from '../kv_store';
import type { Fault, FaultScript } from '../storage/fault_script';
import type { CommandResult } from '../protocol/results';
import type { SessionSettings } from '../protocol/session';
import type { LabEvent } from '../protocol/trace';
import type {
  BatchCommand,
  Command,
  CommitWords,
  CrashCommand,
  FailCommand,
  GetCommand,
  LoadCommand,
  PowerCutCommand,
  ScanCommand,
  TransactionCommand,
  VersionsCommand,
  WriteCommand,
} from '../workload/command';
import { printCommand } from '../workload/printer';
import type { Cursors } from './cursors';
import type { DatasetLibrary } from './dataset_library';
import type { Device } from './device';
import type { IoGate } from './io_gate';
import { LabError } from './lab_error';
import { tunedBy } from './script_settings';
import { timestampOf, type Transactions, type TransactionTarget } from './transactions';

/** Rows a commit of `load` holds when the script does not say. */
export const LOAD_BATCH_ROWS = 100;
/** Entries a `scan` without limit gives at most: a result is drawn, not streamed. */
export const SCAN_ENTRIES_MAX = 1000;
/** Of a vacuum that goes on to its end. */
const VACUUM_SLICE_BYTES = 64 * 1024;

type Opening = Pick<SessionSettings, 'protections' | 'tuning'>;

/** What commands work on: a session is one. */
export interface CommandTarget extends TransactionTarget {
  /** The open store. @throws LabError store_down */
  readonly store: Store;
  readonly isOpen: boolean;
  readonly device: Device;
  readonly gate: IoGate;
  readonly cursors: Cursors;
  readonly transactions: Transactions;
  readonly datasets: DatasetLibrary;
  /** What the next opening takes. */
  readonly nextOpening: Opening;
  setNextOpening(change: Partial<Opening>): void;
  /** @throws LabError store_down */
  assertOpen(): void;
  openStore(salvage: boolean): CommandResult;
  /** Clean shutdown; the files stay open for the next opening. */
  closeStore(): void;
  commit(operations: Batch, options: CommitOptions): Ticket;
  /** Runs the group that waits, as the schedule would: nothing if none does. */
  runWaitingGroup(): CommandResult;
  /** The process ends here. */
  crashNow(): CommandResult;
  /** The device was changed under the gate: a fault, a power cut. */
  deviceChanged(): void;
  emit(event: LabEvent): void;
}

const DONE: CommandResult = { kind: 'done' };

export function interpret(session: CommandTarget, command: Command): CommandResult {
  switch (command.kind) {
    case 'put':
    case 'delete':
      return write(session, command);
    case 'batch':
      return batch(session, command);
    case 'get':
      return get(session, command);
    case 'scan':
      return scan(session, command);
    case 'cursor': {
      const { cursor, from, reverse, to, transaction: name } = command;
      const source = name === undefined ? session.store : session.transactions.find(name);
      session.cursors.open(cursor, () => source.scan({ from, to, reverse }));
      return DONE;
    }
    case 'next':
      session.assertOpen();
      return { kind: 'entries', entries: session.cursors.next(command.cursor, command.rows ?? 1) };
    case 'end':
      session.cursors.end(command.cursor);
      return DONE;
    case 'begin':
    case 'commit':
    case 'abort':
      return transaction(session, command);
    case 'snapshot':
    case 'release':
      return namedSnapshot(session, command);
    case 'vacuum':
      return vacuum(session, command);
    case 'write':
      return session.runWaitingGroup();
    case 'flush':
      return { kind: 'flushed', durableLsn: session.store.flush() };
    case 'checkpoint':
      session.store.checkpoint();
      return DONE;
    case 'step':
      return { kind: 'stepped', done: session.store.stepOrBegin(command.bytes).done };
    case 'compact':
      session.store.compact();
      return DONE;
    case 'check':
      return { kind: 'checked', findings: session.store.check() };
    case 'stats':
      return { kind: 'counted', stats: session.store.stats() };
    case 'load':
      return load(session, command);
    case 'close':
      session.assertOpen();
      session.closeStore();
      return DONE;
    case 'reopen':
      session.closeStore();
      return session.openStore(command.salvage);
    case 'crash':
      return crash(session, command);
    case 'power_cut':
      return powerCut(session, command);
    case 'fail':
      return arm(session, command, { faults: [faultOf(command)] });
    case 'disk_full':
      return arm(session, command, {
        faults: [],
        full: { growthBytes: command.bytes, lastWrite: command.short ? 'short' : 'refused' },
      });
    case 'disk_lies':
      session.device.setLying(command.on);
      return announce(session, command);
    case 'flip': {
      const { file, offset, bit } = command;
      const { before, after } = session.device.flip(file, offset, bit);
      session.emit({ kind: 'host.byte_flipped', file, at: offset, before, after });
      return DONE;
    }
    case 'tuning':
      session.setNextOpening({ tuning: tunedBy(session.nextOpening.tuning, command.tuning) });
      return DONE;
    case 'protect': {
      const { protection, on } = command;
      session.setNextOpening({ protections: { ...session.nextOpening.protections, [protection]: on } });
      session.emit({ kind: 'host.protection_switched', protection, on });
      return DONE;
    }
    case 'say':
    case 'ask':
      session.emit({ kind: 'host.narrated', text: command.text, question: command.kind === 'ask' });
      return DONE;
    default:
      return unreachable(command);
  }
}

function write(session: CommandTarget, command: WriteCommand): CommandResult {
  const { transaction: name } = command;
  const operation =
    command.kind === 'put'
      ? ({ kind: 'put', key: command.key, value: command.value } as const)
      : ({ kind: 'delete', key: command.key } as const);
  if (name === undefined) return submit(session, [operation], command);
  session.assertOpen();
  return { kind: 'noted', transaction: name, operations: session.transactions.find(name).write(operation) };
}

const batch = (session: CommandTarget, command: BatchCommand): CommandResult =>
  submit(session, command.operations, command);

function submit(
  session: CommandTarget,
  operations: Batch,
  { client = 0, mode = 'strict' }: CommitWords,
): CommandResult {
  const { lsn, state } = session.commit(operations, { client, mode });
  return { kind: 'submitted', lsn, state };
}

function get(session: CommandTarget, { key, transaction: name }: GetCommand): CommandResult {
  const source = name === undefined ? session.store : session.transactions.find(name);
  return { kind: 'value', value: source.get(key) };
}

function scan(
  session: CommandTarget,
  { from, to, reverse, limit = SCAN_ENTRIES_MAX, transaction: name }: ScanCommand,
): CommandResult {
  const source = name === undefined ? session.store : session.transactions.find(name);
  const entries: Entry[] = [...source.scan({ from, to, reverse, limit: Math.min(limit, SCAN_ENTRIES_MAX) })];
  return { kind: 'entries', entries };
}

function transaction(session: CommandTarget, command: TransactionCommand): CommandResult {
  const { transaction: name } = command;
  session.assertOpen();
  switch (command.kind) {
    case 'begin': {
      const { begun } = session.transactions.begin(session, command);
      return begun ? { kind: 'begun', transaction: name, ...begun } : DONE;
    }
    case 'abort':
      session.transactions.abort(name);
      return DONE;
    case 'commit': {
      const { client = 0, mode = 'strict' } = command;
      const committed = session.transactions.commit(name, { client, mode });
      return committed ? { kind: 'submitted', lsn: committed.lsn, state: committed.state } : DONE;
    }
  }
}

function namedSnapshot(
  { store }: CommandTarget,
  command: Extract<VersionsCommand, { kind: 'release' | 'snapshot' }>,
): CommandResult {
  const { kind, snapshot: name } = command;
  const { transactions } = store;
  if (kind === 'release') {
    transactions.releaseSnapshot(name);
    return DONE;
  }
  const { at } = command;
  const snapshot = transactions.keepSnapshot(name, at === undefined ? undefined : timestampOf(store, at));
  return { kind: 'kept', name, snapshot };
}

function vacuum({ store }: CommandTarget, { bytes }: Extract<VersionsCommand, { kind: 'vacuum' }>): CommandResult {
  const { vacuum: engine } = store;
  const before = engine.total;
  let { done } = engine.step(bytes ?? VACUUM_SLICE_BYTES);
  while (bytes === undefined && !done) ({ done } = engine.step(VACUUM_SLICE_BYTES));
  const { bytesCollected, versionsCollected, versionsSeen } = engine.total;
  return {
    kind: 'vacuumed',
    done,
    versionsSeen: versionsSeen - before.versionsSeen,
    versionsCollected: versionsCollected - before.versionsCollected,
    bytesCollected: bytesCollected - before.bytesCollected,
  };
}

/** Each batch is an atomic commit; one flush at the end covers those that are still waiting. */
function load(
  session: CommandTarget,
  { dataset: name, from = 1, rows = Infinity, batch: size }: LoadCommand,
): CommandResult {
  const dataset = session.datasets.find(name);
  const end = Math.min(dataset.count, from - 1 + rows);
  let commits = 0;
  for (let at = from - 1; at < end; commits++) {
    const next = Math.min(end, at + (size ?? LOAD_BATCH_ROWS));
    const operations: Batch = Array.from({ length: next - at }, (_, index) => ({
      kind: 'put',
      ...dataset.row(at + index),
    }));
    session.commit(operations, { mode: 'strict' });
    at = next;
  }
  session.store.flush();
  return { kind: 'loaded', rows: Math.max(0, end - from + 1), commits };
}

function crash(session: CommandTarget, { at, prefixBytes }: CrashCommand): CommandResult {
  // One that is still to come may come in the opening.
  if (at === undefined) {
    session.assertOpen();
    return session.crashNow();
  }
  const io = at.relative ? session.gate.ios + at.io : at.io;
  if (io <= session.gate.ios) {
    throw new LabError('command_refused', `I/O ${io} is past: the last one was ${session.gate.ios}.`);
  }
  session.gate.stopAt({ io, prefixBytes });
  return DONE;
}

/** The process ends with the power, if it has not ended before. */
function powerCut(session: CommandTarget, choice: PowerCutCommand): CommandResult {
  session.device.assertCanLosePower(choice);
  if (session.isOpen) session.crashNow();
  const cut = session.device.powerCut(choice);
  session.deviceChanged();
  session.emit(cut);
  const count = (fate: string): number => cut.items.filter((item) => item.item > 0 && item.fate === fate).length;
  return { kind: 'power_cut', kept: count('kept'), lost: count('lost'), torn: count('torn') };
}

function arm(session: CommandTarget, command: Command, script: FaultScript): CommandResult {
  session.device.addFaults(script);
  return announce(session, command);
}

function announce(session: CommandTarget, command: Command): CommandResult {
  session.deviceChanged();
  session.emit({ kind: 'host.fault_armed', sentence: printCommand(command) });
  return DONE;
}

export function faultOf({ call, nth, file, forever, effect }: FailCommand): Fault {
  const when = { nth, forever, file };
  const { kind } = effect;
  switch (call) {
    case 'read':
      if (kind === 'short') return { ...when, call, effect: { kind, count: effect.bytes } };
      return { ...when, call, effect: { kind: kind === 'zeros' ? 'zeros' : 'fail' } };
    case 'write':
      return { ...when, call, effect: kind === 'short' ? { kind, count: effect.bytes } : { kind: 'fail' } };
    case 'flush':
      return { ...when, call, effect: FLUSH_EFFECTS[kind] ?? { kind: 'fail' } };
    default:
      return { ...when, call, effect: { kind: 'fail' } };
  }
}

const FLUSH_EFFECTS: Readonly<Partial<Record<string, Extract<Fault, { call: 'flush' }>['effect']>>> = {
  drop: { kind: 'fail_and_drop' },
  after: { kind: 'fail_after' },
  lie: { kind: 'lie' },
};
