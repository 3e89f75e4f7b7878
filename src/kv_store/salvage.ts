/** Opening what is damaged, to take out what is left: how damage of the log is worded, and a short log read all the same. */
import { EngineError } from '../base/errors';
import type { SiteId } from '../base/ids';
import type { StorageFile } from '../storage/file';
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
