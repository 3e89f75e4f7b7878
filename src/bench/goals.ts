/** What the store is meant to reach, computed from the rounds: ratios of rounds that lay side by side. */
import type { Measurement, Results } from './page';
import { median, medianInterval, type Interval } from './statistics';
import { BARE, INDEXED_DB, SQLITE_ROLLBACK, SQLITE_WAL, STORE, TREE } from './subjects';

export interface GoalResult extends Interval {
  readonly name: string;
  readonly value: number;
  readonly unit: '×' | 'MB/s' | 'records/s';
  readonly goal: number;
  /** Most goals are floors; the cost of the seam is a ceiling, and its whole interval has to be under it. */
  readonly met: boolean;
}

const SEAM_COST_MAX = 1.05;

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
    ...PEER_GOALS.flatMap(([workload, goal]) => againstPeers(measurements, workload, goal)),
    ...plain('recovery MB/s', 'MB/s', 100),
    ...plain('recovery records/s', 'records/s', 400_000),
    ...seam.map(({ ratios, workload }): GoalResult => {
      const interval = medianInterval(ratios);
      const name = `time with the trace seam against without, ${workload}`;
      return {
        name,
        value: median(ratios),
        ...interval,
        unit: '×',
        goal: SEAM_COST_MAX,
        met: interval.high < SEAM_COST_MAX,
      };
    }),
  ];
}

/** How many times as good as SQLite the B-tree is to be. The same with values of 1 KiB, where there is such a row. */
const PEER_GOALS: readonly (readonly [workload: string, goal: number])[] = [
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
].flatMap(([name, goal]) => [
  [name as string, goal as number] as const,
  [`${name as string}, 1 KiB values`, goal as number] as const,
]);

/**
 * Against the faster of the two SQLites on this row, and against IndexedDB, which has to be behind. Where less is
 * better, so is the ratio turned round: it always says how many times as good the B-tree is.
 */
function againstPeers(measurements: readonly Measurement[], workload: string, goal: number): GoalResult[] {
  const mine = measurements.find((one) => one.workload === workload && one.subject === TREE);
  if (!mine) return [];
  // Callers who pipeline are held against callers who cannot: each of the peers answers one at a time.
  const theirs = workload.replace(' pipelined', '');
  const isLess = mine.unit === 'ms' || mine.unit === 'MB';
  const peer = (subjects: readonly string[]): Measurement | undefined =>
    measurements
      .filter((one) => one.workload === theirs && subjects.includes(one.subject))
      .sort((a, b) => (isLess ? a.value - b.value : b.value - a.value))[0];
  const held = (against: Measurement | undefined, name: string, wanted: number): GoalResult[] =>
    against
      ? [
          floor(
            `${workload} against ${name}`,
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
