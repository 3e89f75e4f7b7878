/**
 * Why do append-only logs dominate? The same updates of the same rows, laid out in three ways, each with real calls:
 *
 *     append          row ─▶ record ─▶ group ─▶ end of the log, one write and one flush a batch   (the store's own log)
 *     in place        row ─▶ read its page, change it, write it back; one flush a batch           (a crash can tear it)
 *     in place, safe  the same, but every page is first written to a second place and flushed     (a double write)
 *
 * Each runs three times over. Once on real files under the stopwatch. Then the recorded calls are priced on each model.
 * Then the same code runs in memory for a long while over a modelled flash drive that the data fills, because some
 * bills come late: the drive's own cleaning, which pages written all over the place make dear.
 *
 * What recovery and cleaning take is measured too, by doing them: the log is scanned with the store's own scanner, and
 * its live rows are written out again.
 */
import { assert } from '../base/assert';
import { readU32, viewOf } from '../base/bytes';
import { logPosition, lsn } from '../base/ids';
import { SeededRandom } from '../base/runtime';
import { closeAll, type FileName, type FileSet, type StorageFile } from '../storage/file';
import {
  alignUp,
  GROUP_HEADER_BYTES,
  RECORD_HEADER_BYTES,
  scanLog,
  type LogGeometry,
  type RedoPoint,
} from '../storage/log_region';
import { DEVICE_DEFAULTS, makeDevice, STACK_DEFAULTS, StorageStack, type MediaCall } from '../storage/media';
import { MemoryStorage } from '../storage/memory';
import { Meter, meteredFiles } from '../storage/metered';
import { WriteAheadLog } from '../wal';
import type { LayoutId, LayoutResult, LayoutSpec } from '../protocol/media';
import type { HostEnvironment } from './environment';
import type { JobProgress, JobWork } from './jobs';
import { priceCalls } from './media_desk';

export const LAYOUTS: readonly LayoutId[] = ['append', 'in_place', 'in_place_safe'];

const PAGE = 4096;
const CHUNK_BYTES = 64 * 1024;
/** Full overwrites of the modelled drive before its steady state is read off, and while it is. */
const LATER = { before: 3, during: 1 };
const ROW_RECORD = 1;

/** One layout on open files. `update` takes the row and its new bytes; `commit` makes the batch durable. */
interface Layout {
  prepare(): void;
  update(row: number, bytes: Uint8Array): void;
  commit(): void;
  /** Reads what a restart has to read. @returns bytes read, and the rows found where they are rebuilt. */
  recover(): { readonly bytes: number; readonly rows?: ReadonlyMap<number, Uint8Array> };
  /** Gets the room of overwritten rows back. */
  clean(rows: ReadonlyMap<number, Uint8Array>): { readonly readBytes: number; readonly writtenBytes: number };
}

export function layoutExperiment(
  environment: HostEnvironment,
  spec: LayoutSpec,
  post: (result: LayoutResult) => void,
): JobWork {
  return { unit: 'calls', slices: () => compare(environment, spec, post) };
}

async function* compare(
  environment: HostEnvironment,
  spec: LayoutSpec,
  post: (result: LayoutResult) => void,
): AsyncGenerator<JobProgress, JobProgress> {
  const total = 2 * LAYOUTS.length;
  let done = 0;
  for (const layout of LAYOUTS) {
    yield { done: done++, total, sentence: `${LAYOUT_NAMES[layout]}: ${spec.updates} updates through real files.` };
    const folder = await environment.addScratch(3 * dataBytes(spec));
    try {
      const files = await environment.openScratch(folder);
      try {
        const measured = measure(environment, files, layout, spec);
        yield { done: done++, total, sentence: `${LAYOUT_NAMES[layout]}: the bill that comes later.` };
        post({ ...measured, later: runLater(layout, spec) });
      } finally {
        closeAll(files);
      }
    } finally {
      await environment.removeScratch(folder);
    }
  }
  return { done: total, total, sentence: `${spec.updates} updates in ${LAYOUTS.length} layouts are measured.` };
}

const LAYOUT_NAMES: Readonly<Record<LayoutId, string>> = {
  append: 'Append',
  in_place: 'In place',
  in_place_safe: 'In place, written twice',
};

function measure(
  environment: HostEnvironment,
  files: FileSet,
  id: LayoutId,
  spec: LayoutSpec,
): Omit<LayoutResult, 'later'> {
  const calls: MediaCall[] = [];
  const meter = new Meter({ charge: (call, file, at, bytes) => void calls.push({ call, file, at, bytes }) });
  const layout = makeLayout(id, meteredFiles(files, meter), spec, logBytesFor(spec));
  layout.prepare();
  const sizes = sizesOf(files);
  calls.length = 0;
  meter.reset();

  const rows = new Map<number, Uint8Array>();
  const ms = timed(environment, () => runUpdates(layout, spec, spec.updates, new SeededRandom(spec.seed), rows));
  const counts = meter.total();
  const run = calls.slice();
  const recovered: { value?: ReturnType<Layout['recover']> } = {};
  const recoveryMs = timed(environment, () => (recovered.value = layout.recover()));
  const { bytes, rows: found } = recovered.value!;
  if (found !== undefined) assertSameRows(found, rows);
  let cleaned = { readBytes: 0, writtenBytes: 0 };
  const cleaningMs = timed(environment, () => (cleaned = layout.clean(rows)));
  return {
    layout: id,
    spec,
    storage: environment.storage,
    ms,
    reads: counts.reads,
    writes: counts.writes,
    flushes: counts.flushes,
    writtenBytes: counts.writtenBytes,
    rowBytesUpdated: spec.updates * spec.rowBytes,
    recovery: { ms: recoveryMs, bytes, ...RECOVERY[id] },
    cleaning: { ms: cleaningMs, ...cleaned },
    prices: priceCalls(run, { sizes, modelledBytes: Math.max(dataBytes(spec), 8 * 2 ** 20) }),
  };
}

const RECOVERY: Readonly<Record<LayoutId, { readonly repairs: boolean; readonly sentence: string }>> = {
  append: { repairs: true, sentence: 'The log is read; a torn end is recognised by its checksum and left out.' },
  in_place: {
    repairs: false,
    sentence: 'Nothing is read, because nothing could be done: a torn page has no second copy.',
  },
  in_place_safe: { repairs: true, sentence: 'The last batch’s copies are read and put in place again.' },
};

function timed(environment: HostEnvironment, run: () => unknown): number {
  const begun = environment.now();
  run();
  return environment.now() - begun;
}

function runUpdates(
  layout: Layout,
  spec: LayoutSpec,
  updates: number,
  random: SeededRandom,
  rows: Map<number, Uint8Array> | undefined,
): void {
  for (let done = 0; done < updates; done++) {
    const row = random.below(spec.rows);
    const bytes = new Uint8Array(spec.rowBytes).fill(random.next() & 0xff);
    layout.update(row, bytes);
    rows?.set(row, bytes);
    if ((done + 1) % spec.batch === 0 || done + 1 === updates) layout.commit();
  }
}

/** The steady state: what reaches the flash once the drive has been written over a few times. */
function runLater(id: LayoutId, spec: LayoutSpec): LayoutResult['later'] {
  const storage = new MemoryStorage();
  const files = storage.openNow({ create: true });
  makeLayout(id, files, spec, dataBytes(spec)).prepare();
  const usedBytes = id === 'in_place_safe' ? dataBytes(spec) + spec.batch * PAGE : dataBytes(spec);
  const device = makeDevice('nvme', { ...DEVICE_DEFAULTS, modelledBytes: usedBytes });
  const stack = new StorageStack(device, sizesOf(files), STACK_DEFAULTS);
  const layout = makeLayout(id, meteredFiles(files, new Meter(stack)), spec, dataBytes(spec));
  const random = new SeededRandom(spec.seed + 1);
  const overwrite = (times: number): void => {
    const until = device.counts().hostBytes + times * usedBytes;
    while (device.counts().hostBytes < until) runUpdates(layout, spec, 8 * spec.batch, random, undefined);
  };
  overwrite(LATER.before);
  const before = device.counts();
  overwrite(LATER.during);
  const after = device.counts();
  closeAll(files);
  return {
    writtenBytes: after.hostBytes - before.hostBytes,
    movedBytes: after.movedBytes - before.movedBytes,
    paddedBytes: after.paddedBytes - before.paddedBytes,
  };
}

function sizesOf(files: FileSet): Record<FileName, number> {
  const { superblock, log, data_0, data_1 } = files;
  return { superblock: superblock.size(), log: log.size(), data_0: data_0.size(), data_1: data_1.size() };
}

const rowsPerPage = ({ rowBytes }: LayoutSpec): number => Math.floor(PAGE / rowBytes);
/** Whole pages that hold all rows. */
export const dataBytes = (spec: LayoutSpec): number => Math.ceil(spec.rows / rowsPerPage(spec)) * PAGE;

function assertSameRows(found: ReadonlyMap<number, Uint8Array>, rows: ReadonlyMap<number, Uint8Array>): void {
  assert(found.size === rows.size, 'the scan found every row that was updated');
  for (const [row, bytes] of rows) assert(found.get(row)?.[0] === bytes[0], 'and each with its last value');
}

/** Twice what the updates take: the run under the stopwatch never comes round. */
function logBytesFor({ rowBytes, updates, batch, alignBytes }: LayoutSpec): number {
  const groupBytes = GROUP_HEADER_BYTES + batch * (RECORD_HEADER_BYTES + 4 + rowBytes);
  return 2 * Math.ceil(updates / batch) * alignUp(groupBytes, alignBytes);
}

function makeLayout(id: LayoutId, files: FileSet, spec: LayoutSpec, logBytes: number): Layout {
  return id === 'append' ? new Appending(files, spec, logBytes) : new InPlace(files, spec, id === 'in_place_safe');
}

/** Real bytes in a file, so that no update makes it grow. */
function fillFile(file: StorageFile, bytes: number): void {
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let at = 0; at < bytes; at += CHUNK_BYTES) file.write(at, chunk.subarray(0, Math.min(CHUNK_BYTES, bytes - at)));
  file.flush();
}

class Appending implements Layout {
  readonly #files: FileSet;
  readonly #geometry: LogGeometry;
  readonly #log: WriteAheadLog;

  constructor(files: FileSet, spec: LayoutSpec, logBytes: number) {
    this.#files = files;
    this.#geometry = { logBytes, alignBytes: spec.alignBytes, storeSeed: spec.seed >>> 0 };
    this.#log = new WriteAheadLog({
      file: files.log,
      geometry: this.#geometry,
      start: {
        position: logPosition(0),
        nextLsn: lsn(1),
        link: 0,
        redoPosition: logPosition(0),
        guardPosition: logPosition(0),
        lastGroup: undefined,
      },
      random: new SeededRandom(spec.seed),
      trace: null,
      protections: { logSalt: true, wholeWrites: true },
    });
  }

  prepare(): void {
    fillFile(this.#files.log, this.#geometry.logBytes);
  }

  update(row: number, bytes: Uint8Array): void {
    const log = this.#log;
    // A full ring: in a store a checkpoint has kept what is live, and what it costs is counted as cleaning.
    if (log.groupBytesWith(4 + bytes.length) > log.freeBytes) {
      log.freeTo(log.appendPosition, log.appendPosition, log.nextLsn);
    }
    log.append(ROW_RECORD, 4 + bytes.length, (into, at) => {
      viewOf(into, at).setUint32(0, row, true);
      into.set(bytes, at + 4);
    });
  }

  commit(): void {
    this.#log.writeGroup();
    this.#log.flush();
  }

  recover(): { bytes: number; rows: Map<number, Uint8Array> } {
    const rows = new Map<number, Uint8Array>();
    const redo: RedoPoint = { position: logPosition(0), lsn: lsn(1), link: 0 };
    const options = { verifyChecksums: true, verifyLinks: true, durableLsn: lsn(0) };
    const { bytesRead } = scanLog(this.#files.log, this.#geometry, redo, options, {
      group: () => undefined,
      record: ({ payload }) => void rows.set(readU32(payload, 0), payload.slice(4)),
    });
    return { bytes: bytesRead, rows };
  }

  /** The log is read once more, and what is live written out in one run. */
  clean(): { readBytes: number; writtenBytes: number } {
    const { bytes, rows } = this.recover();
    const out = new Uint8Array([...rows.values()].reduce((sum, row) => sum + 4 + row.length, 0));
    let at = 0;
    for (const [row, value] of rows) {
      viewOf(out, at).setUint32(0, row, true);
      out.set(value, at + 4);
      at += 4 + value.length;
    }
    const file = this.#files.data_1;
    for (let from = 0; from < out.length; from += CHUNK_BYTES) file.write(from, out.subarray(from, from + CHUNK_BYTES));
    file.flush();
    return { readBytes: bytes, writtenBytes: out.length };
  }
}

class InPlace implements Layout {
  readonly #files: FileSet;
  readonly #spec: LayoutSpec;
  readonly #safe: boolean;
  readonly #page = new Uint8Array(PAGE);
  /** Safe only: pages changed since the last commit, each at the place it belongs. */
  readonly #changed = new Map<number, Uint8Array>();

  constructor(files: FileSet, spec: LayoutSpec, safe: boolean) {
    this.#files = files;
    this.#spec = spec;
    this.#safe = safe;
  }

  prepare(): void {
    fillFile(this.#files.data_0, dataBytes(this.#spec));
    if (this.#safe) fillFile(this.#files.data_1, this.#spec.batch * PAGE);
  }

  update(row: number, bytes: Uint8Array): void {
    const perPage = rowsPerPage(this.#spec);
    const at = Math.floor(row / perPage) * PAGE;
    const offset = (row % perPage) * this.#spec.rowBytes;
    const known = this.#changed.get(at);
    const page = known ?? (this.#safe ? new Uint8Array(PAGE) : this.#page);
    if (known === undefined) this.#files.data_0.read(at, page);
    page.set(bytes, offset);
    if (this.#safe) this.#changed.set(at, page);
    else this.#files.data_0.write(at, page);
  }

  commit(): void {
    const { data_0, data_1 } = this.#files;
    if (this.#safe) {
      const copies = new Uint8Array(this.#changed.size * PAGE);
      [...this.#changed.values()].forEach((page, index) => copies.set(page, index * PAGE));
      data_1.write(0, copies);
      data_1.flush();
      for (const [at, page] of this.#changed) data_0.write(at, page);
      this.#changed.clear();
    }
    data_0.flush();
  }

  recover(): { bytes: number } {
    if (!this.#safe) return { bytes: 0 };
    const copies = new Uint8Array(this.#spec.batch * PAGE);
    this.#files.data_1.read(0, copies);
    return { bytes: copies.length };
  }

  /** A row is where it always was: there is nothing to get back. The drive sees that differently (`runLater`). */
  clean(): { readBytes: number; writtenBytes: number } {
    return { readBytes: 0, writtenBytes: 0 };
  }
}
