/**
 * The five experiments of the tree desk: what can be turned, what is asked first, what the worker is asked, and what the
 * answer to the question turned out to be. Which answer is right is read from the notes of the run, never computed here.
 */
import { choice, type Experiment, type Knob } from './experiments';
import { MEMORY_PATTERNS, MEMORY_RATES, MEMORY_SHARES, span } from './device_presets';
import { factorWords } from './media_guess';
import { bytes, figures } from './media_words';
import type {
  HeightNote,
  OrderNote,
  SpikesNote,
  TreeNote,
  TreeQuestion,
  WritesNote,
  WrittenBytes,
} from '../protocol/btree';
import { PRICED_KINDS, type MemoryNote, type MemoryPrices } from '../protocol/prices';
import { WRITTEN_KINDS } from '../protocol/btree';

export type ExperimentId = TreeQuestion['ask'];
export type TreeExperiment = Experiment<ExperimentId, TreeQuestion, TreeNote>;

const count = (value: number): string => value.toLocaleString('en');
const PAGE = (stops: readonly number[], usual: number): Knob => ({
  key: 'pageBytes',
  title: 'Page',
  stops,
  usual,
  words: bytes,
});
const VALUE = (stops: readonly number[], usual: number): Knob => ({
  key: 'valueBytes',
  title: 'Value',
  stops,
  usual,
  words: bytes,
});
const of = <T extends TreeNote['note']>(notes: readonly TreeNote[], note: T): Extract<TreeNote, { note: T }>[] =>
  notes.filter((one): one is Extract<TreeNote, { note: T }> => one.note === note);

export const ordersOf = (notes: readonly TreeNote[]): OrderNote[] => of(notes, 'orders');
export const heightsOf = (notes: readonly TreeNote[]): HeightNote[] => of(notes, 'height');
export const spikesOf = (notes: readonly TreeNote[]): SpikesNote | undefined => of(notes, 'spikes')[0];
export const memoryOf = (notes: readonly TreeNote[]): MemoryNote[] => of(notes, 'memory');
export const pricesOf = (notes: readonly TreeNote[]): MemoryPrices | undefined => of(notes, 'prices')[0];
export const writesOf = (notes: readonly TreeNote[]): WritesNote[] => of(notes, 'writes');

export const totalOf = (written: WrittenBytes): number => WRITTEN_KINDS.reduce((sum, kind) => sum + written[kind], 0);

/** Room ahead is written once and kept: it is no part of what updates cost. */
export const updateBytes = (written: WrittenBytes): number => totalOf(written) - written.room;

// ---- sequential against random

const ORDERS: TreeExperiment = {
  id: 'orders',
  title: 'Does it matter in which order keys come?',
  tab: 'Key order',
  question:
    'The same number of keys of 16 bytes, once ascending like time stamps, once random like UUIDs, go into two stores. Both take checkpoints by themselves. How much more does the random one need?',
  knobs: [
    { key: 'keys', title: 'Keys', stops: [1000, 2000, 5000, 10_000, 20_000], usual: 10_000, words: count },
    PAGE([512, 1024, 4096, 16_384], 4096),
    VALUE([20, 50, 100, 200, 400], 100),
  ],
  guesses: [
    {
      key: 'ordersPages',
      question: 'Pages of the random tree for each of the other:',
      min: -0.3,
      max: 1,
      usual: 0.5,
      words: factorWords,
      truth: (notes, { keys }) => {
        const last = ordersOf(notes).at(-1);
        return last && last.keys === keys ? last.random.pages / last.sequential.pages : undefined;
      },
      because:
        'An ascending key always goes to the last leaf, which is split so that the left page stays full. A random one splits a leaf in halves, and halves fill up to seven tenths on average.',
    },
    {
      key: 'ordersBytes',
      question: 'Bytes of pages written for each of the other:',
      min: 0,
      max: 2,
      usual: 0.5,
      words: factorWords,
      truth: (notes, { keys }) => {
        const last = ordersOf(notes).at(-1);
        return last && last.keys === keys ? last.random.written.pages / last.sequential.written.pages : undefined;
      },
      because:
        'Between two checkpoints ascending keys touch a few leaves at the right end, random ones nearly every leaf there is; and a dirty page is written whole.',
    },
  ],
  ask: ({ keys, pageBytes, valueBytes }, seed) => ({
    ask: 'orders',
    keys: keys!,
    points: 25,
    pageBytes: pageBytes!,
    valueBytes: valueBytes!,
    groupCommits: 16,
    checkpointLogBytes: 128 * 1024,
    seed,
  }),
};

// ---- height

export const HEIGHT_KEYS = 20_000;
export const HEIGHT_PATTERNS = ['random', 'sequential'] as const;
const atHeightKeys = (notes: readonly TreeNote[]): HeightNote | undefined =>
  heightsOf(notes).find(({ keys }) => keys === HEIGHT_KEYS);

const HEIGHT: TreeExperiment = {
  id: 'height',
  title: 'How high is a tree of n keys?',
  tab: 'Height',
  question: `A lookup goes through one page a level. From the size of a page, of a key and of a value: how high is the tree with ${count(HEIGHT_KEYS)} keys, and how many children has a page above the leaves?`,
  knobs: [
    PAGE([256, 512, 1024, 4096, 16_384], 1024),
    { key: 'keyBytes', title: 'Key', stops: [8, 16, 32, 64], usual: 16, words: bytes },
    VALUE([8, 16, 32], 16),
    choice('pattern', 'Keys come', HEIGHT_PATTERNS, 0),
  ],
  guesses: [
    {
      key: 'heightLevels',
      question: 'Levels, the leaves among them:',
      min: 0,
      max: 1,
      usual: 0.7,
      words: (value) => String(Math.round(value)),
      truth: (notes) => atHeightKeys(notes)?.height,
      because:
        'Each level multiplies by the fan-out, so height grows with the logarithm: ten times the keys add hardly a level.',
    },
    {
      key: 'heightFanOut',
      question: 'Children of an inner page, on average:',
      min: 0.3,
      max: 3.5,
      usual: 1.5,
      words: (value) => String(Math.round(value)),
      truth: (notes) => atHeightKeys(notes)?.fanOut,
      because:
        'A separator is only as long as it takes to tell two leaves apart, not a whole key: two or three bytes of a random key. Shorter separators, more children, a lower tree.',
    },
  ],
  ask: ({ keyBytes, pageBytes, pattern, valueBytes }, seed) => ({
    ask: 'height',
    keyBytes: keyBytes!,
    valueBytes: valueBytes!,
    pageBytes: pageBytes!,
    pattern: HEIGHT_PATTERNS[pattern!]!,
    budgetMs: 6000,
    keysMax: 2_000_000,
    seed,
  }),
};

// ---- spikes

export const SPIKE_MEASURES = ['bytes', 'pages', 'nvme', 'sata', 'hdd'] as const;
export type SpikeMeasure = (typeof SPIKE_MEASURES)[number];
export const SPIKE_TITLES: Readonly<Record<SpikeMeasure, string>> = {
  bytes: 'bytes written',
  pages: 'pages changed',
  nvme: 'time, NVMe SSD',
  sata: 'time, SATA SSD',
  hdd: 'time, hard disk',
};
const SPIKE_PATTERNS = ['random', 'sequential'] as const;

const SPIKES: TreeExperiment = {
  id: 'spikes',
  title: 'What does one insert cost, and what do all of them?',
  tab: 'Spikes',
  question:
    'Every insert is a commit of its own, flushed. Some split a page, some have to spill a dirty page to make room in memory, some pay for a slice of a checkpoint. First draw how the mean of all inserts so far will go.',
  knobs: [
    { key: 'operations', title: 'Inserts', stops: [300, 600, 1000, 2000], usual: 600, words: count },
    PAGE([512, 1024, 4096], 1024),
    { key: 'poolPages', title: 'Pool', stops: [32, 64, 128, 1024], usual: 32, words: (frames) => `${frames} pages` },
    choice('pattern', 'Keys come', SPIKE_PATTERNS, 0),
  ],
  guesses: [],
  ask: ({ operations, pageBytes, pattern, poolPages }, seed) => ({
    ask: 'spikes',
    operations: operations!,
    pageBytes: pageBytes!,
    valueBytes: 60,
    pattern: SPIKE_PATTERNS[pattern!]!,
    poolPages: poolPages!,
    checkpointLogBytes: 64 * 1024,
    seed,
  }),
};

// ---- memory

const MEMORY: TreeExperiment = {
  id: 'memory',
  title: 'How much memory is worth its price?',
  tab: 'Memory',
  question:
    'The same lookups, with a buffer pool from a hundredth of the data to all of it. What is not in memory is read from the device. Memory costs rent and power, reads cost the drive’s time.',
  knobs: [
    { key: 'keys', title: 'Keys', stops: [20_000, 50_000, 100_000], usual: 50_000, words: count },
    PAGE([512, 1024, 4096], 1024),
    choice('pattern', 'Lookups are', MEMORY_PATTERNS, 0),
    choice('device', 'On', ['NVMe SSD', 'SATA SSD', 'hard disk'], 0, true),
    { key: 'rate', title: 'Lookups a second', stops: MEMORY_RATES, usual: 3, words: count, isView: true },
  ],
  guesses: [
    {
      key: 'memoryReads',
      question: 'Reads a lookup, with a pool of a tenth of the data:',
      min: -2,
      max: 0.7,
      usual: 0,
      words: (value) => value.toFixed(2),
      truth: (notes) => {
        const point = memoryOf(notes).find(({ share }) => share === 0.1);
        return point && point.reads / point.lookups;
      },
      because:
        'Inner pages are asked for by every lookup, so the clock keeps them: what is read is the leaf, unless it is among those that are left.',
    },
    {
      key: 'memoryBreakEven',
      question: 'A page on this device is worth its memory if it is asked for again within:',
      min: 0,
      max: 7,
      usual: 2.5,
      words: span,
      truth: (notes, { device }) => pricesOf(notes)?.devices[PRICED_KINDS[device!]!].breakEvenSeconds,
      because:
        'Gray and Putzolu’s five-minute rule of 1987, with today’s figures: the price of the drive, times what a read takes of it, over the price of the memory for the page.',
    },
  ],
  ask: ({ keys, pageBytes, pattern }, seed) => ({
    ask: 'memory',
    keys: keys!,
    valueBytes: 100,
    pageBytes: pageBytes!,
    lookups: 4000,
    pattern: MEMORY_PATTERNS[pattern!]!,
    shares: MEMORY_SHARES,
    seed,
  }),
};

// ---- amplification

const WRITES: TreeExperiment = {
  id: 'writes',
  title: 'How much is written for one byte?',
  tab: 'Amplification',
  question:
    'A tree of 5,000 rows, then 5,000 updates: sequential, random, or skewed to a few hot keys; with each page protection. How many bytes does the device get for each byte of key and value?',
  knobs: [
    PAGE([512, 1024, 4096, 16_384], 4096),
    VALUE([20, 100, 400], 100),
    { key: 'groupCommits', title: 'Updates a flush', stops: [1, 16, 128], usual: 16, words: count },
  ],
  guesses: [
    {
      key: 'writesRandom',
      question: 'Random updates, copy on write:',
      min: 0,
      max: 2.5,
      usual: 0.7,
      words: (value) => `${figures(value)} bytes per byte`,
      truth: (notes) => {
        const note = writesOf(notes).find(
          ({ pattern, protection }) => pattern === 'random' && protection === 'copy_on_write',
        );
        return note && updateBytes(note.written) / note.userBytes;
      },
      because:
        'A page is written whole for a row of it: page size over row size, shared only by rows of the same page between two checkpoints.',
    },
    {
      key: 'writesDouble',
      question: 'The same with a double write:',
      min: 0,
      max: 2.5,
      usual: 0.7,
      words: (value) => `${figures(value)} bytes per byte`,
      truth: (notes) => {
        const note = writesOf(notes).find(
          ({ pattern, protection }) => pattern === 'random' && protection === 'double_write',
        );
        return note && updateBytes(note.written) / note.userBytes;
      },
      because: 'Every page goes to the device twice, the log once: less than double in all.',
    },
  ],
  ask: ({ groupCommits, pageBytes, valueBytes }, seed) => ({
    ask: 'writes',
    keys: 5000,
    updates: 5000,
    pageBytes: pageBytes!,
    valueBytes: valueBytes!,
    groupCommits: groupCommits!,
    checkpointLogBytes: 128 * 1024,
    seed,
  }),
};

export const TREE_EXPERIMENTS: readonly TreeExperiment[] = [ORDERS, HEIGHT, SPIKES, MEMORY, WRITES];
export const experimentOf = (id: ExperimentId): TreeExperiment => TREE_EXPERIMENTS.find((one) => one.id === id)!;
