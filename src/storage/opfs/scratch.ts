/**
 * Room for forks and drills: stores that live as long as the lab is open, and no longer.
 *
 *     scratch / <session> / <store> / superblock, log, data_0, data_1
 *
 * A session is one open lab. It holds a lock named after it; what an earlier session left behind is recognised by its
 * lock being free, and deleted when the next lab starts. The object lives in the page, or in a worker that is not
 * killed in drills: it opens no file, and the workers of a drill open theirs by `path`.
 */
import { assert } from '../../base/assert';
import { EngineError } from '../../base/errors';
import { isNotFound } from './errors';
import type { Wait } from './patience';
import { findDirectory, OpfsStorage, type OpfsOptions, type StorePath } from './storage';

const FOLDER = 'scratch';

export interface ScratchOptions {
  /** Unlike that of any other session. */
  readonly session: string;
  /** Most bytes that all sessions together may hold when a store is added. */
  readonly capBytes: number;
  readonly wait: Wait;
  readonly now: () => number;
}

export class Scratch {
  readonly #options: ScratchOptions;
  readonly #release: () => void;

  private constructor(options: ScratchOptions, release: () => void) {
    this.#options = options;
    this.#release = release;
  }

  /** Deletes what dead sessions left, and starts one. */
  static async start(options: ScratchOptions): Promise<Scratch> {
    const release = await holdLock(options.session);
    assert(release !== null, 'no two sessions share a name');
    const root = await findDirectory([FOLDER], true);
    for await (const session of root.keys()) {
      if (session !== options.session) await removeIfDead(root, session);
    }
    return new Scratch(options, release);
  }

  /** Where a store of this session lies: what the worker of a drill is told. */
  path(store: string): StorePath {
    return [FOLDER, this.#options.session, store];
  }

  /**
   * A place for a new store of about `expectedBytes`.
   *
   * @throws EngineError store_full if that would exceed the cap
   */
  async add(store: string, expectedBytes: number): Promise<OpfsStorage> {
    const { capBytes } = this.#options;
    const usedBytes = await this.usedBytes();
    if (usedBytes + expectedBytes > capBytes) {
      const room = `${expectedBytes} more bytes, ${usedBytes} of ${capBytes} are taken`;
      throw new EngineError('store_full', `There is no room for another fork: ${room}.`);
    }
    return this.#storage(store);
  }

  /** @throws EngineError storage_in_use */
  async remove(store: string): Promise<void> {
    await this.#storage(store).remove();
  }

  /** Bytes in the files of all sessions. */
  async usedBytes(): Promise<number> {
    return sizeOf(await findDirectory([FOLDER], true));
  }

  /** Ends the session and leaves its stores to be deleted by the next one: what closing the page does. */
  abandon(): void {
    this.#release();
  }

  /** Ends the session and deletes its stores; one that is still open is left for the next session to delete. */
  async end(): Promise<void> {
    this.#release();
    await removeIfDead(await findDirectory([FOLDER], true), this.#options.session);
  }

  #storage(store: string): OpfsStorage {
    const { now, wait } = this.#options;
    const options: OpfsOptions = { path: this.path(store), label: 'a drill', now, wait };
    return new OpfsStorage(options);
  }
}

async function removeIfDead(root: FileSystemDirectoryHandle, session: string): Promise<void> {
  const release = await holdLock(session);
  if (release === null) return;
  try {
    await root.removeEntry(session, { recursive: true });
  } catch {
    // A handle is still held somewhere: the next session will find it free.
  } finally {
    release();
  }
}

/** A function that frees the lock of a session; null if somebody else holds it. */
function holdLock(session: string): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(`faultline:${FOLDER}/${session}`, { ifAvailable: true }, (lock) => {
        if (lock !== null) return new Promise<void>((release) => resolve(release));
        resolve(null);
        return undefined;
      })
      .catch(reject);
  });
}

/** Others may delete their stores meanwhile: what is gone when it is looked at counts nothing. */
async function sizeOf(directory: FileSystemDirectoryHandle): Promise<number> {
  let bytes = 0;
  try {
    for await (const entry of directory.values()) {
      bytes += entry.kind === 'directory' ? await sizeOf(entry) : await fileSize(entry);
    }
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  return bytes;
}

async function fileSize(entry: FileSystemFileHandle): Promise<number> {
  try {
    return (await entry.getFile()).size;
  } catch (error) {
    if (isNotFound(error)) return 0;
    throw error;
  }
}
