/** The head of a script: on what, and with which numbers, it runs. */
import type { FormatOptions, TreeFormat, TuningOptions } from '../kv_store/types';
import type { LsmTuning } from '../lsm';
import type { Setting } from './command';
import type { LineReader } from './line_reader';
import { parseLsm } from './lsm_settings';
import { CARELESS_NAMES, PAGE_PROTECTION_NAMES, PROFILE_NAMES, PROTECTION_NAMES } from './protection_names';

export const SETTING_NAMES: readonly string[] = ['store', 'device', 'seed', 'profile', 'without', 'first-opening'];
const STORE_WORDS = [
  'log',
  'extent',
  'align',
  'btree',
  'lsm',
  'versions',
  'checkpoint',
  'relaxed',
  'pool',
  'idle',
  'vacuum-percent',
  'vacuum-min',
] as const;
const DEVICES = ['simulated', 'memory', 'file'] as const;
const PAGE_BYTES = 4096;
const PAGE_SIZES = ['256', '512', '1k', '2k', '4k', '8k', '16k', '32k', '64k'];

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
  const tuning: TuningInScript = {};
  do {
    const name = reader.oneOf(STORE_WORDS);
    if (name === 'log') format.logBytes = reader.size('the length of the log');
    else if (name === 'extent') format.extentBytes = reader.size('the length of an extent');
    else if (name === 'align') format.groupAlignBytes = reader.oneOf(['512', '4096', '4k']) === '512' ? 512 : 4096;
    else if (name === 'versions') format.versions = true;
    else if (isVersionsTuning(name)) parseVersionsTuning(name, reader, tuning);
    else if (name === 'btree') format.tree = parseTree(reader);
    else if (name === 'lsm') {
      const words = parseLsm(reader);
      format.lsm = words.format;
      if (Object.keys(words.tuning).length > 0) tuning.lsm = words.tuning;
    } else tuning[TUNING_OF[name]] = reader.size('a number of bytes');
    if (format.tree && format.lsm)
      reader.faultBefore('A store has one index: a B-tree or an LSM tree.', ['btree', 'lsm']);
  } while (!reader.isAtEnd);
  return { kind: 'store', format, ...(Object.keys(tuning).length > 0 && { tuning }) };
}

/** The words behind `btree`, in any order, each at most once. */
function parseTree(reader: LineReader): TreeFormat {
  const tree: { -readonly [Name in keyof TreeFormat]?: TreeFormat[Name] } = {};
  for (;;) {
    if (tree.pageBytes === undefined && reader.takes('page')) tree.pageBytes = parsePageBytes(reader);
    else if (tree.protection === undefined && reader.takes('protection'))
      tree.protection = reader.oneOf(PAGE_PROTECTION_NAMES);
    else return { pageBytes: tree.pageBytes ?? PAGE_BYTES, protection: tree.protection ?? 'copy_on_write' };
  }
}

function parsePageBytes(reader: LineReader): number {
  const bytes = reader.size('the length of a page');
  if (bytes >= 256 && bytes <= 65536 && Math.log2(bytes) % 1 === 0) return bytes;
  return reader.faultBefore('A page is a power of two, 256 bytes to 64 KiB.', PAGE_SIZES);
}

/** What the words for tuning mean, in the head of a script and in the command. */
export const TUNING_OF = {
  checkpoint: 'checkpointLogBytes',
  relaxed: 'relaxedFlushBytes',
  pool: 'poolBytes',
} as const satisfies Record<string, keyof TuningOptions>;
/** What a script can say of it. */
export type TuningInScript = Partial<
  Record<(typeof TUNING_OF)[keyof typeof TUNING_OF] | 'idleTicksMax' | 'vacuumBytesMin' | 'vacuumPercent', number>
> & {
  lsm?: Partial<LsmTuning>;
};

export const VERSIONS_TUNING = ['idle', 'vacuum-percent', 'vacuum-min'] as const;
type VersionsTuning = (typeof VERSIONS_TUNING)[number];

export const isVersionsTuning = (name: string): name is VersionsTuning =>
  (VERSIONS_TUNING as readonly string[]).includes(name);

/** Of a store with versions. A tick is a call of the files: that is what a session's clock counts. */
export function parseVersionsTuning(name: VersionsTuning, reader: LineReader, tuning: TuningInScript): void {
  if (name === 'idle') tuning.idleTicksMax = reader.number('a number of ticks', 1);
  else if (name === 'vacuum-min') tuning.vacuumBytesMin = reader.size('a number of bytes');
  else tuning.vacuumPercent = reader.takes('never') ? Infinity : reader.number('a percentage', 1, 100);
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
