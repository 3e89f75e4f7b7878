/** Sessions to compare, drawn: a reader that takes its time, and writers that come across it. The same seed, the same plan. */
import type { SeededRandom } from '../base/runtime';
import type { LaneAction, LanePlan } from './lanes';

export function randomPlan(random: SeededRandom, lanes: number): LanePlan {
  return {
    lanes: Array.from({ length: lanes }, (_, lane) => {
      const isReader = lane === 0;
      let tick = random.below(3);
      const actions: LaneAction[] = [['begin']];
      for (let count = isReader ? 2 : 1 + random.below(2); count > 0; count--) {
        actions.push(randomAction(random, isReader));
      }
      return [...actions, ['commit'] as const].map((action, i) => {
        if (i > 0) tick += 1 + random.below(isReader ? 4 : 2);
        return { tick, action };
      });
    }),
  };
}

function randomAction(random: SeededRandom, isReader: boolean): LaneAction {
  const key = 'ab'.charAt(random.below(2));
  if (isReader) return random.below(3) === 0 ? ['scan', 'a', 'c'] : ['read', key];
  return [random.below(4) === 0 ? 'read' : 'write', key];
}
