/** For tests: tables that nobody wrote, versions of them, and a plausible history of edits. */
import { SeededRandom } from '../../base/runtime';
import { extentId, lsn } from '../../base/ids';
import type { TableId, TableMeta } from '../table/table_meta';
import { applyEdit, EMPTY_VERSION, makeRun, overlapping, spanOf, type Version, type VersionEdit } from '../version';

/** A key of two bytes: tests count in them. */
export const keyOf = (n: number): Uint8Array => Uint8Array.of(n >>> 8, n & 0xff);

export interface TableSketch {
  readonly id: TableId;
  readonly from: number;
  readonly to: number;
  readonly bytes?: number;
  readonly entries?: number;
  readonly tombstones?: number;
  readonly lsn?: number;
}

export function tableOf(sketch: TableSketch): TableMeta {
  const { bytes = 100, entries = 10, from, id, to, tombstones = 0 } = sketch;
  const at = lsn(sketch.lsn ?? id);
  return {
    id,
    salt: 0x5a17,
    extents: [extentId(1000 + id)],
    bytes,
    entries,
    tombstones,
    smallest: keyOf(from),
    largest: keyOf(to),
    minLsn: at,
    maxLsn: at,
  };
}

/** Levels of runs of tables, youngest run first; runs are numbered so that it is so. */
export function versionOf(levels: readonly (readonly (readonly TableSketch[])[])[]): Version {
  let id = levels.flat().length;
  const runs = levels.map((level) => level.map((tables) => makeRun(id--, tables.map(tableOf))));
  const sketches = levels.flat(2);
  const last = Math.max(0, ...sketches.map((table) => table.id));
  const flushed = lsn(Math.max(0, ...sketches.map((table) => table.lsn ?? table.id)));
  return { edit: last + 1, flushedLsn: flushed, nextTableId: last + 1, levels: runs };
}

/** Makes edits as a leveled tree would: flushes, merges of a level into the next, moves. */
export class EditSource {
  readonly #random: SeededRandom;
  #version: Version = EMPTY_VERSION;
  #nextId = 1;

  constructor(seed: number, version: Version = EMPTY_VERSION) {
    this.#random = new SeededRandom(seed);
    this.#version = version;
    this.#nextId = version.nextTableId;
  }

  get version(): Version {
    return this.#version;
  }

  next(): VersionEdit {
    const level = this.#version.levels.findIndex((runs, i) => i < 3 && runs.length > (i === 0 ? 1 : 0));
    const isFlush = level < 0 || this.#random.below(2) === 0;
    const edit = isFlush ? this.#flush() : this.#mergeDown(level);
    this.#version = applyEdit(this.#version, edit);
    return edit;
  }

  #flush(): VersionEdit {
    const from = this.#random.below(200);
    const flushedLsn = lsn(this.#version.flushedLsn + 1);
    const table = tableOf({ id: this.#nextId++, from, to: from + this.#random.below(60), lsn: flushedLsn });
    const added = [{ level: 0, run: undefined, table }];
    return { cause: 'flush', removed: [], added, flushedLsn, nextTableId: this.#nextId };
  }

  #mergeDown(level: number): VersionEdit {
    const inputs = this.#version.levels[level]!.flatMap(({ tables }) => tables);
    const { largest, smallest } = spanOf(inputs)!;
    const below = this.#version.levels[level + 1]?.[0];
    const overlapped = below ? overlapping(below, { smallest, largest }) : [];
    const all = spanOf([...inputs, ...overlapped])!;
    const [from, to] = [all.smallest, all.largest].map((key) => key[0]! * 256 + key[1]!) as [number, number];
    const middle = (from + to) >>> 1;
    const cut = middle < to && this.#random.below(2) === 0;
    const spans = cut
      ? [
          { from, to: middle },
          { from: middle + 1, to },
        ]
      : [{ from, to }];
    const newest = Math.max(...inputs.map((table) => table.maxLsn));
    const tables = spans.map((span) => tableOf({ id: this.#nextId++, ...span, lsn: newest }));
    const removed = [
      ...inputs.map(({ id }) => ({ level, table: id })),
      ...overlapped.map(({ id }) => ({ level: level + 1, table: id })),
    ];
    const added = tables.map((table) => ({ level: level + 1, run: below?.id, table }));
    const { flushedLsn } = this.#version;
    return { cause: 'compaction', removed, added, flushedLsn, nextTableId: this.#nextId };
  }
}
