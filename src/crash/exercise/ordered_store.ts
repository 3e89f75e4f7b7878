/**
 * A store of one page, whose commit takes its six steps in whatever order it is told: the exercise on write-ahead
 * logging. In the right order it is a small honest redo log with full-page images (Gray and Reuter 1993, "Transaction
 * Processing", section 10.3); in every other one, some crash loses something, and the crash search finds it.
 *
 *     log append     the record goes to the file `log`: what the page will be, whole
 *     log flush      what was appended is durable
 *     page write     the page is written in place, in `data_0`
 *     data flush     what was written in place is durable
 *     publish        readers see the commit from here on
 *     acknowledge    its client is told yes
 *
 *     log        0         12                       1036     data_0     0              512            1024
 *                +---------+------------------------+                   +--------------+--------------+
 *                | crc lsn | both halves of the page|                   | lsn entries  | lsn entries  |
 *                | u32 u64 | 2 * 512 bytes          |                   | keys even    | keys odd     |
 *                +---------+------------------------+                   +--------------+--------------+
 *     half of the page: lsn u64, count u8, then count * (key length u8, key, value length u8, value)
 *
 * The page is two sectors, so a power cut can tear it, and it has no checksum of its own: only the log can repair it.
 * The log holds one record, written over by the next commit: when a commit has taken its six steps, its record is gone.
 *
 *   W1  In a right order the page in place is durable before its record is written over. Flushing it first thing in the
 *       next commit will do.
 *   W2  A promise is made when the commit is published or acknowledged, whichever comes first: a reader who has seen a
 *       value that a crash takes back has been told as wrong a thing as a client.
 */
import { assert } from '../../base/assert';
import { compareBytes, equalBytes, getU64, putU64, viewOf } from '../../base/bytes';
import { crc32c } from '../../base/checksum';
import { lsn as asLsn, type LogPosition } from '../../base/ids';
import type { Batch, Entry } from '../../base/ordered_index';
import type { CommitOptions, RecoveryReport, ScanOptions, StoreStats, Ticket } from '../../kv_store';
import type { FileSet } from '../../storage/file';
import type { CrashStore, CrashSubject, SubjectOpening } from '../subject';

export const COMMIT_STEPS = ['log_append', 'log_flush', 'page_write', 'data_flush', 'publish', 'acknowledge'] as const;
export type CommitStep = (typeof COMMIT_STEPS)[number];

const HALF_BYTES = 512;
const PAGE_BYTES = 2 * HALF_BYTES;
const RECORD_LSN = 4;
const RECORD_PAGE = 12;
const RECORD_BYTES = RECORD_PAGE + PAGE_BYTES;
const HALF_COUNT = 8;
const HALF_ENTRIES = 9;

/** The subject for one order. `order` names each step once. */
export function orderedSubject(order: readonly CommitStep[]): CrashSubject {
  assert(
    order.length === COMMIT_STEPS.length && COMMIT_STEPS.every((step) => order.includes(step)),
    'an order names each of the six steps once',
  );
  return {
    name: `ordered: ${order.join(', ')}`,
    protections: {},
    open: (opening) => new OrderedStore(order, opening),
    annotate: () => [],
  };
}

/** One commit on its way through its steps. */
interface OrderedTicket extends Ticket {
  state: Ticket['state'];
  readonly operations: Batch;
  readonly listeners: ((error?: Ticket['error']) => void)[];
}

class OrderedStore implements CrashStore {
  readonly recovery: RecoveryReport;
  readonly #order: readonly CommitStep[];
  readonly #files: FileSet;
  readonly #schedule: SubjectOpening['schedule'];
  #entries: readonly Entry[];
  #lsn: number;
  #durableLsn: number;
  #waiting: OrderedTicket[] = [];

  constructor(order: readonly CommitStep[], { files, schedule }: SubjectOpening) {
    this.#order = order;
    this.#files = files;
    this.#schedule = schedule;
    const isNew = files.data_0.size() === 0;
    if (isNew) format(files);
    else redo(files);
    const page = new Uint8Array(PAGE_BYTES);
    files.data_0.read(0, page);
    this.#entries = decodePage(page);
    this.#lsn = this.#durableLsn = lsnOfPage(page);
    this.recovery = reportOf(this.#lsn, isNew);
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#entries.find((entry) => equalBytes(entry.key, key))?.value;
  }

  scan({ reverse = false }: ScanOptions = {}): Iterable<Entry> {
    return reverse ? this.#entries.toReversed() : this.#entries;
  }

  batch(operations: Batch, { client = 0 }: CommitOptions = {}): Ticket {
    const listeners: OrderedTicket['listeners'] = [];
    const ticket: OrderedTicket = {
      lsn: asLsn(this.#lsn + this.#waiting.length + 1),
      client,
      mode: 'strict',
      state: 'buffered',
      error: undefined,
      operations,
      listeners,
      onSettled: (listener) => {
        if (ticket.state === 'acknowledged') listener();
        else listeners.push(listener);
      },
    };
    this.#waiting.push(ticket);
    this.#schedule(() => this.flush());
    return ticket;
  }

  /** Takes every commit that waits through its steps, one after the other. */
  flush(): void {
    for (let ticket = this.#waiting.shift(); ticket; ticket = this.#waiting.shift()) this.#commit(ticket);
  }

  beginCheckpoint(): void {}
  step(): { readonly done: boolean } {
    return { done: true };
  }
  stepOrBegin(): { readonly done: boolean } {
    return { done: true };
  }
  checkpoint(): void {}
  check(): readonly [] {
    return [];
  }

  stats(): StoreStats {
    return {
      keys: this.#entries.length,
      userBytes: 0,
      commits: 0,
      groups: 0,
      flushes: 0,
      checkpoints: 0,
      logBytesWritten: 0,
      checkpointBytesWritten: 0,
      logBytesToReplay: 0,
      publishedLsn: asLsn(this.#lsn),
      durableLsn: asLsn(this.#durableLsn),
      checkpointLsn: asLsn(0),
    };
  }

  close(): void {
    this.flush();
  }

  #commit(ticket: OrderedTicket): void {
    const entries = applied(this.#entries, ticket.operations);
    const page = encodePage(entries, ticket.lsn);
    const { data_0: data, log } = this.#files;
    for (const step of this.#order) {
      if (step === 'log_append') log.write(0, encodeRecord(page, ticket.lsn));
      else if (step === 'log_flush') log.flush();
      else if (step === 'page_write') data.write(0, page);
      else if (step === 'data_flush') data.flush();
      else this.#tell(ticket); // W2
      if (step === 'publish') {
        this.#entries = entries;
        this.#lsn = ticket.lsn;
      }
    }
    this.#durableLsn = ticket.lsn;
  }

  #tell(ticket: OrderedTicket): void {
    if (ticket.state === 'acknowledged') return;
    ticket.state = 'acknowledged';
    for (const listener of ticket.listeners) listener();
  }
}

function format({ data_0: data, log }: FileSet): void {
  log.write(0, new Uint8Array(RECORD_BYTES));
  log.flush();
  data.write(0, new Uint8Array(PAGE_BYTES));
  data.flush();
}

/** Recovery: a whole record is what the page should be; anything else was never finished, and the page stands as it is. */
function redo({ data_0: data, log }: FileSet): void {
  const record = new Uint8Array(RECORD_BYTES);
  if (log.read(0, record) < RECORD_BYTES) return;
  const view = viewOf(record);
  if (getU64(view, RECORD_LSN) === 0 || view.getUint32(0, true) !== crc32c(record, RECORD_LSN)) return;
  data.write(0, record.subarray(RECORD_PAGE));
  data.flush();
}

function encodeRecord(page: Uint8Array, lsn: number): Uint8Array {
  const record = new Uint8Array(RECORD_BYTES);
  const view = viewOf(record);
  putU64(view, RECORD_LSN, lsn);
  record.set(page, RECORD_PAGE);
  view.setUint32(0, crc32c(record, RECORD_LSN), true);
  return record;
}

function encodePage(entries: readonly Entry[], lsn: number): Uint8Array {
  const page = new Uint8Array(PAGE_BYTES);
  for (const half of [0, 1]) {
    const mine = entries.filter(({ key }) => halfOf(key) === half);
    putU64(viewOf(page), half * HALF_BYTES, lsn);
    page[half * HALF_BYTES + HALF_COUNT] = mine.length;
    let at = half * HALF_BYTES + HALF_ENTRIES;
    for (const bytes of mine.flatMap(({ key, value }) => [key, value])) {
      assert(bytes.length < 256 && at + 1 + bytes.length <= (half + 1) * HALF_BYTES, 'the exercise fits in its page');
      page[at] = bytes.length;
      page.set(bytes, at + 1);
      at += 1 + bytes.length;
    }
  }
  return page;
}

const halfOf = (key: Uint8Array): number => (key.at(-1) ?? 0) % 2;

/** A page that nothing vouches for is believed as far as it goes: that is what it means to have no checksum. */
function decodePage(page: Uint8Array): readonly Entry[] {
  const entries: Entry[] = [];
  for (const half of [0, 1]) {
    const end = (half + 1) * HALF_BYTES;
    let at = half * HALF_BYTES + HALF_ENTRIES;
    const next = (): Uint8Array => {
      const length = at < end ? page[at]! : 0;
      const bytes = page.slice(at + 1, Math.min(end, at + 1 + length));
      at += 1 + length;
      return bytes;
    };
    for (let left = page[half * HALF_BYTES + HALF_COUNT]!; left > 0 && at < end; left--) {
      entries.push({ key: next(), value: next() });
    }
  }
  return entries.sort((one, other) => compareBytes(one.key, other.key));
}

/** The newer of the two halves speaks for the page. */
function lsnOfPage(page: Uint8Array): number {
  const view = viewOf(page);
  return Math.max(getU64(view, 0), getU64(view, HALF_BYTES));
}

function applied(entries: readonly Entry[], operations: Batch): readonly Entry[] {
  let next = [...entries];
  for (const operation of operations) {
    next = next.filter(({ key }) => !equalBytes(key, operation.key));
    if (operation.kind === 'put') next.push({ key: operation.key, value: operation.value });
  }
  return next.sort((one, other) => compareBytes(one.key, other.key));
}

function reportOf(lastLsn: number, formatted: boolean): RecoveryReport {
  return {
    formatted,
    slot: 0,
    otherSlot: 'same',
    checkpointLsn: asLsn(0),
    checkpointKeys: 0,
    recordsScanned: 1,
    recordsApplied: 1,
    recordsSkipped: 0,
    logBytesScanned: RECORD_BYTES,
    lastLsn: asLsn(lastLsn),
    end: 'end_clean',
    reason: '',
    position: 0 as LogPosition,
    ticks: 0,
  };
}
