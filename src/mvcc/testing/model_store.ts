/**
 * The model that transactions are held equal to: it keeps every version for ever, and says of everything what it should be
 * by looking through the whole history. Keys and values are text.
 */

export interface ModelCommit {
  readonly lsn: number;
  /** Undefined: deleted. */
  readonly writes: ReadonlyMap<string, string | undefined>;
}

export class ModelStore {
  /** In the order of the log; those past `published` are on their way. */
  commits: ModelCommit[] = [];
  published = 0;

  get nextLsn(): number {
    return (this.commits.at(-1)?.lsn ?? 0) + 1;
  }

  submit(writes: ReadonlyMap<string, string | undefined>): number {
    const lsn = this.nextLsn;
    this.commits.push({ lsn, writes });
    return lsn;
  }

  /** None of what is on its way has happened. */
  refuse(): void {
    this.commits = this.commits.filter(({ lsn }) => lsn <= this.published);
  }

  /** Everything as of `at`, with `own` over it, in key order. */
  world(at: number, own: ReadonlyMap<string, string | undefined> = new Map()): [string, string][] {
    const state = new Map<string, string>();
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
