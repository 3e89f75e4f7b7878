/** What the store is meant to reach, computed from the rounds: ratios of rounds that lay side by side. */
import type { Measurement, Results } from './page';
import { median, medianInterval, type Interval } from './statistics';
import { BARE, STORE } from './subjects';

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

type Side = readonly [workload: Measurement['workload'], subject: Measurement['subject']];

function floor(name: string, unit: GoalResult['unit'], goal: number, values: readonly number[]): GoalResult {
  const value = median(values);
  return { name, value, ...medianInterval(values), unit, goal, met: value >= goal };
}
