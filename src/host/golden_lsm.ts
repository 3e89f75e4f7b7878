/**
 * An LSM tree drawn in text, for golden files: what is in memory, then a line for each run, level by level.
 *
 *     memory   fig@3 -oak@4  52 of 512 B                        entries with their LSNs; - is a tombstone
 *     waits    ash@1 elm@2  46 B                                an immutable memtable, newest first
 *     level 0  1 of 2 runs, 311 of 1024 B
 *              run 3: 2[ash..oak 4/1 311 B]                     table 2 with its range: entries, of which tombstones
 *     level 1  1 of 1 runs, 701 of 1024 B
 *              run 2: 1[bay..elm 3/0 411 B] 3[fig..yew 2/0 290 B]
 *     making   5 for level 1, 256 B
 *     old      4, reader 1 reads edit 2
 *     merging  2 1 into level 1, to the bottom; writers are slowed
 *     manifest edit 3, area 1, epoch 1: 1536 B
 */
import type { LsmDescription, MemtableDescription, Run, TableMeta } from '../lsm';
import { keyText } from './golden_key';

/** @param recordName of a store with versions: how a key of this tree is shown */
export function lsmLines(lsm: LsmDescription, recordName?: typeof keyText): string[] {
  const { immutables, making, memtable, tuning, version } = lsm;
  return [
    `memory   ${memtableText(memtable, recordName)} of ${tuning.memtableBytes} B`,
    ...immutables.map((one) => `waits    ${memtableText(one, recordName)} B`),
    ...version.levels.flatMap((runs, level) => levelLines(lsm, runs, level, recordName ?? keyText)),
    ...making.map(({ bytes, id, level }) => `making   ${id} for level ${level}, ${bytes} B`),
    ...oldLines(lsm),
    ...mergeLines(lsm),
    manifestLine(lsm),
  ];
}

function memtableText({ bytes, entries }: MemtableDescription, recordName: typeof keyText | undefined): string {
  const list = entries.map(
    ({ isTombstone, key, lsn }) => `${isTombstone ? '-' : ''}${recordName?.(key) ?? `${keyText(key)}@${lsn}`}`,
  );
  return [...list, ` ${bytes}`].join(' ');
}

function levelLines({ limits }: LsmDescription, runs: readonly Run[], level: number, nameOf: typeof keyText): string[] {
  const { bytesMax, runsMax } = limits[level]!;
  const bytes = runs.reduce((sum, run) => sum + run.bytes, 0);
  const ofBytes = bytesMax === undefined ? '' : `, ${bytes} of ${bytesMax} B`;
  return [
    `level ${level}  ${runs.length} of ${runsMax} runs${ofBytes}`,
    ...runs.map(({ id, tables }) => `         run ${id}: ${tables.map((table) => tableText(table, nameOf)).join(' ')}`),
  ];
}

const tableText = ({ bytes, entries, id, largest, smallest, tombstones }: TableMeta, nameOf: typeof keyText): string =>
  `${id}[${nameOf(smallest)}..${nameOf(largest)} ${entries}/${tombstones} ${bytes} B]`;

function oldLines({ obsolete, readers }: LsmDescription): string[] {
  if (obsolete.length === 0 && readers.length === 0) return [];
  const by = readers.map(({ edit, reader }) => `reader ${reader} reads edit ${edit}`);
  return [`old      ${[obsolete.length === 0 ? 'none' : obsolete.join(' '), ...by].join(', ')}`];
}

function mergeLines({ compaction, pressure }: LsmDescription): string[] {
  const parts: string[] = [];
  if (compaction) {
    const { inputs, isBottom, to } = compaction;
    parts.push(`${inputs.join(' ')} into level ${to}${isBottom ? ', to the bottom' : ''}`);
  }
  if (pressure !== 'none') parts.push(`writers are ${pressure}`);
  return parts.length === 0 ? [] : [`merging  ${parts.join('; ')}`];
}

function manifestLine({ manifest: { edit, inForce } }: LsmDescription): string {
  if (!inForce) return 'manifest empty';
  return `manifest edit ${edit}, area ${inForce.area}, epoch ${inForce.epoch}: ${inForce.bytes} B`;
}
