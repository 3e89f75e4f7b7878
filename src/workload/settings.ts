/** The head of a script: on what, and with which numbers, it runs. */
import type { FormatOptions, TuningOptions } from '../kv_store/types';
import type { Setting } from './command';
import type { LineReader } from './line_reader';
import { CARELESS_NAMES, PROFILE_NAMES, PROTECTION_NAMES } from './protection_names';

export const SETTING_NAMES: readonly string[] = ['store', 'device', 'seed', 'profile', 'without', 'first-opening'];
const DEVICES = ['simulated', 'memory', 'file'] as const;

export function parseSetting(name: string, reader: LineReader): Setting {
  const setting = parseNamed(name, reader);
  reader.end();
  return setting;
}

function parseNamed(name: string, reader: LineReader): Setting {
  switch (name) {
    case 'device':
      return { kind: 'device', device: reader.oneOf(DEVICES) };
    case 'seed':
      return { kind: 'seed', seed: reader.number('a seed', 0) };
    case 'profile':
      return { kind: 'profile', profile: reader.oneOf(PROFILE_NAMES) };
    case 'without':
      return { kind: 'without', names: parseNames(reader) };
    case 'first-opening':
      return parseOpeningCrash(reader);
    default:
      return parseStore(reader);
  }
}

function parseStore(reader: LineReader): Setting {
  const format: { -readonly [Name in keyof FormatOptions]?: FormatOptions[Name] } = {};
  const tuning: { -readonly [Name in keyof TuningOptions]?: number } = {};
  do {
    const name = reader.oneOf(['log', 'extent', 'align', 'checkpoint', 'relaxed']);
    if (name === 'log') format.logBytes = reader.size('the length of the log');
    else if (name === 'extent') format.extentBytes = reader.size('the length of an extent');
    else if (name === 'align') format.groupAlignBytes = reader.oneOf(['512', '4096', '4k']) === '512' ? 512 : 4096;
    else if (name === 'checkpoint') tuning.checkpointLogBytes = reader.size('a number of bytes');
    else tuning.relaxedFlushBytes = reader.size('a number of bytes');
  } while (!reader.isAtEnd);
  return { kind: 'store', format, ...(Object.keys(tuning).length > 0 && { tuning }) };
}

function parseNames(reader: LineReader): Extract<Setting, { kind: 'without' }>['names'] {
  const names = [...PROTECTION_NAMES, ...CARELESS_NAMES];
  const off = [reader.oneOf(names)];
  while (!reader.isAtEnd) off.push(reader.oneOf(names));
  return off;
}

function parseOpeningCrash(reader: LineReader): Setting {
  reader.keyword('crash');
  reader.keyword('at');
  const io = reader.number('the number of an I/O', 1);
  const prefix = reader.takes('prefix') ? { prefixBytes: reader.size('a number of bytes', 0) } : {};
  return { kind: 'opening_crash', io, ...prefix };
}
