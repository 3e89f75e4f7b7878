/**
 * What each put costs: everything that is written from its call until its acknowledgement. There is no thread that flushes
 * and merges: slices of both lie with the puts, and where compaction falls behind, puts pay larger ones, or wait.
 *
 *   S1  What a put is charged with is what the files saw while it ran; a data file that is written past its end grows, and
 *       room that is made ahead is kept: it is no cost of this put, though it takes time.
 */
import { theoryOf } from '../lsm/theory';
import type { PricedKind } from '../protocol/prices';
import type { PressureColumns, PressureNote, PressureQuestion } from '../protocol/lsm';
import type { FileName } from '../storage/file';
import { priceRun, type MediaCall } from '../storage/media';
import type { MeteredCall } from '../storage/metered';
import { PRICED_KINDS } from '../protocol/prices';
import { identifier, quickValue } from './measured_rows';
import { MeasuredLsm, settingsOf } from './lsm_measured';
import type { StoreTraceEvent } from './measured_store';

const SLICE = 100;
const KEY_BYTES = 16;
/** Of an entry in a block: lengths, LSN. */
const ENTRY_BYTES_MAX = 12;
/** Index, properties and footer of a table, for each byte of it; tables of experiments are small. */
const TABLE_BYTES_BESIDES = 0.25;
const SUPERBLOCK_BYTES = 2 * 1024;
const EDIT_BYTES_MAX = 2 * 1024;
const SECTOR_BYTES = 512;
/** Of a log group, and of a record with one put. */
const GROUP_BYTES = 48;
const RECORD_BYTES = 25;

interface NotedCall extends MediaCall {
  readonly operation: number;
}

export function* measurePressure(question: PressureQuestion, post: (note: PressureNote) => void): Generator<number> {
  const run = new PressureRun(question);
  for (let number = 0; number < question.operations; number++) {
    run.put(number);
    if (number % SLICE === 0) yield number;
  }
  const ns: Partial<Record<PricedKind, Float64Array>> = {};
  const totals: Partial<Record<PricedKind, PressureNote['totals'][PricedKind]>> = {};
  for (const kind of PRICED_KINDS) {
    ({ ns: ns[kind], totals: totals[kind] } = run.price(kind));
    yield question.operations;
  }
  post({
    ...run.note(),
    ns: ns as PressureNote['ns'],
    totals: totals as PressureNote['totals'],
  });
}

class PressureRun {
  readonly #question: PressureQuestion;
  readonly #lsm: MeasuredLsm;
  readonly #columns: PressureColumns;
  readonly #calls: NotedCall[] = [];
  readonly #lengths: Partial<Record<FileName, number>> = {};
  readonly #sizes: Readonly<Partial<Record<FileName, number>>>;
  #operation = -1;
  #isCheckpointing = false;
  #pressure = 0;

  constructor(question: PressureQuestion) {
    const { operations, seed, setting } = question;
    this.#question = question;
    this.#columns = emptyColumns(operations);
    this.#lsm = new MeasuredLsm({
      ...settingsOf(setting, seed),
      device: { charge: (call, file, at, bytes) => this.#charge(call, file, at, bytes) },
      listen: (event) => this.#note(event),
    });
    const { log, superblock } = this.#lsm.sizes();
    this.#sizes = { log, superblock };
  }

  put(number: number): void {
    const { groupCommits, operations, seed, valueBytes } = this.#question;
    const { store, tables } = this.#lsm;
    this.#operation = number;
    store.put(identifier('random', seed, number), quickValue(number, valueBytes));
    if (number % groupCommits === groupCommits - 1 || number === operations - 1) store.flush();
    this.#columns.level0[number] = tables.levels[0]?.length ?? 0;
    this.#columns.pressure[number] = this.#pressure;
  }

  price(kind: PricedKind): { readonly ns: Float64Array; readonly totals: PressureNote['totals'][PricedKind] } {
    const ns = new Float64Array(this.#question.operations);
    const { joules, money, operations } = priceRun(this.#calls, kind, { sizes: this.#sizes });
    let wear = 0;
    operations.forEach((priced, i) => {
      ns[this.#calls[i]!.operation]! += priced.ns;
      wear += priced.wear;
    });
    return { ns, totals: { joules, wear, usd: money.total } };
  }

  note(): Omit<PressureNote, 'ns' | 'totals'> {
    const { compactions, flushes, slowed, stalled } = this.#lsm.counts;
    return {
      note: 'pressure',
      question: this.#question,
      columns: this.#columns,
      ...{ flushes, compactions, slowed, stalled },
      bound: boundOf(this.#question),
    };
  }

  /** S1. */
  #charge(call: MeteredCall, file: FileName, at: number, bytes: number): void {
    const grows = call === 'write' && at + bytes > (this.#lengths[file] ?? 0);
    if (grows) this.#lengths[file] = at + bytes;
    // Formatting is over before the first put.
    const operation = this.#operation;
    if (operation < 0) return;
    this.#calls.push({ call, file, at, bytes, operation });
    if (call !== 'write') return;
    const { compactionBytes, flushBytes, logBytes, superblockBytes } = this.#columns;
    if (file === 'log') logBytes[operation]! += bytes;
    else if (file === 'superblock') superblockBytes[operation]! += bytes;
    else if (!grows) (this.#isCheckpointing ? flushBytes : compactionBytes)[operation]! += bytes;
  }

  #note(event: StoreTraceEvent): void {
    switch (event.kind) {
      case 'store.checkpoint_started':
        this.#isCheckpointing = true;
        break;
      case 'store.checkpoint_finished':
        this.#isCheckpointing = false;
        break;
      case 'lsm.back_pressure_changed':
        this.#pressure = { none: 0, slowed: 1, stalled: 2 }[event.state];
        break;
      default:
    }
  }
}

const emptyColumns = (count: number): PressureColumns => ({
  logBytes: new Float64Array(count),
  flushBytes: new Float64Array(count),
  compactionBytes: new Float64Array(count),
  superblockBytes: new Float64Array(count),
  level0: new Float64Array(count),
  pressure: new Uint8Array(count),
});

/**
 * What n puts write at most, divided by n, as the closed forms have it.
 *
 * Each put is once in the log, whose groups are whole sectors. Its entry is written to tables as often as the form says of
 * a tree of all n entries, whose levels are full: while the tree grows they are not, so the sum does not run ahead. Each
 * flush comes with its edit of the manifest, with one for each level that something moves down from, and with two slots of
 * the superblock.
 */
function boundOf({ groupCommits, operations, setting, valueBytes }: PressureQuestion): PressureNote['bound'] {
  const { bitsPerKey, memtableBytes, policy } = setting;
  const rowBytes = KEY_BYTES + valueBytes;
  const groupBytes = Math.ceil((GROUP_BYTES + groupCommits * (RECORD_BYTES + rowBytes)) / SECTOR_BYTES) * SECTOR_BYTES;
  const log = groupBytes / groupCommits;
  const entryBytes = (rowBytes + ENTRY_BYTES_MAX + bitsPerKey / 8) * (1 + TABLE_BYTES_BESIDES);
  const { shape, writeAmplification } = theoryOf({ policy, memtableBytes, dataBytes: operations * entryBytes });
  const putsInMemtable = Math.max(1, Math.floor(memtableBytes / (rowBytes + ENTRY_BYTES_MAX * 4)));
  const eachFlush = SUPERBLOCK_BYTES + EDIT_BYTES_MAX * (1 + shape.length);
  const bytes = log + entryBytes * writeAmplification + eachFlush / putsInMemtable;
  return {
    bytes,
    words:
      `A put takes ${Math.round(log)} B of log, and by the closed form its entry of at most ${Math.round(entryBytes)} B is ` +
      `written to tables ${writeAmplification.toFixed(1)} times once the levels are full; about every ${putsInMemtable} puts there is a flush.`,
  };
}
