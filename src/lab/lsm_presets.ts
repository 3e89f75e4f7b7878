/** The experiments of the LSM desk: knobs, questions, guesses. What is right is read from the notes of the run. */
import type { PolicyOptions } from '../lsm';
import { PRICED_KINDS, type MemoryNote, type MemoryPrices } from '../protocol/prices';
import type {
  BudgetNote,
  FilterCurveNote,
  FilterRateNote,
  LsmNote,
  LsmQuestion,
  LsmSetting,
  NoCompactionNote,
  PoliciesNote,
  PressureNote,
  SplitNote,
} from '../protocol/lsm';
import { MEMORY_PATTERNS, MEMORY_RATES, MEMORY_SHARES, span } from './device_presets';
import { choice, type Experiment, type Knob, type KnobValues } from './experiments';
import { policyWords, runsOf, tableWrites } from './lsm_words';
import { bytes, figures } from './media_words';

export type LsmExperimentId = Exclude<LsmQuestion['ask'], 'budget'>;
export type LsmExperiment = Experiment<LsmExperimentId, LsmQuestion, LsmNote>;

const of = <T extends LsmNote['note']>(notes: readonly LsmNote[], note: T): Extract<LsmNote, { note: T }>[] =>
  notes.filter((one): one is Extract<LsmNote, { note: T }> => one.note === note);

export const policiesOf = (notes: readonly LsmNote[]): PoliciesNote[] => of(notes, 'policies');
export const withoutOf = (notes: readonly LsmNote[]): NoCompactionNote[] => of(notes, 'no_compaction');
export const curveOf = (notes: readonly LsmNote[]): FilterCurveNote | undefined => of(notes, 'curve')[0];
export const ratesOf = (notes: readonly LsmNote[]): FilterRateNote[] => of(notes, 'rate');
export const budgetOf = (notes: readonly LsmNote[]): BudgetNote | undefined => of(notes, 'budget')[0];
export const splitsOf = (notes: readonly LsmNote[]): SplitNote[] => of(notes, 'split');
export const pressureOf = (notes: readonly LsmNote[]): PressureNote | undefined => of(notes, 'pressure')[0];
export const cachesOf = (notes: readonly LsmNote[]): MemoryNote[] => of(notes, 'memory');
export const cachePricesOf = (notes: readonly LsmNote[]): MemoryPrices | undefined => of(notes, 'prices')[0];

const count = (value: number): string => value.toLocaleString('en');

export const POLICIES: readonly PolicyOptions[] = [
  { kind: 'leveled', ratio: 4, l0Tables: 4 },
  { kind: 'leveled', ratio: 10, l0Tables: 4 },
  { kind: 'lazy_leveling', ratio: 4 },
  { kind: 'lazy_leveling', ratio: 10 },
  { kind: 'tiered', ratio: 4 },
  { kind: 'tiered', ratio: 10 },
];
const policyKnob = (key: string, title: string, usual: number): Knob => ({
  key,
  title,
  stops: POLICIES.map((_, i) => i),
  usual,
  words: (stop) => policyWords(POLICIES[stop]!),
});
const MEMTABLE = (key: string, title: string, usual: number): Knob => ({
  key,
  title,
  stops: [4096, 8192, 16_384, 32_768, 65_536],
  usual,
  words: bytes,
});
const BITS: Knob = {
  key: 'bitsPerKey',
  title: 'Filters',
  stops: [0, 2, 5, 10, 15],
  usual: 10,
  words: (bits) => (bits === 0 ? 'none' : `${bits} bits a key`),
};
const OPERATIONS = (stops: readonly number[], usual: number): Knob => ({
  key: 'operations',
  title: 'Puts',
  stops,
  usual,
  words: count,
});
const VALUE_BYTES = 100;
export const PUT_PATTERNS = ['fresh', 'updates'] as const;

// ---- two settings on one clock

export const leftOf = ({ bitsPerKey, left, leftMemtable }: KnobValues): LsmSetting => ({
  policy: POLICIES[left!]!,
  memtableBytes: leftMemtable!,
  bitsPerKey: bitsPerKey!,
});
export const rightOf = ({ bitsPerKey, right, rightMemtable }: KnobValues): LsmSetting => ({
  policy: POLICIES[right!]!,
  memtableBytes: rightMemtable!,
  bitsPerKey: bitsPerKey!,
});

/** The last note, if the run is over. */
const ended = <T extends { readonly operations: number }>(
  notes: readonly T[],
  { operations }: KnobValues,
): T | undefined => notes.find((note) => note.operations === operations);

const writesWords = (value: number): string => `${figures(value)} bytes per byte`;

const POLICIES_EXPERIMENT: LsmExperiment = {
  id: 'policies',
  title: 'Which policy writes how much, and what do reads pay for it?',
  tab: 'Policies',
  question:
    'The same puts go into two LSM trees with different settings, and into a B-tree. All three stand on one clock: after the same puts, or after the same time of a device. An LSM tree writes each put to a table once, when the memtable is full, and then again with every merge on its way down.',
  knobs: [
    policyKnob('left', 'Left', 0),
    policyKnob('right', 'Right', 4),
    MEMTABLE('leftMemtable', 'Memtable, left', 16_384),
    MEMTABLE('rightMemtable', 'Memtable, right', 16_384),
    BITS,
    choice('pattern', 'Puts are', ['new keys', 'updates'], 0),
    OPERATIONS([2000, 5000, 10_000, 20_000], 10_000),
  ],
  guesses: [
    {
      key: 'policiesLeft',
      question: 'Left: bytes written to tables for each byte flushed from memory:',
      min: 0,
      max: 1.7,
      usual: 0.5,
      words: writesWords,
      truth: (notes, knobs) => {
        const left = ended(policiesOf(notes), knobs)?.left;
        return left && tableWrites(left) / left.written.flush;
      },
      because:
        'In a leveled tree what moves down is merged with all that it overlaps there, several times as much. In a tiered one it is written once a level. The closed form is the upper end: while a tree grows, its levels are not full.',
    },
    {
      key: 'policiesRight',
      question: 'Right: the same:',
      min: 0,
      max: 1.7,
      usual: 0.5,
      words: writesWords,
      truth: (notes, knobs) => {
        const right = ended(policiesOf(notes), knobs)?.right;
        return right && tableWrites(right) / right.written.flush;
      },
      because: 'What is saved in writing is paid in runs: each run that there is more is one more place to look.',
    },
  ],
  ask: (knobs, seed) => ({
    ask: 'policies',
    operations: knobs['operations']!,
    pattern: PUT_PATTERNS[knobs['pattern']!]!,
    points: 20,
    valueBytes: VALUE_BYTES,
    left: leftOf(knobs),
    right: rightOf(knobs),
    seed,
  }),
};

// ---- filters

export const FILTER_BITS = [0, 1, 2, 4, 6, 8, 10, 12] as const;
const GUESSED_BITS = 8;
export const FILTER_VALUE_BYTES = 60;
export const FILTER_LOOKUPS = 10_000;

const FILTERS: LsmExperiment = {
  id: 'filters',
  title: 'How many bits does a filter need?',
  tab: 'Filters',
  question:
    'Each table has a Bloom filter. It says of a key that it is surely not there, or that it may be. For keys that are nowhere it should say no; each “maybe” costs a read in vain. More bits a key, fewer mistakes.',
  knobs: [
    { key: 'keys', title: 'Keys', stops: [2000, 4000, 16_000], usual: 16_000, words: count },
    {
      key: 'averageBits',
      title: 'Budget of the game',
      stops: [2, 3, 5, 8, 10],
      usual: 5,
      words: (bits) => `${bits} bits a key`,
    },
  ],
  guesses: [
    {
      key: 'filtersRate',
      question: `Of 1,000 keys that are nowhere, so many pass a filter of ${GUESSED_BITS} bits a key:`,
      min: 0,
      max: 3,
      usual: 1.7,
      words: (value) => figures(value),
      truth: (notes) => {
        const rate = ratesOf(notes).find(({ bits }) => bits === GUESSED_BITS);
        return rate && (1000 * rate.passed) / rate.asked;
      },
      because: 'Every bit a key more leaves about 0.62 of the mistakes: five bits more, a tenth of them.',
    },
  ],
  ask: ({ averageBits, keys }, seed) => ({
    ask: 'filters',
    keys: keys!,
    lookups: FILTER_LOOKUPS,
    bits: FILTER_BITS,
    averageBits: averageBits!,
    valueBytes: FILTER_VALUE_BYTES,
    seed,
  }),
};

// ---- without compaction

const NO_COMPACTION: LsmExperiment = {
  id: 'no_compaction',
  title: 'What if nothing is ever compacted?',
  tab: 'No compaction',
  question:
    'Compaction is switched off: every memtable becomes a table of level 0, and stays there. A leveled tree takes the same updates beside it. Nothing writes less than the first one. What do reads and space pay?',
  knobs: [OPERATIONS([2000, 5000, 10_000], 5000), MEMTABLE('memtableBytes', 'Memtable', 8192), { ...BITS, usual: 0 }],
  guesses: [
    {
      key: 'withoutRuns',
      question: 'Without compaction, runs at the end:',
      min: 0,
      max: 3,
      usual: 1,
      words: (value) => figures(Math.round(value)),
      truth: (notes, knobs) => {
        const without = ended(withoutOf(notes), knobs)?.without;
        return without && runsOf(without);
      },
      because:
        'As many as there were flushes: what was put, over what a memtable holds. Each of them is a stop of a lookup.',
    },
    {
      key: 'withoutSpace',
      question: 'Without compaction, bytes in tables for each byte that is in force:',
      min: 0,
      max: 1.7,
      usual: 0.5,
      words: (value) => figures(value),
      truth: (notes, knobs) => {
        const without = ended(withoutOf(notes), knobs)?.without;
        return without && without.tableBytes / without.liveBytes;
      },
      because: 'Each key was put five times on average, and old values are only dropped where tables are merged.',
    },
  ],
  ask: ({ bitsPerKey, memtableBytes, operations }, seed) => ({
    ask: 'no_compaction',
    operations: operations!,
    points: 20,
    memtableBytes: memtableBytes!,
    bitsPerKey: bitsPerKey!,
    valueBytes: VALUE_BYTES,
    seed,
  }),
};

// ---- what each put costs

export const PRESSURE_MEASURES = ['bytes', 'nvme', 'sata', 'hdd'] as const;
export type PressureMeasure = (typeof PRESSURE_MEASURES)[number];
export const PRESSURE_TITLES: Readonly<Record<PressureMeasure, string>> = {
  bytes: 'bytes written',
  nvme: 'time, NVMe SSD',
  sata: 'time, SATA SSD',
  hdd: 'time, hard disk',
};

const PRESSURE: LsmExperiment = {
  id: 'pressure',
  title: 'What does one put cost, and who pays for compaction?',
  tab: 'Pressure',
  question:
    'There is no thread that flushes and merges. Each put pays for a slice of it, so some puts write far more than others. Where compaction falls behind, puts are slowed: they pay larger slices. If that is not enough, they wait. First draw how the mean of all puts so far will go.',
  knobs: [
    policyKnob('policy', 'Policy', 0),
    MEMTABLE('memtableBytes', 'Memtable', 4096),
    { key: 'groupCommits', title: 'Puts per log flush', stops: [1, 4, 16, 64], usual: 16, words: count },
    OPERATIONS([500, 1000, 2000, 4000], 2000),
  ],
  guesses: [],
  ask: ({ groupCommits, memtableBytes, operations, policy }, seed) => ({
    ask: 'pressure',
    operations: operations!,
    groupCommits: groupCommits!,
    setting: { policy: POLICIES[policy!]!, memtableBytes: memtableBytes!, bitsPerKey: 10 },
    valueBytes: VALUE_BYTES,
    seed,
  }),
};

// ---- the block cache

const CACHE: LsmExperiment = {
  id: 'cache',
  title: 'How much memory is a block cache worth?',
  tab: 'Cache',
  question:
    'The same lookups, with a block cache from a hundredth of the data to all of it. Filters are in memory anyway. Blocks that are not in the cache are read from the device.',
  knobs: [
    { key: 'keys', title: 'Keys', stops: [5000, 10_000, 20_000], usual: 10_000, words: count },
    { key: 'blockBytes', title: 'Block', stops: [512, 1024, 4096], usual: 1024, words: bytes },
    choice('pattern', 'Lookups are', MEMORY_PATTERNS, 0),
    choice('device', 'On', ['NVMe SSD', 'SATA SSD', 'hard disk'], 0, true),
    { key: 'rate', title: 'Lookups a second', stops: MEMORY_RATES, usual: 3, words: count, isView: true },
  ],
  guesses: [
    {
      key: 'cacheReads',
      question: 'Reads a lookup, with a cache of a tenth of the data:',
      min: -2,
      max: 0.7,
      usual: 0,
      words: (value) => value.toFixed(2),
      truth: (notes) => {
        const point = cachesOf(notes).find(({ share }) => share === 0.1);
        return point && point.reads / point.lookups;
      },
      because:
        'Filters spare all runs but one, nearly always. The index block of that table is asked for by many lookups and stays; what is read is the data block.',
    },
    {
      key: 'cacheBreakEven',
      question: 'A block on this device is worth its memory if it is asked for again within:',
      min: 0,
      max: 7,
      usual: 2.5,
      words: span,
      truth: (notes, { device }) => cachePricesOf(notes)?.devices[PRICED_KINDS[device!]!].breakEvenSeconds,
      because:
        'Gray and Putzolu’s five-minute rule: it knows blocks and devices, and does not care what is in the blocks.',
    },
  ],
  ask: ({ blockBytes, keys, pattern }, seed) => ({
    ask: 'cache',
    keys: keys!,
    lookups: 2000,
    pattern: MEMORY_PATTERNS[pattern!]!,
    blockBytes: blockBytes!,
    shares: MEMORY_SHARES,
    valueBytes: VALUE_BYTES,
    seed,
  }),
};

export const LSM_EXPERIMENTS: readonly LsmExperiment[] = [POLICIES_EXPERIMENT, FILTERS, NO_COMPACTION, PRESSURE, CACHE];
