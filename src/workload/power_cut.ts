/**
 * How a script says what a power cut leaves.
 *
 *     power-cut  = "power-cut" { fate }
 *     fate       = "keep" ( "all" | NUMBERS ) | "lose" "all"
 *                | "tear" NUMBER "at" NUMBER [ "tail" ] [ "version" NUMBER ] [ "over" NUMBER ]
 *                | "older" NUMBER "version" NUMBER             one of the versions before the last, from 0
 *                | "noise" NUMBER "seed" NUMBER [ "whole" ] [ "version" NUMBER ]
 *                | "length" NUMBER "to" SIZE                   a length that got only so far
 *
 * The plain words come first because people write them; the others are there so that every state a search can find has
 * a line of its own.
 */
import type { Fate } from '../storage/simulated/fates';
import type { OtherItem, PowerCutCommand, TornItem } from './command';
import type { LineReader } from './line_reader';
import { printSize } from './literals';

interface Said {
  keep: 'all' | number[] | undefined;
  readonly torn: TornItem[];
  readonly others: OtherItem[];
}

export function parsePowerCut(reader: LineReader): PowerCutCommand {
  const said: Said = { keep: undefined, torn: [], others: [] };
  do parseFate(reader, said);
  while (!reader.isAtEnd);
  const { keep, others, torn } = said;
  return { kind: 'power_cut', keep: keep ?? [], torn, ...(others.length > 0 && { others }) };
}

function parseFate(reader: LineReader, said: Said): void {
  const word = reader.oneOf(['keep', 'lose', 'tear', 'older', 'noise', 'length']);
  if (word === 'keep' || word === 'lose') {
    if (said.keep !== undefined) reader.faultBefore('What is kept was already said.', ['tear', 'the end of the line']);
    if (word === 'lose') reader.keyword('all');
    said.keep = word === 'lose' ? [] : parseKeep(reader);
    return;
  }
  const item = reader.number('the number of a pending item', 1);
  if (word === 'tear') parseTear(reader, item, said);
  else said.others.push({ item, fate: parseOther(reader, word) });
}

function parseKeep(reader: LineReader): 'all' | number[] {
  if (reader.takes('all')) return 'all';
  const word = reader.word(['all', 'numbers of pending items']);
  if (!/^[1-9]\d{0,8}(,[1-9]\d{0,8})*$/.test(word))
    reader.faultBefore(`${word} is not a list of numbers.`, ['all', '1,3']);
  return word.split(',').map(Number);
}

function parseTear(reader: LineReader, item: number, said: Said): void {
  reader.keyword('at');
  const atByte = reader.number('a byte of the sector', 0, 512);
  const part = reader.takes('tail') ? 'tail' : 'head';
  const version = parseVersion(reader, 'version');
  const under = parseVersion(reader, 'over');
  if (part === 'head' && version === undefined && under === undefined) said.torn.push({ item, atByte });
  else said.others.push({ item, fate: { fate: 'torn', atByte, part, version, under } });
}

function parseOther(reader: LineReader, word: 'older' | 'noise' | 'length'): Fate {
  if (word === 'length') {
    reader.keyword('to');
    return { fate: 'kept', to: reader.size('a length', 0) };
  }
  if (word === 'older') {
    reader.keyword('version');
    return { fate: 'kept', version: reader.number('a version', 0) };
  }
  reader.keyword('seed');
  const seed = reader.number('a seed', 0);
  return { fate: 'garbage', seed, wholeSector: reader.takes('whole'), version: parseVersion(reader, 'version') };
}

const parseVersion = (reader: LineReader, word: string): number | undefined =>
  reader.takes(word) ? reader.number('a version', 0) : undefined;

export function printPowerCut({ keep, others = [], torn }: PowerCutCommand): string {
  const kept = keep === 'all' ? 'keep all' : keep.length > 0 && `keep ${keep.join(',')}`;
  const named = [...torn.map(({ atByte, item }) => `tear ${item} at ${atByte}`), ...others.map(printOther)];
  const losesAll = kept === false && named.length === 0;
  return ['power-cut', losesAll && 'lose all', kept, ...named].filter((part) => part !== false).join(' ');
}

function printOther({ fate, item }: OtherItem): string {
  const words = (...parts: readonly (string | false)[]): string => parts.filter((part) => part !== false).join(' ');
  const version = 'version' in fate && fate.version !== undefined && `version ${fate.version}`;
  switch (fate.fate) {
    case 'torn':
      return words(
        `tear ${item} at ${fate.atByte}`,
        fate.part === 'tail' && 'tail',
        version,
        fate.under !== undefined && `over ${fate.under}`,
      );
    case 'garbage':
      return words(`noise ${item} seed ${fate.seed}`, fate.wholeSector === true && 'whole', version);
    case 'kept':
      if ('to' in fate && fate.to !== undefined) return `length ${item} to ${printSize(fate.to)}`;
      return version === false ? `keep ${item}` : `older ${item} ${version}`;
    case 'lost':
      return '';
  }
}
