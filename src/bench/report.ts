/** The results as rows for other programs and as tables for people. */
import type { CheckpointInterval } from './checkpoint_interval';
import type { GoalResult } from './goals';
import type { Results } from './page';

/** Names and units stay as they are; later subjects add rows. Percentiles are microseconds. */
export interface Row {
  readonly group: string;
  readonly workload: string;
  readonly subject: string;
  readonly value: number;
  readonly unit: string;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  /** Interval of the median over the rounds. */
  readonly low: number;
  readonly high: number;
}

export interface Report {
  /** ISO 8601. */
  readonly date: string;
  readonly machine: string;
  readonly rows: readonly Row[];
}

const MIB = 1024 * 1024;

export function rowsOf({ intervals, measurements, seam }: Results, goals: readonly GoalResult[]): Row[] {
  const single = (workload: string, subject: string, value: number, unit: string, low = value, high = value): Row => ({
    group: 'spine',
    workload,
    subject,
    value,
    unit,
    p50: null,
    p99: null,
    p999: null,
    low,
    high,
  });
  return [
    ...measurements.map(({ rounds: _rounds, ...row }): Row => row),
    ...intervals.flatMap((one) => {
      const name = `checkpoint every ${one.intervalBytes / MIB} MiB`;
      return [
        single(`${name}, put relaxed pipelined`, 'store', one.commitsPerSecond, 'ops/s'),
        single(`${name}, write amplification`, 'store', one.writeAmplification, '×'),
        single(`${name}, slowest window`, 'store', one.slowestWindowMs, 'ms'),
        single(`${name}, open`, 'store', one.openMs, 'ms'),
      ];
    }),
    ...goals
      .filter(({ name }) => seam.some(({ workload }) => name.endsWith(`, ${workload}`)))
      .map(({ high, low, name, value }) => single(name, 'store', value, '×', low, high)),
  ];
}

export function tables(rows: readonly Row[], goals: readonly GoalResult[], { device, intervals }: Results): string {
  return [
    `device: write ${figure(device.write)} µs, write and flush ${figure(device.writeAndFlush)} µs`,
    table(
      ['workload', 'subject', 'median', 'interval', 'unit', 'p50 µs', 'p99 µs', 'p99.9 µs'],
      rows
        .filter(({ p50 }) => p50 !== null)
        .map((row) => [
          row.workload,
          row.subject,
          figure(row.value),
          `${figure(row.low)} to ${figure(row.high)}`,
          row.unit,
          ...[row.p50, row.p99, row.p999].map((value) => figure(value ?? NaN)),
        ]),
    ),
    table(
      ['goal', 'median', 'interval', 'unit', 'goal', ''],
      goals.map(({ goal, high, low, met, name, unit, value }) => [
        name,
        figure(value),
        `${figure(low)} to ${figure(high)}`,
        unit,
        figure(goal),
        met ? 'met' : 'NOT MET',
      ]),
    ),
    table(
      ['checkpoint every', 'commits/s', 'write amplification', 'slowest 64 commits, ms', 'open, ms', 'of it log, MiB'],
      intervals.map((one: CheckpointInterval) => [
        `${one.intervalBytes / MIB} MiB`,
        figure(one.commitsPerSecond),
        figure(one.writeAmplification),
        figure(one.slowestWindowMs),
        figure(one.openMs),
        figure(one.replayedBytes / MIB),
      ]),
    ),
  ].join('\n\n');
}

/** Words to the left, figures to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const isFigures = head.map((_, column) => rows.every((row) => /^[\d.,]*$/.test(row[column]!)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => (isFigures[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Three figures are more than the noise leaves. */
function figure(value: number): string {
  if (!Number.isFinite(value)) return '';
  return Math.abs(value) >= 1000
    ? Math.round(Number(value.toPrecision(3))).toLocaleString('en')
    : Number(value.toPrecision(3)).toString();
}
