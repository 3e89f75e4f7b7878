/** What the exercises of the MVCC room are made of: the real transactions over a map in memory, and what they said. */
import { encodeText } from '../base/bytes';
import type { SeededRandom } from '../base/runtime';
import { commitOf, isTombstone, MemoryVersions, userKeyOf, type MvccEvent, type Transaction } from '../mvcc';
import { nameOfKey } from '../mvcc/history/values';
import { userValueOf } from '../mvcc/version_key';
import type { TaskFigure, TaskSentence, TaskVersion, VersionsFigure } from '../protocol/mvcc';
import type { TaskParts } from './tasks';

export type MvccTaskParts = TaskParts<TaskFigure, TaskSentence>;

export const TASK_KEYS = ['apple', 'fig', 'pear', 'plum'] as const;

export interface TaskReader {
  readonly name: string;
  readonly transaction: Transaction;
}

/** A small store with everything that it says. */
export class TaskSubject {
  readonly versions: MemoryVersions;
  readonly readers: TaskReader[] = [];
  #heard: MvccEvent[] = [];
  /** Numbers of versions as the drawing has them: by key, and within a key the oldest first. */
  #numbers: ReadonlyMap<string, number> | undefined;

  constructor() {
    this.versions = new MemoryVersions({ trace: { emit: (event) => void this.#heard.push(event) } });
  }

  put(key: string, value: string | null): void {
    const name = encodeText(key);
    this.versions.transactions.commitBatch([
      value === null ? { kind: 'delete', key: name } : { kind: 'put', key: name, value: encodeText(value) },
    ]);
    this.versions.flush();
  }

  begin(name: string): Transaction {
    const transaction = this.versions.transactions.begin();
    this.readers.push({ name, transaction });
    return transaction;
  }

  /** What is said while something is done. */
  watch(work: () => void): readonly MvccEvent[] {
    this.#heard = [];
    work();
    return this.#heard;
  }

  /** From here on versions have the numbers that they have now; later ones have none. */
  number(): void {
    this.#numbers = new Map(this.#records().map(({ key, lsn }, i) => [`${key}@${lsn}`, i + 1] as const));
  }

  idOf(key: Uint8Array, lsn: number): number {
    return this.#numbers?.get(`${nameOfKey(key)}@${lsn}`) ?? 0;
  }

  figure(): VersionsFigure {
    const records = this.#records();
    return {
      shows: 'versions',
      keys: TASK_KEYS,
      versions: records.map(({ key, lsn, value }, i): TaskVersion => {
        const id = this.#numbers === undefined ? i + 1 : (this.#numbers.get(`${key}@${lsn}`) ?? 1000 + i);
        return { id, key, lsn, value };
      }),
      publishedLsn: this.versions.transactions.publishedLsn,
      readers: this.readers
        .filter(({ transaction }) => transaction.state === 'active')
        .map(({ name, transaction }) => ({ name, snapshot: transaction.snapshot })),
    };
  }

  /** By key, the oldest first, as the records of the index have them. */
  #records(): { key: string; lsn: number; value: string | null }[] {
    const cursor = this.versions.records.cursor({}, false);
    const found: { key: string; lsn: number; value: string | null }[] = [];
    for (let record = cursor.next(); record; record = cursor.next()) {
      found.push({
        key: nameOfKey(userKeyOf(record.key)),
        lsn: commitOf(record.key),
        value: isTombstone(record.value) ? null : nameOfKey(userValueOf(record.value)!),
      });
    }
    cursor.close();
    return found.sort((a, b) => (a.key === b.key ? a.lsn - b.lsn : a.key < b.key ? -1 : 1));
  }
}

const VALUES = 'abcdefghijklmnopqrstuvwxyz';

/** Commits of one key each, all with different values; a key is deleted now and then. `afterEach` may begin readers. */
export function makeHistory(
  subject: TaskSubject,
  random: SeededRandom,
  commits: number,
  afterEach: (commit: number) => void = () => undefined,
): void {
  const present = new Set<string>();
  for (let commit = 1; commit <= commits; commit++) {
    // The first ones go round, so that no key is without a version.
    const key = commit <= TASK_KEYS.length ? TASK_KEYS[commit - 1]! : TASK_KEYS[random.below(TASK_KEYS.length)]!;
    const deletes = present.has(key) && random.below(5) === 0;
    subject.put(key, deletes ? null : VALUES.charAt(commit - 1));
    if (deletes) present.delete(key);
    else present.add(key);
    afterEach(commit);
  }
}

/** What a read or a pass of vacuum did, in sentences. */
export function sentencesOf(subject: TaskSubject, events: readonly MvccEvent[]): TaskSentence[] {
  return events.flatMap((event): TaskSentence[] => {
    switch (event.kind) {
      case 'mvcc.version_read': {
        const key = nameOfKey(event.key);
        if (event.found === 'own')
          return [{ sentence: `\`${key}\` is in its own buffer: that is read first.`, marks: [] }];
        if (event.lsn === undefined)
          return [{ sentence: `No version of \`${key}\` is at or below ${event.at}.`, marks: [] }];
        const what = event.found === 'tombstone' ? 'a tombstone, which reads as nothing' : 'that is the value';
        return [
          {
            sentence: `The newest version of \`${key}\` at or below ${event.at} is of commit ${event.lsn}: ${what}.`,
            marks: [subject.idOf(event.key, event.lsn)],
          },
        ];
      }
      case 'mvcc.version_passed':
        return [
          {
            sentence: `The version of commit ${event.lsn} is ${event.why === 'newer' ? 'newer than the snapshot' : 'older than the one that was read'}: passed over.`,
            marks: [subject.idOf(event.key, event.lsn)],
          },
        ];
      case 'mvcc.version_collected':
        return [
          {
            sentence: `Vacuum takes the version of \`${nameOfKey(event.key)}\` of commit ${event.lsn}: without it every snapshot in use reads the same.`,
            marks: [subject.idOf(event.key, event.lsn)],
          },
        ];
      case 'mvcc.vacuum_finished':
        return [
          {
            sentence: `The pass is over: ${event.versionsCollected} of ${event.versionsSeen} versions are gone.`,
            marks: [],
          },
        ];
      default:
        return [];
    }
  });
}

export const orNothing = (value: Uint8Array | undefined): string =>
  value === undefined ? 'nothing' : nameOfKey(value);
