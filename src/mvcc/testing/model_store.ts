/**
 * The model that stores with versions are held equal to: it keeps every version for ever, and says of everything what it
 * should be by looking through the whole history. Keys are text; values are whatever the test compares.
 */

export type ModelWrites<Value> = ReadonlyMap<string, Value | undefined>;

export interface ModelCommit<Value> {
  readonly lsn: number;
  /** Undefined: deleted. */
  readonly writes: ModelWrites<Value>;
}

export class ModelStore<Value = string> {
  /** In the order of the log; those past `published` are on their way. */
  commits: ModelCommit<Value>[] = [];
  published = 0;

  get nextLsn(): number {
    return (this.commits.at(-1)?.lsn ?? 0) + 1;
  }

  submit(writes: ModelWrites<Value>): number {
    const lsn = this.nextLsn;
    this.commits.push({ lsn, writes });
    return lsn;
  }

  /** What was on its way has happened, all of it. */
  publish(): void {
    this.published = this.nextLsn - 1;
  }

  /** None of what came after `lsn` has happened. */
  forgetAfter(lsn: number): void {
    this.commits = this.commits.filter((commit) => commit.lsn <= lsn);
  }

  /** Everything as of `at`, with `own` over it, in key order. */
  world(at: number, own: ModelWrites<Value> = new Map()): [string, Value][] {
    const state = new Map<string, Value>();
    for (const { writes } of [...this.commits.filter(({ lsn }) => lsn <= at), { writes: own }]) {
      for (const [key, value] of writes) {
        if (value === undefined) state.delete(key);
        else state.set(key, value);
      }
    }
    return [...state].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Whether somebody wrote one of the keys after `snapshot`. */
  hasConflict(snapshot: number, keys: Iterable<string>): boolean {
    const wanted = new Set(keys);
    return this.commits.some(({ lsn, writes }) => lsn > snapshot && [...writes.keys()].some((key) => wanted.has(key)));
  }
}
