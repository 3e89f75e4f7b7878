/** Versions, transactions and readers in words, for whoever points at them and for whoever cannot see them. */
import { bytesText, digits, keyText, plural } from '../../marks/units';
import type { Role } from './garbage';
import {
  ALONE,
  STORE,
  type ReaderView,
  type StepView,
  type StrayView,
  type TransactionView,
  type VersionView,
} from './model';
import { recordBytes } from './records';

/** What is written on a version. */
export const valueText = ({ isTombstone, text, valueBytes }: VersionView): string =>
  isTombstone ? 'deleted' : (text ?? bytesText(valueBytes));

const ROLE_WORDS: Readonly<Record<Role, string>> = {
  live: 'The newest of its key, and no deletion.',
  kept: 'A newer one has replaced it. It stays, whether a snapshot reads it or not: the watermark is older than the newer one.',
  garbage: 'Garbage: without it every snapshot in use reads the same, and vacuum takes it when it comes by.',
};

export function versionWords(version: VersionView, role: Role, stays: boolean): string {
  const { isTombstone, key, lsn } = version;
  const what = isTombstone
    ? `${keyText(key)} was deleted by commit ${lsn}: a version that reads as nothing`
    : `${keyText(key)} = ${valueText(version)}, written by commit ${lsn}`;
  const why = stays
    ? 'It stays: of what is at or left of the watermark it is the newest, and that is what the oldest reader sees.'
    : isTombstone && role === 'kept'
      ? 'It stays until the watermark comes to it.'
      : ROLE_WORDS[role];
  return `${what}; a record of ${bytesText(recordBytes(version))}. ${why}`;
}

export function bufferedWords({ isTombstone, key, ...rest }: VersionView, who: string): string {
  const what = isTombstone
    ? `the deletion of ${keyText(key)}`
    : `${keyText(key)} = ${valueText({ isTombstone, key, ...rest })}`;
  return `Only in the memory of ${who}: ${what}. Nobody else sees it before its commit is published.`;
}

export const pendingWords = (version: VersionView, lsn: number): string =>
  `${keyText(version.key)} = ${valueText(version)}: on its way as commit ${lsn}. It is not published, so nobody sees it; who wants to write this key loses against it already.`;

/** Beside the chip of such a read. */
export function strayText({ lsn, of, snapshot, why }: StrayView): string {
  switch (why) {
    case 'uncommitted':
      return `uncommitted: ${of ?? '?'}`;
    case 'unpublished':
      return `${lsn} not published`;
    case 'later':
      return `${lsn} is after ${snapshot}`;
    case 'not_own':
      return 'not its own write';
  }
}

/** What it read, and why that is wrong. */
export function strayWords({ before, lsn, of, snapshot, why }: StrayView): string {
  const whose = of === undefined ? '' : ` of ${of}`;
  switch (why) {
    case 'uncommitted':
      return `an uncommitted write${whose}, which nobody else may see, and which may never be committed`;
    case 'unpublished': {
      const order =
        before === undefined || before === lsn
          ? 'before it was published'
          : `before commit ${before} was published, which comes first in the log`;
      return `commit ${lsn}${whose} ${order}: its snapshot, ${snapshot}, must not have it`;
    }
    case 'later':
      return `commit ${lsn}, which is newer than its snapshot, ${snapshot}: what it reads can change under it`;
    case 'not_own':
      return 'past its own write of this key, which it must see';
  }
}

export const laneName = (lane: string): string => (lane === ALONE ? 'no transaction' : lane === STORE ? 'store' : lane);

const LEVEL_WORDS: Readonly<Record<TransactionView['level'], string>> = {
  snapshot: 'snapshot isolation',
  serializable: 'serializable',
};
const STATE_WORDS: Readonly<Record<TransactionView['state'], string>> = {
  active: 'under way',
  committing: 'its commit is on the way',
  committed: 'committed',
  aborted: 'aborted',
  unknown: 'nobody knows whether it is committed; opening the store again will show',
  refused: 'refused, nothing was written',
  idle: 'ended, it was not used for too long',
  cut_off: 'gone with the process; nothing of it has to be undone',
};

export const nameOf = ({ label, lane }: TransactionView): string => label ?? (lane === ALONE ? 'a scan' : lane);

export function transactionWords(transaction: TransactionView): string {
  const { conflict, level, lsn, readOnly, snapshot, state, writes } = transaction;
  const how = `${LEVEL_WORDS[level]}${readOnly ? ', read-only' : ''}`;
  const buffered = writes.length > 0 ? ` ${plural(writes.length, 'write')} in its own memory.` : '';
  const number = lsn === undefined ? '' : ` Its commit has timestamp ${lsn}.`;
  const unchecked = lsn === undefined ? '' : ', and nobody checked: that update is lost';
  const lost = conflict
    ? ` Commit ${conflict.lsn} had written ${keyText(conflict.key)} after its snapshot${unchecked}.`
    : '';
  return `${nameOf(transaction)} reads as of ${snapshot} (${how}): ${STATE_WORDS[state]}.${buffered}${number}${lost}`;
}

export function readerWords({ kind, name, snapshot }: ReaderView, others: number): string {
  const who =
    kind === 'named' ? `The snapshot called ${name}` : kind === 'scan' ? `A reader, ${name},` : `Transaction ${name}`;
  const more = others > 0 ? ` ${plural(others, 'other reader')} at the same timestamp: all of them have to end.` : '';
  return `${who} reads as of commit ${snapshot}: of each key the version that the line crosses.${more}`;
}

/** On the chip of a step, in as few letters as will do. */
export function stepText(step: StepView): string {
  const { count, found, kind, lsn, stray, text } = step;
  const key = step.key === undefined ? '' : keyText(step.key);
  const mark = stray ? '! ' : '';
  const value = found === 'nothing' || found === 'tombstone' ? '–' : (text ?? (found === 'own' ? 'own' : '…'));
  switch (kind) {
    case 'begin':
      return `begin @${lsn ?? ''}`;
    case 'read':
      return `${mark}${key} = ${value}`;
    case 'scan':
      return `${mark}scan: ${plural(count, 'row')}`;
    case 'put':
      return count > 1 ? `put ${digits(count)}` : `${key} := ${text ?? '…'}`;
    case 'delete':
      return `del ${key}`;
    case 'commit':
      return `commit ${lsn ?? ''}`;
    case 'settled':
      return count > 1 ? `✓ ${digits(count)} commits` : `✓ ${lsn ?? ''}`;
    case 'read_only':
      return 'end';
    case 'abort':
      return 'abort';
    case 'refused':
      return 'refused';
    case 'idle':
      return 'too old';
    case 'failed':
      return 'failed';
    case 'unknown':
      return 'unknown';
    case 'keep':
      return `keep @${lsn ?? ''}`;
    case 'release':
      return 'release';
    case 'vacuum':
      return count === 0 ? 'vacuum' : `vacuum −${digits(count)}`;
    case 'merge':
      return `merge −${digits(count)}`;
    case 'crash':
      return 'crash';
    case 'open':
      return lsn === undefined ? 'opening' : `open ${lsn}`;
    case 'not_opened':
      return 'refused';
  }
}

export function stepWords(step: StepView): string {
  const { count, found, kind, lane, lsn, text } = step;
  const who = lane === ALONE ? 'Outside of any transaction' : lane === STORE ? 'The store' : lane;
  const key = step.key === undefined ? '' : keyText(step.key);
  const value = text === undefined ? '' : ` = ${text}`;
  const sentence: Readonly<Record<StepView['kind'], string>> = {
    begin: `begins, and reads as of commit ${lsn}`,
    read: found === 'nothing' || found === 'tombstone' ? `reads ${key}: there is none` : readText(key, value, step),
    scan: `reads ${plural(count, 'key')} in order`,
    put: count > 1 ? `writes ${plural(count, 'key')}` : `writes ${key}${value}`,
    delete: `deletes ${key}`,
    commit: `commits ${plural(count, 'write')} at timestamp ${lsn}`,
    settled: count > 1 ? `is told that ${plural(count, 'commit')} are stored` : `is told that commit ${lsn} is stored`,
    read_only: 'ends; it wrote nothing',
    abort: 'aborts; what it wrote is forgotten',
    refused: 'is refused at its commit; nothing was written',
    idle: 'was not used for too long, and is ended',
    failed: 'is told that its commit failed',
    unknown: 'is told that nobody knows whether its commit is there',
    keep: `keeps what is published, ${lsn}, under a name`,
    release: 'releases a snapshot',
    vacuum: count === 0 ? 'looks for garbage' : `takes ${plural(count, 'version')} that nobody can read`,
    merge: `has merged tables, without ${plural(count, 'version')} that nobody can read`,
    crash: 'is gone: what was in memory is lost',
    not_opened: 'was to be opened, and that was refused: nothing runs',
    open: lsn === undefined ? 'makes again what its files have' : `is open again, as of commit ${lsn}`,
  };
  const wrong = step.stray
    ? ` Wrong: ${kind === 'scan' ? `of ${keyText(step.stray.key)} ` : ''}it read ${strayWords(step.stray)}.`
    : '';
  return `${who}: ${sentence[kind]}.${wrong}`;
}

function readText(key: string, value: string, { found, lsn, stray }: StepView): string {
  if (found === 'own') return `reads ${key}${value}, its own write`;
  return stray?.why === 'uncommitted' ? `reads ${key}${value}` : `reads ${key}${value}, the version of commit ${lsn}`;
}
