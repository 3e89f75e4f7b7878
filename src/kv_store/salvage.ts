/** Opening what is damaged, to take out what is left: how damage of the log is worded, and a short log read all the same. */
import { EngineError } from '../base/errors';
import type { SiteId } from '../base/ids';
import { SECTOR_BYTES, type FileSet, type StorageFile } from '../storage/file';
import type { LogGeometry, ScanResult } from '../storage/log_region';
import { WrappedFile } from '../storage/wrapped_file';

/** A log of any other length lost its end, or is not this store's: no mere end of the log, whatever stands there. */
export function logLengthDamage(logFile: StorageFile, { logBytes }: LogGeometry): EngineError | undefined {
  const size = logFile.size();
  if (size === logBytes) return undefined;
  const offset = Math.min(size, logBytes);
  return new EngineError('log_damaged', `The log is ${size} bytes long, not ${logBytes}.`, { file: 'log', offset });
}

export function logDamage({ lastLsn, position, reason }: ScanResult, { logBytes }: LogGeometry): EngineError {
  return new EngineError('log_damaged', `The log is damaged: ${reason}.`, {
    file: 'log',
    offset: position % logBytes,
    lsn: lastLsn + 1,
  });
}

/** The log as a scan can read it: one that was cut short, as if zeros stood where its end was (R1: zeros are no record). */
export function readableLog(logFile: StorageFile, { logBytes }: LogGeometry): StorageFile {
  return logFile.size() < logBytes ? new ZeroPaddedFile(logFile) : logFile;
}

class ZeroPaddedFile extends WrappedFile {
  override read(at: number, into: Uint8Array, site?: SiteId): number {
    into.fill(0, Math.max(0, this.inner.read(at, into, site)));
    return into.length;
  }
}

/**
 * The files as an index that cannot do without writing is given them for salvage: it applies the log, and needs room for
 * the pages that change. What it writes is kept in memory, sector by sector; the files stay as they are.
 */
export interface UntouchedFiles {
  readonly files: FileSet;
  /** The same bytes for whoever only looks: what the index has written is in no file. */
  readonly unwatched: FileSet;
}

export function untouchedFiles(files: FileSet, unwatched: FileSet = files): UntouchedFiles {
  const kept = { data_0: keptOf(files.data_0), data_1: keptOf(files.data_1) };
  const over = (below: FileSet): FileSet => ({
    ...below,
    data_0: new UntouchedFile(below.data_0, kept.data_0),
    data_1: new UntouchedFile(below.data_1, kept.data_1),
  });
  return { files: over(files), unwatched: over(unwatched) };
}

/** What was written, by sector, and how long the file would be. */
interface Kept {
  readonly written: Map<number, Uint8Array>;
  size: number;
}
const keptOf = (file: StorageFile): Kept => ({ written: new Map(), size: file.size() });

class UntouchedFile extends WrappedFile {
  readonly #kept: Kept;

  constructor(inner: StorageFile, kept: Kept) {
    super(inner);
    this.#kept = kept;
  }

  override size(): number {
    return this.#kept.size;
  }

  override read(at: number, into: Uint8Array, site?: SiteId): number {
    const count = Math.max(0, Math.min(into.length, this.#kept.size - at));
    into.fill(0, 0, count);
    const durable = Math.min(count, this.inner.size() - at);
    if (durable > 0) {
      const got = this.inner.read(at, into.subarray(0, durable), site);
      if (got < durable) return got;
    }
    eachSector(at, count, (sector, from, to, offset) => {
      const bytes = this.#kept.written.get(sector);
      if (bytes) into.set(bytes.subarray(from, to), offset);
    });
    return count;
  }

  override write(at: number, bytes: Uint8Array): number {
    this.#kept.size = Math.max(this.#kept.size, at + bytes.length);
    eachSector(at, bytes.length, (sector, from, to, offset) => {
      const whole = this.#kept.written.get(sector) ?? this.#sector(sector);
      whole.set(bytes.subarray(offset, offset + to - from), from);
      this.#kept.written.set(sector, whole);
    });
    return bytes.length;
  }

  #sector(sector: number): Uint8Array {
    const bytes = new Uint8Array(SECTOR_BYTES);
    this.inner.read(sector * SECTOR_BYTES, bytes);
    return bytes;
  }

  override flush(): void {
    return;
  }

  /** Nothing that an index does while it opens makes a file shorter. */
  override truncate(size: number): void {
    this.#kept.size = Math.max(this.#kept.size, size);
  }
}

/** The parts of the sectors that `[at, at + length)` lies in: from and to within the sector, and where in the stretch. */
function eachSector(
  at: number,
  length: number,
  visit: (sector: number, from: number, to: number, offset: number) => void,
): void {
  for (let offset = 0; offset < length;) {
    const sector = Math.floor((at + offset) / SECTOR_BYTES);
    const from = at + offset - sector * SECTOR_BYTES;
    const to = Math.min(SECTOR_BYTES, from + length - offset);
    visit(sector, from, to, offset);
    offset += to - from;
  }
}
