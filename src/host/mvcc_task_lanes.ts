/** By hand: for given lanes, who waits under locks, who under versions, and what the second pays. */
import { SeededRandom } from '../base/runtime';
import type { LanesNote } from '../protocol/mvcc';
import { hasNoTies, repeatedLanes, waitedTicks, waitingLanes, type LanePlan, type LaneRun } from '../workload/lanes';
import { randomPlan } from '../workload/random_lanes';
import { runLanes } from './mvcc_lanes';
import type { MvccTaskParts } from './mvcc_task_parts';
import { choicesOf } from './tasks';

const NOBODY = 'nobody';
const LANES = 3;

export function lanesTask(seed: number): MvccTaskParts {
  const random = new SeededRandom(seed);
  const note = drawInteresting(random);
  const { kept, locks, versions } = note;
  const keptMost = Math.max(...kept);
  const waits = waitingLanes(locks);
  return {
    title: 'Who waits, and what is paid instead',
    situation:
      'Three sessions, a column for each tick. Under locks, a read shares its key with other readers, a scan shares its range, a write has its key for itself, and all is held to the commit; the next tick may have it. Where several come in one tick, who waits longest is first, then T1 before T2 before T3. Under versions the same steps run on the store, at snapshot isolation. Who is thrown out or refused begins again at once.',
    before: { shows: 'lanes', plans: [{ name: 'The plan', plan: note.plan }] },
    steps: [
      {
        id: 'locks',
        question: 'If every read and every write took a lock: who would have to wait at some time?',
        answer: 'one',
        choices: groups(),
        truth: [namesOf(waits)],
        because: `In the model: ${namesOf(waits)}. ${waitsText(note)}`,
      },
      {
        id: 'versions',
        question: 'With versions, as the store has it: who waits?',
        answer: 'one',
        choices: groups(),
        truth: [namesOf(waitingLanes(versions))],
        because: `Nobody: every step was done in its tick. A read takes an older version, and a writer adds a newer one.`,
      },
      {
        id: 'kept',
        question:
          'What versions pay, first in memory: how many old versions are kept at most at a time, vacuum coming by at every tick?',
        answer: 'one',
        choices: ['0', '1', '2', '3', '4'].map((text) => ({ id: text, text })),
        truth: [String(keptMost)],
        because: `Counted after each tick: ${kept.join(', ')}. An old version stays as long as a snapshot that is older than the new one is in use.`,
      },
      {
        id: 'again',
        question: 'Second, in work done twice: who is refused at the commit, and runs again?',
        answer: 'one',
        choices: groups(),
        truth: [namesOf(repeatedLanes(versions))],
        because: `On the store: ${namesOf(repeatedLanes(versions))}. Of two that overlap and write the same key, the first to commit wins.`,
      },
      {
        id: 'ticks',
        question: `With versions all is over after ${versions.ticks} ticks. And with locks?`,
        answer: 'one',
        choices: choicesOf(
          random,
          [locks.ticks, versions.ticks, locks.ticks + 2, Math.max(1, locks.ticks - 2)].map(String),
        ),
        truth: [String(locks.ticks)],
        because: `After ${locks.ticks}; ${waitedTicks(locks)} ticks were spent waiting, all sessions together.`,
      },
    ],
    events: [],
    after: {
      shows: 'lanes',
      plans: [
        { name: 'With versions, as it ran', plan: note.plan, run: versions },
        { name: 'With locks, as the model says', plan: note.plan, run: locks },
      ],
    },
  };
}

/** Somebody waits, and the engine pays something. */
function drawInteresting(random: SeededRandom): LanesNote {
  for (;;) {
    const plan = randomPlan(random, LANES);
    if (!hasNoTies(plan)) continue;
    const note = runLanes({ plan, index: 'map', seed: 1 });
    const pays = Math.max(...note.kept) > 0 || repeatedLanes(note.versions).length > 0;
    if (waitingLanes(note.locks).length > 0 && pays && note.locks.ticks < 22) return note;
  }
}

const nameOf = (lane: number): string => `T${lane + 1}`;

function namesOf(lanes: readonly number[]): string {
  const names = lanes.map(nameOf);
  if (names.length === 0) return NOBODY;
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
}

/** Nobody, each alone, each pair, all. */
function groups(): { id: string; text: string }[] {
  const sets = Array.from({ length: 2 ** LANES }, (_, bits) => [0, 1, 2].filter((lane) => (bits >> lane) & 1));
  return sets.sort((a, b) => a.length - b.length).map((lanes) => ({ id: namesOf(lanes), text: namesOf(lanes) }));
}

function waitsText({ locks, plan }: { locks: LaneRun; plan: LanePlan }): string {
  return locks.steps
    .filter(({ waitedFor }) => waitedFor.length > 0)
    .map(({ askedAt, how, lane, step, tick, waitedFor }) => {
      const [what, ...on] = plan.lanes[lane]![step]!.action;
      const end = how === 'done' ? `until tick ${tick}` : `and was thrown out at tick ${tick}`;
      return `${nameOf(lane)} wanted to ${what} ${on.join(' to ')} at tick ${askedAt} and waited for ${namesOf(waitedFor)} ${end}.`;
    })
    .join(' ');
}
