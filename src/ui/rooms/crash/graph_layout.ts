/**
 * The persistence graph: the run's calls in program order, a lane for each file, flushes as barriers between epochs,
 * and above them the commits, each from the moment it was asked for to the moment its client was told.
 *
 *     commits   o------------*      o----- - -
 *     log       [ write ]  |flush|    [ write ]
 *     data_0                              |
 *               ^         ^           ^          crash points: just before each call, and the end
 */
import type { CrashPoint } from '../../../protocol/crash';
import { FILE_NAMES, type FileName } from '../../../storage/file';

export interface GraphCall {
  readonly io: number;
  readonly kind: 'write' | 'flush' | 'truncate';
  readonly file: FileName;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
export interface GraphPoint {
  readonly io: number;
  /** Where the crash falls: just left of the call. */
  readonly x: number;
  /** What a pointer has to hit: from half-way to the point before to half-way to the one after. */
  readonly left: number;
  readonly right: number;
}
export interface GraphCommit {
  readonly number: number;
  readonly from: number;
  /** Undefined: never acknowledged in this run. */
  readonly to: number | undefined;
  readonly end: number;
  readonly y: number;
}
export interface GraphEpoch {
  readonly epoch: number;
  readonly from: number;
  readonly to: number;
}
export interface GraphLane {
  readonly file: FileName;
  readonly y: number;
  readonly height: number;
}
export interface GraphCommand {
  readonly command: number;
  readonly from: number;
  readonly to: number;
}
export interface Graph {
  readonly width: number;
  readonly height: number;
  readonly gutter: number;
  readonly lanes: readonly GraphLane[];
  readonly commitsTop: number;
  readonly points: readonly GraphPoint[];
  readonly calls: readonly GraphCall[];
  readonly commits: readonly GraphCommit[];
  readonly epochs: readonly GraphEpoch[];
  readonly commands: readonly GraphCommand[];
}

const COLUMN_MIN = 16;
const COLUMN_MAX = 72;
/** A call no wider than this: what it is about is its place, not its size. */
const CALL_MAX = 40;
const COMMANDS_HEIGHT = 14;
const COMMIT_ROWS = 3;
const COMMIT_ROW = 9;
const LANE = 20;
const LANE_GAP = 4;
/** Under the lanes: the numbers of the calls. */
const FOOT = 16;

export function layoutGraph(points: readonly CrashPoint[], roomWidth: number, gutter = 74): Graph {
  const column = Math.max(COLUMN_MIN, Math.min(COLUMN_MAX, (roomWidth - gutter - 12) / Math.max(1, points.length)));
  const width = Math.max(roomWidth, gutter + column * points.length + 12);
  const commitsTop = COMMANDS_HEIGHT;
  const lanesTop = commitsTop + COMMIT_ROWS * COMMIT_ROW + 8;
  const lanes = FILE_NAMES.map((file, index) => ({ file, y: lanesTop + index * (LANE + LANE_GAP), height: LANE }));
  const xOf = (index: number): number => gutter + 6 + index * column;
  const call = Math.min(column - 7, CALL_MAX);

  return {
    width,
    height: lanesTop + FILE_NAMES.length * (LANE + LANE_GAP) + FOOT,
    gutter,
    lanes,
    commitsTop,
    points: points.map(({ io }, index) => ({
      io,
      x: xOf(index),
      left: xOf(index) - column / 2,
      right: xOf(index) + column / 2,
    })),
    calls: points.flatMap(({ io, call: made }, index) => {
      if (made === undefined) return [];
      const lane = lanes.find(({ file }) => file === made.file)!;
      return [{ io, kind: made.kind, file: made.file, x: xOf(index) + 3.5, y: lane.y, width: call, height: LANE }];
    }),
    commits: commitsOf(points, xOf, commitsTop),
    epochs: runsOf(points, (point) => point.epoch).map(({ value, from, to }) => ({
      epoch: value,
      from: from === 0 ? gutter : xOf(from) - 1.5,
      to: to === points.length ? width : xOf(to) - 1.5,
    })),
    commands: runsOf(points, (point) => point.command).map(({ value, from, to }) => ({
      command: value,
      from: xOf(from),
      to: to === points.length ? width - 6 : xOf(to),
    })),
  };
}

/** Commit n is asked for between the last point that does not count it and the first that does. */
function commitsOf(points: readonly CrashPoint[], xOf: (index: number) => number, top: number): GraphCommit[] {
  const count = points.at(-1)?.submitted ?? 0;
  const commits: GraphCommit[] = [];
  for (let number = 1; number <= count; number++) {
    const from = points.findIndex((point) => point.submitted >= number);
    const to = points.findIndex((point) => point.acknowledged >= number);
    commits.push({
      number,
      from: xOf(from) - 4,
      to: to < 0 ? undefined : xOf(to) - 2,
      end: xOf(points.length - 1),
      y: top + ((number - 1) % COMMIT_ROWS) * COMMIT_ROW + COMMIT_ROW / 2,
    });
  }
  return commits;
}

/** Stretches of points with the same value; `to` is one past the last. */
function runsOf(
  points: readonly CrashPoint[],
  valueOf: (point: CrashPoint) => number,
): { value: number; from: number; to: number }[] {
  const runs: { value: number; from: number; to: number }[] = [];
  for (const [index, point] of points.entries()) {
    const value = valueOf(point);
    const last = runs.at(-1);
    if (last?.value === value) last.to = index + 1;
    else runs.push({ value, from: index, to: index + 1 });
  }
  return runs;
}
