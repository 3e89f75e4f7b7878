/**
 * The store against its model: a list of commits, and the rule that what is there is a prefix of it.
 *
 * A run is a list of actions, plain data, so that a failing one can be shrunk and kept. It works on any storage that
 * can be opened again after its program died; one that can lose its power takes cuts too. It knows nothing of a test
 * framework: it throws where the store and the model part.
 */
import { assert } from '../../base/assert';
import { compareBytes, equalBytes, toHex } from '../../base/bytes';
import type { Batch, Entry, Operation } from '../../base/ordered_index';
import { ManualSchedule, SeededRandom } from '../../base/runtime';
import { closeAll, type FileSet } from '../../storage/file';
import { Store } from '../store';
import type { OpenOptions } from '../open_options';
import type { DurabilityMode, FormatOptions, Ticket } from '../types';

export type Action =
  | { readonly do: 'commit'; readonly batch: readonly SmallOperation[]; readonly mode: DurabilityMode }
  /** The schedule gets its turn. */
  | { readonly do: 'turn' }
  | { readonly do: 'flush' }
  | { readonly do: 'checkpoint' }
  | { readonly do: 'begin_checkpoint' }
  | { readonly do: 'step'; readonly budgetBytes: number }
  | { readonly do: 'reopen' }
  /** The program dies; everything it issued stays. */
  | { readonly do: 'crash' }
  /** The power goes; the seed decides what becomes of what was not flushed. */
  | { readonly do: 'cut'; readonly seed: number };

/** Keys from a small alphabet, so that they meet again. A missing length is a delete. */
export interface SmallOperation {
  readonly key: number;
  readonly valueBytes?: number | undefined;
}

/** A place that keeps a store between its programs. */
export interface Place {
  open(): Promise<FileSet>;
  /** Present if the power can go: makes the place what is left. */
  cut?(seed: number): void;
}

/** What the promise says of a commit that was acknowledged when the program ended. */
export interface ModelOptions {
  readonly format: FormatOptions;
  readonly openOptions?: Partial<OpenOptions>;
}

const KEY_PREFIX = 0x6b; // "k"

function toOperation({ key, valueBytes }: SmallOperation, stamp: number): Operation {
  const keyBytes = new Uint8Array(1 + (key % 5)).fill(key % 7);
  keyBytes[0] = KEY_PREFIX + (key % 13);
  if (valueBytes === undefined) return { kind: 'delete', key: keyBytes };
  return { kind: 'put', key: keyBytes, value: new Uint8Array(valueBytes).map((_, i) => (stamp * 31 + i) & 0xff) };
}

/** One life after the other of one store. */
export class ModelRun {
  readonly #place: Place;
  readonly #options: ModelOptions;
  #files: FileSet | undefined;
  #store: Store | undefined;
  #schedule = new ManualSchedule();
  /** Commit i has LSN i + 1. */
  #history: Batch[] = [];
  /** The first so many commits of the history, by the key's hex digits. Each life makes it anew. */
  #modelled = 0;
  readonly #model = new Map<string, Entry>();
  /** Of this life: each commit's ticket and mode. */
  #tickets: { ticket: Ticket; mode: DurabilityMode }[] = [];
  #lives = 0;
  #stamp = 0;
  /** Commits up to here must be there whatever happens. */
  #promisedLsn = 0;

  constructor(place: Place, options: ModelOptions) {
    this.#place = place;
    this.#options = options;
  }

  async run(actions: readonly Action[]): Promise<void> {
    await this.#open(0);
    for (const action of actions) await this.#do(action);
    await this.#endLife('crash');
    this.#checkStructure();
    this.#store?.close();
  }

  async #do(action: Action): Promise<void> {
    const store = this.#store!;
    switch (action.do) {
      case 'commit':
        this.#commit(action.batch, action.mode);
        break;
      case 'turn':
        this.#schedule.runAll();
        break;
      case 'flush':
        store.flush();
        break;
      case 'checkpoint':
        store.checkpoint();
        break;
      case 'begin_checkpoint':
        store.beginCheckpoint();
        break;
      case 'step':
        store.step(action.budgetBytes);
        break;
      case 'reopen':
        store.close();
        await this.#open(store.stats().publishedLsn);
        this.#checkStructure();
        break;
      case 'crash':
      case 'cut':
        await this.#endLife(action.do, action.do === 'cut' ? action.seed : 0);
        break;
    }
    // A commit shows only after its group was written, which takes another action.
    if (action.do !== 'commit') this.#checkContents(this.#store!);
  }

  #commit(small: readonly SmallOperation[], mode: DurabilityMode): void {
    const batch = small.map((operation) => toOperation(operation, this.#stamp++));
    const store = this.#store!;
    const ticket = store.batch(batch, { mode });
    assert(ticket.lsn === this.#history.length + 1, `LSN ${ticket.lsn} follows ${this.#history.length} commits`);
    this.#history.push(batch);
    this.#tickets.push({ ticket, mode });
  }

  /** The program ends without a word; then the store is opened on whatever is left. */
  async #endLife(how: 'crash' | 'cut', seed = 0): Promise<void> {
    const isCut = how === 'cut' && this.#place.cut !== undefined;
    const kept = this.#tickets.filter(
      ({ mode, ticket }) => ticket.state === 'acknowledged' && (!isCut || mode === 'strict'),
    );
    const promised = Math.max(this.#promisedLsn, ...kept.map(({ ticket }) => ticket.lsn));
    closeAll(this.#files!);
    if (isCut) this.#place.cut!(seed);
    await this.#open(promised);
  }

  /** Opens, and holds what recovery found against the promise: a prefix, with everything promised in it. */
  async #open(promisedLsn: number): Promise<void> {
    this.#files = await this.#place.open();
    this.#schedule = new ManualSchedule();
    this.#store = Store.open({
      files: this.#files,
      random: new SeededRandom(1000 + this.#lives++),
      schedule: this.#schedule.schedule,
      format: this.#options.format,
      ...this.#options.openOptions,
    });
    const { lastLsn } = this.#store.recovery;
    assert(lastLsn >= promisedLsn, `acknowledged up to LSN ${promisedLsn}, recovered up to ${lastLsn}`);
    assert(lastLsn <= this.#history.length, `submitted ${this.#history.length} commits, recovered ${lastLsn}`);
    // What recovery showed is flushed, so it is promised from now on.
    this.#promisedLsn = lastLsn;
    this.#history = this.#history.slice(0, lastLsn);
    this.#model.clear();
    this.#modelled = 0;
    this.#tickets = [];
    this.#checkContents(this.#store);
  }

  /** Every entry, both ways, equals the model at the published LSN. */
  #checkContents(store: Store): void {
    const model = this.#modelAt(store.stats().publishedLsn);
    const expected = [...model.values()].sort((a, b) => compareBytes(a.key, b.key));
    const forward = [...store.scan()];
    const backward = [...store.scan({ reverse: true })].reverse();
    for (const found of [forward, backward]) {
      assert(found.length === expected.length, `${found.length} entries where the model has ${expected.length}`);
      found.forEach(({ key, value }, i) => {
        const wanted = expected[i]!;
        assert(equalBytes(key, wanted.key) && equalBytes(value, wanted.value), `entry ${i} differs from the model`);
      });
    }
  }

  #checkStructure(): void {
    const findings = this.#store!.check();
    assert(findings.length === 0, findings.map(({ rule, detail }) => `${rule}: ${detail}`).join('; '));
  }

  /** What the first `count` commits leave. Within a life `count` only grows, so each commit is carried out once. */
  #modelAt(count: number): ReadonlyMap<string, Entry> {
    for (; this.#modelled < count; this.#modelled++) {
      for (const operation of this.#history[this.#modelled]!) {
        if (operation.kind === 'put') this.#model.set(toHex(operation.key), operation);
        else this.#model.delete(toHex(operation.key));
      }
    }
    assert(this.#modelled === count, `published LSN ${count} after ${this.#modelled} in the same life`);
    return this.#model;
  }
}
