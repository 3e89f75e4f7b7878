/** For tests: a session as the lab runs it, folded event by event, and held to the engine after each (V1). */
import { expect } from 'vitest';
import { toHex } from '../../../../base/bytes';
import { openScript } from '../../../../host/testing/sessions';
import type { VersionsDescription } from '../../../../mvcc';
import type { SessionSpec } from '../../../../protocol/session';
import type { TraceRecord } from '../../../../protocol/trace';
import type { Command } from '../../../../workload/command';
import { parseScript } from '../../../../workload/parser';
import { printCommand } from '../../../../workload/printer';
import { describeView, type Described } from '../describe';
import { mvccFold } from '../fold';
import type { MvccView } from '../model';
import { narrate } from '../narrate';

export interface Told {
  readonly record: TraceRecord;
  readonly before: MvccView;
  readonly view: MvccView;
  readonly sentence: string;
}

export class LabRun {
  view: MvccView = mvccFold.initial();
  /** Events after which the two were compared. */
  compared = 0;
  /** How often each event came, and each result of a command. */
  readonly seen = new Map<string, number>();
  readonly told: Told[] = [];
  readonly session: ReturnType<typeof openScript>;
  #text: string;

  constructor(settings: string, spec: Partial<SessionSpec> = {}) {
    this.#text = settings;
    this.session = openScript(settings, spec);
    const { recorder } = this.session;
    for (const record of recorder.records(0)) this.#take(record);
    this.session.onEvent = () => {
      // The recorder has it by now, with its number.
      const record = recorder.records(recorder.nextSeq - 1)[0]!;
      this.#take(record);
      this.#compare(record);
    };
  }

  /** The commands of a script; its settings are those of the session. */
  static of(text: string): LabRun {
    const run = new LabRun(text);
    for (const { command } of parseScript(text).script.lines) run.do(command);
    return run;
  }

  do(command: Command | string): this {
    const text = typeof command === 'string' ? command : printCommand(command);
    this.#text += `\n${text}`;
    const { errors, script } = parseScript(text);
    expect(errors).toEqual([]);
    for (const line of script.lines) this.session.execute(line.command, 1);
    return this;
  }

  /** The step of the last event of a kind. */
  last(kind: TraceRecord['event']['kind']): Told {
    return this.told.findLast(({ record }) => record.event.kind === kind) ?? expect.fail(`no ${kind} in this run`);
  }

  #take(record: TraceRecord): void {
    const { event } = record;
    const name =
      event.kind !== 'host.command_finished'
        ? event.kind
        : event.result.kind === 'failed'
          ? event.result.failure.code
          : event.result.kind;
    this.seen.set(name, (this.seen.get(name) ?? 0) + 1);
    if (event.kind === 'lsm.entry_merged') this.seen.set(event.outcome, (this.seen.get(event.outcome) ?? 0) + 1);
    const before = this.view;
    this.view = mvccFold.apply(before, record);
    this.told.push({ record, before, view: this.view, sentence: narrate(record, before, this.view) });
  }

  #compare({ event, seq }: TraceRecord): void {
    if (isHalfWay(event.kind) || !this.session.isOpen) return;
    const { lsm, versions } = this.session.store.describe();
    if (versions === undefined) return;
    this.compared++;
    // An LSM tree has no passes: its merges count what they see, and say of entries only what becomes of them.
    const vacuum = lsm && { vacuum: 'merges' };
    const mine = { ...describeView(this.view), ...vacuum };
    const theirs = { ...inShort(versions), ...vacuum };
    // Comparing text is cheaper than telling what differs.
    if (JSON.stringify(mine) !== JSON.stringify(theirs))
      expect(mine, `after event ${seq}, ${event.kind}, in\n${this.#text}`).toEqual(theirs);
  }
}

/** A commit is told of when the index has all of it, and what a slice takes is gone before it names the first (U1). */
const isHalfWay = (kind: string): boolean => /^(btree|lsm|storage)\.|^mvcc\.version_collected$/.test(kind);

function inShort(description: VersionsDescription): Described {
  const { keptFrom, keys, measure, snapshots, snapshotsInUse, transactions, vacuum, watermark } = description;
  const { isUnderWay, pass, passes } = vacuum;
  return {
    keys: keys.map(({ key, versions }) => ({
      keyHex: toHex(key),
      versions: versions.map(({ bytes, isTombstone, lsn, state, valueBytes }) => ({
        lsn,
        isTombstone,
        valueBytes,
        bytes,
        state,
      })),
    })),
    transactions: transactions.map(({ id, label, level, readOnly, snapshot, writes }) => ({
      id,
      label,
      snapshot,
      level,
      readOnly,
      writes: writes.map(({ key, kind, valueBytes }) => ({
        isTombstone: kind === 'delete',
        keyHex: toHex(key),
        valueBytes,
      })),
    })),
    snapshots,
    snapshotsInUse,
    watermark,
    keptFrom,
    bytes: {
      live: measure.liveBytes,
      held: measure.heldBytes.reduce((sum, bytes) => sum + bytes, 0),
      garbage: measure.garbageBytes,
    },
    vacuum: {
      isUnderWay,
      passes,
      seen: pass.versionsSeen,
      collected: pass.versionsCollected,
      bytes: pass.bytesCollected,
    },
  };
}
