/**
 * The history of a script: what each of its transactions did, and what it got, as the checker of `mvcc/history` reads it.
 * Taken from the commands and their results, as a client would write it down; the store says nothing in it but its answers.
 *
 *     begin t1 · put x 11 in t1 · get y in t1 = 20 · commit t1: LSN 3 · flush: durable up to 3
 *     ╰────────────────────────── T1: write x 11; read y 20; committed, at 3 ─────────────────╯
 *
 * Transactions of the script come first, in the order in which they begin, so that t1 and T1 are the same; then commits outside of
 * any transaction, which the script begins with. A value is a number, or gets one of its own (M1: nobody writes one twice
 * under a key).
 */
import { decodeText, toHex } from '../base/bytes';
import type { Lsn } from '../base/ids';
import type { History, HistoryOperation, HistoryTransaction, Outcome } from '../mvcc/history/history';
import type { CommandResult } from '../protocol/results';
import type { Command, ScanCommand } from '../workload/command';
import { LabError } from './lab_error';

export interface CommandRun {
  readonly command: Command;
  readonly result: CommandResult;
}

/** @throws LabError command_refused: something in it that no history can say */
export function historyOf(run: readonly CommandRun[]): History {
  return new ScriptHistory().read(run);
}

interface Noted {
  readonly operations: HistoryOperation[];
  readonly invoked: number;
  readonly snapshot?: Lsn;
  readonly isHistorical: boolean;
  outcome: Outcome;
  completed?: number;
  commit?: Lsn;
}

/** Behind every key. */
const END = '\u{10ffff}';
/** Values that are no numbers get numbers from here on. */
const NAMED_FROM = 1_000_000_000;

class ScriptHistory {
  readonly #begun: Noted[] = [];
  readonly #others: Noted[] = [];
  readonly #open = new Map<string, Noted>();
  /** Committed, and not known to hold. */
  readonly #waiting = new Set<Noted>();
  readonly #names = new Map<string, number>();

  read(run: readonly CommandRun[]): History {
    run.forEach(({ command, result }, step) => this.#take(command, result, step));
    return { transactions: [...this.#begun, ...this.#others].map(plain) };
  }

  #take(command: Command, result: CommandResult, step: number): void {
    switch (command.kind) {
      case 'begin':
        if (result.kind === 'begun') this.#begin(command.transaction, result.snapshot, command.at !== undefined, step);
        break;
      case 'put':
      case 'delete':
        this.#write(command, result, step);
        break;
      case 'batch':
        this.#commitOutside(
          command.operations.map((write) => this.#written(write)),
          result,
          step,
        );
        break;
      case 'get':
        if (result.kind === 'value')
          this.#see(
            command.transaction,
            { kind: 'read', key: nameOfKey(command.key), value: this.#value(result.value) },
            step,
          );
        break;
      case 'scan':
        if (result.kind === 'entries') this.#see(command.transaction, this.#scanned(command, result), step);
        break;
      case 'commit':
      case 'abort':
        this.#end(command.transaction, result, step);
        break;
      case 'cursor':
      case 'load':
      case 'crash':
      case 'power_cut':
        throw new LabError('command_refused', `A history of a script does not go over \`${command.kind}\`.`);
      default: // Everything else leaves what transactions see as it is.
    }
    if (result.kind === 'flushed') this.#flushed(result.durableLsn, step);
  }

  #begin(name: string, snapshot: Lsn, isHistorical: boolean, invoked: number): void {
    const noted: Noted = { operations: [], invoked, snapshot, isHistorical, outcome: 'unknown' };
    this.#begun.push(noted);
    this.#open.set(name, noted);
  }

  #write(command: Extract<Command, { kind: 'put' | 'delete' }>, result: CommandResult, step: number): void {
    const operation = this.#written(command);
    if (command.transaction === undefined) this.#commitOutside([operation], result, step);
    else if (result.kind === 'noted') this.#open.get(command.transaction)?.operations.push(operation);
  }

  #commitOutside(operations: HistoryOperation[], result: CommandResult, invoked: number): void {
    if (result.kind !== 'submitted') return;
    const noted: Noted = { operations, invoked, isHistorical: false, outcome: 'unknown', commit: result.lsn };
    this.#others.push(noted);
    this.#waiting.add(noted);
  }

  /** What is read outside of any transaction is a transaction of its own. */
  #see(name: string | undefined, operation: HistoryOperation, step: number): void {
    if (name !== undefined) this.#open.get(name)?.operations.push(operation);
    else
      this.#others.push({
        operations: [operation],
        invoked: step,
        isHistorical: false,
        outcome: 'committed',
        completed: step,
      });
  }

  /** A commit that wrote nothing holds at once; one that was refused never was. */
  #end(name: string, result: CommandResult, step: number): void {
    const noted = this.#open.get(name);
    if (!noted) return;
    this.#open.delete(name);
    if (result.kind === 'submitted') {
      noted.commit = result.lsn;
      this.#waiting.add(noted);
      return;
    }
    const wrote = noted.operations.some(({ kind }) => kind === 'write');
    noted.outcome = result.kind === 'failed' || wrote ? 'aborted' : 'committed';
    noted.completed = step;
  }

  #flushed(durableLsn: Lsn, step: number): void {
    for (const noted of this.#waiting) {
      if (noted.commit! > durableLsn) continue;
      this.#waiting.delete(noted);
      noted.outcome = 'committed';
      noted.completed = step;
    }
  }

  #written(
    write:
      | { readonly kind: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
      | { readonly kind: 'delete'; readonly key: Uint8Array },
  ): HistoryOperation {
    const value = write.kind === 'put' ? this.#value(write.value) : null;
    return { kind: 'write', key: nameOfKey(write.key), value };
  }

  #scanned(
    { from, limit, to }: ScanCommand,
    { entries }: Extract<CommandResult, { kind: 'entries' }>,
  ): HistoryOperation {
    if (limit !== undefined)
      throw new LabError('command_refused', 'A history of a script has whole scans, without a limit.');
    const found = entries.map(({ key, value }) => [nameOfKey(key), this.#value(value)] as const);
    found.sort(([a], [b]) => (a < b ? -1 : 1));
    return { kind: 'scan', from: from ? nameOfKey(from) : '', to: to ? nameOfKey(to) : END, entries: found };
  }

  #value(bytes: Uint8Array): number;
  #value(bytes: Uint8Array | undefined): number | null;
  #value(bytes: Uint8Array | undefined): number | null {
    if (bytes === undefined) return null;
    const text = nameOfKey(bytes);
    if (/^\d{1,9}$/.test(text)) return Number(text);
    const known = this.#names.get(text) ?? NAMED_FROM + this.#names.size;
    this.#names.set(text, known);
    return known;
  }
}

const nameOfKey = (key: Uint8Array): string => decodeText(key) ?? `0x${toHex(key)}`;

function plain({ commit, completed, invoked, isHistorical, operations, outcome, snapshot }: Noted): HistoryTransaction {
  return {
    operations,
    outcome,
    invoked,
    ...(completed !== undefined && { completed }),
    ...(snapshot !== undefined && { snapshot }),
    ...(commit !== undefined && { commit }),
    ...(isHistorical && { isHistorical }),
  };
}
