/** The experiments of the MVCC desk: knobs, questions, guesses. What is right is read from the notes of the run. */
import { SCRIPTED_ANOMALIES } from '../mvcc/history/anomaly_scripts';
import type { MvccProtections } from '../mvcc/protections';
import {
  READER_KINDS,
  type CheckerNote,
  type GridCellNote,
  type LanesNote,
  type MemoryPointNote,
  type MemorySweepNote,
  type MvccNote,
  type MvccQuestion,
  type VersionIndex,
} from '../protocol/mvcc';
import { waitedTicks } from '../workload/lanes';
import { choice, type Experiment } from './experiments';
import { figures } from './media_words';
import { planAt, PLANS } from './mvcc_plans';
import { BROKEN_WORDS, READER_WORDS } from './mvcc_words';

export type MvccExperimentId = MvccQuestion['ask'];
export type MvccExperiment = Experiment<MvccExperimentId, MvccQuestion, MvccNote>;

const of = <T extends MvccNote['note']>(notes: readonly MvccNote[], note: T): Extract<MvccNote, { note: T }>[] =>
  notes.filter((one): one is Extract<MvccNote, { note: T }> => one.note === note);

export const cellsOf = (notes: readonly MvccNote[]): GridCellNote[] => of(notes, 'cell');
export const pointsOf = (notes: readonly MvccNote[]): MemoryPointNote[] => of(notes, 'versions');
export const sweepOf = (notes: readonly MvccNote[]): MemorySweepNote[] => of(notes, 'sweep');
export const lanesOf = (notes: readonly MvccNote[]): LanesNote | undefined => of(notes, 'lanes').at(-1);
export const verdictOf = (notes: readonly MvccNote[]): CheckerNote | undefined => of(notes, 'verdict').at(-1);

const count = (value: number): string => value.toLocaleString('en');
const perKey = ({ measure }: Pick<MemoryPointNote, 'measure'>): number => measure.versions / measure.keys;

const INDEXES: readonly VersionIndex[] = ['tree', 'lsm', 'map'];
const INDEX = choice('index', 'Versions lie in', ['a B-tree', 'an LSM tree', 'a map'], 0);

// ---- the grid

const GRID: MvccExperiment = {
  id: 'grid',
  title: 'Which anomalies happen at which level?',
  tab: 'Anomalies',
  question:
    'Ten ways in which sessions can get into each other’s way, after the Hermitage tests. Each cell runs its script on a store, with real sessions step by step, and then the history checker reads what they saw. Nothing is looked up.',
  knobs: [INDEX],
  guesses: [
    {
      key: 'gridSnapshot',
      question: 'Of the ten, how many happen at snapshot isolation?',
      isLinear: true,
      min: 0,
      max: SCRIPTED_ANOMALIES.length,
      usual: 4,
      words: (value) => `${Math.round(value)} of ${SCRIPTED_ANOMALIES.length}`,
      truth: (notes) => {
        const cells = cellsOf(notes).filter(({ column }) => column === 'snapshot');
        return cells.length < SCRIPTED_ANOMALIES.length ? undefined : cells.filter(({ witness }) => witness).length;
      },
      because:
        'A snapshot hides what others do, and the check at the commit keeps updates from being lost. What is left is write skew, with keys and with ranges: nobody wrote what somebody else wrote. The serializable level remembers what was read, and refuses one of the two.',
    },
  ],
  ask: (knobs, seed) => ({ ask: 'grid', index: INDEXES[knobs['index']!]!, seed }),
};

// ---- what versions cost

const KEYS = 400;
const VALUE_BYTES = 100;
export const SWEEP_UPDATES = [1, 2, 5, 10, 20] as const;
export const UPDATE_PATTERNS = ['random', 'skewed'] as const;

const MEMORY: MvccExperiment = {
  id: 'memory',
  title: 'How many versions does a key have?',
  tab: 'Memory',
  question: `${KEYS} keys are updated again and again, one key a commit. What nobody can read is collected as always: by vacuum, which starts by itself and is paid for by the commits, or in the merges of an LSM tree. Somebody is reading all the while, or nobody is. How many versions are there for each key at the worst moment?`,
  knobs: [
    choice(
      'reader',
      'The oldest reader',
      READER_KINDS.map((kind) => READER_WORDS[kind]),
      2,
    ),
    {
      key: 'updates',
      title: 'Updates of each key',
      stops: SWEEP_UPDATES,
      usual: 10,
      words: (value) => `${value}, on average`,
    },
    choice('pattern', 'Keys are updated', ['all alike', 'a few often'], 0),
    INDEX,
  ],
  guesses: [
    {
      key: 'memoryVersions',
      question: 'Versions for each key, at the worst moment:',
      min: 0,
      max: 1.5,
      usual: 0.3,
      words: (value) => figures(value),
      truth: (notes, { updates }) => {
        const points = pointsOf(notes);
        return points.some(({ commits }) => commits === KEYS * updates!) ? Math.max(...points.map(perKey)) : undefined;
      },
      because:
        'One reader keeps every version that is newer than its snapshot, not only the one it reads: the watermark is one number for the whole store. Without a reader, what is left is what vacuum, or a merge, has not come to yet; while a checkpoint is under way, vacuum waits.',
    },
    {
      key: 'memoryDisk',
      question: 'The data files, compared with the start:',
      min: 0,
      max: 1.5,
      usual: 0.3,
      words: (value) => `${figures(value)} times as long`,
      truth: (notes, { updates }) => {
        const points = pointsOf(notes);
        const end = points.find(({ commits }) => commits === KEYS * updates!);
        return end && end.dataBytes / points[0]!.dataBytes;
      },
      because:
        'Versions lie in the index like any other record, so they take pages, and a file that has grown stays as long as it is: what vacuum frees is used again, and given back only when the store is compacted.',
    },
  ],
  ask: (knobs, seed) => ({
    ask: 'memory',
    index: INDEXES[knobs['index']!]!,
    keys: KEYS,
    updates: knobs['updates']!,
    reader: READER_KINDS[knobs['reader']!]!,
    pattern: UPDATE_PATTERNS[knobs['pattern']!]!,
    valueBytes: VALUE_BYTES,
    points: 24,
    sweep: { updates: SWEEP_UPDATES, readers: READER_KINDS },
    seed,
  }),
};

// ---- what if readers took a lock

const LANES: MvccExperiment = {
  id: 'lanes',
  title: 'What if readers took a lock?',
  tab: 'Locks',
  question:
    'The same sessions want to do the same steps at the same ticks. With versions they are run on the store. With locks they are reckoned by a model: whoever reads shares its key with other readers, whoever writes has it alone, and all is held to the commit.',
  knobs: [choice('plan', 'Sessions', [...PLANS.map(({ name }) => name), 'Drawn'], 0)],
  guesses: [
    {
      key: 'lanesWaited',
      question: 'If readers took a lock: ticks spent waiting, all sessions together:',
      min: -0.4,
      max: 1.6,
      usual: 0.5,
      words: (value) => (Math.round(value) === 0 ? 'none' : `${Math.round(value)}`),
      truth: (notes) => {
        const lanes = lanesOf(notes);
        return lanes && waitedTicks(lanes.locks);
      },
      because:
        'A lock makes writers wait for readers and readers for writers. With versions nobody waits; what is paid instead is old versions that are kept, and now and then a transaction that is refused and done again.',
    },
  ],
  ask: (knobs, seed) => ({ ask: 'lanes', plan: planAt(knobs['plan']!, seed).plan, index: 'tree', seed }),
};

// ---- the checker at work

const PROTECTIONS = Object.keys(BROKEN_WORDS) as (keyof MvccProtections)[];
export const CHECKER_LEVELS = ['snapshot', 'serializable'] as const;
export const withoutOf = (stop: number): keyof MvccProtections | undefined => PROTECTIONS[stop - 1];

const CHECKER: MvccExperiment = {
  id: 'checker',
  title: 'Does the store keep its promise?',
  tab: 'Checker',
  question:
    'Random sessions use the transactions all at once and write down every answer. The checker turns what they read into arrows, “this one comes before that one”, and looks for a circle: a history with one cannot be. Half of the keys are lists (l…), which only grow until a new one takes their place; the others are registers (r…), which are overwritten and deleted. Switch a protection off, and see whether the checker notices.',
  knobs: [
    choice('without', 'Engine', ['whole', ...PROTECTIONS.map((name) => BROKEN_WORDS[name])], 0),
    choice('level', 'Level asked for, and judged by', ['snapshot isolation', 'serializable'], 0),
    { key: 'transactions', title: 'Transactions', stops: [200, 500, 1000, 5000, 20_000], usual: 1000, words: count },
    { key: 'clients', title: 'Sessions at once', stops: [2, 4, 6, 12, 24], usual: 6, words: count },
    { key: 'keys', title: 'Keys in use at a time', stops: [2, 4, 8, 16, 64], usual: 8, words: count },
  ],
  guesses: [
    {
      key: 'checkerRefused',
      question: 'Of a hundred transactions, how many are refused at their commit?',
      isLinear: true,
      min: 0,
      max: 100,
      usual: 5,
      words: (value) => (value === 0 ? 'none' : value < 1 ? 'less than one' : `${Math.round(value)}`),
      truth: (notes) => {
        const verdict = verdictOf(notes);
        return verdict && (100 * verdict.refused) / (verdict.committed + verdict.aborted);
      },
      because:
        'The more sessions there are for each key, the more often two of them meet. Each refusal is work that is done again.',
    },
    {
      key: 'checkerWitness',
      question: 'If there is a contradiction: how many transactions does it take to show it?',
      min: 0.3,
      max: 2,
      usual: 1,
      words: (value) => count(Math.round(value)),
      truth: (notes) => {
        const verdict = verdictOf(notes);
        return verdict === undefined || verdict.isLegal ? undefined : Math.max(1, verdict.graph.transactions.length);
      },
      unanswered: 'No contradiction was found, so there is nothing to count.',
      because: 'Among thousands, two or three are mostly enough: the checker looks for the smallest circle.',
    },
  ],
  ask: (knobs, seed) => {
    const without = withoutOf(knobs['without']!);
    return {
      ask: 'checker',
      transactions: knobs['transactions']!,
      clients: knobs['clients']!,
      keys: knobs['keys']!,
      level: CHECKER_LEVELS[knobs['level']!]!,
      ...(without !== undefined && { without }),
      seed,
    };
  },
};

export const MVCC_EXPERIMENTS: readonly MvccExperiment[] = [GRID, MEMORY, LANES, CHECKER];
