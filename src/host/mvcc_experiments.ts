/** The experiments of the MVCC desk as jobs: each in slices, each on stores of its own, each stopped between two slices. */
import { EngineError } from '../base/errors';
import type { MvccNote, MvccQuestion } from '../protocol/mvcc';
import type { LanePlan } from '../workload/lanes';
import type { JobProgress, JobWork } from './jobs';
import { runChecker } from './mvcc_checker';
import { fillGrid, GRID_CELLS } from './mvcc_grid';
import { runLanes } from './mvcc_lanes';
import { measureMemory, memoryCommits } from './mvcc_memory';

/** @param now for how long the checker takes */
export function mvccExperiment(question: MvccQuestion, now: () => number, post: (note: MvccNote) => void): JobWork {
  checkQuestion(question);
  const { begin, total, unit, what } = planOf(question, now, post);
  const progress = (done: number): JobProgress => ({
    done,
    total,
    sentence: `${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${what}.`,
  });
  return {
    unit,
    *slices() {
      for (const done of begin()) yield progress(done);
      return progress(total);
    },
  };
}

interface Plan {
  readonly begin: () => Generator<number>;
  readonly total: number;
  readonly unit: JobWork['unit'];
  readonly what: string;
}

function planOf(question: MvccQuestion, now: () => number, post: (note: MvccNote) => void): Plan {
  switch (question.ask) {
    case 'grid':
      return { begin: () => fillGrid(question, post), total: GRID_CELLS, unit: 'states', what: 'cells are filled' };
    case 'memory':
      return {
        begin: () => measureMemory(question, post),
        total: memoryCommits(question),
        unit: 'commits',
        what: 'updates are committed',
      };
    case 'lanes':
      return {
        *begin() {
          post(runLanes(question));
          yield 2;
        },
        total: 2,
        unit: 'states',
        what: 'runs are over: one with versions, one with locks',
      };
    case 'checker':
      return {
        begin: () => runChecker(question, now, post),
        total: question.transactions,
        unit: 'commits',
        what: 'transactions have begun',
      };
  }
}

const whole = (value: number, least: number, most: number): boolean =>
  Number.isSafeInteger(value) && value >= least && value <= most;

/** @throws EngineError option_invalid: what would take all memory, or never end */
function checkQuestion(question: MvccQuestion): void {
  if (Number.isSafeInteger(question.seed) && isWithinBounds(question)) return;
  throw new EngineError('option_invalid', 'This experiment cannot be: a number in it is out of bounds.');
}

function isWithinBounds(question: MvccQuestion): boolean {
  switch (question.ask) {
    case 'grid':
      return true;
    case 'memory':
      return (
        whole(question.keys, 10, 5000) &&
        whole(question.updates, 1, 100) &&
        whole(question.valueBytes, 0, 1024) &&
        whole(question.points, 1, 100) &&
        question.sweep.readers.length <= 4 &&
        question.sweep.updates.length <= 8 &&
        question.sweep.updates.every((rate) => whole(rate, 1, 50))
      );
    case 'lanes':
      return isPlan(question.plan);
    case 'checker':
      return whole(question.transactions, 1, 50_000) && whole(question.clients, 1, 50) && whole(question.keys, 1, 1000);
  }
}

const LANES_MAX = 8;
const LANE_STEPS_MAX = 20;
const TICK_MAX = 200;

/** Each lane begins, ends with its commit, and its ticks only grow. */
const isPlan = ({ lanes }: LanePlan): boolean =>
  lanes.length <= LANES_MAX &&
  lanes.every(
    (steps) =>
      whole(steps.length, 2, LANE_STEPS_MAX) &&
      steps[0]!.action[0] === 'begin' &&
      steps.at(-1)!.action[0] === 'commit' &&
      steps.slice(1, -1).every(({ action: [what] }) => what !== 'begin' && what !== 'commit') &&
      steps.every(({ tick }, i) => whole(tick, i === 0 ? 0 : steps[i - 1]!.tick + 1, TICK_MAX)),
  );
