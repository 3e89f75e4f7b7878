/**
 * The crash room's state: what is searched, the map of verdicts so far, the crash point and the cell one looks at.
 *
 *     source, profile, switches  ->  plan (the graph)  ->  search (the map)  ->  a cell (recovery on a stage)
 *
 * Whatever changes on the left makes everything to its right anew; answers that were asked for before that are
 * dropped when they come.
 */
import { CrashCells } from '../../../lab/crash_cells';
import { roomOfScript } from '../../../lab/crash_links';
import type { CrashTask } from '../../../lab/crash_tasks';
import { SHOWN_BY } from '../../../lab/crash_sources';
import type { PageProtectionName } from '../../../lab/room_of_run';
import { NO_LETTERS } from '../../../lab/crash_words';
import { isIo } from '../../../lab/tasks';
import type {
  CrashCell,
  CrashPlan,
  CrashPoint,
  CrashProgress,
  CrashRequest,
  CrashSwitch,
  LetterCounts,
  ProfileName,
} from '../../../protocol/crash';
import { parseStateId, stateId, type Ending } from '../../../crash/state_id';
import type { PendingItem, VerdictLetter } from '../../../protocol/drill';
import type { Fate } from '../../../storage/simulated/fates';
import type { Connection } from '../../connect';
import type { LabForRooms } from '../lab_for_rooms';
import { Choice, type RunToSearch, type SourceKind } from './choice.svelte';
import { Costs } from './costs.svelte';
import { OpenCell } from './open_cell.svelte';
import { CrashPool, type PoolSearch } from './pool';
import { Tour } from './tour.svelte';

export type Phase = 'idle' | 'planning' | 'planned' | 'searching' | 'searched' | 'cancelled';

const LEAVE_WORKERS_MS = 20_000;
const PLAN_AFTER_MS = 150;
const PAINT_EVERY_MS = 100;
const KEPT: Fate = { fate: 'kept' };

const weight = (point: CrashPoint): number => (point.submitted > 0 ? 1e6 : 0) + point.judged;

/** How much of a state is not simply whole: what a reader would call its size. */
function changesOf(id: string): number {
  const ending = parseStateId(id)?.ending;
  if (ending?.how !== 'cut') return 1;
  return ending.fates.reduce((sum, fate) => sum + (fate.fate === 'kept' ? 0 : fate.fate === 'lost' ? 1 : 1.5), 0);
}

/** What goes wrong at once is told before what only the next commit shows. */
const sizeOf = ({ id, check }: CrashCell): number => changesOf(id) + (check === 'g_goes_on' ? LATE : 0);
const LATE = 1e6;

export interface TaskOnSeed {
  readonly id: CrashTask['id'];
  readonly seed: number;
}

export interface VerdictMapData {
  readonly cells: CrashCells;
}

/** What a search of this source came to, for comparison with the next. */
export interface Outcome {
  readonly off: readonly string[];
  readonly letters: LetterCounts;
  readonly states: number;
}

export class CrashRoom {
  readonly lab: LabForRooms;
  readonly pool: CrashPool;

  // ---- what is searched
  readonly choice = new Choice();
  switches: readonly CrashSwitch[] = $state.raw([]);

  // ---- what is known
  phase: Phase = $state('idle');
  plan: CrashPlan | undefined = $state.raw();
  /** What the plan, the map and their cells are about. */
  request: CrashRequest | undefined = $state.raw();
  progress: CrashProgress | undefined = $state.raw();
  /** What was judged so far; replaced with each batch, so that what is derived from it is derived again. */
  map: VerdictMapData = $state.raw({ cells: new CrashCells() });
  searchMilliseconds = $state(0);
  outcomes: readonly Outcome[] = $state.raw([]);

  // ---- what one looks at
  io: number | undefined = $state();
  pending: readonly PendingItem[] | undefined = $state.raw();
  focus: string | undefined = $state();
  /** The disk board: a fate for each pending item, or, when only the process dies, the bytes of the call that land. */
  fates: readonly Fate[] = $state.raw([]);
  landedBytes = $state(0);
  filter: VerdictLetter | undefined = $state();
  readonly opened: OpenCell;
  /** Who asked for what is on the map, where that is not the hand: gone with the next change. */
  asked: string | undefined;
  readonly tour = new Tour(this);
  /** A question is open that the map would answer: nothing is checked before the learner has said something. */
  askedFirst = $state(false);
  /** The question that is open in Prove; and one that a link asks for. */
  task: TaskOnSeed | undefined = $state.raw();
  taskWanted: TaskOnSeed | undefined = $state.raw();
  /** Which of the room's lessons is watched. */
  lesson: 'tour' | 'names' = $state('tour');
  readonly costs = new Costs();

  /** What this run can do without. */
  readonly switchesHere: readonly CrashSwitch[] = $derived(
    this.switches.filter(({ of }) => {
      const { lsm, tree } = this.plan?.format ?? {};
      return of === 'every_store' || (of === 'btree' ? tree : lsm) !== undefined;
    }),
  );
  readonly point: CrashPoint | undefined = $derived(this.plan?.points.find(({ io }) => io === this.io));
  readonly letters: LetterCounts = $derived(this.map.cells.counts);

  /** What the board says, as the name of a state. */
  readonly boardId: string | undefined = $derived.by(() => {
    const { choice, io, pending, landedBytes } = this;
    if (io === undefined || pending === undefined) return undefined;
    const ending: Ending =
      choice.profile === 'process_crash'
        ? { how: 'crash', landedBytes }
        : { how: 'cut', fates: pending.map((_, index) => this.fates[index] ?? KEPT) };
    return stateId({ io, ending, flips: [] });
  });

  #search: PoolSearch | undefined;
  /** Counts what was asked for: an answer to an older question is dropped. */
  #question = 0;
  #leaving: ReturnType<typeof setTimeout> | undefined;
  #planning: ReturnType<typeof setTimeout> | undefined;

  constructor(lab: LabForRooms, start?: (name: string) => Connection, workers?: number) {
    this.lab = lab;
    this.opened = new OpenCell(lab);
    this.pool = new CrashPool(start, workers);
  }

  // ---- coming and going

  enter(): void {
    clearTimeout(this.#leaving);
    if (this.switches.length === 0) void this.#loadSwitches();
    if (this.phase === 'idle') void this.prepare();
  }
  /** Other rooms get the processors back; the map stays. */
  leave(): void {
    this.opened.cell?.stage.pause();
    clearTimeout(this.#leaving);
    this.#leaving = setTimeout(() => {
      if (this.phase !== 'searching') void this.pool.end();
    }, LEAVE_WORKERS_MS);
  }

  async #loadSwitches(): Promise<void> {
    await this.lab.guard(async () => {
      this.switches = await this.#api.crashSwitches();
    });
  }
  get #api() {
    return this.lab.connection!.api;
  }

  // ---- choosing what to search

  choosePreset(id: string): void {
    this.choice.choosePreset(id);
    this.changed(true);
  }
  chooseKind(kind: SourceKind): void {
    this.choice.kind = kind;
    this.choice.pages = undefined;
    this.changed(true);
  }
  setProfile(profile: ProfileName): void {
    this.choice.profile = profile;
    this.outcomes = [];
    this.changed();
  }
  setPages(pages: PageProtectionName): void {
    this.choice.pages = pages;
    this.changed(true);
  }
  setSwitch(name: string, on: boolean): void {
    this.choice.setSwitch(name, on);
    this.changed();
  }
  setOff(names: readonly string[]): void {
    this.choice.setOff(names);
    this.changed();
  }
  setStatesMax(statesMax: Choice['statesMax']): void {
    this.choice.statesMax = statesMax;
    this.changed();
  }
  setCrashRecovery(crashRecovery: boolean): void {
    this.choice.crashRecovery = crashRecovery;
    this.changed();
  }
  /** All of it at once; there is a plan when this resolves. */
  async become(to: RunToSearch): Promise<boolean> {
    if (this.choice.become(to)) this.#forgetSource();
    return this.prepare();
  }
  /** Without one safeguard, on the run that shows best what it is for; the smallest state that goes wrong is looked at. */
  async showWithout(name: string): Promise<void> {
    const shown = SHOWN_BY[name];
    if (shown === undefined || !(await this.become({ ...shown, off: [name] }))) return;
    await this.search();
    const [worst] = this.smallestOf(['S', 'F', 'D'], 1);
    if (worst !== undefined) this.look(worst);
  }
  /** What was found no longer answers what is asked; the plan is made again when the hand rests. */
  changed(otherSource = false): void {
    if (otherSource) this.#forgetSource();
    this.#forget();
    clearTimeout(this.#planning);
    this.#planning = setTimeout(() => void this.prepare(), PLAN_AFTER_MS);
  }

  #forgetSource(): void {
    this.outcomes = [];
    this.costs.forget();
  }
  #forget(): void {
    this.asked = undefined;
    this.#question++;
    this.#search?.cancel();
    this.#search = undefined;
    void this.closeCell();
    this.map = { cells: new CrashCells() };
    this.progress = undefined;
    this.plan = undefined;
    this.request = undefined;
    this.io = undefined;
    this.pending = undefined;
    this.focus = undefined;
    this.filter = undefined;
    this.phase = 'idle';
  }

  // ---- the plan and the search

  /** Runs the source once and counts. @returns whether there is a plan now. */
  async prepare(): Promise<boolean> {
    clearTimeout(this.#planning);
    this.#forget();
    const question = this.#question;
    this.phase = 'planning';
    const plan = await this.lab.guard(async () => {
      const request = await this.choice.request(this.lab);
      const made = await this.#api.planCrashes(request);
      if (question !== this.#question) return false;
      this.request = request;
      this.plan = made;
      return made;
    });
    if (question !== this.#question) return false;
    this.phase = plan === false ? 'idle' : 'planned';
    if (plan === false) return false;
    // Where there is most to think about: a later point of the run's own commands, with many states.
    const most = plan.points.reduce((best, point) => (weight(point) >= weight(best) ? point : best), plan.points[0]!);
    await this.choosePoint(most.io);
    return true;
  }

  /** Judges every state of the plan. Resolves when it is done, cancelled, or of no interest any more. */
  async search(): Promise<void> {
    if (this.plan === undefined && !(await this.prepare())) return;
    this.#search?.cancel();
    await this.closeCell();
    const question = ++this.#question;
    const began = performance.now();
    const cells = new CrashCells();
    this.map = { cells };
    this.progress = undefined;
    this.filter = undefined;
    this.phase = 'searching';
    // Painted no faster than an eye follows: the workers need the processors more.
    let shown = 0;
    const show = (progress: CrashProgress, atOnce: boolean): void => {
      const now = performance.now();
      if (!atOnce && now - shown < PAINT_EVERY_MS) return;
      shown = now;
      this.progress = progress;
      this.searchMilliseconds = now - began;
      this.map = { cells };
    };
    let last: CrashProgress | undefined;
    const ended = await this.lab.guard(async () => {
      const search = this.pool.search(this.request!, (batch) => {
        if (question !== this.#question) return;
        cells.add(batch.cells);
        last = batch.progress;
        show(last, false);
      });
      this.#search = search;
      return { whole: await search.ended };
    });
    if (question !== this.#question) return;
    this.#search = undefined;
    if (last !== undefined) show(last, true);
    this.phase = ended !== false && ended.whole ? 'searched' : 'cancelled';
    if (this.phase !== 'searched') return;
    const outcome: Outcome = { off: [...this.choice.off], letters: cells.counts, states: cells.size };
    this.outcomes = [...this.outcomes.slice(-7), outcome];
  }

  cancel(): void {
    this.#search?.cancel();
  }

  // ---- looking at a point, at a cell

  async choosePoint(io: number): Promise<void> {
    if (this.io !== io) {
      this.fates = [];
      this.landedBytes = 0;
      this.pending = undefined;
    }
    this.io = io;
    const { request } = this;
    if (request === undefined) return;
    await this.lab.guard(async () => {
      const pending = await this.#api.crashPending(request, io);
      if (this.io === io && this.request === request) this.pending = pending;
    });
  }

  look(cell: CrashCell | undefined): void {
    this.focus = cell?.id;
    this.opened.refused = undefined;
    if (cell === undefined) return;
    if (cell.io !== this.io) void this.choosePoint(cell.io);
    this.#setBoard(cell.id);
  }

  /** A state by its name, on the board, and on the map where it was judged. */
  lookAt(id: string): void {
    const cell = this.map.cells.find(id);
    if (cell !== undefined) this.look(cell);
    else if (parseStateId(id)?.io === this.io) this.#setBoard(id);
  }

  /** The board shows the state that is looked at. */
  #setBoard(id: string): void {
    const ending = parseStateId(id)?.ending;
    if (ending?.how === 'cut') this.fates = ending.fates;
    if (ending?.how === 'crash') this.landedBytes = ending.landedBytes;
  }

  /** A hand turned a switch: the map shows where that state is, if it was judged. */
  turn(fates: readonly Fate[]): void {
    this.fates = fates;
    this.#findOnMap();
  }
  land(bytes: number): void {
    this.landedBytes = bytes;
    this.#findOnMap();
  }
  #findOnMap(): void {
    this.opened.refused = undefined;
    const id = this.boardId;
    this.focus = id !== undefined && this.map.cells.find(id) !== undefined ? id : undefined;
  }

  /** Mounts the state of a cell and recovers it for real; its steps are on the stage then. */
  async openCell(id: string): Promise<boolean> {
    if (this.request === undefined) return false;
    const cell = await this.opened.open(this.request, id);
    if (cell === undefined) return false;
    this.focus = id;
    this.io = cell.opened.cell.io;
    this.pending = cell.opened.pending;
    this.#setBoard(id);
    return true;
  }

  closeCell(): Promise<void> {
    return this.opened.close();
  }

  async showNames(): Promise<void> {
    await this.closeCell();
    this.lesson = 'names';
  }

  shrink(): Promise<void> {
    return this.opened.shrink(this.pool);
  }

  /** The run of this room where runs are shown, at the chosen crash point: there a worker is really ended. */
  async toRunRoom(): Promise<void> {
    const { io, lab } = this;
    const source = await this.choice.source(this.lab);
    if (source.kind !== 'script') return;
    await lab.openScript(source.text, 'from the crash room', { play: false, room: roomOfScript(source.text) });
    const stage = lab.practice;
    const { firstSeq, lastSeq } = stage?.active?.timeline ?? { firstSeq: 0, lastSeq: -1 };
    for (let seq = firstSeq; seq <= lastSeq; seq++) {
      const record = stage?.track.record(seq);
      if (record === undefined || !isIo(record) || record.io !== io) continue;
      stage!.moveTo({ seq: seq - 1, fraction: 1 });
      return;
    }
  }

  /** States with one of these letters, the smallest first. */
  smallestOf(letters: readonly VerdictLetter[], most: number): readonly CrashCell[] {
    return this.map.cells.smallest(letters, sizeOf).slice(0, most);
  }

  // ---- beside the map: a state, a count, a cost

  /** The verdict on one state, without showing it. */
  async judge(id: string): Promise<CrashCell> {
    const { cell, session } = await this.#api.openCrashCell(this.request!, id);
    await this.#api.closeSession(session.session);
    return cell;
  }

  /** What each safeguard costs on this run. */
  async measureCosts(): Promise<void> {
    const { request } = this;
    if (request === undefined) return;
    const realFiles = this.lab.hello?.storage === 'opfs';
    await this.lab.guard(() => this.costs.measure(this.#api, request, this.switchesHere, realFiles));
  }

  /** How the states of the run come out without these; the map is not touched. */
  async lettersWithout(off: readonly string[], onBatch?: (done: number) => void): Promise<LetterCounts> {
    const counts = new CrashCells();
    const search = this.pool.search({ ...this.request!, switchedOff: off }, ({ cells, progress }) => {
      counts.add(cells);
      onBatch?.(progress.done);
    });
    await search.ended;
    return counts.counts;
  }

  countsAt(io: number): LetterCounts {
    return this.plan === undefined ? NO_LETTERS : this.map.cells.countsAt(io);
  }
}
