/**
 * The same puts into several stores on one clock, which counts puts: two LSM trees of different settings, and a B-tree. At
 * every point of the clock each is asked what it has written, what its reads look at, and what room it takes.
 *
 * What the closed forms say goes with it: of the policy, over what is live at that point.
 */
import { decodeText } from '../base/bytes';
import { SeededRandom } from '../base/runtime';
import { theoryOf, wastedReadsOf } from '../lsm/theory';
import type {
  LsmLevel,
  LsmNote,
  LsmSetting,
  LsmState,
  LsmTheory,
  NoCompactionQuestion,
  PoliciesQuestion,
  PutPattern,
  TreeBeside,
} from '../protocol/lsm';
import { keyOfIndex } from '../workload/generators';
import { MeasuredTree } from './btree_measured';
import { quickValue } from './measured_rows';
import { DeviceClocks } from './priced_devices';
import { isLsmEvent, MeasuredLsm, settingsOf } from './lsm_measured';
import { missingKey, ReadMeter, SCAN_ROWS } from './lsm_reads';

const GROUP = 16;
const SLICE = 500;
const TREE_PAGE_BYTES = 1024;
const TREE_POOL_BYTES = 64 * 2 ** 20;
/** Log between two checkpoints of the B-tree. */
const TREE_INTERVAL_BYTES = 64 * 1024;
const GETS = 100;
const SCANS = 10;
/** With updates there is one key for so many puts. */
const PUTS_FOR_A_KEY = 5;
/** So many runs no tree here ever has: its level 0 is never full. */
const NEVER = 1_000_000;

export function* comparePolicies(question: PoliciesQuestion, post: (note: LsmNote) => void): Generator<number> {
  const { left, operations, pattern, points, right, seed, valueBytes } = question;
  const puts = new Puts(pattern, operations, seed);
  const [one, other] = [new LsmRun(left, valueBytes, seed), new LsmRun(right, valueBytes, seed)];
  const tree = new TreeRun(valueBytes, seed);
  for (const done of onOneClock([one, other, tree], puts, points)) {
    if (puts.isAtPoint(done, points)) {
      post({
        note: 'policies',
        operations: done,
        left: one.state(puts),
        right: other.state(puts),
        tree: tree.state(puts),
      });
    }
    yield done;
  }
}

/** A leveled tree, and one whose policy never finds anything to do. */
export function* compareWithout(question: NoCompactionQuestion, post: (note: LsmNote) => void): Generator<number> {
  const { bitsPerKey, memtableBytes, operations, points, seed, valueBytes } = question;
  const puts = new Puts('updates', operations, seed);
  const of = (policy: LsmSetting['policy']): LsmRun =>
    new LsmRun({ policy, memtableBytes, bitsPerKey }, valueBytes, seed);
  const [without, leveled] = [
    of({ kind: 'tiered', ratio: NEVER }),
    of({ kind: 'leveled', ratio: LEVELED_RATIO, l0Tables: LEVELED_L0 }),
  ];
  for (const done of onOneClock([without, leveled], puts, points)) {
    if (puts.isAtPoint(done, points)) {
      post({ note: 'no_compaction', operations: done, without: without.state(puts), leveled: leveled.state(puts) });
    }
    yield done;
  }
}
const LEVELED_RATIO = 4;
const LEVELED_L0 = 4;

interface Run {
  put(index: number, number: number): void;
  flush(): void;
}

/** Yields at every point, and between them often enough to be stopped. */
function* onOneClock(runs: readonly Run[], puts: Puts, points: number): Generator<number> {
  for (let number = 0; number < puts.operations; number++) {
    const index = puts.take(number);
    for (const run of runs) run.put(index, number);
    const done = number + 1;
    const isPoint = puts.isAtPoint(done, points);
    if (done % GROUP === 0 || isPoint) for (const run of runs) run.flush();
    if (isPoint || done % SLICE === 0) yield done;
  }
}

/** Which key each put is of. */
class Puts {
  readonly operations: number;
  readonly keySpace: number;
  readonly #order: readonly number[] | undefined;
  readonly #random: SeededRandom;
  readonly #isThere: Uint8Array;
  /** The keys that were put, in the order of their first put. */
  readonly #there: number[] = [];

  constructor(pattern: PutPattern, operations: number, seed: number) {
    this.operations = operations;
    this.keySpace = pattern === 'fresh' ? operations : Math.max(1, Math.ceil(operations / PUTS_FOR_A_KEY));
    this.#random = new SeededRandom(seed + 3);
    this.#isThere = new Uint8Array(this.keySpace);
    if (pattern === 'fresh') this.#order = this.#random.shuffled(Array(operations).keys());
  }

  take(number: number): number {
    const index = this.#order ? this.#order[number]! : this.#random.below(this.keySpace);
    if (this.#isThere[index] === 0) {
      this.#isThere[index] = 1;
      this.#there.push(index);
    }
    return index;
  }

  get keys(): number {
    return this.#there.length;
  }
  readonly keyAt = (number: number): number => this.#there[number]!;

  isAtPoint(done: number, points: number): boolean {
    return Math.floor((done * points) / this.operations) > Math.floor(((done - 1) * points) / this.operations);
  }
}

const KEY_BYTES = keyOfIndex(0).length;

class LsmRun implements Run {
  readonly #setting: LsmSetting;
  readonly #rowBytes: number;
  readonly #valueBytes: number;
  readonly #seed: number;
  readonly #meter = new ReadMeter();
  readonly #lsm: MeasuredLsm;
  readonly #clocks = new DeviceClocks();
  #puts = 0;

  constructor(setting: LsmSetting, valueBytes: number, seed: number) {
    this.#setting = setting;
    this.#valueBytes = valueBytes;
    this.#rowBytes = KEY_BYTES + valueBytes;
    this.#seed = seed;
    this.#lsm = new MeasuredLsm({
      ...settingsOf(setting, seed),
      device: this.#clocks,
      listen: (event) => {
        if (isLsmEvent(event)) this.#meter.note(event);
      },
    });
  }

  put(index: number, number: number): void {
    this.#lsm.store.put(keyOfIndex(index), quickValue(number, this.#valueBytes));
    this.#puts++;
  }
  flush(): void {
    this.#lsm.store.flush();
  }

  state(puts: Puts): LsmState {
    const { counts, tables } = this.#lsm;
    const stats = this.#lsm.stats();
    const liveBytes = puts.keys * this.#rowBytes;
    return {
      userBytes: this.#puts * this.#rowBytes,
      liveBytes,
      written: this.#lsm.written(),
      levels: tables.levels.map((runs, level): LsmLevel => {
        const { bytes, compactions, entries, movedBytes, tombstones } = stats.levels[level]!;
        const spans = runs.map((run) =>
          run.tables.map((table) => ({
            table: table.id,
            from: shareOf(table.smallest, puts.keySpace),
            to: shareOf(table.largest, puts.keySpace),
            bytes: table.bytes,
            entries: table.entries,
          })),
        );
        return { runs: spans, bytes, entries, tombstones, compactions, movedBytes };
      }),
      tableBytes: stats.tableBytes,
      dataFileBytes: this.#lsm.sizes().data,
      flushes: counts.flushes,
      compactions: counts.compactions,
      slowed: counts.slowed,
      stalled: counts.stalled,
      debtBytes: stats.debtBytes,
      reads: this.#clocks.without(() => this.#meter.measure(this.#lsm, puts.keys, puts.keyAt, this.#seed + this.#puts)),
      theory: theoryFor(this.#setting, liveBytes),
      deviceNs: this.#clocks.times(),
    };
  }
}

const shareOf = (key: Uint8Array, keySpace: number): number => {
  const index = Number(decodeText(key)!.slice('key-'.length));
  return keySpace <= 1 ? 0 : index / (keySpace - 1);
};

export function theoryFor({ bitsPerKey, memtableBytes, policy }: LsmSetting, dataBytes: number): LsmTheory {
  const theory = theoryOf({ policy, memtableBytes, dataBytes });
  const { runs, spaceAmplification, writeAmplification, writesByLevel } = theory;
  const kind = bitsPerKey === 0 ? 'none' : 'full';
  const blocksPerMiss = wastedReadsOf(theory, { kind, bitsPerKey, allocation: 'equal' });
  return { writesByLevel, writeAmplification, runs, blocksPerMiss, spaceAmplification };
}

class TreeRun implements Run {
  readonly #valueBytes: number;
  readonly #seed: number;
  readonly #tree: MeasuredTree;
  readonly #clocks = new DeviceClocks();
  #puts = 0;

  constructor(valueBytes: number, seed: number) {
    this.#valueBytes = valueBytes;
    this.#seed = seed;
    this.#tree = new MeasuredTree({
      pageBytes: TREE_PAGE_BYTES,
      protection: 'copy_on_write',
      poolBytes: TREE_POOL_BYTES,
      device: this.#clocks,
      seed,
      logBytes: 2 * TREE_INTERVAL_BYTES,
      checkpointLogBytes: TREE_INTERVAL_BYTES,
    });
  }

  put(index: number, number: number): void {
    this.#tree.store.put(keyOfIndex(index), quickValue(number, this.#valueBytes));
    this.#puts++;
  }
  flush(): void {
    this.#tree.store.flush();
  }

  state(puts: Puts): TreeBeside {
    const { store } = this.#tree;
    const rowBytes = KEY_BYTES + this.#valueBytes;
    const random = new SeededRandom(this.#seed + this.#puts);
    const any = (): number => puts.keyAt(random.below(puts.keys));
    return {
      userBytes: this.#puts * rowBytes,
      liveBytes: puts.keys * rowBytes,
      written: this.#tree.written(),
      dataFileBytes: this.#tree.sizes().data,
      height: this.#tree.stats().height,
      pagesPerGet: this.#pages(GETS, () => void store.get(keyOfIndex(any()))),
      pagesPerMiss: this.#pages(GETS, () => void store.get(missingKey(any()))),
      pagesPerScan: this.#pages(SCANS, () => {
        const rows = store.scan({ from: keyOfIndex(any()), limit: SCAN_ROWS });
        while (rows.next().done !== true);
      }),
      deviceNs: this.#clocks.times(),
    };
  }

  #pages(count: number, query: () => void): number {
    const looked = (): number => this.#tree.stats().hits + this.#tree.stats().misses;
    const before = looked();
    this.#clocks.without(() => {
      for (let i = 0; i < count; i++) query();
    });
    return (looked() - before) / count;
  }
}
