/** What the store is meant to reach, computed from the rounds: ratios of rounds that lay side by side. */
import type { Measurement, Results } from './page';
import { median, medianInterval, type Interval } from './statistics';
import {
  BARE,
  INDEXED_DB,
  LSM,
  SQLITE_ROLLBACK,
  SQLITE_WAL,
  STORE,
  TREE,
  VERSIONS_IN_LSM,
  VERSIONS_IN_MAP,
  VERSIONS_IN_TREE,
} from './subjects';
import { PUT_BESIDE_READER, SCAN_BESIDE_WRITER, SNAPSHOT_COST } from './versioned_workloads';
import { RELAXED_TAIL } from './workloads';

export interface GoalResult extends Interval {
  readonly name: string;
  readonly value: number;
  readonly unit: '×' | 'MB/s' | 'records/s';
  readonly goal: number;
  /** Most goals are floors; the cost of the seam and the tail beside compactions are ceilings, and their whole interval has to be under. */
  readonly met: boolean;
}

const SEAM_COST_MAX = 1.05;
const RELAXED_TAIL_MAX = 10;
const SNAPSHOT_COST_MAX = 1.5;
/** Of its throughput alone. */
const BESIDE_MIN = 0.9;

export function judgeGoals({ measurements, seam }: Results): GoalResult[] {
  const rounds = (workload: string, subject: string): readonly number[] | undefined =>
    measurements.find((one) => one.workload === workload && one.subject === subject)?.rounds;
  const ratio = (name: string, goal: number, above: Side, below: Side): GoalResult[] => {
    const over = rounds(...above);
    const under = rounds(...below);
    return over && under
      ? [
          floor(
            name,
            '×',
            goal,
            over.map((value, i) => value / under[i]!),
          ),
        ]
      : [];
  };
  const plain = (workload: string, unit: GoalResult['unit'], goal: number): GoalResult[] => {
    const values = rounds(workload, STORE);
    return values ? [floor(workload, unit, goal, values)] : [];
  };
  return [
    ...ratio('put strict against bare', 0.7, ['put strict', STORE], ['put strict', BARE]),
    ...ratio(
      'put strict against bare, 1 KiB values',
      0.7,
      ['put strict, 1 KiB values', STORE],
      ['put strict, 1 KiB values', BARE],
    ),
    ...ratio('64 clients against one', 15, ['put strict 64 clients', STORE], ['put strict 1 client', STORE]),
    ...ratio(
      '64 clients against one caller in the worker',
      15,
      ['put strict 64 clients', STORE],
      ['put strict', STORE],
    ),
    ...TREE_GOALS.flatMap(([workload, goal]) => againstPeers(measurements, TREE, workload, goal)),
    ...LSM_GOALS.flatMap(([workload, goal]) => againstPeers(measurements, LSM, workload, goal)),
    ...ratio(`${LSM}, put strict against bare`, 0.8, ['put strict', LSM], ['put strict', BARE]),
    ...tail(rounds(RELAXED_TAIL, LSM)),
    ...[VERSIONS_IN_MAP, VERSIONS_IN_TREE, VERSIONS_IN_LSM].flatMap((subject) => versionGoals(subject, rounds)),
    ...plain('recovery MB/s', 'MB/s', 100),
    ...plain('recovery records/s', 'records/s', 400_000),
    ...seam.map(({ ratios, workload }) =>
      ceiling(`time with the trace seam against without, ${workload}`, SEAM_COST_MAX, ratios),
    ),
  ];
}

const tail = (rounds: readonly number[] | undefined): GoalResult[] =>
  rounds ? [ceiling(`${LSM}, ${RELAXED_TAIL}`, RELAXED_TAIL_MAX, rounds)] : [];

/** A snapshot for each read; and what a reader and a writer who take turns do to each other, each on its own clock. */
function versionGoals(subject: string, rounds: (workload: string, subject: string) => readonly number[] | undefined) {
  const cost = rounds(SNAPSHOT_COST, subject);
  return [
    ...(cost ? [ceiling(`${subject}, ${SNAPSHOT_COST}`, SNAPSHOT_COST_MAX, cost)] : []),
    ...[SCAN_BESIDE_WRITER, PUT_BESIDE_READER].flatMap((workload) => {
      const ratios = rounds(workload, subject);
      return ratios ? [floor(`${subject}, ${workload}`, '×', BESIDE_MIN, ratios)] : [];
    }),
  ];
}

/** How many times as good as SQLite each is to be. The same with values of 1 KiB, where there is such a row. */
type PeerGoals = readonly (readonly [workload: string, goal: number])[];

const bothSizes = (goals: PeerGoals): PeerGoals =>
  goals.flatMap(([name, goal]) => [[name, goal] as const, [`${name}, 1 KiB values`, goal] as const]);

const TREE_GOALS = bothSizes([
  ['get', 3],
  ['get missing', 2],
  ['scan 100', 2],
  ['scan all', 2],
  ['load sequential', 1.5],
  ['load random', 2],
  ['put strict', 1.1],
  ['put relaxed', 3],
  ['put relaxed pipelined', 3],
  ['delete', 2],
  ['cold open', 1],
  ['bytes on disk', 1 / 1.1],
]);
const LSM_GOALS = bothSizes([
  ['load random', 8],
  ['load sequential', 2],
  ['delete', 4],
  ['get missing', 3],
  ['get', 1.5],
  ['scan 100', 1.2],
  ['scan all', 1.5],
  ['put strict', 1.1],
  ['put relaxed', 3],
  ['put relaxed pipelined', 3],
  ['cold open', 1],
  ['bytes on disk', 1 / 1.1],
]);

/**
 * Against the faster of the two SQLites on this row, and against IndexedDB, which has to be behind. Where less is
 * better, so is the ratio turned round: it always says how many times as good the engine is.
 */
function againstPeers(
  measurements: readonly Measurement[],
  engine: string,
  workload: string,
  goal: number,
): GoalResult[] {
  const mine = measurements.find((one) => one.workload === workload && one.subject === engine);
  if (!mine) return [];
  // Callers who pipeline are held against callers who cannot: each of the peers answers one at a time.
  const theirs = workload.replace(' pipelined', '');
  const isLess = mine.unit === 'ms' || mine.unit === 'MB';
  const peer = (subjects: readonly string[]): Measurement | undefined =>
    measurements
      .filter((one) => one.workload === theirs && subjects.includes(one.subject))
      .sort((a, b) => (isLess ? a.value - b.value : b.value - a.value))[0];
  const prefix = engine === TREE ? '' : `${engine}, `;
  const held = (against: Measurement | undefined, name: string, wanted: number): GoalResult[] =>
    against
      ? [
          floor(
            `${prefix}${workload} against ${name}`,
            '×',
            wanted,
            mine.rounds.map((value, i) => (isLess ? against.rounds[i]! / value : value / against.rounds[i]!)),
          ),
        ]
      : [];
  return [
    ...held(peer([SQLITE_ROLLBACK, SQLITE_WAL]), 'SQLite', goal),
    ...(workload.startsWith('bytes') ? [] : held(peer([INDEXED_DB]), 'IndexedDB', 1)),
  ];
}

type Side = readonly [workload: Measurement['workload'], subject: Measurement['subject']];

function floor(name: string, unit: GoalResult['unit'], goal: number, values: readonly number[]): GoalResult {
  const value = median(values);
  return { name, value, ...medianInterval(values), unit, goal, met: value >= goal };
}

function ceiling(name: string, goal: number, values: readonly number[]): GoalResult {
  const interval = medianInterval(values);
  return { name, value: median(values), ...interval, unit: '×', goal, met: interval.high < goal };
}
