/**
 * The real LSM tree under an exercise: a history of puts and deletes is run, and what the engine decided on the way is what
 * the exercise is about. The tables that are shown are those that were in force at that moment, read from the files.
 */
import { assert } from '../base/assert';
import { decodeText } from '../base/bytes';
import type { SeededRandom } from '../base/runtime';
import { WHOLE_KEY, type LsmEvent, type PolicyOptions, type TableMeta } from '../lsm';
import { leveledLimit } from '../lsm/leveled_policy';
import { BlockCache } from '../lsm/table/block_cache';
import { Table } from '../lsm/table/table';
import type { TaskEntry, TaskLevel, TaskTable, TaskTables } from '../protocol/lsm';
import { ExtentAllocator } from '../storage/extent_allocator';
import { EXTENT_BYTES, isLsmEvent, MeasuredLsm } from './lsm_measured';
import type { TablesInForce } from './lsm_tables';
import { run, type TaskOperation, type TaskParts } from './tasks';

/** The tables before and after. */
export type LsmTaskParts = TaskParts<TaskTables, LsmEvent>;

export interface SubjectSettings {
  readonly policy: PolicyOptions;
  readonly memtableBytes: number;
  readonly bitsPerKey: number;
  readonly showsKeys: boolean;
}

type Started = Extract<LsmEvent, { kind: 'lsm.compaction_started' }>;
export type Merged = Extract<LsmEvent, { kind: 'lsm.entry_merged' }>;

/** A compaction from the moment at which it was chosen until it was in force. */
export interface WatchedCompaction {
  readonly started: Started;
  readonly cause: 'compaction' | 'trivial_move';
  readonly before: TaskTables;
  readonly after: TaskTables;
  readonly events: readonly LsmEvent[];
}

export class LsmSubject {
  readonly lsm: MeasuredLsm;
  readonly #settings: SubjectSettings;
  #listen: (event: LsmEvent) => void = () => undefined;

  constructor(settings: SubjectSettings) {
    const { bitsPerKey, memtableBytes, policy } = settings;
    this.#settings = settings;
    this.lsm = new MeasuredLsm({
      ...{ policy, memtableBytes, cacheBytes: 1024 * 1024, blockBytes: 256, seed: 1 },
      filter: { kind: bitsPerKey === 0 ? 'none' : 'full', bitsPerKey, allocation: 'equal' },
      listen: (event) => {
        if (isLsmEvent(event)) this.#listen(event);
      },
    });
  }

  apply(operation: TaskOperation): void {
    run(this.lsm.store, operation);
  }

  /** @returns what the engine said meanwhile */
  watch(work: (lsm: MeasuredLsm) => void): readonly LsmEvent[] {
    const events: LsmEvent[] = [];
    this.#listen = (event) => void events.push(event);
    work(this.lsm);
    this.#listen = () => undefined;
    return events;
  }

  /** Runs a history until a compaction is wanted, and on until that is in force. */
  findCompaction(
    history: readonly TaskOperation[],
    isWanted: (started: Started, tables: TaskTables) => boolean,
  ): WatchedCompaction | undefined {
    let started: Started | undefined;
    let before: TaskTables | undefined;
    let found: WatchedCompaction | undefined;
    let events: LsmEvent[] = [];
    this.#listen = (event) => {
      if (found) return;
      if (event.kind === 'lsm.compaction_started') {
        const tables = this.describe();
        started = isWanted(event, tables) ? event : undefined;
        before = tables;
        events = [];
      }
      events.push(event);
      if (!started || !before || event.kind !== 'lsm.version_edited' || event.cause === 'flush') return;
      found = { started, cause: event.cause, before, after: this.describe(), events };
    };
    for (const operation of history) {
      this.apply(operation);
      if (found) break;
    }
    this.#listen = () => undefined;
    return found;
  }

  describe(): TaskTables {
    const { memtableBytes, policy, showsKeys } = this.#settings;
    const describeTable = (meta: TableMeta): TaskTable => ({
      table: meta.id,
      bytes: meta.bytes,
      smallest: textOf(meta.smallest),
      largest: textOf(meta.largest),
      entries: showsKeys ? this.#entriesOf(meta) : [],
      entryCount: meta.entries,
      tombstones: meta.tombstones,
    });
    return {
      showsKeys,
      levels: levelsOf(this.lsm.tables).map((runs, level): TaskLevel => ({
        level,
        bytes: runs.flat().reduce((sum, { bytes }) => sum + bytes, 0),
        limit: limitOf(level, memtableBytes, policy),
        runs: runs.map((tables) => ({ tables: tables.map(describeTable) })),
      })),
    };
  }

  /** The table as its bytes in the files have it, apart from the store. */
  openTable(meta: TableMeta): Table {
    return Table.open(meta, {
      allocator: new ExtentAllocator(this.lsm.files, EXTENT_BYTES),
      storeSeed: this.lsm.store.annotationContext.storeSeed,
      cache: new BlockCache(0),
      verifyChecksums: true,
      trace: null,
      level: 0,
      filterPrefix: WHOLE_KEY,
    });
  }

  #entriesOf(meta: TableMeta): TaskEntry[] {
    const entries: TaskEntry[] = [];
    const cursor = this.openTable(meta).cursor({}, false);
    for (let entry = cursor.next(); entry; entry = cursor.next()) {
      entries.push({ key: textOf(entry.key), isTombstone: entry.value === undefined });
    }
    cursor.close();
    return entries;
  }
}

const textOf = (key: Uint8Array): string => decodeText(key) ?? '';

const levelsOf = ({ levels }: TablesInForce): TableMeta[][][] =>
  levels.map((runs) => runs.map(({ tables }) => [...tables]));

function limitOf(level: number, memtableBytes: number, policy: PolicyOptions): string {
  if (policy.kind !== 'leveled') return runsInWords(policy.ratio - 1);
  const limit = `under ${leveledLimit(level, memtableBytes, policy).toLocaleString('en')} B`;
  return level === 0 ? `${runsInWords(policy.l0Tables - 1)}, ${limit}` : limit;
}

const runsInWords = (runs: number): string => `${runs} ${runs === 1 ? 'run' : 'runs'}`;

/** Puts of a few keys again and again, and now and then a delete: what merges have to sort out. */
export function mixedHistory(random: SeededRandom, keys: readonly string[], count: number): TaskOperation[] {
  return Array.from({ length: count }, (): TaskOperation => {
    const key = keys[random.below(keys.length)]!;
    return random.below(8) === 0 ? { do: 'delete', key } : { do: 'put', key, valueBytes: 20 };
  });
}

// ---- answers

export const tablesIn = ({ levels }: TaskTables): TaskTable[] =>
  levels.flatMap(({ runs }) => runs.flatMap(({ tables }) => tables));

export function tableOf(tables: TaskTables, id: number): TaskTable {
  const found = tablesIn(tables).find(({ table }) => table === id);
  assert(found !== undefined, 'what takes part is drawn');
  return found;
}

export const tableNames = (ids: readonly number[]): string =>
  ids.length === 0 ? 'none' : `${ids.length === 1 ? 'table' : 'tables'} ${ids.join(', ')}`;

export const bytesInWords = (bytes: number): string => `${bytes.toLocaleString('en')} B`;
