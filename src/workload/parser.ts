/**
 * The script language: one command a line, no nesting, no variables. A script is a lesson, a test and a link at once,
 * so it has to read aloud, and every faulty line has to be named, not only the first.
 *
 *     # Two clients share one flush.
 *     store log 16k extent 1k align 512
 *     seed 7
 *     put apple red as 1
 *     put pear green as 2
 *     flush
 *     crash at +1
 *     put plum blue
 *     reopen
 *     scan
 *
 *     script     = { setting newline } { command newline }          (blank lines and # comments anywhere)
 *
 *     setting    = "store" { "log" SIZE | "extent" SIZE | "align" ( "512" | "4096" ) | tree | lsm | "versions" | tune }
 *                | "device" ( "simulated" | "memory" | "file" )
 *                | "seed" NUMBER
 *                | "profile" ( "process_crash" | "measured_ext4" | "adversarial" | "liar" | "psow_off" )
 *                | "without" NAME { NAME }                     protections, or flushes and writes of the files
 *                | "first-opening" "crash" "at" NUMBER [ "prefix" SIZE ]
 *
 *     command    = write [ "in" NAME ] who                          one commit, or part of a transaction
 *                | "batch" write { ";" write } who                  one commit of several writes
 *                | "get" BYTES [ "in" NAME ]
 *                | "scan" range [ "limit" NUMBER ]
 *                | "cursor" NAME range | "next" NAME [ NUMBER ] | "end" NAME
 *                | "begin" NAME { "read-only" | "serializable" | at } | "commit" NAME who | "abort" NAME
 *                | "snapshot" NAME [ at ] | "release" NAME           a name for what is published now, or was then
 *                | "vacuum" [ SIZE ]                                 one slice; without a size, the whole pass
 *                | "write" | "flush" | "checkpoint" | "step" SIZE | "compact" | "check" | "stats"
 *                | "load" NAME [ "from" NUMBER ] [ "rows" NUMBER ] [ "batch" NUMBER ]
 *                | "close" | "reopen" [ "salvage" ]
 *                | "crash" [ "at" [ "+" ] NUMBER [ "prefix" SIZE ] ]
 *                | "power-cut" { fate }                        what is kept, lost, torn: `power_cut.ts`
 *                | "fail" ( "read" | "write" | "flush" | "truncate" ) NUMBER [ "of" FILE ] [ "once" | "forever" ] [ effect ]
 *                | "disk" ( "full" SIZE [ "short" ] | "lies" | "honest" )
 *                | "flip" FILE SIZE [ BIT ]
 *                | "tuning" { tune | lsm }
 *                | "protect" ( "off" | "on" ) PROTECTION
 *                | ( "say" | "ask" ) TEXT
 *     tree       = "btree" [ "page" SIZE ] [ "protection" ( "copy_on_write" | "double_write" | "none" | "log_images" ) ]
 *     tune       = "checkpoint" SIZE | "relaxed" SIZE | "pool" SIZE | "idle" NUMBER | "vacuum-percent" ( NUMBER | "never" ) | "vacuum-min" SIZE
 *     range      = [ ( BYTES | "-" ) [ BYTES ] ] [ "reverse" ] [ "in" NAME ]
 *     at         = "at" ( NUMBER | NAME )                            an LSN, or a snapshot's name
 *     write      = "put" BYTES BYTES | "delete" BYTES
 *     effect     = "short" SIZE | "zeros" | "drop" | "after" | "lie"   (those the call can have)
 *     who        = [ "as" NUMBER ] [ "strict" | "relaxed" ]
 *     NUMBERS    = NUMBER { "," NUMBER }                            (no blanks)
 *
 * Words and literals are drawn in `tokens.ts` and `literals.ts`, `lsm` in `lsm_settings.ts`. What the commands do is said in `command.ts`.
 */
import { FILE_NAMES } from '../storage/file';
import type {
  Command,
  CommitWords,
  DeleteWords,
  FailureEffect,
  OlderTimestamp,
  PutWords,
  ScanCommand,
  Script,
  ScriptError,
  ScriptLine,
} from './command';
import { isName, LineReader } from './line_reader';
import { parseLsm } from './lsm_settings';
import { PROTECTION_NAMES } from './protection_names';
import { parsePowerCut } from './power_cut';
import {
  isVersionsTuning,
  parseSetting,
  parseVersionsTuning,
  SETTING_NAMES,
  TUNING_OF,
  VERSIONS_TUNING,
  type TuningInScript,
} from './settings';
import { suggest } from './suggest';
import { LineFault, tokenize } from './tokens';

/** A hostile link must not cost more than this. */
export const SCRIPT_LENGTH_MAX = 1 << 20;

export interface Parsed {
  readonly script: Script;
  /** In the order of the text. The script holds the lines that were good. */
  readonly errors: readonly ScriptError[];
}

export function parseScript(text: string): Parsed {
  if (text.length > SCRIPT_LENGTH_MAX) {
    const message = `A script has at most ${SCRIPT_LENGTH_MAX} characters.`;
    const error = { span: { line: 1, column: 1, length: 0 }, message, expected: ['a shorter script'] };
    return { script: { settings: [], lines: [] }, errors: [error] };
  }
  const settings: Script['settings'][number][] = [];
  const lines: ScriptLine[] = [];
  const errors: ScriptError[] = [];
  text.split(/\r\n|\r|\n/).forEach((source, index) => {
    try {
      const parsed = parseLine(source, index + 1, lines.length > 0);
      if (parsed === undefined) return;
      if ('setting' in parsed) settings.push(parsed.setting);
      else lines.push({ line: index + 1, command: parsed.command });
    } catch (error) {
      if (!(error instanceof LineFault)) throw error;
      errors.push(error.error);
    }
  });
  return { script: { settings, lines }, errors };
}

type ParsedLine = { setting: Script['settings'][number] } | { command: Command } | undefined;

function parseLine(source: string, line: number, commandsBegan: boolean): ParsedLine {
  const reader: LineReader = new LineReader(tokenize(source, line), line, source.length);
  if (reader.isAtEnd) return undefined;
  const name = reader.word(['a command']);
  if (SETTING_NAMES.includes(name)) {
    if (commandsBegan) reader.faultBefore(`Settings come first: ${name} stands after a command.`, COMMAND_NAMES);
    return { setting: parseSetting(name, reader) };
  }
  const parse = COMMANDS.get(name);
  if (parse === undefined) {
    reader.faultBefore(
      `There is no command ${name}.${suggest(name, [...COMMAND_NAMES, ...SETTING_NAMES])}`,
      COMMAND_NAMES,
    );
  }
  const command = parse(reader);
  reader.end();
  return { command };
}

const A_SNAPSHOT = 'the name of a snapshot';

type ParseCommand = (reader: LineReader) => Command;

const COMMANDS: ReadonlyMap<string, ParseCommand> = new Map<string, ParseCommand>([
  ['put', (reader) => afterWrite(reader, parsePut(reader))],
  ['delete', (reader) => afterWrite(reader, parseDelete(reader))],
  ['batch', parseBatch],
  ['get', (reader) => ({ kind: 'get', key: reader.bytes('a key'), ...parseIn(reader) })],
  ['scan', parseScan],
  ['cursor', parseCursor],
  ['next', parseNext],
  ['end', (reader) => ({ kind: 'end', cursor: reader.name('the name of a cursor') })],
  ['begin', parseBegin],
  [
    'commit',
    (reader) => ({ kind: 'commit', transaction: reader.name('the name of a transaction'), ...reader.commitWords() }),
  ],
  ['abort', (reader) => ({ kind: 'abort', transaction: reader.name('the name of a transaction') })],
  ['snapshot', (reader) => ({ kind: 'snapshot', snapshot: reader.name(A_SNAPSHOT), ...parseAt(reader) })],
  ['release', (reader) => ({ kind: 'release', snapshot: reader.name(A_SNAPSHOT) })],
  ['vacuum', (reader) => ({ kind: 'vacuum', ...(!reader.isAtEnd && { bytes: reader.size('a number of bytes') }) })],
  ['write', () => ({ kind: 'write' })],
  ['flush', () => ({ kind: 'flush' })],
  ['checkpoint', () => ({ kind: 'checkpoint' })],
  ['compact', () => ({ kind: 'compact' })],
  ['check', () => ({ kind: 'check' })],
  ['stats', () => ({ kind: 'stats' })],
  ['close', () => ({ kind: 'close' })],
  ['step', (reader) => ({ kind: 'step', bytes: reader.size('a number of bytes') })],
  ['load', parseLoad],
  ['reopen', (reader) => ({ kind: 'reopen', salvage: reader.takes('salvage') })],
  ['crash', parseCrash],
  ['power-cut', parsePowerCut],
  ['fail', parseFail],
  ['disk', parseDisk],
  ['flip', parseFlip],
  ['tuning', parseTuning],
  ['protect', parseProtect],
  ['say', (reader) => ({ kind: 'say', text: reader.text('text in quotes') })],
  ['ask', (reader) => ({ kind: 'ask', text: reader.text('text in quotes') })],
]);

export const COMMAND_NAMES: readonly string[] = [...COMMANDS.keys()];

function parsePut(reader: LineReader): PutWords {
  return { kind: 'put', key: reader.bytes('a key'), value: reader.bytes('a value') };
}

function parseDelete(reader: LineReader): DeleteWords {
  return { kind: 'delete', key: reader.bytes('a key') };
}

function parseIn(reader: LineReader): { transaction?: string } {
  return reader.takes('in') ? { transaction: reader.name('the name of a transaction') } : {};
}

/** A write in a transaction commits nothing by itself, so it says neither who nor how. */
function afterWrite(reader: LineReader, write: PutWords | DeleteWords): Command {
  const inside = parseIn(reader);
  return inside.transaction === undefined ? { ...write, ...reader.commitWords() } : { ...write, ...inside };
}

function parseBatch(reader: LineReader): Command {
  const operations: (PutWords | DeleteWords)[] = [];
  do {
    operations.push(reader.oneOf(['put', 'delete']) === 'put' ? parsePut(reader) : parseDelete(reader));
  } while (reader.takes(';'));
  const words: CommitWords = reader.commitWords();
  reader.end([';', 'as', 'strict', 'relaxed']);
  return { kind: 'batch', operations, ...words };
}

function parseScan(reader: LineReader): ScanCommand {
  const range: { from?: Uint8Array; to?: Uint8Array } = {};
  const order = { reverse: false };
  const limit: { limit?: number } = {};
  let inside: { transaction?: string } = {};
  const isOption = (): boolean => {
    if (!order.reverse && reader.takes('reverse')) return (order.reverse = true);
    if (inside.transaction === undefined) {
      inside = parseIn(reader);
      if (inside.transaction !== undefined) return true;
    }
    if (limit.limit === undefined && reader.takes('limit')) limit.limit = reader.number('a number of rows', 0);
    else return false;
    return true;
  };
  while (isOption());
  if (!reader.isAtEnd && !reader.takes('-')) range.from = reader.bytes('the first key');
  while (isOption());
  if (!reader.isAtEnd) range.to = reader.bytes('the key to stop before');
  while (isOption());
  return { kind: 'scan', ...range, ...order, ...limit, ...inside };
}

function parseCursor(reader: LineReader): Command {
  const cursor = reader.name('the name of a cursor');
  const { limit, ...range } = parseScan(reader);
  if (limit !== undefined) reader.fault('A cursor goes on for as long as it is asked.', ['the end of the line']);
  return { ...range, kind: 'cursor', cursor };
}

/** The words behind the name, in any order, each at most once. */
function parseBegin(reader: LineReader): Command {
  const transaction = reader.name('the name of a transaction');
  const how = { readOnly: false, serializable: false };
  let older: { at?: OlderTimestamp } = {};
  for (;;) {
    if (!how.readOnly && reader.takes('read-only')) how.readOnly = true;
    else if (!how.serializable && reader.takes('serializable')) how.serializable = true;
    else {
      if (older.at !== undefined) break;
      older = parseAt(reader);
      if (older.at === undefined) break;
    }
  }
  if (older.at !== undefined && how.serializable)
    reader.faultBefore('Who reads as of an older timestamp only reads, at snapshot isolation.', ['read-only']);
  reader.end(['read-only', 'serializable', 'at']);
  return { kind: 'begin', transaction, ...how, ...older };
}

function parseAt(reader: LineReader): { at?: OlderTimestamp } {
  if (!reader.takes('at')) return {};
  const word = reader.word(['an LSN', A_SNAPSHOT]);
  if (/^\d{1,15}$/.test(word)) return { at: Number(word) };
  if (isName(word)) return { at: word };
  return reader.faultBefore(`${word} is neither an LSN nor the name of a snapshot.`, ['7', 'before_the_sale']);
}

function parseNext(reader: LineReader): Command {
  const cursor = reader.name('the name of a cursor');
  return { kind: 'next', cursor, ...(!reader.isAtEnd && { rows: reader.number('a number of rows', 1) }) };
}

function parseLoad(reader: LineReader): Command {
  const counts: { from?: number; rows?: number; batch?: number } = {};
  const dataset = reader.name('the name of a data set');
  while (!reader.isAtEnd) counts[reader.oneOf(['from', 'rows', 'batch'])] = reader.number('a number of rows', 1);
  return { kind: 'load', dataset, ...counts };
}

function parseCrash(reader: LineReader): Command {
  if (!reader.takes('at')) return { kind: 'crash' };
  const word = reader.word(['the number of an I/O']);
  const match = /^(\+?)([1-9]\d{0,14})$/.exec(word);
  if (match === null) return reader.faultBefore(`${word} is not the number of an I/O.`, ['17', '+2']);
  const at = { io: Number(match[2]), relative: match[1] === '+' };
  const prefix = reader.takes('prefix') ? { prefixBytes: reader.size('a number of bytes', 0) } : {};
  return { kind: 'crash', at, ...prefix };
}

/** What each call can do instead of its work, besides throwing. */
const EFFECTS = {
  read: ['short', 'zeros'],
  write: ['short'],
  flush: ['drop', 'after', 'lie'],
  truncate: [],
} as const;

function parseFail(reader: LineReader): Command {
  const call = reader.oneOf(['read', 'write', 'flush', 'truncate']);
  const nth = reader.number('which call', 1);
  const file = reader.takes('of') ? { file: reader.oneOf(FILE_NAMES) } : {};
  const forever = reader.takes('forever');
  if (!forever) reader.takes('once');
  return { kind: 'fail', call, nth, ...file, forever, effect: parseEffect(reader, EFFECTS[call]) };
}

function parseEffect(reader: LineReader, effects: readonly FailureEffect['kind'][]): FailureEffect {
  if (reader.isAtEnd) return { kind: 'error' };
  const kind = reader.oneOf(effects);
  return kind === 'short' ? { kind, bytes: reader.size('a number of bytes', 0) } : { kind };
}

function parseDisk(reader: LineReader): Command {
  const what = reader.oneOf(['full', 'lies', 'honest']);
  if (what !== 'full') return { kind: 'disk_lies', on: what === 'lies' };
  return { kind: 'disk_full', bytes: reader.size('a number of bytes', 0), short: reader.takes('short') };
}

function parseFlip(reader: LineReader): Command {
  const file = reader.oneOf(FILE_NAMES);
  const offset = reader.size('an offset', 0);
  return { kind: 'flip', file, offset, bit: reader.isAtEnd ? 0 : reader.number('a bit', 0, 7) };
}

function parseTuning(reader: LineReader): Command {
  const tuning: TuningInScript = {};
  do {
    const name = reader.oneOf(['checkpoint', 'relaxed', 'pool', ...VERSIONS_TUNING, 'lsm']);
    if (isVersionsTuning(name)) parseVersionsTuning(name, reader, tuning);
    else if (name !== 'lsm') tuning[TUNING_OF[name]] = reader.size('a number of bytes');
    else {
      const words = parseLsm(reader);
      if (words.format.filterPrefix.kind !== 'whole_key')
        reader.faultBefore('What filters leave out of a key is said in the head of a script: store lsm cut.', [
          'policy',
        ]);
      tuning.lsm = words.tuning;
    }
  } while (!reader.isAtEnd);
  return { kind: 'tuning', tuning };
}

function parseProtect(reader: LineReader): Command {
  const on = reader.oneOf(['off', 'on']) === 'on';
  const name = reader.word(PROTECTION_NAMES);
  const protection = PROTECTION_NAMES.find((known) => known === name);
  if (protection === undefined) {
    reader.faultBefore(`There is no protection ${name}.${suggest(name, PROTECTION_NAMES)}`, PROTECTION_NAMES);
  }
  return { kind: 'protect', protection, on };
}
