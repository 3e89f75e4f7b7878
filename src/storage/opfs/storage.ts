/**
 * A store in the origin private file system: one folder, one Web Lock, four files.
 *
 * Opening takes the lock first and the handles then (R10), and whatever fails gives back what it got. Closing the last
 * of the four files frees the lock. If another tab steals it, the handles are closed on the spot: every later call of
 * the engine throws `file_closed`, and the new owner gets its files.
 */
import { assert } from '../../base/assert';
import { EngineError } from '../../base/errors';
import { closeAll, FILE_NAMES, type FileSet, type Storage } from '../file';
import { filesMissing } from '../preconditions';
import { deviceError, isBusy, isNotFound } from './errors';
import { openFiles } from './files';
import { Ownership, type OwnershipOptions } from './ownership';
import { Patience, type Wait } from './patience';

/** Folder names from the root of the origin down; short ASCII only, which every browser and system accepts. */
export type StorePath = readonly string[];
const NAME_RULE = /^[a-z0-9_-]{1,64}$/;

export interface OpfsOptions {
  readonly path: StorePath;
  /** What another tab shows when it finds the store taken. */
  readonly label: string;
  /** Milliseconds since 1970, for the same purpose; nothing depends on it. */
  readonly now: () => number;
  readonly wait: Wait;
  /** Another tab asks for the store: close it. Absent: it is not given up, and the other tab may steal it. */
  readonly onAskedToRelease?: (() => void | Promise<void>) | undefined;
  /** The store was taken away; its files are closed already. */
  readonly onLost?: (() => void) | undefined;
}

export class OpfsStorage implements Storage {
  readonly #options: OpfsOptions;

  constructor(options: OpfsOptions) {
    assert(options.path.length > 0 && options.path.every((name) => NAME_RULE.test(name)), 'a store has a plain name');
    this.#options = options;
  }

  /** The name under which tabs agree who owns the store. */
  get name(): string {
    return this.#options.path.join('/');
  }

  /** @param options.takeOver asks whoever owns the store to give it up, instead of failing with `storage_in_use` */
  async open(options: { readonly create: boolean; readonly takeOver?: boolean }): Promise<FileSet> {
    const patience = new Patience(this.#options.wait);
    const opening: { files: FileSet | null; isLost: boolean } = { files: null, isLost: false };
    const ownership = await this.#own(options.takeOver === true, patience, () => {
      opening.isLost = true;
      if (opening.files !== null) closeAll(opening.files);
      this.#options.onLost?.();
    });
    try {
      const directory = await this.#directory(options.create);
      const files = await openFiles(directory, { ...options, patience, onClosed: () => ownership.release() });
      if (opening.isLost) {
        closeAll(files);
        throw new EngineError('storage_in_use', `The store ${this.name} was taken by another tab while it was opened.`);
      }
      opening.files = files;
      return files;
    } catch (error) {
      ownership.release();
      throw error;
    }
  }

  /** Deletes the store with all it holds. @throws EngineError storage_in_use */
  async remove(): Promise<void> {
    const patience = new Patience(this.#options.wait);
    const ownership = await this.#own(false, patience, () => undefined);
    try {
      const parent = await findDirectory(this.#options.path.slice(0, -1), false);
      await patience.retry(() => parent.removeEntry(this.#options.path.at(-1)!, { recursive: true }), isBusy);
    } catch (error) {
      if (isNotFound(error)) return;
      const code = isBusy(error) ? 'storage_in_use' : 'storage_unavailable';
      throw new EngineError(code, `The store ${this.name} cannot be deleted: ${String(error)}`, {}, error);
    } finally {
      ownership.release();
    }
  }

  #own(takeOver: boolean, patience: Patience, onLost: () => void): Promise<Ownership> {
    const { label, now, wait, onAskedToRelease } = this.#options;
    const options: OwnershipOptions = {
      store: this.name,
      owner: { label, sinceMs: now() },
      wait,
      onAskedToRelease: onAskedToRelease ?? neverReleases,
      onLost,
    };
    return takeOver ? Ownership.takeOver(options) : Ownership.claim(options, patience);
  }

  async #directory(create: boolean): Promise<FileSystemDirectoryHandle> {
    try {
      return await findDirectory(this.#options.path, create);
    } catch (error) {
      if (isNotFound(error)) throw filesMissing(FILE_NAMES);
      throw deviceError('storage_unavailable', 'The private file system of this site', {}, error);
    }
  }
}

const neverReleases = (): Promise<void> => Promise.reject(new Error('this store is not handed over'));

/** The folder at a path. @throws DOMException NotFoundError if it does not exist and `create` is false */
export async function findDirectory(path: StorePath, create: boolean): Promise<FileSystemDirectoryHandle> {
  let directory = await navigator.storage.getDirectory();
  for (const name of path) directory = await directory.getDirectoryHandle(name, { create });
  return directory;
}
