/**
 * Which compaction is under way, when the next one begins, and what its end does to the version: the policy says which
 * (`policy.ts`), the merge itself is `compaction.ts`.
 *
 *     idle ──▶ policy: is one due? ──▶ trivial move: one edit, nothing is read
 *       ^                          └─▶ merge, slice by slice ──▶ one edit ──▶ idle
 *       └── given up: the device refused a write, or an input could not be read; again after the next edit
 *
 *   Q1  One at a time; its inputs stay in the version until its edit, whatever is flushed meanwhile.
 *   Q2  Given up for want of room it costs nothing but the work; room that a checkpoint needs is never used for it.
 *   Q3  What a slice throws is about the manifest: then nobody knows what counts, and nothing is written in this life. An edit
 *       that was refused and taken back is only given up.
 *   Q4  A read that goes wrong once proves nothing (R9): a merge that met one is tried again after the next edit. After a few
 *       in a row it is damage, which only another life may find healed, and nothing is merged any more in this one.
 */
import { assert } from '../base/assert';
import { isEngineError, type EngineError } from '../base/errors';
import type { ExtentId } from '../base/ids';
import type { TraceSink } from '../base/trace';
import { Compaction } from './compaction';
import type { CompactionFilter } from './compaction_filter';
import type { LsmEvent } from './events';
import type { FilterPrefixRule } from './filter_prefix';
import type { OpenTables } from './open_tables';
import type { LsmTuning } from './options';
import { bottomForPrefixes, inputOf, isBottomFor, makePlan, type CompactionPlan } from './compaction_plan';
import { backPressure, chooseCompaction, debtBytes, pressureOf, SHARES, type BackPressure } from './policy';
import type { LevelLedger } from './stats';
import type { TableMeta } from './table/table_meta';
import type { TableWriter } from './table/table_writer';
import { bytesOf, type Version, type VersionEdit } from './version';
import type { Versions } from './versions';
import { withWholePrefixes } from './whole_prefixes';

export interface CompactorOptions {
  readonly versions: Versions;
  readonly tables: OpenTables;
  readonly ledger: LevelLedger;
  readonly tuning: LsmTuning;
  readonly filter: CompactionFilter | undefined;
  readonly filterPrefix: FilterPrefixRule;
  /** Protection N2: off, every merge drops its tombstones. */
  readonly tombstonesToTheBottom: boolean;
  readonly startTable: (level: number) => TableWriter;
  readonly flushTables: (extents: readonly ExtentId[]) => void;
  /** Q2: sees to it that so many bytes can be written besides what a checkpoint needs. Throws `store_full`. */
  readonly makeRoom: (bytes: number) => void;
  /** Puts the edit into the manifest and in force. */
  readonly commit: (edit: Pick<VersionEdit, 'added' | 'cause' | 'removed'>) => void;
  /** Whether an edit may be in the manifest or not. */
  readonly isInDoubt: () => boolean;
  readonly trace: TraceSink<LsmEvent> | null;
}

interface Running {
  readonly number: number;
  readonly plan: CompactionPlan;
  readonly merge: Compaction;
  /** The version that its inputs are kept by. */
  readonly pinned: Version;
}

/** A slice of a merge of everything that somebody asked for, and waits for. */
export interface SweepSlice {
  readonly done: boolean;
  readonly gaveUp?: EngineError;
}

/** No more of a merge at once before what is built is written. */
const SLICE_BYTES_MAX = 64 * 1024;

/** Q4. */
const UNREADABLE_MAX = 3;

export class Compactor {
  readonly #options: CompactorOptions;
  #running: Running | undefined;
  #moving: { readonly number: number; readonly plan: CompactionPlan } | undefined;
  #started = 0;
  /** The edit at which one was given up: nothing has changed since. */
  #gaveUpAt: number | undefined;
  /** Q4: how many in a row met what could not be read. */
  #unreadable = 0;
  /** The merge of everything that a sweep is; and how it has ended, which its next slice tells. */
  #sweep: { readonly compaction: number; end?: 'whole' | EngineError } | undefined;
  #halted: EngineError | undefined;
  #pressure: BackPressure = 'none';
  /** The last answer of the policy, and for which version. */
  #chosen: { readonly version: Version; readonly plan: CompactionPlan | undefined } | undefined;

  constructor(options: CompactorOptions) {
    this.#options = options;
  }

  get extents(): readonly ExtentId[] {
    return this.#running?.merge.extents ?? [];
  }
  get writers(): readonly TableWriter[] {
    return this.#running?.merge.writers ?? [];
  }
  /** What is under way, a move too. */
  get underWay(): { readonly number: number; readonly plan: CompactionPlan } | undefined {
    return this.#running ?? this.#moving;
  }
  /** Q4: why there are no more compactions until the tree is opened again. */
  get halted(): EngineError | undefined {
    return this.#halted;
  }
  get pressure(): BackPressure {
    return this.#pressure;
  }
  get debtBytes(): number {
    return debtBytes(this.#version, this.#options.tuning);
  }
  /** What is under way, or what the policy says now. */
  get plan(): CompactionPlan | undefined {
    return this.#running?.plan ?? this.#next;
  }
  /** What the one that is due reads, and so writes at most. */
  get bytesDue(): number {
    return this.plan?.bytes ?? 0;
  }

  /** Bytes of merging that each committed byte pays for. */
  get share(): number {
    return this.#isDue ? SHARES[this.#pressure] : 0;
  }
  /** Where nothing can be done about the debt, nobody waits for it. */
  get isStalled(): boolean {
    return this.#pressure === 'stalled' && this.#isDue;
  }
  /** More than one run, or tombstones that nobody needs. */
  get canMergeAll(): boolean {
    const runs = this.#version.levels.flat();
    return (
      !this.#halted && (runs.length > 1 || runs.some((run) => run.tables.some(({ tombstones }) => tombstones > 0)))
    );
  }

  /** @throws EngineError Q3 */
  step(budgetBytes: number): { readonly done: boolean } {
    this.#press();
    if (!this.#running && this.#isDue) this.#start(this.#next!);
    if (this.#running) this.#step(this.#running, budgetBytes);
    this.#press();
    return { done: !this.#isDue };
  }

  /** A slice of giving back all the room there is: what is due, and then everything into one run. */
  giveBack(budgetBytes: number): { readonly done: boolean } {
    if (!this.#running && this.#isDue) this.#start(this.#next!);
    else if (!this.#running) {
      if (!this.canMergeAll || this.#gaveUpAt === this.#version.edit) return { done: true };
      this.#start(mergeOfAll(this.#version));
    }
    if (this.#running) this.#step(this.#running, budgetBytes);
    this.#press();
    return { done: !this.#running && !this.canMergeAll };
  }

  /**
   * A slice of a sweep: everything is merged into one run, for the filter to have seen all of it that was there when it
   * began; what is under way comes to its end first. `gaveUp`: why that merge could not be finished, or none begins any more.
   */
  sweep(budgetBytes: number): SweepSlice {
    if (!this.#running && !this.#sweep) {
      if (this.#halted) return { done: false, gaveUp: this.#halted };
      if (this.#version.levels.length === 0) return { done: true };
      this.#start(mergeOfAll(this.#version));
      this.#sweep = { compaction: this.#running!.number };
    }
    if (this.#running && this.#sweep?.end === undefined) this.#step(this.#running, budgetBytes);
    this.#press();
    const end = this.#sweep?.end;
    if (end === undefined) return { done: false };
    this.#sweep = undefined;
    return end === 'whole' ? { done: true } : { done: false, gaveUp: end };
  }

  /** Merges everything into one run, at once. @throws EngineError store_full, write_failed, table_damaged, read_failed */
  mergeAll(): void {
    assert(!this.#running, 'Q1: one compaction at a time');
    if (this.#version.levels.length === 0) return;
    this.#start(mergeOfAll(this.#version));
    const running = this.#running!;
    try {
      while (!running.merge.step(SLICE_BYTES_MAX).done);
      this.#finish();
      this.#press();
    } catch (error) {
      if (this.#options.isInDoubt()) throw error; // Q3
      this.abandon('it could not be finished');
      throw error;
    }
  }

  abandon(why = 'it was not wanted any more'): void {
    const running = this.#running;
    if (!running) return;
    running.merge.abandon();
    this.#end();
    if (this.#sweep?.compaction === running.number) this.#sweep = undefined; // It begins anew.
    this.#options.trace?.emit({ kind: 'lsm.compaction_abandoned', compaction: running.number, why });
  }

  get #version(): Version {
    return this.#options.versions.current;
  }

  get #next(): CompactionPlan | undefined {
    const version = this.#version;
    if (this.#chosen?.version !== version) {
      this.#chosen = { version, plan: this.#choose(version) };
    }
    return this.#chosen.plan;
  }

  #choose(version: Version): CompactionPlan | undefined {
    const { filter, filterPrefix, tuning } = this.#options;
    const plan = chooseCompaction(version, tuning);
    return plan && filter ? withWholePrefixes(version, plan, filterPrefix) : plan;
  }

  get #isDue(): boolean {
    if (this.#running) return true;
    return !this.#halted && this.#gaveUpAt !== this.#version.edit && this.#next !== undefined;
  }

  #press(): void {
    const { trace } = this.#options;
    const next = backPressure(pressureOf(this.#version, this.#options.tuning), this.#pressure);
    if (next === this.#pressure) return;
    this.#pressure = next;
    trace?.emit({
      kind: 'lsm.back_pressure_changed',
      state: next,
      why: `compactions have ${Math.round(this.debtBytes)} bytes to read`,
    });
  }

  #start(plan: CompactionPlan): void {
    const { trace, versions } = this.#options;
    const number = ++this.#started;
    if (plan.isTrivialMove) this.#moving = { number, plan };
    else this.#running = { number, plan, merge: this.#mergeOf(number, plan), pinned: versions.pin() };
    trace?.emit({
      kind: 'lsm.compaction_started',
      compaction: number,
      from: plan.fromLevel,
      to: plan.toLevel,
      inputs: tablesIn(plan).map(({ id }) => id),
      why: plan.why,
      isBottom: plan.isBottom,
      isTrivialMove: plan.isTrivialMove,
    });
    if (plan.isTrivialMove) this.#move(number, plan);
  }

  /** Tables go down without being read. */
  #move(number: number, plan: CompactionPlan): void {
    const { commit, ledger, tables, trace } = this.#options;
    const moved = tablesIn(plan);
    try {
      commit({ cause: 'trivial_move', removed: removedBy(plan), added: addedBy(plan, moved) });
    } catch (error) {
      if (!isEngineError(error) || !isRefusal(error) || this.#options.isInDoubt()) throw error; // Q3
      this.#gaveUpAt = this.#version.edit;
      this.#moving = undefined;
      trace?.emit({ kind: 'lsm.compaction_abandoned', compaction: number, why: error.message });
      return;
    }
    for (const table of moved) tables.table(table).level = plan.toLevel;
    ledger.add(plan.toLevel, { movedBytes: plan.bytes });
    this.#moving = undefined;
    trace?.emit({ kind: 'lsm.compaction_finished', compaction: number, bytesRead: 0, bytesWritten: 0 });
  }

  #mergeOf(number: number, plan: CompactionPlan): Compaction {
    const { filter, filterPrefix, flushTables, makeRoom, startTable, tables, tombstonesToTheBottom, trace, tuning } =
      this.#options;
    return new Compaction({
      number,
      inputs: plan.inputs.map((input) => input.tables),
      table: (meta) => tables.table(meta),
      startTable: () => startTable(plan.toLevel),
      tableBytes: tuning.tableBytes,
      isBottom: tombstonesToTheBottom ? (key) => isBottomFor(plan, key) : () => true,
      isBottomForPrefix: bottomForPrefixes(this.#version, plan),
      filter: filter?.begin(),
      filterPrefix,
      flushTables,
      makeRoom,
      commit: (added) => this.#commit(plan, added),
      trace,
    });
  }

  #commit(plan: CompactionPlan, outputs: readonly TableMeta[]): void {
    const { commit, ledger } = this.#options;
    commit({ cause: 'compaction', removed: removedBy(plan), added: addedBy(plan, outputs) });
    const here = bytesOf(plan.inputs.filter(({ level }) => level === plan.toLevel).flatMap((input) => input.tables));
    ledger.add(plan.toLevel, {
      readHereBytes: here,
      readFromAboveBytes: plan.bytes - here,
      writtenBytes: bytesOf(outputs),
      compactions: 1,
    });
  }

  #step(running: Running, budgetBytes: number): void {
    try {
      for (let left = budgetBytes; left > 0; left -= SLICE_BYTES_MAX) {
        if (!running.merge.step(Math.min(left, SLICE_BYTES_MAX)).done) continue;
        this.#finish();
        return;
      }
    } catch (error) {
      if (!isEngineError(error)) throw error;
      if (this.#options.isInDoubt()) throw error; // Q3
      const { compaction } = this.#sweep ?? {};
      this.abandon(error.message);
      if (compaction === running.number) this.#sweep = { compaction, end: error };
      if (!isRefusal(error) && !isUnreadable(error)) throw error;
      this.#gaveUpAt = this.#version.edit;
      if (isUnreadable(error) && ++this.#unreadable === UNREADABLE_MAX) this.#halted = error;
    }
  }

  #finish(): void {
    const { merge, number, plan } = this.#running!;
    this.#end();
    if (this.#sweep?.compaction === number) this.#sweep.end = 'whole';
    this.#unreadable = 0;
    this.#options.trace?.emit({
      kind: 'lsm.compaction_finished',
      compaction: number,
      bytesRead: plan.bytes,
      bytesWritten: bytesOf(merge.outputs),
    });
  }

  #end(): void {
    this.#options.versions.unpin(this.#running!.pinned);
    this.#running = undefined;
  }
}

/** The device took no more, and nothing of it is left. */
const isRefusal = ({ code }: EngineError): boolean => code === 'store_full' || code === 'write_failed';

/** Damage, or a read that went wrong: which, only another try can tell. */
const isUnreadable = ({ code }: EngineError): boolean => code === 'table_damaged' || code === 'read_failed';

const tablesIn = ({ inputs }: CompactionPlan): TableMeta[] => inputs.flatMap(({ tables }) => [...tables]);

const removedBy = ({ inputs }: CompactionPlan): VersionEdit['removed'] =>
  inputs.flatMap(({ level, tables }) => tables.map(({ id }) => ({ level, table: id })));

const addedBy = ({ intoRun, toLevel }: CompactionPlan, tables: readonly TableMeta[]): VersionEdit['added'] =>
  tables.map((table) => ({ level: toLevel, run: intoRun, table }));

/** Everything into a new run of the last level. */
function mergeOfAll(version: Version): CompactionPlan {
  const plan = makePlan(version, {
    fromLevel: 0,
    toLevel: Math.max(1, version.levels.length - 1),
    inputs: version.levels.flatMap((runs, level) => runs.map((run) => inputOf(level, run))),
    intoRun: undefined,
    why: 'everything is merged, because somebody asked for it',
  });
  return { ...plan, isTrivialMove: false };
}
