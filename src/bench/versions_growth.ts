/**
 * `npm run growth -- --index versions [--rows N] [--json FILE]`: what versions cost in bytes, by how much is written while the
 * oldest reader stays. In Node, on a real file system; counts of bytes, which other work on the machine does not change.
 *
 *     load ──▶ a reader parks ──▶ updates, so many for each row ──▶ measured ──▶ it ends ──▶ half an update a row ──▶ measured
 *
 * Updates hit all rows alike, or nine of ten hit a tenth of them. Vacuum and merges work as they always do.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { SeededRandom } from '../base/runtime';
import type { FormatOptions, Store, TuningOptions } from '../kv_store';
import { closeAll } from '../storage/file';
import { memoryMiB, MIB, openMetered, put, round, ROWS_A_BATCH } from './growth_store';
import { PEER_CACHE_BYTES, PEER_PAGE_BYTES } from './peers';

/** Updates for each row while a reader is parked; 0: there is none, and as many as the last one has. */
const UPDATES_A_ROW = [0, 0.1, 1, 3] as const;
const ROWS_A_COMMIT = 100;
/** Of the updates, and of the rows that they hit. */
const HOT = { updates: 0.9, rows: 0.1 };
const LOG_BYTES = 16 * MIB;

interface Subject {
  readonly name: string;
  readonly format: Partial<FormatOptions>;
  readonly tuning?: Partial<TuningOptions>;
}

const SUBJECTS: readonly Subject[] = [
  { name: 'map', format: {} },
  {
    name: 'B-tree',
    format: { tree: { pageBytes: PEER_PAGE_BYTES, protection: 'copy_on_write' } },
    tuning: { poolBytes: PEER_CACHE_BYTES },
  },
  {
    name: 'LSM tree',
    format: { lsm: { filterPrefix: { kind: 'whole_key' } } },
    // So small that three levels fill.
    tuning: { lsm: { memtableBytes: 256 * 1024, tableBytes: 256 * 1024 } },
  },
];

interface Cost {
  readonly index: string;
  readonly updates: 'all alike' | 'nine of ten to a tenth';
  /** While the reader was parked; with `isHeld` false there was none, or it had ended. */
  readonly updatesARow: number;
  readonly isHeld: boolean;
  readonly versionsAKey: number;
  readonly versionsMax: number;
  /** Of the newest values, of what a reader holds, of what is garbage and not yet collected. */
  readonly liveMiB: number;
  readonly heldMiB: number;
  readonly garbageMiB: number;
  /** In use in the data files, behind a checkpoint. */
  readonly diskMiB: number;
  /** What the process holds more than before the store was opened. */
  readonly memoryMiB: number;
}

function measure(subject: Subject, isHot: boolean, updatesARow: number, rows: number): Cost[] {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'versions_'));
  const memoryBefore = memoryMiB();
  const costNow = (): Measured => costOf(store, memoryBefore);
  const format = { ...subject.format, logBytes: LOG_BYTES, versions: true };
  const { files, store } = openMetered(folder, { format, tuning: subject.tuning ?? {} });
  try {
    const random = new SeededRandom(20_261_123);
    const row = (): number =>
      isHot && random.below(1000) < 1000 * HOT.updates ? random.below(rows * HOT.rows) : random.below(rows);
    const write = (updates: number): void => {
      for (let done = 0; done < updates; done += ROWS_A_COMMIT) {
        const rowsOfCommit = new Set(Array.from({ length: ROWS_A_COMMIT }, row));
        store.batch(
          [...rowsOfCommit].map((one) => put(one, done + one)),
          { mode: 'relaxed' },
        );
        store.write();
      }
    };
    for (let at = 0; at < rows; at += ROWS_A_BATCH) {
      store.batch(
        Array.from({ length: ROWS_A_BATCH }, (_, i) => put(at + i, at + i)),
        { mode: 'relaxed' },
      );
      store.write();
    }
    const parked = updatesARow > 0 ? store.begin({ readOnly: true }) : undefined;
    write((updatesARow || UPDATES_A_ROW.at(-1)!) * rows);
    const made = { index: subject.name, updates: isHot ? 'nine of ten to a tenth' : 'all alike', updatesARow } as const;
    const costs: Cost[] = [{ ...made, isHeld: parked !== undefined, ...costNow() }];
    if (!parked) return costs;
    parked.abort();
    write(rows / 2);
    return [...costs, { ...made, isHeld: false, ...costNow() }];
  } finally {
    closeAll(files);
    rmSync(folder, { recursive: true });
  }
}

type Measured = Omit<Cost, 'index' | 'isHeld' | 'updates' | 'updatesARow'>;

function costOf(store: Store, memoryBefore: number): Measured {
  const memory = memoryMiB() - memoryBefore;
  store.checkpoint();
  const { garbageBytes, heldBytes, keys, liveBytes, versions, versionsMax } = store.transactions.measure();
  const used = store.describe().extents.filter(({ state }) => state === 'live').length;
  return {
    versionsAKey: round(versions / keys),
    versionsMax,
    liveMiB: round(liveBytes / MIB),
    heldMiB: round(heldBytes.reduce((sum, bytes) => sum + bytes, 0) / MIB),
    garbageMiB: round(garbageBytes / MIB),
    diskMiB: round((used * store.annotationContext.format.extentBytes) / MIB),
    memoryMiB: round(memory),
  };
}

const { values } = parseArgs({ options: { rows: { type: 'string', default: '50000' }, json: { type: 'string' } } });
const rows = Number(values.rows);
const costs = SUBJECTS.flatMap((subject) =>
  [false, true].flatMap((isHot) =>
    UPDATES_A_ROW.flatMap((updatesARow) => {
      const measured = measure(subject, isHot, updatesARow, rows);
      for (const one of measured) console.log(JSON.stringify(one));
      return measured;
    }),
  ),
);
console.table(costs);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ rows, costs }, null, 2)}\n`);
