/**
 * The picture does not lie: after every event of random runs, what the fold says and what the engine says of itself,
 * read from its structures and its files, are the same (V1).
 */
import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { encodeText, toHex } from '../../../base/bytes';
import { isEngineError } from '../../../base/errors';
import { ManualSchedule, SeededRandom } from '../../../base/runtime';
import type { TraceSink } from '../../../base/trace';
import { Store, type OpenOptions } from '../../../kv_store';
import { decodeBatch } from '../../../kv_store/batch_codec';
import type { LabEvent, TraceRecord } from '../../../protocol/trace';
import { MemoryStorage } from '../../../storage/memory';
import { recordedFiles } from '../../../storage/recorded';
import { closeAll, type FileSet, type StorageFile } from '../../../storage/file';
import { EngineError } from '../../../base/errors';
import { decodeRecord } from '../../../storage/log_region';
import { describeView } from './describe';
import { dirtyKeys } from './dirty';
import { walFold } from './fold';
import { ENTRIES_KEPT, type WalView } from './model';

/** Runs a store on memory files that can be told to fail, folds its events, and compares after each. */
class Bench {
  view: WalView = walFold.initial();
  events = 0;
  compared = 0;
  dirtyMost = 0;
  store: Store | undefined;
  #storage = new MemoryStorage();
  #schedule = new ManualSchedule();
  #files: FileSet | undefined;
  readonly #random: SeededRandom;
  readonly #failing: { call: 'write' | 'flush' | 'short'; in: number }[] = [];
  readonly views: WalView[] = [];

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  readonly #sink: TraceSink<LabEvent> = {
    emit: (event) => {
      const record: TraceRecord = { seq: this.events++, tick: 0, command: 0, io: 0, site: 0, event };
      this.view = walFold.apply(this.view, record);
      this.views.push(this.view);
      if (this.store === undefined) return;
      expect(describeView(this.view), `after event ${record.seq}, ${event.kind}`).toEqual(this.store.describe());
      this.compared++;
    },
  };

  open(): void {
    const unwatchedFiles = this.#storage.openNow({ create: true });
    this.#files = unwatchedFiles;
    const options: OpenOptions = {
      files: recordedFiles(failingFiles(unwatchedFiles, this.#failing), this.#sink),
      unwatchedFiles,
      random: this.#random,
      schedule: this.#schedule.schedule,
      trace: this.#sink,
      format: { logBytes: 8192, extentBytes: 512, groupAlignBytes: 512 },
      tuning: { checkpointLogBytes: 3072, relaxedFlushBytes: 1024 },
      salvage: true,
    };
    this.store = undefined;
    this.#failing.length = 0;
    this.store = Store.open(options);
    expect(describeView(this.view), 'after opening').toEqual(this.store.describe());
  }

  /** The worker is gone; what the next one finds may have a spoiled byte near the end of the log. */
  #crash(flip: Flip): void {
    this.store = undefined;
    this.#sink.emit({ kind: 'host.crashed', io: 0 });
    this.#schedule = new ManualSchedule();
    closeAll(this.#files!);
    if (flip !== undefined) {
      const at = (this.view.appendPosition + 8192 - 1 - flip) % 8192;
      const images = this.#storage.snapshot();
      images.log[at] = images.log[at]! ^ 0x10;
      this.#storage = new MemoryStorage(images);
    }
    this.open();
  }

  run(command: Command): void {
    try {
      this.#do(command);
    } catch (error) {
      if (!isEngineError(error)) throw error;
    }
    this.#compareDirty();
  }

  /** What is dirty by the events, and by the records that the log file holds behind the redo point. */
  #compareDirty(): void {
    const { log, publishedLsn, state } = this.store!.describe();
    if (state === 'closed') return;
    const file = this.#storage.snapshot().log;
    const newest = new Map<string, number>();
    for (const { bytes, lsn, position } of log.records) {
      if (lsn > publishedLsn) continue;
      const record = decodeRecord(
        Uint8Array.from({ length: bytes }, (_, i) => file[(position + i) % log.logBytes]!),
        0,
        0,
        false,
      );
      if (typeof record === 'string') throw new Error(record);
      for (const operation of decodeBatch(record.payload)) {
        const value = operation.kind === 'put' ? operation.value.length : 0;
        newest.set(toHex(operation.key), operation.key.length + value);
      }
    }
    const bytes = [...newest.values()].reduce((sum, each) => sum + each, 0);
    expect(dirtyKeys(this.view)).toEqual({ keys: newest.size, bytes });
    this.dirtyMost = Math.max(this.dirtyMost, newest.size);
  }

  #do(command: Command): void {
    const store = this.store!;
    switch (command.kind) {
      case 'put':
        store.batch(
          command.keys.map((key) => ({
            kind: 'put' as const,
            key: encodeText(`k${key}`),
            value: new Uint8Array(command.bytes),
          })),
          { mode: command.strict ? 'strict' : 'relaxed', client: command.client },
        );
        break;
      case 'delete':
        store.delete(encodeText(`k${command.key}`), { client: 1 });
        break;
      case 'flush':
        store.flush();
        break;
      case 'soon':
        this.#schedule.runAll();
        break;
      case 'checkpoint':
        if (command.budget === 0) store.checkpoint();
        else {
          store.beginCheckpoint();
          store.step(command.budget);
        }
        break;
      case 'step':
        store.step(command.budget);
        break;
      case 'fail':
        this.#failing.push({ call: command.call, in: command.in });
        break;
      case 'reopen':
        store.close();
        this.open();
        break;
      case 'crash':
        this.#crash(command.flip);
        break;
    }
  }
}

/** Offset in the log file, from where the next group would go backwards, of a byte to spoil; undefined for none. */
type Flip = number | undefined;

type Command =
  | { kind: 'crash'; flip: Flip }
  | { kind: 'put'; keys: number[]; bytes: number; strict: boolean; client: number }
  | { kind: 'delete'; key: number }
  | { kind: 'flush' | 'soon' | 'reopen' }
  | { kind: 'checkpoint' | 'step'; budget: number }
  | { kind: 'fail'; call: 'write' | 'flush' | 'short'; in: number };

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      keys: fc.array(fc.nat(20), { minLength: 1, maxLength: 4 }),
      bytes: fc.nat(160),
      strict: fc.boolean(),
      client: fc.nat(3),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), key: fc.nat(20) }) },
  { weight: 5, arbitrary: fc.constantFrom({ kind: 'flush' as const }, { kind: 'soon' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('checkpoint' as const), budget: fc.constantFrom(0, 512) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('step' as const), budget: fc.constantFrom(512, 2048) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('fail' as const),
      call: fc.constantFrom('write' as const, 'flush' as const, 'short' as const),
      in: fc.nat(4),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('crash' as const), flip: fc.option(fc.nat(700), { nil: undefined }) }),
  },
);

/** The next so many calls succeed, then one fails: the device said no, or took half. */
function failingFiles(files: FileSet, failing: { call: string; in: number }[]): FileSet {
  const due = (call: string): boolean => {
    const index = failing.findIndex((fault) => fault.call === call && fault.in-- <= 0);
    if (index >= 0) failing.splice(index, 1);
    return index >= 0;
  };
  const wrap = (file: StorageFile): StorageFile => ({
    name: file.name,
    size: () => file.size(),
    read: (at, into) => file.read(at, into),
    write: (at, bytes) => {
      if (due('write')) throw new EngineError('write_failed', 'The device refuses.', { file: file.name, offset: at });
      if (due('short')) return file.write(at, bytes.subarray(0, bytes.length >>> 1));
      return file.write(at, bytes);
    },
    flush: () => {
      if (due('flush')) throw new EngineError('flush_failed', 'The device refuses.', { file: file.name });
      file.flush();
    },
    truncate: (size) => file.truncate(size),
    close: () => file.close(),
  });
  return {
    superblock: wrap(files.superblock),
    log: wrap(files.log),
    data_0: wrap(files.data_0),
    data_1: wrap(files.data_1),
  };
}

describe('the view of the log room', () => {
  it('V1 equals what the engine says of itself after every event of random runs, with failures and reopenings', () => {
    let events = 0;
    let dirty = 0;
    fc.assert(
      fc.property(fc.nat(), fc.array(command, { minLength: 1, maxLength: 60 }), (seed, commands) => {
        const bench = new Bench(seed);
        bench.open();
        for (const step of commands) bench.run(step);
        events += bench.compared;
        dirty = Math.max(dirty, bench.dirtyMost);
      }),
      { seed: inject('seed'), numRuns: 120 },
    );
    expect(events).toBeGreaterThan(1000);
    expect(dirty).toBeGreaterThan(5);
  });

  it('V1 holds over many laps of the ring, and keeps a bounded history', () => {
    const bench = new Bench(7);
    bench.open();
    for (let i = 0; i < 420; i++) {
      bench.run({ kind: 'put', keys: [i % 13], bytes: i % 90, strict: true, client: i % 4 });
      if (i % 3 === 2) bench.run({ kind: 'flush' });
    }
    expect(bench.view.appendPosition).toBeGreaterThan(4 * 8192);
    expect(bench.view.entries.length).toBeLessThanOrEqual(ENTRIES_KEPT + 64);
    expect(bench.view.groups.length).toBeLessThanOrEqual(8192 / 512 + 1);
  });

  it('never changes an earlier view: each is still what it was when it was new', () => {
    const bench = new Bench(11);
    bench.open();
    for (let i = 0; i < 40; i++) {
      bench.run({ kind: 'put', keys: [i], bytes: 30, strict: true, client: 0 });
      if (i % 4 === 3) bench.run({ kind: 'soon' });
    }
    const copies = bench.views.map((view) => JSON.stringify(describeView(view)));
    bench.run({ kind: 'checkpoint', budget: 0 });
    bench.run({ kind: 'reopen' });
    copies.forEach((copy, index) => expect(JSON.stringify(describeView(bench.views[index]!))).toBe(copy));
  });

  it('V2 gives a number that is given out twice two identities', () => {
    const bench = new Bench(3);
    bench.open();
    bench.run({ kind: 'fail', call: 'write', in: 0 });
    bench.run({ kind: 'put', keys: [1], bytes: 8, strict: true, client: 0 });
    const first = bench.view.entries.last()!;
    bench.run({ kind: 'flush' });
    expect(bench.view.gone).toMatchObject([{ lsn: first.lsn, life: 'cancelled', outcome: 'rejected' }]);
    bench.run({ kind: 'put', keys: [1], bytes: 8, strict: true, client: 0 });
    const second = bench.view.entries.last()!;
    expect(second.lsn).toBe(first.lsn);
    expect(second.id).not.toBe(first.id);
  });
});
