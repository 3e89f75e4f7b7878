/**
 * The tour: brings the room to where a step wants it, tells what is there, and shows it in motion.
 *
 * On a first visit it goes on by itself, each step for as long as its words take to read; a hand anywhere on the page
 * stops that, and from there on each step is a whole one. Whoever wants less motion starts there.
 */
import { pointOfTask } from '../../../lab/crash_tasks';
import { readingMilliseconds, TOUR, TOUR_STEPS, type TourStep } from '../../../lab/crash_tour';
import type { CrashCell, CrashOpened, CrashPlan, CrashPoint, LetterCounts } from '../../../protocol/crash';
import type { PendingItem, VerdictLetter } from '../../../protocol/drill';
import type { Fate } from '../../../storage/simulated/fates';
import type { RunToSearch } from './choice.svelte';

/** What the tour does in the room, and reads there. */
export interface TouredRoom {
  readonly plan: CrashPlan | undefined;
  readonly point: CrashPoint | undefined;
  readonly pending: readonly PendingItem[] | undefined;
  readonly letters: LetterCounts;
  readonly choice: { readonly statesMax: number };
  readonly phase: string;
  readonly opened: {
    readonly cell: { readonly opened: CrashOpened; readonly stage: { readonly playing: boolean } } | undefined;
  };
  /** What the room was last brought to by somebody who says so. */
  asked: string | undefined;
  become(to: RunToSearch): Promise<boolean>;
  choosePoint(io: number): Promise<void>;
  turn(fates: readonly Fate[]): void;
  search(): Promise<void>;
  smallestOf(letters: readonly VerdictLetter[], most: number): readonly CrashCell[];
  openCell(id: string): Promise<boolean>;
  closeCell(): Promise<void>;
}

/** The opening of the store is gone through fast, the run's own calls so that one can see what each leaves pending. */
const OPENING_MS = 220;
const CALL_MS = 1100;
const SWITCH_MS = 1600;
const TICK_MS = 100;

export class Tour {
  index = $state(0);
  /** The step's search or recovery is done; its words can be told. */
  ready = $state(false);
  words = $state('');
  /** It goes on by itself. */
  playing = $state(false);
  readonly #room: TouredRoom;
  #asked = 0;
  /** What the room was last brought to by a step: it is left alone where it is that already. */
  #at = '';

  constructor(room: TouredRoom) {
    this.#room = room;
  }

  /** Whoever comes back finds the step as it was. */
  async begin(): Promise<void> {
    if (this.#asked > 0) return;
    this.playing = !matchMedia('(prefers-reduced-motion: reduce)').matches;
    await this.#show(0);
  }

  /** A step chosen by hand. */
  async go(index: number): Promise<void> {
    this.playing = false;
    await this.#show(index);
  }

  /** From the step one is at; from the start where that was the last. */
  play(): void {
    this.playing = true;
    void this.#show(this.index === TOUR_STEPS.length - 1 ? 0 : this.index);
  }
  pause(): void {
    this.playing = false;
  }

  async #show(index: number): Promise<void> {
    const step = TOUR_STEPS[index];
    if (step === undefined) return;
    const asked = ++this.#asked;
    const isWanted = (): boolean => asked === this.#asked;
    this.index = index;
    this.ready = false;
    await this.#bring(step, isWanted);
    if (!isWanted()) return;
    this.words = this.#told(step);
    this.ready = true;
    const goesOn = (): boolean => isWanted() && this.playing;
    const until = performance.now() + readingMilliseconds(this.words);
    await this.#move(step, goesOn);
    while (goesOn() && (performance.now() < until || this.#room.opened.cell?.stage.playing === true)) await tick();
    if (!goesOn()) return;
    if (index + 1 < TOUR_STEPS.length) await this.#show(index + 1);
    else this.playing = false;
  }

  async #bring(step: TourStep, isWanted: () => boolean): Promise<void> {
    const room = this.#room;
    const at = `${TOUR.preset} ${TOUR.profile} ${step.off.join(' ')}`;
    if (this.#at !== at || room.plan === undefined || room.asked !== at) {
      await room.become({ preset: TOUR.preset, profile: TOUR.profile, off: step.off });
      if (!isWanted()) return;
      this.#at = room.asked = at;
    }
    if (step.see !== 'cell') await room.closeCell();
    if (step.see === 'run' || step.see === 'point') {
      const point = pointOfTask(room.plan?.points ?? []);
      if (point !== undefined) await room.choosePoint(point.io);
    }
    if ((step.see === 'map' || step.see === 'cell') && room.phase !== 'searched') await room.search();
    if (step.see === 'cell' && isWanted()) {
      const [worst] = room.smallestOf(['S'], 1);
      if (worst !== undefined) await room.openCell(worst.id);
    }
  }

  /** What the step is about, happening: the crash at one call after the other; a sector of the log lost, and back. */
  async #move(step: TourStep, goesOn: () => boolean): Promise<void> {
    const room = this.#room;
    if (step.see === 'run') {
      for (const { command, io } of room.plan?.points ?? []) {
        if (!goesOn()) return;
        await room.choosePoint(io);
        await pause(command < 0 ? OPENING_MS : CALL_MS, goesOn);
      }
    }
    if (step.see !== 'point') return;
    for (const fate of ['lost', 'kept'] as const) {
      await pause(SWITCH_MS, goesOn);
      const { pending } = room;
      if (!goesOn() || pending === undefined) return;
      room.turn(pending.map((item) => ({ fate: item.file === 'log' ? fate : 'kept' })));
    }
  }

  #told(step: TourStep): string {
    const { choice, letters, opened, plan, point } = this.#room;
    const { cell } = opened;
    if (plan === undefined) return '';
    return step.words({
      plan,
      point,
      statesMax: choice.statesMax,
      letters,
      cell: cell && {
        sentence: cell.opened.verdict.sentence,
        wrongRows: cell.opened.rows.filter((row) => !row.same).length,
      },
    });
  }
}

const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, TICK_MS));

async function pause(milliseconds: number, goesOn: () => boolean): Promise<void> {
  const until = performance.now() + milliseconds;
  while (goesOn() && performance.now() < until) await tick();
}
