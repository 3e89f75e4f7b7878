/**
 * Versions drawn in text, for golden files: keys down, commit time across.
 *
 *     versions  1  2  3  4  5     published 5, watermark 2; 98 B live, 20 B kept, 23 B garbage
 *       apple   x──●─────●──▸     ● read now or by a snapshot in use, x garbage
 *       pear       ●──†           † a tombstone; ‡ one that is garbage
 *     reads        2 t1 serializable, +2 -0; old         by timestamp: transactions, with writes and deletes in their buffer
 *     vacuum    stands behind pear 4
 *
 * A bar ends where the next version of its key begins; an open one (▸) is what is read now. The columns are the timestamps at
 * which anything was written or is read.
 */
import type { KeyDescription, TransactionDescription, VersionsDescription } from '../mvcc';
import { keyText } from './golden_key';

const HEAD = 10;

export function versionLines(versions: VersionsDescription, publishedLsn: number): string[] {
  const columns = columnsOf(versions, publishedLsn);
  const width = Math.max(3, ...columns.map((at) => `${at}`.length + 1));
  const names = versions.keys.map(({ key }) => keyText(key));
  const head = Math.max(HEAD, ...names.map((name) => name.length + 4));
  const { garbageBytes, heldBytes, liveBytes } = versions.measure;
  const keptBytes = heldBytes.reduce((sum, bytes) => sum + bytes, 0);
  const time = columns.map((at) => `${at}`.padEnd(width)).join('');
  return [
    `${'versions'.padEnd(head)}${time}  published ${publishedLsn}, watermark ${versions.watermark}; ` +
      `${liveBytes} B live, ${keptBytes} B kept, ${garbageBytes} B garbage`,
    ...versions.keys.map((key, i) => `${`  ${names[i]!}`.padEnd(head)}${barText(key, columns, width)}`.trimEnd()),
    ...readerLines(versions, columns, head, width),
    ...(versions.vacuum.isUnderWay ? [`${'vacuum'.padEnd(head)}stands ${whereText(versions.vacuum.last)}`] : []),
  ];
}

function columnsOf({ keys, snapshotsInUse, watermark }: VersionsDescription, publishedLsn: number): number[] {
  const written = keys.flatMap((key) => key.versions.map(({ lsn }): number => lsn));
  return [...new Set([...written, ...snapshotsInUse, watermark, publishedLsn])].sort((a, b) => a - b);
}

function barText({ versions }: KeyDescription, columns: readonly number[], width: number): string {
  let text = '';
  let isOpen = false;
  for (const at of columns) {
    const version = versions.find(({ lsn }) => lsn === at);
    if (version) isOpen = !version.isTombstone;
    const mark = version === undefined ? (isOpen ? '─' : ' ') : markOf(version);
    text += mark + (isOpen ? '─' : ' ').repeat(width - 1);
  }
  return isOpen ? `${text.slice(0, -1)}▸` : text;
}

function markOf({ isTombstone, state }: KeyDescription['versions'][number]): string {
  if (isTombstone) return state === 'garbage' ? '‡' : '†';
  return state === 'garbage' ? 'x' : '●';
}

/** Below its timestamp, who reads there. */
function readerLines(
  { snapshots, snapshotsInUse, transactions }: VersionsDescription,
  columns: readonly number[],
  head: number,
  width: number,
): string[] {
  return snapshotsInUse.map((at, i) => {
    const readers = [
      ...transactions.filter(({ snapshot }) => snapshot === at).map(transactionText),
      ...snapshots.filter(({ snapshot }) => snapshot === at).map(({ name }) => name),
    ];
    const indent = columns.indexOf(at) * width;
    return `${(i === 0 ? 'reads' : '').padEnd(head)}${' '.repeat(indent)}▴ ${readers.join('; ')}`;
  });
}

function transactionText({ id, label, level, readOnly, reads, state, writes }: TransactionDescription): string {
  const parts = [label ?? `transaction ${id}`];
  if (readOnly) parts.push('read-only');
  if (level === 'serializable') parts.push(level);
  if (state !== 'active') parts.push(state);
  if (writes.length > 0)
    parts.push(`writes ${writes.map(({ key, kind }) => `${kind === 'delete' ? '-' : ''}${keyText(key)}`).join(' ')}`);
  if (reads && reads.keys.length + reads.ranges.length > 0) parts.push(`has read ${readsText(reads)}`);
  return parts.join(' ');
}

function readsText({ keys, ranges }: NonNullable<TransactionDescription['reads']>): string {
  const bound = (key: Uint8Array | undefined): string => (key ? keyText(key) : '');
  return [...keys.map(keyText), ...ranges.map(({ from, to }) => `${bound(from)}..${bound(to)}`)].join(' ');
}

function whereText(last: VersionsDescription['vacuum']['last']): string {
  return last ? `behind ${keyText(last.key)} ${last.lsn}` : 'at the front';
}
