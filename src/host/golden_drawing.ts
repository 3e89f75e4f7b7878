/**
 * A store drawn in text, for golden files: a line or more for each structure that its description has.
 *
 *     tape  0 █1█2 1024 ▒3 1536 ░4 │
 *
 * The tape of the log: █ durable, ▒ written but not flushed, ░ only in the buffer; the number before a group is where it
 * starts, on the endless tape; │ is the end. Recovery would start at the first.
 */
import type { LogDescription, StoreDescription } from '../kv_store';
import { recordText } from './golden_key';
import { lsmLines } from './golden_lsm';
import { treeLines } from './golden_tree';
import { versionLines } from './golden_versions';

export function drawingOf({ log, lsm, publishedLsn, tree, versions }: StoreDescription): string[] {
  const recordName = versions && recordText;
  return [
    `tape  ${tapeText(log)}`,
    ...(tree ? treeLines(tree, recordName) : []),
    ...(lsm ? lsmLines(lsm, recordName) : []),
    ...(versions ? versionLines(versions, publishedLsn) : []),
  ];
}

function tapeText(log: LogDescription): string {
  let text = `${log.redoPosition}`;
  let group: number = log.redoPosition;
  for (const { lsn, position, state } of log.records) {
    const own = log.groups.findLast((candidate) => candidate.position <= position)?.position ?? log.appendPosition;
    const start = state === 'buffered' ? log.appendPosition : own;
    if (start !== group) text += ` ${start}`;
    group = start;
    text += ` ${{ durable: '█', written: '▒', buffered: '░' }[state]}${lsn}`;
  }
  return `${text} │`;
}
