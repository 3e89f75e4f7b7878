/** Small things the page does with script texts; the language itself is in `workload/`. */
import { encodeText } from '../base/bytes';
import type { Command, DeviceKind } from '../workload/command';
import { parseScript } from '../workload/parser';
import { printCommand, printSetting } from '../workload/printer';
import { SETTING_NAMES } from '../workload/settings';

/**
 * The same text with its settings blanked: a session takes them when it is opened, and runs the rest. Lines keep
 * their numbers, so an error or a step still points at the line the reader sees.
 */
export function withoutSettings(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => (SETTING_NAMES.includes(line.trim().split(/\s/, 1)[0]!) ? '' : line))
    .join('\n');
}

/**
 * The line after which a reader begins to watch: what is above has happened, and can be gone back to. A lesson that
 * needs a grown tree says so by this comment; 0 where a script does not.
 */
export function beginLine(text: string): number {
  return text.split(/\r\n|\r|\n/).findIndex((line) => /^\s*#\s*begin here\.?\s*$/i.test(line)) + 1;
}

/** The head of a script whose commands follow later: its device, and where the first opening ends, if it does. */
export function settingsText(
  device: DeviceKind,
  crash?: { readonly io: number; readonly prefixBytes?: number },
): string {
  const lines = [printSetting({ kind: 'device', device })];
  if (crash !== undefined) lines.push(printSetting({ kind: 'opening_crash', ...crash }));
  return lines.map((line) => `${line}\n`).join('');
}

/** What the forms of Play say, as a command of the language: a hand and a script do the same. */
export interface CommitForm {
  readonly client: number;
  readonly mode: 'strict' | 'relaxed';
}

export function putText(key: string, value: string, { client, mode }: CommitForm): string {
  return print({ kind: 'put', key: encodeText(key), value: encodeText(value), client, mode });
}
export function deleteText(key: string, { client, mode }: CommitForm): string {
  return print({ kind: 'delete', key: encodeText(key), client, mode });
}
export function getText(key: string): string {
  return print({ kind: 'get', key: encodeText(key) });
}
export function scanText(from: string, to: string, limit: number): string {
  const range = {
    ...(from === '' ? {} : { from: encodeText(from) }),
    ...(to === '' ? {} : { to: encodeText(to) }),
  };
  return print({ kind: 'scan', ...range, reverse: false, limit });
}

function print(command: Command): string {
  return printCommand(command);
}

/** A command as it was told: undefined where it is none. */
export const commandOf = (text: string): Command | undefined => parseScript(text).script.lines[0]?.command;
