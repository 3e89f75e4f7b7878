/** The pictures of the traffic as tables. */
import { bytes, duration } from '../../../../lab/media_words';
import { latencyRows } from '../../../../lab/traffic_heat';
import type { Span } from '../../../../lab/traffic_lanes';
import type { TrafficRun } from '../../../../protocol/traffic';
import type { TableTwin } from '../../../charts/chart';

const micros = (value: number): string => duration(value * 1000);
const GROUPS_MAX = 60;

/** The groups of a piece of time. */
export function lanesTable({ groups }: TrafficRun, { from, to }: Span): TableTwin {
  const within = groups.filter(({ begun, flushed, written }) => begun <= to && Math.max(flushed, written) >= from);
  const rows = within
    .slice(0, GROUPS_MAX)
    .map(({ begun, commits, flushed, written }) => [
      micros(begun),
      String(commits),
      micros(written - begun),
      flushed === 0 ? 'none of its own' : micros(flushed - written),
    ]);
  return {
    caption: 'Groups of the log in this piece of time',
    head: ['begins at', 'commits', 'write', 'flush'],
    rows: within.length > GROUPS_MAX ? [...rows, [`and ${within.length - GROUPS_MAX} more`, '', '', '']] : rows,
  };
}

/** The latency map, the rug and the bytes to replay, in twelve pieces of time. */
export function latencyTable(run: TrafficRun, latencies: Float64Array): TableTwin {
  return {
    caption: 'Latency, engine events and bytes to replay over time',
    head: [
      'intended from',
      'commits',
      'p50',
      'p99',
      'most',
      'flushes',
      'slow flushes',
      'checkpoints',
      'to replay at its end',
    ],
    rows: latencyRows(run, latencies, 12).map((row) => [
      micros(row.from),
      String(row.commits),
      ...(row.commits === 0 ? ['', '', ''] : [row.p50, row.p99, row.most].map(micros)),
      String(row.flushes),
      String(row.slowFlushes),
      String(row.checkpoints),
      bytes(row.replayBytes),
    ]),
  };
}
