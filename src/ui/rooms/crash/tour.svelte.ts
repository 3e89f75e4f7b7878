/** The tour at the learner's pace: brings the room to where a step wants it, then tells what is there. */
import { TOUR, TOUR_STEPS, type TourStep } from '../../../lab/crash_tour';
import type { CrashCell, CrashOpened, CrashPlan, CrashPoint, LetterCounts, ProfileName } from '../../../protocol/crash';
import type { VerdictLetter } from '../../../protocol/drill';

/** What the tour does in the room, and reads there. */
export interface TouredRoom {
  readonly plan: CrashPlan | undefined;
  readonly point: CrashPoint | undefined;
  readonly letters: LetterCounts;
  readonly choice: { readonly statesMax: number };
  readonly phase: string;
  readonly opened: { readonly cell: { readonly opened: CrashOpened } | undefined };
  /** What the room was last brought to by somebody who says so. */
  asked: string | undefined;
  become(to: {
    readonly preset: string;
    readonly profile: ProfileName;
    readonly off: readonly string[];
  }): Promise<boolean>;
  walk(isWanted: () => boolean): Promise<void>;
  choosePoint(io: number): Promise<void>;
  search(): Promise<void>;
  smallestOf(letters: readonly VerdictLetter[], most: number): readonly CrashCell[];
  openCell(id: string): Promise<boolean>;
  closeCell(): Promise<void>;
}

export class Tour {
  index = $state(0);
  /** The step's search or recovery is done; its words can be told. */
  ready = $state(false);
  words = $state('');
  readonly #room: TouredRoom;
  #asked = 0;
  /** What the room was last brought to by a step: it is left alone where it is that already. */
  #at = '';

  constructor(room: TouredRoom) {
    this.#room = room;
  }

  /** Whoever comes back finds the step as it was. */
  async begin(): Promise<void> {
    if (this.#asked === 0) await this.go(0);
  }

  async go(index: number): Promise<void> {
    const step = TOUR_STEPS[index];
    if (step === undefined) return;
    const asked = ++this.#asked;
    this.index = index;
    this.ready = false;
    await this.#bring(step, () => asked === this.#asked);
    if (asked !== this.#asked) return;
    this.words = this.#told(step);
    this.ready = true;
  }

  async #bring(step: TourStep, wanted: () => boolean): Promise<void> {
    const room = this.#room;
    const at = `${TOUR.preset} ${TOUR.profile} ${step.off.join(' ')}`;
    if (this.#at !== at || room.plan === undefined || room.asked !== at) {
      await room.become({ preset: TOUR.preset, profile: TOUR.profile, off: step.off });
      this.#at = room.asked = at;
    }
    if (step.see !== 'cell') await room.closeCell();
    if (step.see === 'run') await room.walk(wanted);
    if (step.see === 'point') {
      const most = room.plan?.points.findLast((point) => point.submitted > 0 && point.pending > 0);
      if (most !== undefined) await room.choosePoint(most.io);
    }
    if ((step.see === 'map' || step.see === 'cell') && room.phase !== 'searched') await room.search();
    if (step.see === 'cell') {
      const [worst] = room.smallestOf(['S'], 1);
      if (worst !== undefined) await room.openCell(worst.id);
    }
  }

  #told(step: TourStep): string {
    const { plan, point, letters, opened, choice } = this.#room;
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
