/** For tests: a log of 8 KiB on a disk that can be cut, and what a scan of its file finds. */
import { logPosition, lsn } from '../../base/ids';
import { SeededRandom } from '../../base/runtime';
import type { StorageFile } from '../../storage/file';
import { scanLog, type LogGeometry, type RedoPoint, type ScanResult } from '../../storage/log_region';
import { WriteAheadLog, type LogProtections } from '../log';
import type { WalEvent } from '../events';

export const GEOMETRY: LogGeometry = { logBytes: 8192, alignBytes: 512, storeSeed: 0xfa17 };
export const REDO: RedoPoint = { position: logPosition(0), lsn: lsn(1), link: 0 };

/** A file of the log's length, ready for a first session. */
export function prepare(logFile: StorageFile): StorageFile {
  logFile.write(0, new Uint8Array(GEOMETRY.logBytes));
  logFile.flush();
  return logFile;
}

export interface OpenedLog {
  readonly log: WriteAheadLog;
  readonly events: WalEvent[];
}

/** Opens the log where a scan says that it ends, as recovery does. */
export function openLog(
  file: StorageFile,
  salts: number,
  protections: Partial<LogProtections> = {},
  geometry = GEOMETRY,
): OpenedLog {
  const scan = scanned(file, geometry);
  const events: WalEvent[] = [];
  const log = new WriteAheadLog({
    file,
    geometry,
    start: {
      position: scan.position,
      nextLsn: lsn(scan.lastLsn + 1),
      link: scan.link,
      redoPosition: REDO.position,
      guardPosition: REDO.position,
      lastGroup: scan.lastGroup,
    },
    random: new SeededRandom(salts),
    trace: { emit: (event) => events.push(event) },
    protections: { logSalt: true, wholeWrites: true, ...protections },
  });
  return { log, events };
}

/** Appends a record whose payload is `length` bytes of `fill`. */
export function append(log: WriteAheadLog, fill: number, length = 20): number {
  return log.append(1, length, (into, at) => into.fill(fill, at, at + length)).lsn;
}

/** The result of a scan, and for each record its LSN and the first byte of its payload. */
export function scanned(
  file: StorageFile,
  geometry = GEOMETRY,
  redo = REDO,
): ScanResult & { records: [number, number | undefined][]; salts: number[] } {
  const records: [number, number | undefined][] = [];
  const salts: number[] = [];
  const result = scanLog(
    file,
    geometry,
    redo,
    { verifyChecksums: true, verifyLinks: true, durableLsn: lsn(0) },
    {
      group: ({ salt }) => salts.push(salt),
      record: ({ lsn: number, payload }) => records.push([number, payload[0]]),
    },
  );
  return { ...result, records, salts };
}
