/** What a command came to, in one line of plain words. */
import { unreachable } from '../base/assert';
import { decodeText, toHex } from '../base/bytes';
import type { CommandResult } from '../protocol/results';

const SHOWN_MAX = 80;

/** Bytes as a reader can take them in: text where they are text, else hexadecimal; long ones cut. */
export function bytesInWords(bytes: Uint8Array, max = SHOWN_MAX): string {
  const text = decodeText(bytes);
  const whole = text !== undefined && !/\p{C}/u.test(text) ? text : `0x${toHex(bytes.subarray(0, max))}`;
  return whole.length > max ? `${whole.slice(0, max)}… (${bytes.length} B)` : whole;
}

export function resultInWords(result: CommandResult): string {
  switch (result.kind) {
    case 'submitted':
      return submitted(result.lsn, result.state);
    case 'noted':
      return `noted in ${result.transaction}: ${plural(result.operations, 'write')}`;
    case 'begun':
      return `${result.transaction} reads as of ${result.snapshot}`;
    case 'kept':
      return `${result.name} is the snapshot at LSN ${result.snapshot}`;
    case 'vacuumed':
      return `${plural(result.versionsCollected, 'version')} collected of ${result.versionsSeen.toLocaleString('en')} seen${result.done ? '' : '; the pass goes on'}`;
    case 'value':
      return result.value === undefined ? 'not there' : bytesInWords(result.value);
    case 'entries':
      return plural(result.entries.length, 'row');
    case 'flushed':
      return `flushed: durable up to LSN ${result.durableLsn}`;
    case 'stepped':
      return result.done ? 'background work done' : 'background work goes on';
    case 'loaded':
      return `${plural(result.rows, 'row')} in ${plural(result.commits, 'commit')}`;
    case 'opened':
      return `open: ${plural(result.recovery.recordsApplied, 'record')} replayed, up to LSN ${result.recovery.lastLsn}`;
    case 'crashed':
      return result.io === 0 ? 'the process died, between two I/Os' : `the process died at I/O ${result.io}`;
    case 'power_cut':
      return `the power went: ${result.kept} kept, ${result.lost} lost, ${result.torn} torn`;
    case 'checked':
      return result.findings.length === 0 ? 'all checks hold' : plural(result.findings.length, 'finding');
    case 'counted':
      return `${plural(result.stats.keys, 'key')}, ${plural(result.stats.commits, 'commit')}, ${plural(result.stats.flushes, 'flush', 'flushes')}`;
    case 'done':
      return 'done';
    case 'failed':
      return result.failure.message;
    default:
      return unreachable(result);
  }
}

function submitted(lsn: number, state: string): string {
  switch (state) {
    case 'buffered':
      return `LSN ${lsn}: in memory, waits for a flush`;
    case 'written':
      return `LSN ${lsn}: handed to the file, waits for a flush`;
    case 'acknowledged':
      return `LSN ${lsn}: acknowledged`;
    default:
      return `LSN ${lsn}: rejected`;
  }
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
