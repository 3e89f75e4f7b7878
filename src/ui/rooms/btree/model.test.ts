/**
 * The picture does not lie: after every event of random runs, what the fold says and what the engine says of itself,
 * read from its pages and its tables, are the same (V1).
 */
import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { encodeText } from '../../../base/bytes';
import { isEngineError } from '../../../base/errors';
import { ManualSchedule, SeededRandom } from '../../../base/runtime';
import type { TraceSink } from '../../../base/trace';
import type { PageProtection } from '../../../btree';
import { Store } from '../../../kv_store';
import type { LabEvent, TraceRecord } from '../../../protocol/trace';
import { closeAll, type FileSet } from '../../../storage/file';
import { MemoryStorage } from '../../../storage/memory';
import { recordedFiles } from '../../../storage/recorded';
import { treeFold } from './fold';
import type { TreeView } from './model';
import { expectSameExtents, expectSameTree } from './testing/same_tree';

const PROTECTIONS: readonly PageProtection[] = ['copy_on_write', 'double_write', 'none', 'log_images'];

/** Runs a store with a tree on memory files, folds its events, and compares after each. */
class Bench {
  view: TreeView = treeFold.initial();
  store: Store | undefined;
  compared = 0;
  readonly seen = new Map<string, number>();
  #events = 0;
  readonly #storage = new MemoryStorage();
  #files: FileSet | undefined;
  #schedule = new ManualSchedule();
  readonly #random: SeededRandom;
  readonly #pageBytes: number;
  readonly #protection: PageProtection;
  #step: Command | undefined;

  constructor(seed: number, pageBytes: number, protection: PageProtection) {
    this.#random = new SeededRandom(seed);
    this.#pageBytes = pageBytes;
    this.#protection = protection;
    this.open();
  }

  readonly #sink: TraceSink<LabEvent> = {
    emit: (event) => {
      const record: TraceRecord = { seq: this.#events++, tick: 0, command: 0, io: 0, site: 0, event };
      this.view = treeFold.apply(this.view, record);
      this.seen.set(event.kind, (this.seen.get(event.kind) ?? 0) + 1);
      if (this.store) this.#compare(() => `after event ${record.seq}, ${event.kind}, of ${JSON.stringify(this.#step)}`);
    },
  };

  #compare(when: () => string): void {
    const { tree } = this.store!.describe();
    if (tree === undefined) return;
    expectSameTree(this.view, tree, when);
    this.compared++;
  }

  open(): void {
    const unwatchedFiles = this.#storage.openNow({ create: true });
    this.#files = unwatchedFiles;
    this.store = undefined;
    this.store = Store.open({
      files: recordedFiles(unwatchedFiles, this.#sink),
      unwatchedFiles,
      random: this.#random,
      schedule: this.#schedule.schedule,
      trace: this.#sink,
      format: {
        logBytes: 16384,
        groupAlignBytes: 512,
        tree: { pageBytes: this.#pageBytes, protection: this.#protection },
      },
      tuning: { checkpointLogBytes: 6144, poolBytes: 1 },
    });
    this.#compare(() => 'after opening');
  }

  run(step: Command): void {
    // Without protection a crash inside a checkpoint can leave what cannot be opened.
    if (this.store === undefined) return;
    this.#step = step;
    try {
      this.#do(step);
    } catch (error) {
      if (!isEngineError(error)) throw error;
    }
    this.#compareExtents(JSON.stringify(step));
  }

  #compareExtents(when: string): void {
    if (this.store) expectSameExtents(this.view, this.store.describe().extents, when);
  }

  #do(step: Command): void {
    const store = this.store!;
    switch (step.kind) {
      case 'put':
        for (const key of step.keys) store.put(keyOf(key), new Uint8Array(step.bytes), { mode: 'relaxed' });
        store.flush();
        break;
      case 'delete':
        for (const key of step.keys) store.delete(keyOf(key), { mode: 'relaxed' });
        store.flush();
        break;
      case 'get':
        store.get(keyOf(step.key));
        break;
      case 'scan':
        expect([...store.scan({})].length).toBe(store.stats().keys);
        break;
      case 'checkpoint':
        if (step.budget === 0) store.checkpoint();
        else {
          store.beginCheckpoint();
          store.step(step.budget);
        }
        break;
      case 'step':
        store.step(step.budget);
        break;
      case 'compact':
        store.compact();
        break;
      case 'check':
        store.check();
        break;
      case 'reopen':
        store.close();
        this.open();
        break;
      case 'crash':
        this.store = undefined;
        this.#sink.emit({ kind: 'host.crashed', io: 0 });
        this.#schedule = new ManualSchedule();
        closeAll(this.#files!);
        this.open();
        break;
    }
  }
}

const keyOf = (key: number): Uint8Array => encodeText(`${'kmqz'[key % 4]}${'.'.repeat((key * 7) % 23)}${key}`);

type Command =
  | { kind: 'put'; keys: number[]; bytes: number }
  | { kind: 'delete'; keys: number[] }
  | { kind: 'get'; key: number }
  | { kind: 'checkpoint' | 'step'; budget: number }
  | { kind: 'scan' | 'compact' | 'check' | 'reopen' | 'crash' };

const keys = fc.array(fc.nat(120), { minLength: 1, maxLength: 8 });
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      keys,
      bytes: fc.oneof(fc.nat(30), fc.nat(30), fc.nat(700)),
    }),
  },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('delete' as const), keys }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('get' as const), key: fc.nat(120) }) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'scan' as const }, { kind: 'compact' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('checkpoint' as const), budget: fc.constantFrom(0, 512) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('step' as const), budget: fc.constantFrom(512, 2048) }) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'reopen' as const }, { kind: 'crash' as const }) },
);

/** Whatever chance has in store: leaves split, a root grows, a value overflows, and a map is loaded. */
const FIRST: readonly Command[] = [
  { kind: 'put', keys: Array.from({ length: 24 }, (_, key) => 5 * key), bytes: 30 },
  { kind: 'put', keys: [7], bytes: 700 },
  { kind: 'checkpoint', budget: 0 },
  { kind: 'reopen' },
];

describe('the view of the B-tree room', () => {
  it('V1, V2 equals what the engine says of itself after every event of random runs, with crashes and reopenings', () => {
    let compared = 0;
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(
        fc.nat(),
        fc.constantFrom(256, 512),
        fc.constantFrom(...PROTECTIONS),
        fc.array(command, { minLength: 20, maxLength: 60, size: 'max' }),
        (seed, pageBytes, protection, commands) => {
          const bench = new Bench(seed, pageBytes, protection);
          for (const step of [...FIRST, ...commands]) bench.run(step);
          compared += bench.compared;
          for (const [kind, count] of bench.seen) seen.set(kind, (seen.get(kind) ?? 0) + count);
        },
      ),
      // A run shrinks for minutes; the seed and the path find it again.
      { seed: inject('seed'), numRuns: inject('isLong') ? 100 : 5, endOnFailure: true },
    );
    expect(compared).toBeGreaterThan(1000);
    // A run in which none of these happened shows nothing about it.
    for (const kind of ['leaf_split', 'root_grown', 'overflow_written', 'map_loaded'])
      expect(seen.get(`btree.${kind}`) ?? 0, kind).toBeGreaterThan(0);
  }, 900_000);

  it('V1 over a tree that grows three levels high and shrinks back to one leaf', () => {
    const bench = new Bench(3, 256, 'copy_on_write');
    const random = new SeededRandom(9);
    const order = Array.from({ length: 170 }, (_, key) => [random.below(1e6), key]).sort((a, b) => a[0]! - b[0]!);
    for (const [, key] of order) bench.run({ kind: 'put', keys: [key!], bytes: 12 });
    const { height } = bench.view;
    for (const [, key] of order) bench.run({ kind: 'delete', keys: [key!] });
    expect(height).toBeGreaterThan(2);
    expect(bench.view).toMatchObject({ height: 1, pageCount: 1 });
    for (const kind of [
      'inner_split',
      'leaf_borrowed',
      'leaf_merged',
      'inner_merged',
      'inner_borrowed',
      'separator_replaced',
      'root_shrunk',
      'page_spilled',
      'page_evicted',
    ])
      expect(bench.seen.get(`btree.${kind}`) ?? 0, kind).toBeGreaterThan(0);
  });

  it('V3 a cell keeps its identity through splits, borrows and merges', () => {
    const bench = new Bench(5, 256, 'copy_on_write');
    const idOf = (key: number): string | undefined => {
      const text = keyOf(key).join();
      for (const page of bench.view.pages)
        for (const cell of page?.body.kind === 'leaf' && !page.isLeaving ? page.body.cells : [])
          if (cell.key.join() === text) return cell.id;
      return undefined;
    };
    bench.run({ kind: 'put', keys: [50], bytes: 20 });
    const id = idOf(50);
    for (let key = 0; key < 50; key++) bench.run({ kind: 'put', keys: [key, key + 60], bytes: 20 });
    expect([bench.view.counters.splits > 5, idOf(50)]).toEqual([true, id]);
    for (let key = 0; key < 50; key++) bench.run({ kind: 'delete', keys: [key, key + 60] });
    expect([bench.view.pageCount, idOf(50)]).toEqual([1, id]);
  });
});
