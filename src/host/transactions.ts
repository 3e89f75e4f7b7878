/**
 * Transactions of a script, as far as one store without versions goes: writes are gathered, seen by their own
 * transaction, and committed as one atomic batch. Nothing isolates two of them from each other; that is MVCC's part.
 */
import { equalBytes } from '../base/bytes';
import type { Operation } from '../base/ordered_index';
import { LabError } from './lab_error';

export class Transactions {
  readonly #open = new Map<string, Operation[]>();

  get names(): readonly string[] {
    return [...this.#open.keys()];
  }

  begin(name: string): void {
    if (this.#open.has(name)) throw new LabError('command_refused', `The transaction ${name} is under way already.`);
    this.#open.set(name, []);
  }

  /** @returns how many writes it holds now. */
  write(name: string, operation: Operation): number {
    return this.#operations(name).push(operation);
  }

  /** What the transaction itself wrote under a key: its last write wins. Undefined where it wrote nothing. */
  ownWrite(name: string, key: Uint8Array): Operation | undefined {
    return this.#operations(name).findLast((operation) => equalBytes(operation.key, key));
  }

  /** Ends it. @returns its writes, in order. */
  end(name: string): readonly Operation[] {
    const operations = this.#operations(name);
    this.#open.delete(name);
    return operations;
  }

  /** The process is gone, and they with it. */
  clear(): void {
    this.#open.clear();
  }

  #operations(name: string): Operation[] {
    const operations = this.#open.get(name);
    if (operations === undefined)
      throw new LabError('command_refused', `No transaction ${name} is under way: begin it first.`);
    return operations;
  }
}
