/**
 * SQLite's own WebAssembly build on its OPFS pool: the strongest of the stores that a page can otherwise pick.
 *
 * One table, `kv(k blob primary key, v blob) without rowid`, prepared statements, pages of 4 KiB and as many bytes of
 * cache as the B-tree has. Two subjects, for the two journals: a rollback journal, and a write-ahead log with exclusive
 * locking (the pool has no shared memory). Strict commits run with `synchronous=full`. For relaxed ones each journal
 * gets the weakest setting that keeps the same promise, nothing lost when the tab dies: `normal` for the write-ahead
 * log, which then flushes at its checkpoints alone, and `off` for the rollback journal.
 */
import sqlite3InitModule, { type Database, type PreparedStatement, type SAHPoolUtil } from '@sqlite.org/sqlite-wasm';
import { assert } from '../base/assert';
import type { Batch } from '../base/ordered_index';
import type { DurabilityMode } from '../kv_store';
import { PEER_CACHE_BYTES, PEER_PAGE_BYTES } from './peers';
import { bytesOfFolder } from './opfs_folder';
import type { Subject, Visit } from './subject';

export type Journal = 'rollback' | 'wal';

const RELAXED: Readonly<Record<Journal, string>> = { rollback: 'off', wal: 'normal' };
/** Files of the pool: database, journal or log, and what `vacuum` needs for a moment. */
const POOL_FILES = 6;

interface Statements {
  readonly put: PreparedStatement;
  readonly delete: PreparedStatement;
  readonly get: PreparedStatement;
  readonly scan: PreparedStatement;
}

export class SqliteSubject implements Subject {
  readonly #folder: string;
  readonly #journal: Journal;
  #pool: SAHPoolUtil | undefined;
  #database: Database | undefined;
  #statements: Statements | undefined;
  #mode: DurabilityMode = 'strict';

  constructor(folder: string, journal: Journal) {
    this.#folder = folder;
    this.#journal = journal;
  }

  async open(): Promise<void> {
    if (this.#pool) await this.#pool.unpauseVfs();
    else this.#pool = await this.#install();
    const database = new this.#pool.OpfsSAHPoolDb('/rows');
    this.#database = database;
    database.exec([
      // First: a write-ahead log that is there already can be read without shared memory only by its one owner.
      `pragma locking_mode=exclusive`,
      `;pragma page_size=${PEER_PAGE_BYTES}`,
      `;pragma cache_size=${-PEER_CACHE_BYTES / 1024}`,
      `;pragma journal_mode=${this.#journal === 'wal' ? 'wal' : 'delete'}`,
      `;pragma synchronous=full`,
      `;create table if not exists kv(k blob primary key, v blob) without rowid`,
    ]);
    assert(
      database.selectValue('pragma journal_mode') === (this.#journal === 'wal' ? 'wal' : 'delete'),
      'SQLite took the journal that was asked for',
    );
    this.#mode = 'strict';
    this.#statements = {
      put: database.prepare('insert into kv values(?,?) on conflict do update set v=excluded.v'),
      delete: database.prepare('delete from kv where k=?'),
      get: database.prepare('select v from kv where k=?'),
      scan: database.prepare('select k,v from kv where k>=? order by k limit ?'),
    };
  }

  close(): void {
    for (const statement of Object.values(this.#statements ?? {}) as PreparedStatement[]) statement.finalize();
    this.#statements = undefined;
    this.#database?.close();
    this.#database = undefined;
    this.#pool?.pauseVfs();
  }

  async remove(): Promise<void> {
    this.close();
    if (!this.#pool) this.#pool = await this.#install();
    else await this.#pool.unpauseVfs();
    await this.#pool.wipeFiles();
    this.#pool.pauseVfs();
  }

  commit(batch: Batch, mode: DurabilityMode): void {
    const database = this.#open;
    if (mode !== this.#mode) {
      database.exec(`pragma synchronous=${mode === 'strict' ? 'full' : RELAXED[this.#journal]}`);
      this.#mode = mode;
    }
    if (batch.length > 1) database.exec('begin');
    for (const operation of batch) {
      const statement = operation.kind === 'put' ? this.#statements!.put : this.#statements!.delete;
      statement.bind(1, operation.key);
      if (operation.kind === 'put') statement.bind(2, operation.value);
      statement.stepReset();
    }
    if (batch.length > 1) database.exec('commit');
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const { get } = this.#statements!;
    get.bind(1, key);
    const value = get.step() ? (get.get(0) as Uint8Array) : undefined;
    get.reset();
    return value;
  }

  scan(from: Uint8Array | undefined, limit: number, visit: Visit): void {
    const { scan } = this.#statements!;
    scan.bind(1, from ?? new Uint8Array(0));
    scan.bind(2, limit);
    while (scan.step()) visit(scan.get(0) as Uint8Array, scan.get(1) as Uint8Array);
    scan.reset();
  }

  async bytesOnDisk(): Promise<number> {
    this.#open.exec('vacuum');
    if (this.#journal === 'wal') this.#open.exec('pragma wal_checkpoint(truncate)');
    this.close();
    const bytes = await bytesOfFolder(this.#folder);
    await this.open();
    return bytes;
  }

  get #open(): Database {
    assert(this.#database !== undefined, 'the subject is open');
    return this.#database;
  }

  async #install(): Promise<SAHPoolUtil> {
    const sqlite = await sqlite3InitModule();
    return sqlite.installOpfsSAHPoolVfs({
      name: this.#folder,
      directory: `/bench/${this.#folder}`,
      initialCapacity: POOL_FILES,
    });
  }
}
