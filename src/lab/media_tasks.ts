/**
 * Tasks on fresh parameters, graded against the model. A seed gives the question; what is to be priced goes to the
 * engine as calls, and the answer is read from its prices. Nothing of the model is computed here.
 */
import { assert } from '../base/assert';
import { SeededRandom } from '../base/runtime';
import type { MediaCall, MediaKind, PriceOptions } from '../storage/media';
import type { DevicePrice } from '../protocol/media';
import { bytes, duration } from './media_words';

export interface Choice {
  readonly id: string;
  readonly text: string;
}

/** What has to be priced before the task can be graded: one list of calls for each name. */
export interface PricedRun {
  readonly id: string;
  readonly calls: readonly MediaCall[];
  readonly options: Partial<PriceOptions>;
}

/** By the name of the run: a price on each device. */
export type PricedRuns = Readonly<Record<string, readonly DevicePrice[]>>;

export interface MediaTask {
  readonly id: 'order' | 'batch' | 'wear';
  readonly seed: number;
  readonly title: string;
  readonly question: string;
  /** `order`: all of them in a row, quickest first. `one`: one of them. */
  readonly answer: 'order' | 'one';
  readonly choices: readonly Choice[];
  readonly runs: readonly PricedRun[];
  grade(answer: readonly string[], prices: PricedRuns): TaskGrade;
}

export interface TaskGrade {
  readonly passed: boolean;
  readonly sentence: string;
  readonly rows: readonly { readonly text: string; readonly value: string }[];
}

export const MEDIA_TASKS = [
  { id: 'order', title: 'Which run is quickest?', about: 'Put four runs in order on one device.' },
  {
    id: 'batch',
    title: 'When does the flush stop mattering?',
    about: 'How many updates share one flush until it is under 10 %?',
  },
  { id: 'wear', title: 'Which layout wears the drive out?', about: 'The same updates, appended or in place.' },
] as const;

const A_DEVICE = { nvme: 'an NVMe SSD', sata: 'a SATA SSD', hdd: 'a hard disk' } as const;
const KINDS: readonly MediaKind[] = ['dram', 'nvme', 'sata', 'hdd'];
const MIB = 2 ** 20;
const FILE = { sizes: { log: 32 * MIB, data_0: 32 * MIB } };

export function makeMediaTask(id: MediaTask['id'], seed: number): MediaTask {
  const random = new SeededRandom(seed);
  switch (id) {
    case 'order':
      return orderTask(seed, random);
    case 'batch':
      return batchTask(seed, random);
    case 'wear':
      return wearTask(seed, random);
  }
}

// ---- order

function orderTask(seed: number, random: SeededRandom): MediaTask {
  const kind = pick(random, ['nvme', 'sata', 'hdd'] as const);
  const large = pick(random, [256, 2048, 8192]);
  const scattered = pick(random, [16, 64, 256]);
  const flushed = pick(random, [4, 16, 64]);
  const grown = pick(random, [2, 8, 32]);
  const appends = (count: number): MediaCall[] =>
    Array.from({ length: count }, (_, i) => [write(i * 4096, 4096), FLUSH]).flat();
  const runs: (PricedRun & { readonly text: string })[] = random.shuffled([
    {
      id: 'one_write',
      text: `${bytes(large * 4096)} in one write, one flush`,
      calls: [write(0, large * 4096), FLUSH],
      options: FILE,
    },
    {
      id: 'scattered',
      text: `${scattered} pages of 4 KiB at random places, one flush`,
      calls: [...places(random, scattered).map((at) => write(at, 4096)), FLUSH],
      options: FILE,
    },
    {
      id: 'each_flushed',
      text: `${flushed} pages of 4 KiB side by side, a flush after each`,
      calls: appends(flushed),
      options: FILE,
    },
    {
      id: 'each_grows',
      text: `${grown} pages of 4 KiB appended to a file that grows, a flush after each`,
      calls: appends(grown),
      options: {},
    },
  ]);
  return {
    id: 'order',
    seed,
    title: MEDIA_TASKS[0].title,
    question: `On ${A_DEVICE[kind]}: put these four in order, quickest first.`,
    answer: 'order',
    choices: runs.map((run) => ({ id: run.id, text: run.text })),
    runs,
    grade(answer, prices) {
      const ns = (run: string): number => priceOn(prices, run, kind).ns;
      const rows = runs
        .toSorted((a, b) => ns(a.id) - ns(b.id))
        .map((run) => ({ text: run.text, value: duration(ns(run.id)) }));
      // Within a tenth of each other either order is right.
      const misplaced = answer.slice(1).filter((run, i) => ns(run) < 0.9 * ns(answer[i]!)).length;
      const whole = answer.length === runs.length;
      const passed = whole && misplaced === 0;
      return { passed, rows, sentence: passed ? 'Right.' : 'Not yet: see what each takes, and ask what it waits for.' };
    },
  };
}

// ---- batch

const BATCHES = [1, 4, 16, 64, 256, 1024, 4096] as const;
const NEVER = 'never';

function batchTask(seed: number, random: SeededRandom): MediaTask {
  const kind = pick(random, ['nvme', 'sata', 'hdd'] as const);
  const rowBytes = pick(random, [64, 100, 200]);
  const runs = BATCHES.map((batch): PricedRun => ({
    id: String(batch),
    calls: [...Array.from({ length: batch }, (_, i) => write(i * rowBytes, rowBytes)), FLUSH],
    options: FILE,
  }));
  return {
    id: 'batch',
    seed,
    title: MEDIA_TASKS[1].title,
    question: `On ${A_DEVICE[kind]}, updates of ${rowBytes} bytes are written one call each, and then flushed together. From how many on does the flush take less than 10 % of the time?`,
    answer: 'one',
    choices: [
      ...BATCHES.map((batch) => ({ id: String(batch), text: batch.toLocaleString('en') })),
      { id: NEVER, text: `not even at ${BATCHES.at(-1)!.toLocaleString('en')}` },
    ],
    runs,
    grade([said], prices) {
      const share = (batch: number): number => flushShare(priceOn(prices, String(batch), kind));
      const truth = BATCHES.find((batch) => share(batch) < 0.1);
      const rows = BATCHES.map((batch) => ({
        text: `${batch.toLocaleString('en')} updates a flush`,
        value: `${(share(batch) * 100).toFixed(share(batch) < 0.1 ? 1 : 0)} % of the time is the flush`,
      }));
      const passed = said === (truth === undefined ? NEVER : String(truth));
      const first = duration(flushNs(priceOn(prices, '1', kind)));
      return {
        passed,
        rows,
        sentence: `${passed ? 'Right' : 'Not yet'}: a lone flush takes ${first}, a write call 10 µs.`,
      };
    },
  };
}

function flushNs({ operations }: DevicePrice): number {
  return operations.filter(({ call }) => call === 'flush').reduce((sum, { ns }) => sum + ns, 0);
}

/** Long runs come without their operations: then writes are what is left of the whole at a call each. */
function flushShare(price: DevicePrice): number {
  if (price.operations.length > 0) return flushNs(price) / price.ns;
  const callNs = price.byStage.call + price.byStage.page_cache;
  return 1 - callNs / price.ns;
}

// ---- wear

const FACTORS = [
  { id: 'same', text: 'about the same (under 1.5×)', from: 0, to: 1.5 },
  { id: 'few', text: '1.5 to 4 times more', from: 1.5, to: 4 },
  { id: 'ten', text: '4 to 12 times more', from: 4, to: 12 },
  { id: 'many', text: 'more than 12 times', from: 12, to: Infinity },
] as const;

function wearTask(seed: number, random: SeededRandom): MediaTask {
  const rowBytes = pick(random, [100, 200, 400]);
  const batch = pick(random, [1, 4, 16, 64, 256]);
  const flushes = Math.max(4, Math.ceil(64 / batch));
  const groupBytes = Math.ceil((batch * (rowBytes + 21)) / 4096) * 4096;
  const append = Array.from({ length: flushes }, (_, i) => [write(i * groupBytes, groupBytes), FLUSH]).flat();
  const inPlace = Array.from({ length: flushes }, () => [
    ...places(random, batch).map((at) => ({ ...write(at, 4096), file: 'data_0' as const })),
    { ...FLUSH, file: 'data_0' as const },
  ]).flat();
  return {
    id: 'wear',
    seed,
    title: MEDIA_TASKS[2].title,
    question: `Rows of ${rowBytes} bytes at random places, ${batch === 1 ? 'each flushed' : `${batch} to a flush`}. In place, each update writes its page of 4 KiB. How much more flash does that wear out than appending the rows to a log?`,
    answer: 'one',
    choices: FACTORS.map(({ id, text }) => ({ id, text })),
    runs: [
      { id: 'append', calls: append, options: FILE },
      { id: 'in_place', calls: inPlace, options: FILE },
    ],
    grade([said], prices) {
      const media = (run: string): number => priceOn(prices, run, 'nvme').counts.mediaBytes;
      const factor = media('in_place') / media('append');
      const truth = FACTORS.find(({ from, to }) => factor >= from && factor < to);
      const passed = said === truth?.id;
      const why =
        factor < 1.5
          ? 'a flush programs a flash page and one of the map however little is dirty, and that dwarfs both'
          : 'with many rows to a flush the padding is shared, and a whole page for each row is what remains';
      return {
        passed,
        sentence: `${passed ? 'Right' : 'Not yet'}: ${factor.toFixed(1)} times, because ${why}.`,
        rows: [
          { text: 'appended: bytes on flash', value: bytes(media('append')) },
          { text: 'in place: bytes on flash', value: bytes(media('in_place')) },
        ],
      };
    },
  };
}

// ---- parts

const FLUSH: MediaCall = { call: 'flush', file: 'log', at: 0, bytes: 0 };

function write(at: number, count: number): MediaCall {
  return { call: 'write', file: 'log', at, bytes: count };
}

/** Different pages of 32 MiB. */
function places(random: SeededRandom, count: number): number[] {
  const chosen = new Set<number>();
  while (chosen.size < count) chosen.add(random.below((32 * MIB) / 4096) * 4096);
  return [...chosen];
}

function priceOn(prices: PricedRuns, run: string, kind: MediaKind): DevicePrice {
  const price = prices[run]?.[KINDS.indexOf(kind)];
  assert(price !== undefined, 'every run was priced on every device');
  return price;
}

function pick<T>(random: SeededRandom, from: readonly T[]): T {
  return from[random.below(from.length)]!;
}
