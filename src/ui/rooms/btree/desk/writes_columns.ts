/**
 * Counters of a run in two columns, of one interval and from the start, under the names that RocksDB prints: its DB
 * statistics have “Cumulative writes”, “Interval writes”, “Cumulative WAL” and “Interval WAL”, its table of levels Write and
 * W-Amp. What a B-tree has and an LSM tree has not (pages, copies, map) stands under its own name.
 */
import { updateBytes } from '../../../../lab/btree_presets';
import { WRITTEN_TITLES } from '../../../../lab/btree_words';
import { bytes, figures } from '../../../../lab/media_words';
import { WRITTEN_KINDS, type WritesPoint, type WrittenBytes } from '../../../../protocol/btree';
import { count } from './charts';

export interface ColumnRow {
  readonly name: string;
  readonly interval: string;
  readonly cumulative: string;
}

const NOTHING: WritesPoint = {
  updates: 0,
  userBytes: 0,
  groups: 0,
  logWrites: 0,
  logSyncs: 0,
  checkpoints: 0,
  written: { log: 0, pages: 0, copies: 0, map: 0, spilled: 0, superblock: 0, room: 0 },
};

export function difference(now: WritesPoint, before: WritesPoint = NOTHING): WritesPoint {
  const written = Object.fromEntries(
    WRITTEN_KINDS.map((kind) => [kind, now.written[kind] - before.written[kind]]),
  ) as unknown as WrittenBytes;
  return {
    updates: now.updates - before.updates,
    userBytes: now.userBytes - before.userBytes,
    groups: now.groups - before.groups,
    logWrites: now.logWrites - before.logWrites,
    logSyncs: now.logSyncs - before.logSyncs,
    checkpoints: now.checkpoints - before.checkpoints,
    written,
  };
}

const ratio = (a: number, b: number): string => (b === 0 ? '–' : figures(a / b));

/** @param at which of the points: the interval is from the one before it */
export function columnsOf(points: readonly WritesPoint[], at: number): ColumnRow[] {
  const cumulative = points[at]!;
  const interval = difference(cumulative, points[at - 1]);
  const row = (name: string, of: (point: WritesPoint) => string): ColumnRow => ({
    name,
    interval: of(interval),
    cumulative: of(cumulative),
  });
  const kinds = WRITTEN_KINDS.filter((kind) => kind !== 'log' && kind !== 'room' && points.at(-1)!.written[kind] > 0);
  return [
    row('writes', ({ updates }) => count(updates)),
    row('commit groups', ({ groups }) => count(groups)),
    row('writes per commit group', ({ groups, updates }) => ratio(updates, groups)),
    row('ingest', ({ userBytes }) => bytes(userBytes)),
    row('WAL writes', ({ logWrites }) => count(logWrites)),
    row('WAL syncs', ({ logSyncs }) => count(logSyncs)),
    row('WAL writes per sync', ({ logSyncs, logWrites }) => ratio(logWrites, logSyncs)),
    row('WAL written', ({ written }) => bytes(written.log)),
    ...kinds.map((kind) => row(`Write, ${WRITTEN_TITLES[kind]}`, ({ written }) => bytes(written[kind]))),
    row('checkpoints', ({ checkpoints }) => count(checkpoints)),
    row('W-Amp', ({ userBytes, written }) => ratio(updateBytes(written), userBytes)),
  ];
}
