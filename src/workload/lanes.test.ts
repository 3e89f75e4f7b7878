/** Strict two-phase locking, as a model: who waits for whom, how long, and who is thrown out of a circle. */
import { expect, test } from 'vitest';
import { SeededRandom } from '../base/runtime';
import {
  repeatedLanes,
  waitedTicks,
  waitingLanes,
  withLocks,
  type LaneAction,
  type LanePlan,
  type LaneRun,
} from './lanes';

/** A lane each: what stands at a place is done at that tick; a dot is nothing. */
function planOf(...lanes: string[]): LanePlan {
  return {
    lanes: lanes.map((lane) =>
      lane.split(',').flatMap((text, tick) => {
        const [what, ...on] = text.trim().split(' ');
        return what === '.' ? [] : [{ tick, action: [what, ...on] as unknown as LaneAction }];
      }),
    ),
  };
}

/** By lane: at which tick each step was done, `!` where it was thrown out. */
const ticksOf = ({ steps }: LaneRun, lane: number): string =>
  steps.flatMap((one) => (one.lane === lane ? [`${one.tick}${one.how === 'refused' ? '!' : ''}`] : [])).join(' ');

test('readers share a key; a writer waits until both have ended, and has the lock in the tick after that', () => {
  const run = withLocks(planOf('begin,read a,.,.,commit', 'begin,read a,.,commit', '.,begin,write a,commit'));
  expect([0, 1, 2].map((lane) => ticksOf(run, lane))).toEqual(['0 1 4', '0 1 3', '1 5 6']);
  expect(run.steps.find(({ lane, step }) => lane === 2 && step === 1)).toMatchObject({
    askedAt: 2,
    tick: 5,
    waitedFor: [0, 1],
  });
  expect([waitingLanes(run), waitedTicks(run), run.ticks]).toEqual([[2], 3, 7]);
});

test('a scan locks its range with its gaps, and its upper end is free', () => {
  const run = withLocks(
    planOf('begin,scan c f,.,.,.,commit', 'begin,.,write d,commit', 'begin,.,write f,commit', 'begin,.,write c,commit'),
  );
  expect([1, 2, 3].map((lane) => ticksOf(run, lane))).toEqual(['0 6 7', '0 2 3', '0 6 7']);
});

test('requests are served in order: a reader does not pass a writer that waits', () => {
  const run = withLocks(planOf('begin,read a,.,.,commit', 'begin,.,write a,commit', 'begin,.,.,read a,commit'));
  expect([1, 2].map((lane) => ticksOf(run, lane))).toEqual(['0 5 6', '0 7 8']);
});

test('two that read a key and then write it wait for each other: the one that closes the circle begins again', () => {
  const run = withLocks(planOf('begin,read a,.,write a,commit', 'begin,read a,.,write a,commit'));
  expect([ticksOf(run, 0), ticksOf(run, 1)]).toEqual(['0 1 4 5', '0 1 3! 4 6 7 8']);
  expect([repeatedLanes(run), waitingLanes(run)]).toEqual([[1], [0, 1]]);
});

test('who holds a lock never waits for himself, and whatever the plan, everybody comes to an end', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = new SeededRandom(seed);
    const lanes = Array.from({ length: 2 + random.below(3) }, () => {
      let tick = random.below(3);
      const actions: LaneAction[] = [['begin']];
      for (let i = 1 + random.below(4); i > 0; i--) {
        const key = 'abc'.charAt(random.below(3));
        actions.push(random.below(4) === 0 ? ['scan', 'a', 'c'] : [random.below(2) === 0 ? 'read' : 'write', key]);
      }
      return [...actions, ['commit'] as const].map((action) => ({ tick: (tick += 1 + random.below(3)), action }));
    });
    const run = withLocks({ lanes });
    lanes.forEach((steps, lane) => {
      const mine = run.steps.filter((one) => one.lane === lane);
      const last = mine.filter(({ attempt }) => attempt === mine.at(-1)!.attempt);
      expect(
        last.map(({ step }) => step),
        `seed ${seed}`,
      ).toEqual(steps.map((_, i) => i));
      mine.slice(1).forEach((one, i) => expect(one.tick).toBeGreaterThan(mine[i]!.tick));
      for (const one of mine) expect(one.waitedFor).not.toContain(lane);
    });
  }
});
