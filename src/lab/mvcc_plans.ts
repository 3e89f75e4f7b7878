/** Sessions to compare: the same steps at the same ticks, with versions and with locks. */
import { SeededRandom } from '../base/runtime';
import type { LaneAction, LanePlan, PlannedStep } from '../workload/lanes';
import { randomPlan } from '../workload/random_lanes';

/** How a run went, for whoever draws it. */
export { repeatedLanes, waitedTicks, waitingLanes } from '../workload/lanes';

export interface NamedPlan {
  readonly name: string;
  /** What to look at. */
  readonly about: string;
  readonly plan: LanePlan;
}

/** What a lane does from a tick on; a number is so many ticks of rest. */
function lane(from: number, ...parts: readonly (LaneAction | number)[]): PlannedStep[] {
  let tick = from;
  return parts.flatMap((part) => {
    if (typeof part === 'number') {
      tick += part;
      return [];
    }
    return [{ tick: tick++, action: part }];
  });
}

const BEGIN = ['begin'] as const;
const COMMIT = ['commit'] as const;
const read = (key: string): LaneAction => ['read', key];
const write = (key: string): LaneAction => ['write', key];

export const PLANS: readonly NamedPlan[] = [
  {
    name: 'Long report',
    about: 'T1 reads everything, thinks, and reads once more. T2 and T3 only want to write one key each.',
    plan: {
      lanes: [
        lane(0, BEGIN, ['scan', 'a', 'e'], 6, read('b'), read('d'), COMMIT),
        lane(2, BEGIN, write('b'), COMMIT),
        lane(4, BEGIN, write('d'), COMMIT),
      ],
    },
  },
  {
    name: 'Slow writer',
    about: 'T1 writes a key and takes its time. T2 and T3 only want to read it.',
    plan: {
      lanes: [
        lane(0, BEGIN, write('a'), 6, write('b'), COMMIT),
        lane(1, BEGIN, read('a'), COMMIT),
        lane(3, BEGIN, read('a'), read('b'), COMMIT),
      ],
    },
  },
  {
    name: 'Counters',
    about: 'T1 and T2 read the same key and write it back. T3 reads it at the end.',
    plan: {
      lanes: [
        lane(0, BEGIN, read('a'), 1, write('a'), COMMIT),
        lane(0, BEGIN, read('a'), 2, write('a'), COMMIT),
        lane(6, BEGIN, read('a'), COMMIT),
      ],
    },
  },
  {
    name: 'Hot key',
    about: 'Four sessions, one key: one reads it for a long time, two write it, one comes late and reads.',
    plan: {
      lanes: [
        lane(0, BEGIN, read('a'), 7, COMMIT),
        lane(1, BEGIN, write('a'), COMMIT),
        lane(4, BEGIN, write('a'), COMMIT),
        lane(6, BEGIN, read('a'), COMMIT),
      ],
    },
  },
];

/** Past the last one: a plan that the seed draws. */
export const planAt = (stop: number, seed: number): NamedPlan =>
  PLANS[stop] ?? {
    name: 'Drawn',
    about: 'T1 reads and takes its time; three others read and write the same two keys. Another guess, another plan.',
    plan: randomPlan(new SeededRandom(seed), 4),
  };
