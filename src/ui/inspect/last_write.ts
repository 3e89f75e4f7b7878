/** Which write a byte came by, in words: the step, and the command that asked for it. */
import { decodeText } from '../../base/bytes';
import type { TraceRecord } from '../../protocol/trace';

/** What is known of a byte beyond the write that brought it: a room whose bytes move about knows more. */
export interface Touched {
  readonly words: string;
  /** The step that did it. */
  readonly seq: number | undefined;
}

/** The command a record belongs to, as it was given. */
export function commandOf(record: TraceRecord, recordAt: (seq: number) => TraceRecord | undefined): string | undefined {
  for (let seq = record.seq; seq >= 0; seq--) {
    const one = recordAt(seq);
    if (one === undefined || one.command !== record.command) return undefined;
    if (one.event.kind === 'host.command_started') return one.event.text;
  }
  return undefined;
}

export function writeInWords(record: TraceRecord, recordAt: (seq: number) => TraceRecord | undefined): string {
  const command = record.command === 0 ? 'the opening of the store' : commandOf(record, recordAt);
  const by = command === undefined ? '' : `, during ${short(command)}`;
  const { event } = record;
  switch (event.kind) {
    case 'storage.file_written':
      return `written with ${event.bytes.length.toLocaleString('en')} bytes${by}`;
    case 'storage.file_truncated':
      return `cleared with the length of the file${by}`;
    case 'host.byte_flipped':
      return 'changed behind the store’s back';
    case 'host.power_cut':
      return 'left like this by the power cut';
    case 'host.crashed':
      return 'the part of a write that the crash let through';
    default:
      return `changed${by}`;
  }
}

const short = (text: string): string => (text.length <= 40 ? text : `${text.slice(0, 38)}…`);

/** Two digits of hexadecimal as a byte. */
export function byteOf(text: string): number | undefined {
  return /^[0-9a-f]{1,2}$/i.test(text.trim()) ? Number.parseInt(text.trim(), 16) : undefined;
}

/** The commands of the language that turn one byte into another. */
export function flipsText(file: string, at: number, from: number, to: number): string {
  const bits = [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (((from ^ to) >> bit) & 1) === 1);
  return bits.map((bit) => `flip ${file} ${at} ${bit}`).join('\n');
}

export const glyph = (byte: number): string =>
  byte >= 0x20 && byte < 0x7f ? (decodeText(Uint8Array.of(byte)) ?? '') : '';
