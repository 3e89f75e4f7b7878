/**
 * Cursors that a script holds open, by name: each sees the store as it was when it was opened, whatever is written
 * meanwhile. They end with the store, or with the process.
 */
import type { Entry } from '../base/ordered_index';
import { LabError } from './lab_error';

export class Cursors {
  readonly #open = new Map<string, Generator<Entry, void>>();

  open(name: string, entries: () => Generator<Entry, void>): void {
    if (this.#open.has(name)) throw new LabError('command_refused', `The cursor ${name} is open already.`);
    this.#open.set(name, entries());
  }

  /** The next entries, at most so many; fewer at the end. */
  next(name: string, rows: number): readonly Entry[] {
    const cursor = this.#cursor(name);
    const entries: Entry[] = [];
    while (entries.length < rows) {
      const { done, value } = cursor.next();
      if (done === true) break;
      entries.push(value);
    }
    return entries;
  }

  end(name: string): void {
    this.#cursor(name).return();
    this.#open.delete(name);
  }

  endAll(): void {
    for (const name of [...this.#open.keys()]) this.end(name);
  }

  /** The process is gone, and they with it. */
  clear(): void {
    this.#open.clear();
  }

  #cursor(name: string): Generator<Entry, void> {
    const cursor = this.#open.get(name);
    if (cursor === undefined) throw new LabError('command_refused', `No cursor ${name} is open: open it first.`);
    return cursor;
  }
}
