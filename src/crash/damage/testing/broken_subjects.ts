/** For tests: engines with one thing wrong, so that each promise can be seen to be checked. */
import { WrappedFile, wrapFiles } from '../../../storage/wrapped_file';
import type { SiteId } from '../../../base/ids';
import type { CrashStore, CrashSubject, SubjectOpening } from '../../subject';

/** A subject whose opening goes another way. */
export function opening(
  subject: CrashSubject,
  open: (sound: CrashSubject['open'], opening: SubjectOpening) => CrashStore,
): CrashSubject {
  return { ...subject, open: (given) => open((as) => subject.open(as), given) };
}

/** A store with some of its calls replaced. */
export function changed(store: CrashStore, changes: Partial<CrashStore>): CrashStore {
  return {
    recovery: store.recovery,
    get: (key) => store.get(key),
    scan: (options) => store.scan(options),
    batch: (operations, options) => store.batch(operations, options),
    flush: () => store.flush(),
    beginCheckpoint: () => store.beginCheckpoint(),
    stepOrBegin: (budgetBytes) => store.stepOrBegin(budgetBytes),
    step: (budgetBytes) => store.step(budgetBytes),
    checkpoint: () => store.checkpoint(),
    check: () => store.check(),
    stats: () => store.stats(),
    close: () => store.close(),
    ...changes,
  };
}

/** Files that claim to be at least so long, and show zeros where they are not. */
export function longFiles(files: SubjectOpening['files'], bytes: number): SubjectOpening['files'] {
  return { ...files, log: new LongFile(files.log, bytes) };
}

class LongFile extends WrappedFile {
  readonly #bytes: number;

  constructor(inner: WrappedFile['inner'], bytes: number) {
    super(inner);
    this.#bytes = bytes;
  }

  override size(): number {
    return Math.max(this.#bytes, super.size());
  }

  override read(at: number, into: Uint8Array, site?: SiteId): number {
    into.fill(0, super.read(at, into, site));
    return into.length;
  }
}

/** Files that take no zeros: what a store wipes stays. */
export function unwipedFiles(files: SubjectOpening['files']): SubjectOpening['files'] {
  return wrapFiles(files, (inner) => new UnwipedFile(inner));
}

class UnwipedFile extends WrappedFile {
  override write(at: number, bytes: Uint8Array, site?: SiteId): number {
    const isWipe = this.name === 'log' && bytes.length <= 1024 && bytes.every((byte) => byte === 0);
    return isWipe ? bytes.length : super.write(at, bytes, site);
  }
}

/** Files whose superblock takes nothing right after a flush of the log has failed: no word is left of it. */
export function muteFiles(files: SubjectOpening['files']): SubjectOpening['files'] {
  const failed = { log: false };
  return wrapFiles(files, (inner) => new MuteFile(inner, failed));
}

class MuteFile extends WrappedFile {
  readonly #failed: { log: boolean };

  constructor(inner: WrappedFile['inner'], failed: { log: boolean }) {
    super(inner);
    this.#failed = failed;
  }

  override write(at: number, bytes: Uint8Array, site?: SiteId): number {
    return this.#failed.log && this.name === 'superblock' ? bytes.length : super.write(at, bytes, site);
  }

  override flush(site?: SiteId): void {
    try {
      super.flush(site);
    } catch (error) {
      if (this.name === 'log') this.#failed.log = true;
      throw error;
    }
  }
}
