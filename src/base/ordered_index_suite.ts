/**
 * The property suite of every `OrderedIndex`: random batches, reads, cursors left open, checkpoints in slices, and
 * reopenings, held against the model after every action. Whoever implements the contract calls `describeOrderedIndex`
 * in its own test with a place that its index can be opened in, again and again.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_BYTES, equalBytes, toHex } from './bytes';
import { lsn } from './ids';
import {
  ROOT_BYTES_MAX,
  type Batch,
  type Cursor,
  type Entry,
  type IndexCheckpoint,
  type OrderedIndex,
  type Range,
} from './ordered_index';
import { OrderedIndexModel } from './ordered_index_model';

/** Where an index lives between two openings: what the store's files are to a store. */
export interface IndexPlace {
  /** Opens the index that `root` names; an empty root is an index that has nothing in it yet. */
  open(root: Uint8Array): OrderedIndex;
  /** The program that had it open is gone. What was not checkpointed may be lost; what was, may not. */
  end(): void;
}

export type Action =
  | { readonly do: 'apply'; readonly batch: Batch }
  | { readonly do: 'read'; readonly key: Uint8Array; readonly range: Range; readonly reverse: boolean }
  /** X6, of an index that can: every key of this remainder by 3, in the order of the model. */
  | { readonly do: 'forget'; readonly remainder: number }
  /** Opens a cursor and leaves it open; it is read to its end at the end of the life, or when more are open. */
  | { readonly do: 'pin'; readonly range: Range; readonly reverse: boolean }
  | { readonly do: 'begin_checkpoint' }
  | { readonly do: 'step'; readonly budgetBytes: number }
  | { readonly do: 'finish_checkpoint' }
  | { readonly do: 'abandon_checkpoint' }
  /** The checkpoint's root is in force, and the program ends while the index settles, after so many steps. */
  | { readonly do: 'end_while_settling'; readonly steps: number }
  | { readonly do: 'reopen' };

interface Pinned {
  readonly cursor: Cursor;
  readonly expected: readonly Entry[];
}

interface Running {
  readonly checkpoint: IndexCheckpoint;
  /** What it must find again: the entries when it began. */
  readonly entries: readonly Entry[];
}

const PINNED_MAX = 3;
/** So that a checkpoint that never ends is a failure and not a test that hangs. */
const STEPS_MAX = 100_000;

/** One index through its lives, and the model beside it. */
class SuiteRun {
  readonly #place: IndexPlace;
  #index: OrderedIndex;
  #model = new OrderedIndexModel();
  #lsn = 0;
  #pinned: Pinned[] = [];
  #running: Running | undefined;
  /** The last checkpoint whose root was in force: what the next opening finds, at least. */
  #durable = { root: EMPTY_BYTES as Uint8Array, entries: [] as readonly Entry[], lsn: 0 };
  /** One after it that the index says it has durably, though no root names it yet: an opening may find that instead. */
  #ahead: { readonly entries: readonly Entry[]; readonly lsn: number } | undefined;

  constructor(place: IndexPlace) {
    this.#place = place;
    this.#index = place.open(EMPTY_BYTES);
  }

  run(actions: readonly Action[]): void {
    for (const action of actions) {
      this.#do(action);
      this.#noteAhead();
      this.#compareWhole();
    }
    this.#do({ do: 'reopen' });
    this.#compareWhole();
  }

  #do(action: Action): void {
    switch (action.do) {
      case 'apply':
        this.#index.apply(action.batch, lsn(++this.#lsn));
        this.#model.apply(action.batch);
        break;
      case 'forget':
        this.#forget(action.remainder);
        break;
      case 'read':
        this.#compareReads(action.key, action.range, action.reverse);
        break;
      case 'pin':
        this.#pin(action.range, action.reverse);
        break;
      case 'begin_checkpoint':
        this.#running ??= { checkpoint: this.#index.beginCheckpoint(), entries: this.#model.entries };
        break;
      case 'step':
        this.#running?.checkpoint.step(action.budgetBytes);
        break;
      case 'finish_checkpoint':
        this.#finish();
        break;
      case 'abandon_checkpoint':
        this.#noteAhead();
        this.#running?.checkpoint.abandon();
        this.#running = undefined;
        break;
      case 'end_while_settling':
        if (this.#running) this.#settle(this.#running, action.steps);
        this.#reopen();
        break;
      case 'reopen':
        this.#reopen();
        break;
    }
  }

  /** X6: gone at once; a reopening finds what the last checkpoint had. */
  #forget(remainder: number): void {
    if (!this.#index.forget) return;
    const keys = this.#model.entries.filter((_, i) => i % 3 === remainder).map(({ key }) => key);
    this.#index.forget(keys);
    this.#model.apply(keys.map((key) => ({ kind: 'delete', key })));
  }

  /** X1, X2: whole, both ways, with its numbers. */
  #compareWhole(): void {
    const { entries, userBytes } = this.#model;
    expectEntries(readAll(this.#index.cursor({}, false)), entries);
    expectEntries(readAll(this.#index.cursor({}, true)), [...entries].reverse());
    expect(this.#index.stats()).toEqual({ keys: entries.length, userBytes });
    expect(this.#index.check()).toEqual([]);
    expect(this.#index.appliedLsn).toBe(this.#lsn);
    expect(this.#index.durableLsn).toBe(this.#ahead?.lsn ?? this.#durable.lsn);
  }

  /** Only the checkpoint under way can have come to be durable before a root named it. */
  #noteAhead(): void {
    const { durableLsn } = this.#index;
    if (this.#running && durableLsn === this.#running.checkpoint.lsn && durableLsn > this.#durable.lsn) {
      this.#ahead = { entries: this.#running.entries, lsn: durableLsn };
    }
  }

  #compareReads(key: Uint8Array, range: Range, reverse: boolean): void {
    expect(this.#index.get(key)).toEqual(this.#model.get(key));
    expectEntries(readAll(this.#index.cursor(range, reverse)), this.#model.range(range, reverse));
    // Prefixes of a key that may be there: all lengths, the empty one too.
    for (let length = 0; length <= key.length; length++) {
      const prefix = key.subarray(0, length);
      expect(this.#index.seekFirst(prefix, range)).toEqual(this.#model.seekFirst(prefix, range));
      const rest = key.length - length;
      expect(this.#index.seekFirst(prefix, range, rest)).toEqual(this.#model.seekFirst(prefix, range, rest));
    }
  }

  #pin(range: Range, reverse: boolean): void {
    this.#pinned.push({ cursor: this.#index.cursor(range, reverse), expected: this.#model.range(range, reverse) });
    if (this.#pinned.length > PINNED_MAX) this.#unpin(this.#pinned.shift()!);
  }

  /** X3. */
  #unpin({ cursor, expected }: Pinned): void {
    expectEntries(readAll(cursor), expected);
    expect(cursor.next()).toBeUndefined();
  }

  #finish(): void {
    if (!this.#running) return;
    this.#settle(this.#running, STEPS_MAX);
    this.#running.checkpoint.finish();
    this.#running = undefined;
  }

  /** Takes the checkpoint to the point where its root is in force, and some way or all the way from there. */
  #settle({ checkpoint, entries }: Running, stepsMax: number): void {
    for (let steps = 0; !checkpoint.step(600).done; steps++) expect(steps).toBeLessThan(STEPS_MAX);
    const { root } = checkpoint;
    expect(root.length).toBeGreaterThan(0);
    expect(root.length).toBeLessThanOrEqual(ROOT_BYTES_MAX);
    expect(checkpoint.remainingBytes).toBe(0);
    this.#durable = { root: root.slice(), entries, lsn: checkpoint.lsn };
    this.#ahead = undefined;
    for (let steps = 0; steps < stepsMax && !checkpoint.settle(600).done; steps++)
      expect(steps).toBeLessThan(STEPS_MAX - 1);
  }

  /** X4. */
  #reopen(): void {
    for (const pinned of this.#pinned.splice(0)) this.#unpin(pinned);
    this.#running = undefined;
    this.#place.end();
    this.#index = this.#place.open(this.#durable.root);
    if (this.#ahead && this.#index.durableLsn === this.#ahead.lsn) Object.assign(this.#durable, this.#ahead);
    this.#ahead = undefined;
    this.#lsn = this.#durable.lsn;
    this.#model = new OrderedIndexModel();
    this.#model.apply(this.#durable.entries.map(({ key, value }) => ({ kind: 'put', key, value })));
  }
}

function readAll(cursor: Cursor): Entry[] {
  const entries: Entry[] = [];
  for (let entry = cursor.next(); entry; entry = cursor.next()) entries.push(entry);
  return entries;
}

/** Equal byte by byte; said as text where they are not, so that the difference can be read. */
function expectEntries(found: readonly Entry[], wanted: readonly Entry[]): void {
  const same = (a: Entry, b: Entry | undefined): boolean =>
    b !== undefined && equalBytes(a.key, b.key) && equalBytes(a.value, b.value);
  if (found.length === wanted.length && found.every((entry, i) => same(entry, wanted[i]))) return;
  const text = ({ key, value }: Entry): string => `${toHex(key)}=${toHex(value)}`;
  expect(found.map(text)).toEqual(wanted.map(text));
}

/** Few bytes and short keys, so that keys meet again and one is often the prefix of another. */
const keyBytes = fc
  .array(fc.constantFrom(0x00, 0x01, 0x61, 0x62, 0x7f, 0x80, 0xff), { minLength: 1, maxLength: 4 })
  .map((bytes) => Uint8Array.from(bytes));
const valueBytes = fc
  .tuple(fc.oneof({ weight: 5, arbitrary: fc.nat(20) }, { weight: 1, arbitrary: fc.nat(3000) }), fc.nat(255))
  .map(([length, fill]) => new Uint8Array(length).fill(fill));
const batch: fc.Arbitrary<Batch> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('put' as const), key: keyBytes, value: valueBytes }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), key: keyBytes }) },
  ),
  { minLength: 1, maxLength: 30 },
);
const range: fc.Arbitrary<Range> = fc.record({
  from: fc.option(keyBytes, { nil: undefined }),
  to: fc.option(keyBytes, { nil: undefined }),
});
const plain = <K extends 'begin_checkpoint' | 'finish_checkpoint' | 'abandon_checkpoint' | 'reopen'>(name: K) =>
  fc.constant({ do: name });

const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof<fc.MaybeWeightedArbitrary<Action>[]>(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('apply' as const), batch }) },
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant('read' as const), key: keyBytes, range, reverse: fc.boolean() }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('forget' as const), remainder: fc.nat(2) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('pin' as const), range, reverse: fc.boolean() }) },
    { weight: 2, arbitrary: plain('begin_checkpoint') },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('step' as const), budgetBytes: fc.constantFrom(1, 700) }) },
    { weight: 2, arbitrary: plain('finish_checkpoint') },
    { weight: 1, arbitrary: plain('abandon_checkpoint') },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('end_while_settling' as const), steps: fc.constantFrom(0, 1, 5) }),
    },
    { weight: 1, arbitrary: plain('reopen') },
  ),
  { minLength: 1, maxLength: 40, size: 'max' },
);

export function describeOrderedIndex(name: string, makePlace: () => IndexPlace, numRuns = 150): void {
  describe(`${name} is an ordered index`, () => {
    it(`X1 to X4: equals the model over ${numRuns} random runs`, () => {
      fc.assert(
        fc.property(actions, (list) => new SuiteRun(makePlace()).run(list)),
        { numRuns },
      );
    }, 60_000);

    it('X1 to X4: equals the model with enough keys for several levels', () => {
      const keys = Array.from({ length: 600 }, (_, i) => Uint8Array.of(0x6b, (i * 7) % 256, (i * 31) % 251));
      const puts = (from: number, to: number): Action => ({
        do: 'apply',
        batch: keys.slice(from, to).map((key, i) => ({ kind: 'put', key, value: Uint8Array.of(i & 0xff) })),
      });
      const deletes = (step: number): Action => ({
        do: 'apply',
        batch: keys.filter((_, i) => i % step !== 0).map((key) => ({ kind: 'delete', key })),
      });
      const checkpoint: Action[] = [{ do: 'begin_checkpoint' }, puts(0, 9), { do: 'finish_checkpoint' }];
      new SuiteRun(makePlace()).run([
        puts(0, 300),
        { do: 'pin', range: {}, reverse: true },
        puts(300, 600),
        ...checkpoint,
        { do: 'reopen' },
        deletes(50),
        ...checkpoint,
        { do: 'pin', range: { from: keys[100], to: keys[4] }, reverse: false },
        deletes(1000),
        puts(0, 600),
        { do: 'reopen' },
        ...checkpoint,
      ]);
    });

    it('X2: refuses a batch whose LSN does not rise', () => {
      const index = makePlace().open(EMPTY_BYTES);
      index.apply([{ kind: 'put', key: Uint8Array.of(1), value: EMPTY_BYTES }], lsn(5));
      expect(() => index.apply([{ kind: 'delete', key: Uint8Array.of(1) }], lsn(5))).toThrow('X2');
      expect(index.get(Uint8Array.of(1))).toEqual(EMPTY_BYTES);
    });

    it('takes one checkpoint at a time, and another after the first was given up', () => {
      const index = makePlace().open(EMPTY_BYTES);
      const first = index.beginCheckpoint();
      expect(() => index.beginCheckpoint()).toThrow('one checkpoint at a time');
      first.step(1);
      first.abandon();
      expect(index.beginCheckpoint().lsn).toBe(0);
    });
  });
}
