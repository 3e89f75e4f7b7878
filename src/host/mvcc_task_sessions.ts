/** By hand: find the write skew among histories; choose the order in which one of three is refused. */
import { SeededRandom } from '../base/runtime';
import { MemoryVersions, type IsolationLevel } from '../mvcc';
import type { ScriptStep } from '../mvcc/history/anomaly_scripts';
import { checkHistory, type HistoryReport } from '../mvcc/history/check_history';
import { nameOf } from '../mvcc/history/history';
import { runScript, type StepTaken } from '../mvcc/history/run_script';
import type { LaneAction, LanePlan } from '../workload/lanes';
import type { MvccTaskParts } from './mvcc_task_parts';

const NAMES = ['A', 'B', 'C', 'D'] as const;
const NOBODY = { id: 'nobody', text: 'nobody' } as const;

interface Run {
  readonly script: readonly ScriptStep[];
  readonly steps: readonly StepTaken[];
  readonly report: HistoryReport;
}

function runAt(script: readonly ScriptStep[], level: IsolationLevel): Run {
  const versions = new MemoryVersions();
  const store = {
    begin: versions.transactions.begin.bind(versions.transactions),
    flush: () => versions.flush(),
  };
  const { history, steps } = runScript(store, script, level);
  return { script, steps, report: checkHistory(history) };
}

const refusedIn = (steps: readonly StepTaken[]): string[] =>
  steps.flatMap(({ how, session }) => (how === 'refused' ? [nameOf(session - 1)] : []));
const orNobody = (names: readonly string[]): string[] => (names.length === 0 ? [NOBODY.id] : [...names]);

// ---- write skew

const isSkewed = ({ report }: Run): boolean => report.anomalies.some(({ name }) => name === 'G2-item');

export function skewTask(seed: number): MvccTaskParts {
  const random = new SeededRandom(seed);
  const skewed = drawRun(random, isSkewed);
  const others: Run[] = [];
  while (others.length < NAMES.length - 1) {
    const run = drawRun(random, (one) => !isSkewed(one));
    const isNew = others.every((one) => JSON.stringify(one.script) !== JSON.stringify(run.script));
    // At most one is told apart by its refusal alone.
    const refused = [...others, run].filter(({ steps }) => refusedIn(steps).length > 0).length;
    if (isNew && refused <= 1) others.push(run);
  }
  const runs = random.shuffled([skewed, ...others]);
  const name = NAMES[runs.indexOf(skewed)]!;
  const { edges } = skewed.report.anomalies.find((one) => one.name === 'G2-item')!.graph;
  const [edge] = edges;
  const serial = runAt(skewed.script, 'serializable');
  const sessions = ['T1', 'T2'].map((text) => ({ id: text, text }));
  const witness = skewed.report.anomalies.find((one) => one.name === 'G2-item')!;
  return {
    title: 'Find the write skew',
    situation:
      'Two sessions at snapshot isolation, four times; all of them were run, and what a read gave stands with it. In one of the four both commit, and no order of running them one after the other could have given that.',
    before: { shows: 'histories', histories: runs.map(({ steps }, i) => ({ name: NAMES[i]!, steps })) },
    steps: [
      {
        id: 'which',
        question: 'Which history has the write skew?',
        answer: 'one',
        choices: NAMES.map((text) => ({ id: text, text })),
        truth: [name],
        because: `The checker says of ${name}: ${witness.sentences.join(' ')} In the others, one of the two can go first.`,
      },
      {
        id: 'key',
        question: `In ${name}, ${nameOf(edge!.from)} did not see what ${nameOf(edge!.to)} wrote. Under which key?`,
        answer: 'one',
        choices: ['x', 'y', 'z'].map((text) => ({ id: text, text })),
        truth: [edge!.key!],
        because: `${edge!.text}.`,
      },
      {
        id: 'serial',
        question: `The steps of ${name} once more, at the serializable level. Who is refused?`,
        answer: 'one',
        choices: [...sessions, NOBODY],
        truth: orNobody(refusedIn(serial.steps)),
        because: `Run for real: ${orNobody(refusedIn(serial.steps)).join(' and ')}. Each read what the other changed; the first to commit had committed by then.`,
      },
    ],
    events: [],
    after: { shows: 'histories', histories: [{ name: `${name}, serializable`, steps: serial.steps }] },
  };
}

const DRAWS_MAX = 10_000;

function drawRun(random: SeededRandom, isWanted: (run: Run) => boolean): Run {
  for (let i = 0; i < DRAWS_MAX; i++) {
    const run = runAt(drawScript(random), 'snapshot');
    if (isWanted(run)) return run;
  }
  throw new Error('a few draws give every kind of history');
}

/** Two sessions over three keys: each reads one or two, and writes one. */
function drawScript(random: SeededRandom): ScriptStep[] {
  const sessions = [1, 2].map((session): ScriptStep[] => {
    const keys = random.shuffled(['x', 'y', 'z']);
    const reads = keys.slice(0, 1 + random.below(2)).map((key): ScriptStep => [session, 'read', key]);
    const written = random.below(3) === 0 ? keys.at(-1)! : keys[random.below(2)]!;
    return [[session, 'begin'], ...reads, [session, 'write', written, session], [session, 'commit']];
  });
  return merged(random, sessions);
}

/** Steps of several sessions, each in its order. */
function merged(random: SeededRandom, sessions: readonly ScriptStep[][]): ScriptStep[] {
  const left = sessions.map((steps) => [...steps]);
  const order: ScriptStep[] = [];
  while (left.some((steps) => steps.length > 0)) {
    const some = left.filter((steps) => steps.length > 0);
    order.push(some[random.below(some.length)]!.shift()!);
  }
  return order;
}

// ---- three transactions, so that one aborts

export function abortTask(seed: number): MvccTaskParts {
  const random = new SeededRandom(seed);
  for (;;) {
    const programs = drawPrograms(random);
    const runs = drawOrders(random, programs);
    const counts = runs.map(({ steps }) => refusedIn(steps).length);
    const one = counts.filter((count) => count === 1).length;
    if (one < 1 || one > 2 || new Set(counts).size < 2) continue;
    return abortParts(runs, random);
  }
}

function abortParts(runs: readonly Run[], random: SeededRandom): MvccTaskParts {
  const right = runs.flatMap((run, i) => (refusedIn(run.steps).length === 1 ? [{ run, name: NAMES[i]! }] : []));
  const { name, run } = right[random.below(right.length)]!;
  const [refused] = refusedIn(run.steps);
  const programs = [1, 2, 3].map((session) => programText(run.script, session)).join('; ');
  const committed = run.steps.filter(({ action, how }) => action[0] === 'commit' && how === 'done').length;
  const error = run.steps.find(({ how }) => how === 'refused')!.error!;
  const each = runs.map(({ steps }, i) => `${NAMES[i]!}: ${orNobody(refusedIn(steps)).join(' and ')}`).join('; ');
  return {
    title: 'Three transactions, and one is refused',
    situation: `Three transactions at snapshot isolation: ${programs}. What each does is fixed; in which order they do it is not. Four orders are drawn, to choose from.`,
    before: {
      shows: 'lanes',
      plans: runs.map(({ script }, i) => ({ name: NAMES[i]!, plan: lanesOf(script) })),
    },
    steps: [
      {
        id: 'order',
        question: `In which order is exactly one of the three refused?${right.length > 1 ? ' There is more than one; choose one of them.' : ''}`,
        answer: 'one',
        choices: NAMES.map((text) => ({ id: text, text })),
        truth: right.map((one) => one.name),
        because: `All four were run. Refused in ${each}. Two that overlap and write the same key cannot both commit.`,
      },
      {
        id: 'who',
        question: `In order ${name}, who is it?`,
        answer: 'one',
        choices: ['T1', 'T2', 'T3'].map((text) => ({ id: text, text })),
        truth: [refused!],
        because: `${refused!}: ${error.message}`,
      },
      {
        id: 'versions',
        question: `How many versions has order ${name} left behind in the store, with nothing collected?`,
        answer: 'one',
        choices: ['0', '1', '2', '3'].map((text) => ({ id: text, text })),
        truth: [String(committed)],
        because: `${committed}: each of those that committed wrote one key, and each write is a version of its own. Who was refused has written nothing.`,
      },
    ],
    events: [],
    after: { shows: 'histories', histories: [{ name: `Order ${name}, as it ran`, steps: run.steps }] },
  };
}

type Program = readonly ScriptStep[];

/** Each reads a key and writes a key; two of the three write the same one. */
function drawPrograms(random: SeededRandom): Program[] {
  const keys = random.shuffled(['x', 'x', random.below(2) === 0 ? 'x' : 'y']);
  return keys.map((key, i): Program => {
    const read = random.below(2) === 0 ? key : 'xy'.charAt(random.below(2));
    const session = i + 1;
    return [
      [session, 'begin'],
      [session, 'read', read],
      [session, 'write', key, session],
      [session, 'commit'],
    ];
  });
}

function drawOrders(random: SeededRandom, programs: readonly Program[]): Run[] {
  const runs: Run[] = [];
  while (runs.length < NAMES.length) {
    const script = merged(
      random,
      programs.map((steps) => [...steps]),
    );
    if (runs.every((one) => JSON.stringify(one.script) !== JSON.stringify(script)))
      runs.push(runAt(script, 'snapshot'));
  }
  return runs;
}

function programText(script: readonly ScriptStep[], session: number): string {
  const steps = script.filter(([number, what]) => number === session && what !== 'begin' && what !== 'commit');
  return `${nameOf(session - 1)} ${steps.map(([, what, key]) => `${what === 'read' ? 'reads' : 'writes'} \`${key as string}\``).join(' and ')}`;
}

/** One step a tick. */
function lanesOf(script: readonly ScriptStep[]): LanePlan {
  return {
    lanes: [1, 2, 3].map((session) =>
      script.flatMap(([number, what, key], tick) =>
        number === session ? [{ tick, action: (key === undefined ? [what] : [what, key]) as LaneAction }] : [],
      ),
    ),
  };
}
