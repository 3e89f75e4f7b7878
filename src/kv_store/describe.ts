/**
 * The state of a store for pictures: from its structures and from the bytes in its files, never from the trace. A
 * picture folded from events must equal it after every event, which is how the picture is known not to lie.
 */
import type { ErrorCode } from '../base/errors';
import { lsn, type Lsn } from '../base/ids';
import { BTreeIndex } from '../btree';
import { LsmIndex } from '../lsm';
import type { FileSet } from '../storage/file';
import { alignUp, scanLog } from '../storage/log_region';
import type { Checkpointer } from './checkpointer';
import type { Recovered } from './recovery';
import { readableLog } from './salvage';
import type { StoreVersions } from './store_versions';
import type {
  ExtentDescription,
  GroupDescription,
  LogDescription,
  RecordDescription,
  StoreDescription,
  WaitingCommit,
} from './types';

export interface DescribeInput {
  readonly parts: Recovered;
  readonly checkpointer: Checkpointer;
  /** Read without leaving a trace. */
  readonly files: FileSet;
  readonly state: StoreDescription['state'];
  readonly poisonedBy: ErrorCode | undefined;
  readonly publishedLsn: Lsn;
  readonly waiting: readonly WaitingCommit[];
  readonly versions: StoreVersions | undefined;
}

export function describeStore(input: DescribeInput): StoreDescription {
  const { checkpointer, parts, waiting } = input;
  return {
    state: input.state,
    poisonedBy: input.poisonedBy,
    log: describeLog(input),
    slots: parts.superblocks.describe(),
    extents: describeExtents(parts),
    checkpointing: checkpointer.runningLsn,
    publishedLsn: input.publishedLsn,
    waiting: waiting.map(({ client, lsn: number, mode }) => ({ lsn: number, client, mode })),
    keys: parts.index.stats().keys,
    ...(input.state !== 'closed' && describeIndex(input)),
  };
}

function describeIndex(input: DescribeInput): Pick<StoreDescription, 'lsm' | 'tree' | 'versions'> {
  const { files, parts, versions } = input;
  const { index } = parts;
  const tree = index instanceof BTreeIndex ? index.describe(files) : undefined;
  return {
    ...(tree && { tree }),
    ...(index instanceof LsmIndex && { lsm: index.describe() }),
    ...(versions && { versions: versions.describe(files, tree) }),
  };
}

/** Written records are decoded from the file; buffered ones come from the log's buffer. */
function describeLog({ checkpointer, files, parts, state }: DescribeInput): LogDescription {
  const { geometry, log } = parts;
  const records: RecordDescription[] = [];
  const groups: GroupDescription[] = [];
  if (state !== 'closed') {
    const options = { verifyChecksums: true, verifyLinks: true, durableLsn: lsn(0) };
    scanLog(readableLog(files.log, geometry), geometry, checkpointer.redo, options, {
      group({ bytes, firstLsn, position }) {
        if (position < log.redoPosition || position >= log.appendPosition) return;
        endLastGroup(groups, position);
        groups.push({ position, bytes: alignUp(bytes, geometry.alignBytes), firstLsn, lastLsn: lsn(firstLsn - 1) });
      },
      record(record, position) {
        if (position < log.redoPosition || position >= log.appendPosition) return;
        const recordState = record.lsn <= log.flushedLsn ? 'durable' : 'written';
        records.push({ lsn: record.lsn, position, bytes: record.bytes, state: recordState });
        groups[groups.length - 1] = { ...groups.at(-1)!, lastLsn: record.lsn };
      },
    });
    endLastGroup(groups, log.appendPosition);
    for (const place of log.buffered) records.push({ ...place, state: 'buffered' });
  }
  return {
    logBytes: geometry.logBytes,
    redoPosition: log.redoPosition,
    appendPosition: log.appendPosition,
    nextLsn: log.nextLsn,
    durableLsn: log.flushedLsn,
    records,
    groups,
  };
}

/** A group that broke off at a record that does not check out ends where the log went on. */
function endLastGroup(groups: GroupDescription[], next: number): void {
  const last = groups.at(-1);
  if (last) groups[groups.length - 1] = { ...last, bytes: Math.min(last.bytes, next - last.position) };
}

function describeExtents({ allocator, index }: Recovered): ExtentDescription[] {
  const live = new Set(index.liveExtents);
  const writing = new Set(index.writingExtents);
  return allocator.describe().map(({ extent }) => {
    const { at, name } = allocator.locate(extent);
    const state = live.has(extent) ? 'live' : writing.has(extent) ? 'writing' : 'free';
    return { extent, file: name, at, state };
  });
}
