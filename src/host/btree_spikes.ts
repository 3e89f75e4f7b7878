/**
 * What each insert costs: every put is a commit of its own, flushed, and everything written from its call until its
 * acknowledgement is its cost. Checkpoints run in slices that the committers pay for, so their share lies with each put;
 * a page that has no room in memory is spilled by whoever needed the room.
 *
 * The same puts, three ways to count: pages that they changed, bytes that they wrote, and what a device model says that
 * the calls took.
 */
import { assert } from '../base/assert';
import { usableBytes } from '../btree/page';
import { entriesPerMapPage } from '../btree/page_map';
import { priceRun, type MediaCall } from '../storage/media';
import type { FileName } from '../storage/file';
import type { MeteredCall } from '../storage/metered';
import type { Priced } from './priced_devices';
import { isTreeEvent, MeasuredTree, type StoreTraceEvent } from './btree_measured';
import { identifier, quickValue } from './measured_rows';
import type { SpikeColumns, SpikesNote, SpikesQuestion } from '../protocol/btree';
import { PRICED_KINDS, type PricedKind } from '../protocol/prices';

const SLICE = 100;
const SLOT_BYTES_MAX = 4096;

interface NotedCall extends MediaCall {
  readonly operation: number;
}

export function* measureSpikes(question: SpikesQuestion, post: (note: SpikesNote) => void): Generator<number> {
  const run = new SpikesRun(question);
  for (let number = 0; number < question.operations; number++) {
    run.put(number);
    if (number % SLICE === 0) yield number;
  }
  const ns: Partial<Record<PricedKind, Priced>> = {};
  for (const kind of PRICED_KINDS) {
    ns[kind] = run.price(kind);
    yield question.operations;
  }
  post(run.note(ns as Record<PricedKind, Priced>));
}

class SpikesRun {
  readonly #question: SpikesQuestion;
  readonly #tree: MeasuredTree;
  readonly #columns: SpikeColumns;
  readonly #calls: NotedCall[] = [];
  readonly #checkpoints: number[] = [];
  readonly #sizes: Readonly<Partial<Record<FileName, number>>>;
  #operation = -1;
  #changed = new Set<number>();

  constructor(question: SpikesQuestion) {
    const { checkpointLogBytes, operations, pageBytes, poolPages, seed } = question;
    this.#question = question;
    this.#columns = emptyColumns(operations);
    this.#tree = new MeasuredTree({
      pageBytes,
      protection: 'copy_on_write',
      poolBytes: poolPages * pageBytes,
      seed,
      logBytes: 2 * checkpointLogBytes,
      checkpointLogBytes,
      device: { charge: (call, file, at, bytes) => this.#noteCall(call, file, at, bytes) },
      listen: (event) => this.#note(event),
    });
    this.#sizes = { log: 2 * checkpointLogBytes, superblock: 8192 };
  }

  put(number: number): void {
    const { pattern, seed, valueBytes } = this.#question;
    const before = this.#tree.written();
    this.#operation = number;
    this.#changed = new Set();
    this.#tree.store.put(identifier(pattern, seed, number), quickValue(number, valueBytes));
    this.#tree.store.flush();
    const after = this.#tree.written();
    const columns = this.#columns;
    columns.logBytes[number] = after.log - before.log;
    columns.spilledBytes[number] = after.spilled - before.spilled;
    columns.roomBytes[number] = after.room - before.room;
    const checkpoint = (['pages', 'copies', 'map', 'superblock'] as const).map((part) => after[part] - before[part]);
    columns.checkpointBytes[number] = checkpoint.reduce((sum, bytes) => sum + bytes, 0);
    columns.pagesChanged[number] = this.#changed.size;
  }

  price(kind: PricedKind): Priced {
    const all = new Float64Array(this.#question.operations);
    const flush = new Float64Array(this.#question.operations);
    const priced = priceRun(this.#calls, kind, { sizes: this.#sizes });
    priced.operations.forEach(({ call, file, ns }, i) => {
      const { operation } = this.#calls[i]!;
      all[operation]! += ns;
      if (call === 'flush' && file === 'log') flush[operation]! += ns;
    });
    return { all, flush };
  }

  note(ns: Readonly<Record<PricedKind, Priced>>): SpikesNote {
    return {
      note: 'spikes',
      question: this.#question,
      columns: this.#columns,
      ns,
      checkpoints: this.#checkpoints,
      bound: boundOf(this.#question, this.#tree.stats().height),
    };
  }

  #noteCall(call: MeteredCall, file: FileName, at: number, bytes: number): void {
    // Formatting is over before the first put.
    if (this.#operation >= 0) this.#calls.push({ call, file, at, bytes, operation: this.#operation });
  }

  #note(event: StoreTraceEvent): void {
    if (this.#operation < 0) return;
    if (event.kind === 'store.checkpoint_finished') this.#checkpoints.push(this.#operation);
    if (!isTreeEvent(event)) return;
    switch (event.kind) {
      case 'btree.cell_inserted':
      case 'btree.cell_replaced':
      case 'btree.separator_inserted':
        this.#changed.add(event.page);
        break;
      case 'btree.leaf_split':
        for (const page of [event.left, event.right, event.next]) if (page !== 0) this.#changed.add(page);
        break;
      case 'btree.inner_split':
        this.#changed.add(event.left).add(event.right);
        break;
      case 'btree.root_grown':
        this.#changed.add(event.root);
        break;
      case 'btree.page_allocated':
        this.#columns.pagesMade[this.#operation]!++;
        break;
      default:
    }
  }
}

const emptyColumns = (count: number): SpikeColumns => ({
  logBytes: new Float64Array(count),
  spilledBytes: new Float64Array(count),
  checkpointBytes: new Float64Array(count),
  roomBytes: new Float64Array(count),
  pagesChanged: new Float64Array(count),
  pagesMade: new Float64Array(count),
});

/**
 * What n inserts can cost at most, divided by n.
 *
 * Pages: each insert changes its leaf. A split of a leaf changes three more (the new one, its right neighbour, the
 * parent), a split above two more, a root that grows one. Cells are of one length, so a split in halves leaves room for
 * nearly half a page of them in both; only where a key is the largest of all a full leaf is left behind, and it takes the
 * last leaf half a page of inserts to get so far. Taken together there are at least `s` inserts for each split, a quarter
 * of a page of cells, and splits above are rarer still by the fan-out f, at least 3: 1 + 3/s + (2 + 1)/(s (f - 1)).
 *
 * Bytes: each insert writes a log group of whole sectors. A page that it changed is written at most once for that, spilled
 * or by a checkpoint. Once for each checkpoint come the pages of the map, all of them at most, and two superblock slots;
 * checkpoints are at least their interval of log apart. Slices belong to pages that were changed before, so the sum never
 * runs ahead. Zeros that make room are left out.
 */
function boundOf(question: SpikesQuestion, height: number): SpikesNote['bound'] {
  const { checkpointLogBytes, pageBytes, valueBytes } = question;
  const cell = 16 + valueBytes + 5;
  const perSplit = Math.max(1, Math.floor(usableBytes(pageBytes) / 4 / cell));
  const pages = 1 + 3 / perSplit + 3 / (perSplit * 2);
  const group = Math.ceil((48 + 17 + 16 + valueBytes + 8) / 512) * 512;
  const perCheckpoint = Math.floor(checkpointLogBytes / group);
  const extent = Math.max(512, pageBytes);
  const pagesMost = question.operations * (1.5 / perSplit) + 2;
  const mapPages = Math.ceil(pagesMost / entriesPerMapPage(pageBytes)) + 1;
  const eachCheckpoint = mapPages * extent + 2 * SLOT_BYTES_MAX;
  const bytes = group + pages * extent + eachCheckpoint / Math.max(1, perCheckpoint);
  assert(pages < 8 && height < 20, 'the bound is one of a tree');
  return {
    pages,
    bytes,
    words:
      `Splits are paid for by ${perSplit} ${perSplit === 1 ? 'insert' : 'inserts'} each at least, so the mean is at most ` +
      `${pages.toFixed(2)} pages. Each is written once at most, spilled or by a checkpoint; every ${perCheckpoint} inserts at least there may be a checkpoint, with up to ${mapPages} pages of the map and two slots of the superblock.`,
  };
}
