/**
 * A run of a script as text: each command with its result, its events, and a drawing of the store as it is then
 * (`golden_drawing.ts`). The text is what golden files pin; it is made to be read, top to bottom, as a lesson.
 *
 *     > put apple red
 *       1 submitted: buffered                              the result; commits go by their LSN
 *          · store.commit_submitted lsn=1 …                 one line an event; the number is the I/O
 *       #3 · storage.file_written log at=0 512 B crc=1b2c3d4e
 *       tape  0 █1█2 1024 ▒3 1536 ░4│
 */
import { decodeText, toHex } from '../base/bytes';
import { crc32c } from '../base/checksum';
import type { CommandEntry, CommandResult } from '../protocol/results';
import type { LabEvent, TraceRecord } from '../protocol/trace';
import { printBytes } from '../workload/literals';

/** Said by the command line itself, or of no interest to a reader. */
const SILENT = new Set<LabEvent['kind']>([
  'host.command_started',
  'host.command_finished',
  'host.store_opened',
  'storage.file_read',
]);

export function commandText(entry: CommandEntry, records: readonly TraceRecord[], drawing: readonly string[]): string {
  const lines = [`> ${entry.text}`, ...resultLines(entry.result).map((line) => `  ${line}`)];
  let io = entry.ioBefore;
  for (const record of records) {
    if (SILENT.has(record.event.kind)) continue;
    const number = record.io > io ? `#${record.io}` : '';
    io = record.io;
    lines.push(`  ${number.padStart(4)} ${eventText(record.event)}`);
  }
  lines.push(...drawing.map((line) => `  ${line}`));
  return `${lines.join('\n')}\n`;
}

export function resultLines(result: CommandResult): string[] {
  switch (result.kind) {
    case 'submitted':
      return [`LSN ${result.lsn}, ${result.state}`];
    case 'noted':
      return [`noted in ${result.transaction} (${result.operations})`];
    case 'begun':
      return [`${result.transaction} is transaction ${result.id}, with the snapshot at ${result.snapshot}`];
    case 'kept':
      return [`${result.name} is the snapshot at ${result.snapshot}`];
    case 'vacuumed':
      return [
        `${result.versionsCollected} of ${result.versionsSeen} versions collected, ${result.bytesCollected} B; ${result.done ? 'done' : 'more to do'}`,
      ];
    case 'value':
      return [result.value === undefined ? 'nothing' : `= ${shortBytes(result.value)}`];
    case 'entries':
      return result.entries.length === 0
        ? ['no entries']
        : result.entries.map(({ key, value }) => `${shortBytes(key)} = ${shortBytes(value)}`);
    case 'flushed':
      return [`durable up to LSN ${result.durableLsn}`];
    case 'stepped':
      return [result.done ? 'done' : 'more to do'];
    case 'loaded':
      return [`${result.rows} rows in ${result.commits} commits`];
    case 'opened': {
      const { recovery } = result;
      if (recovery.formatted) return ['a new store'];
      return [
        `slot ${recovery.slot}, the other ${recovery.otherSlot}; checkpoint at LSN ${recovery.checkpointLsn} with ${recovery.checkpointKeys} keys`,
        `${recovery.recordsApplied} records applied, last LSN ${recovery.lastLsn}; ${recovery.end}: ${recovery.reason}`,
      ];
    }
    case 'crashed':
      return [result.io === 0 ? 'the process ends' : `the process ends at I/O ${result.io}`];
    case 'power_cut':
      return [`kept ${result.kept}, lost ${result.lost}, torn ${result.torn}`];
    case 'checked':
      return result.findings.length === 0
        ? ['all well']
        : result.findings.map(({ rule, detail }) => `${rule}: ${detail}`);
    case 'counted':
      return [fieldsText(result.stats)];
    case 'done':
      return [];
    case 'failed':
      return [`failed, ${result.failure.code}: ${result.failure.message}`];
  }
}

export function eventText(event: LabEvent): string {
  const { kind, ...fields } = event;
  return `${kind} ${fieldsText(fields)}`.trimEnd();
}

/** `name=value` for each field; bytes as a literal, or by length and checksum when long. */
function fieldsText(fields: object): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${valueText(value)}`)
    .join(' ');
}

function valueText(value: unknown): string {
  if (value instanceof Uint8Array) return shortBytes(value);
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  if (typeof value === 'object' && value !== null) return `{${fieldsText(value)}}`;
  return typeof value === 'string' && /\s/.test(value) ? JSON.stringify(value) : String(value);
}

const SHOWN_BYTES_MAX = 40;

function shortBytes(bytes: Uint8Array): string {
  if (bytes.length <= SHOWN_BYTES_MAX && decodeText(bytes) !== undefined) return printBytes(bytes);
  if (bytes.length <= 8) return `0x${toHex(bytes)}`;
  return `${bytes.length}B~${crc32c(bytes).toString(16).padStart(8, '0')}`;
}
