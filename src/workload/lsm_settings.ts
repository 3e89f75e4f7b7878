/**
 * What a script says of an LSM tree: in the head, where it makes the store one, and in `tuning`, where it changes what may
 * differ from one opening to the next.
 *
 *     lsm = "lsm" { ( "memtable" | "table" | "block" | "cache" ) SIZE | "restart" NUMBER
 *                 | "policy" ( "leveled" | "tiered" | "lazy_leveling" ) | "ratio" NUMBER | "l0" NUMBER
 *                 | "filter" ( "none" | "full" | "partitioned" ) | "bits" BITS | "equal" | "monkey"
 *                 | "cut" NUMBER }                      bytes at the end of a key that filters leave out; in the head alone
 *
 *     BITS = NUMBER | NUMBER { "," NUMBER } ","           on average; or for each level, level 0 first, with a comma at the end
 *
 * In any order, each at most once. What is not said is as usual.
 */
import type { LsmFormat } from '../kv_store/types';
import type { FilterKind, FilterOptions, LsmTuning, PolicyOptions } from '../lsm';
import { DEFAULT_LSM_TUNING } from '../lsm/options';
import type { LineReader } from './line_reader';
import { printSize } from './literals';

export interface LsmWords {
  readonly format: LsmFormat;
  readonly tuning: Partial<LsmTuning>;
}

const SIZES = {
  memtable: 'memtableBytes',
  table: 'tableBytes',
  block: 'blockBytes',
  cache: 'cacheBytes',
} as const satisfies Record<string, keyof LsmTuning>;
type SizeName = keyof typeof SIZES;
const SIZE_NAMES = Object.keys(SIZES) as readonly SizeName[];
const POLICY_NAMES = Object.keys({
  leveled: true,
  tiered: true,
  lazy_leveling: true,
} satisfies Record<PolicyOptions['kind'], true>) as readonly PolicyOptions['kind'][];
const FILTER_NAMES = Object.keys({
  none: true,
  full: true,
  partitioned: true,
} satisfies Record<FilterKind, true>) as readonly FilterKind[];
const ALLOCATION_NAMES = Object.keys({
  equal: true,
  monkey: true,
} satisfies Record<FilterOptions['allocation'], true>) as readonly FilterOptions['allocation'][];

/** As the properties of a table have it. */
const RESTART_MAX = 65_535;
const RATIO_MIN = 2;
const RATIO_MAX = 1000;
const BITS_MAX = 1000;
/** As `kv_store/format.ts` has it: the superblock says it in a byte. */
const CUT_BYTES_MAX = 255;

export const LSM_WORDS: readonly string[] = [
  ...SIZE_NAMES,
  ...['restart', 'policy', 'ratio', 'l0', 'filter', 'bits'],
  ...ALLOCATION_NAMES,
  'cut',
];

/** The words of one line, as they were said. */
interface Said {
  sizes: Partial<Record<SizeName, number>>;
  restart?: number;
  policy?: PolicyOptions['kind'];
  ratio?: number;
  l0?: number;
  filter?: FilterKind;
  bits?: number | readonly number[];
  allocation?: FilterOptions['allocation'];
  cut?: number;
}

/** The words behind `lsm`. */
export function parseLsm(reader: LineReader): LsmWords {
  const said: Said = { sizes: {} };
  while (readWord(reader, said));
  const policy = policyOf(said, reader);
  const filter = filterOf(said);
  return {
    format: {
      filterPrefix: said.cut === undefined ? { kind: 'whole_key' } : { kind: 'all_but_last', bytes: said.cut },
    },
    tuning: {
      ...Object.fromEntries(
        SIZE_NAMES.flatMap((name) => (name in said.sizes ? [[SIZES[name], said.sizes[name]]] : [])),
      ),
      ...(said.restart !== undefined && { restartInterval: said.restart }),
      ...(policy && { policy }),
      ...(filter && { filter }),
    },
  };
}

/** False where the next word is none of these, or was there already. */
function readWord(reader: LineReader, said: Said): boolean {
  const size = SIZE_NAMES.find((name) => said.sizes[name] === undefined && reader.takes(name));
  if (size) said.sizes[size] = reader.size('a number of bytes');
  else if (said.restart === undefined && reader.takes('restart'))
    said.restart = reader.number('a number of entries', 1, RESTART_MAX);
  else if (said.policy === undefined && reader.takes('policy')) said.policy = reader.oneOf(POLICY_NAMES);
  else if (said.ratio === undefined && reader.takes('ratio'))
    said.ratio = reader.number('a ratio', RATIO_MIN, RATIO_MAX);
  else if (said.l0 === undefined && reader.takes('l0')) said.l0 = reader.number('a number of tables', 1);
  else if (said.filter === undefined && reader.takes('filter')) said.filter = reader.oneOf(FILTER_NAMES);
  else if (said.bits === undefined && reader.takes('bits')) said.bits = parseBits(reader);
  else if (said.cut === undefined && reader.takes('cut'))
    said.cut = reader.number('a number of bytes', 1, CUT_BYTES_MAX);
  else {
    const allocation = ALLOCATION_NAMES.find((name) => said.allocation === undefined && reader.takes(name));
    if (!allocation) return false;
    said.allocation = allocation;
  }
  return true;
}

/** Whoever shares bits out among levels comes to halves and thirds. */
function parseBits(reader: LineReader): number | readonly number[] {
  const word = reader.word(['bits a key']);
  const isList = word.endsWith(',');
  const bits = (isList ? word.slice(0, -1) : word)
    .split(',')
    .map((part) => (/^\d+(\.\d+)?$/.test(part) ? Number(part) : NaN));
  const isGood = bits.every((each) => each <= BITS_MAX) && (isList || bits.length === 1);
  if (!isGood) return reader.faultBefore(`${word} is not a number of bits a key.`, ['10', '6.5', '12,8,4,']);
  return isList ? bits : bits[0]!;
}

function policyOf({ l0, policy, ratio }: Said, reader: LineReader): PolicyOptions | undefined {
  const usual = DEFAULT_LSM_TUNING.policy;
  if (policy === undefined && ratio === undefined && l0 === undefined) return undefined;
  const kind = policy ?? usual.kind;
  const ratioOrUsual = ratio ?? usual.ratio;
  if (kind === 'leveled') return { kind, ratio: ratioOrUsual, l0Tables: l0 ?? L0_TABLES };
  if (l0 !== undefined)
    reader.faultBefore(`Only a leveled tree has a number of its own for level 0.`, ['policy leveled']);
  return { kind, ratio: ratioOrUsual };
}

const L0_TABLES = DEFAULT_LSM_TUNING.policy.kind === 'leveled' ? DEFAULT_LSM_TUNING.policy.l0Tables : 4;

function filterOf({ allocation, bits, filter }: Said): FilterOptions | undefined {
  if (filter === undefined && bits === undefined && allocation === undefined) return undefined;
  const usual = DEFAULT_LSM_TUNING.filter;
  return {
    kind: filter ?? usual.kind,
    bitsPerKey: typeof bits === 'number' ? bits : usual.bitsPerKey,
    allocation: allocation ?? usual.allocation,
    ...(typeof bits === 'object' && { byLevel: bits }),
  };
}

/** In place of the average, where levels have bits of their own. */
const printBits = ({ bitsPerKey, byLevel }: FilterOptions): string =>
  byLevel === undefined ? `${bitsPerKey}` : byLevel.map((bits) => `${bits},`).join('');

/** `lsm` and what is said of it. */
export function printLsm(
  { filter, policy, restartInterval, ...sizes }: Partial<LsmTuning>,
  format?: LsmFormat,
): string {
  const rule = format?.filterPrefix;
  return [
    'lsm',
    ...SIZE_NAMES.flatMap((name) => {
      const size = sizes[SIZES[name]];
      return size === undefined ? [] : [name, printSize(size)];
    }),
    ...(restartInterval === undefined ? [] : ['restart', restartInterval]),
    ...(policy === undefined ? [] : ['policy', policy.kind, 'ratio', policy.ratio]),
    ...(policy?.kind === 'leveled' ? ['l0', policy.l0Tables] : []),
    ...(filter === undefined ? [] : ['filter', filter.kind, 'bits', printBits(filter), filter.allocation]),
    ...(rule?.kind === 'all_but_last' ? ['cut', rule.bytes] : []),
  ].join(' ');
}
