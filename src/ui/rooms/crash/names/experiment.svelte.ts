/**
 * The state of the lesson on names: which program, on which system, cut after which step, which of the states left,
 * and what the learner said before seeing any of them.
 */
import { failureOf } from '../../../../lab/lab_error';
import { type HarmId, harmsOf, type JudgedState, judgeRun } from '../../../../lab/names_judge';
import { type NamesError, type NamesLine, parseNames } from '../../../../lab/names_language';
import { NAMES_PROFILES, NAMES_PROGRAMS, type NamesProgram, OWN_PROGRAM } from '../../../../lab/names_programs';
import type { DirectoryProfileName, NamesApi, NamesMoment, NamesRun } from '../../../../protocol/names';

/** One program on one system: the cut after k steps is `moments[k]`, what it leaves `judged[k]`. */
export interface Explored {
  readonly moments: readonly NamesMoment[];
  readonly judged: readonly (readonly JudgedState[])[];
  readonly harms: ReadonlySet<HarmId>;
  readonly refused: NamesRun['refused'];
}

export interface Guess {
  readonly harms: ReadonlySet<HarmId>;
  /** The system it was made for. */
  readonly profile: DirectoryProfileName;
}

export class NamesExperiment {
  readonly #api: () => NamesApi | undefined;
  #asked = 0;

  program: NamesProgram = $state.raw(NAMES_PROGRAMS[0]!);
  profile: DirectoryProfileName = $state('measured_ext4');
  /** The power goes after so many steps. */
  cut = $state(0);
  /** Which of the states left is looked at. */
  chosen = $state(0);
  ownSteps: string = $state(OWN_PROGRAM.steps);
  guesses: Readonly<Record<string, Guess>> = $state.raw({});
  runs: Readonly<Partial<Record<DirectoryProfileName, Explored>>> = $state.raw({});
  errors: readonly NamesError[] = $state.raw([]);
  trouble: string | undefined = $state();

  /** `api`: of the worker there is just now. */
  constructor(api: () => NamesApi | undefined) {
    this.#api = api;
  }

  readonly lines: readonly NamesLine[] = $derived(parseNames(this.program.steps).lines);
  readonly explored: Explored | undefined = $derived(this.runs[this.profile]);
  readonly moment: NamesMoment | undefined = $derived(this.explored?.moments[this.cut]);
  readonly left: readonly JudgedState[] = $derived(this.explored?.judged[this.cut] ?? []);
  readonly state: JudgedState | undefined = $derived(this.left[this.chosen]);
  readonly guess: Guess | undefined = $derived(this.guesses[this.program.id]);
  /** The states are shown once the learner has said what to expect; of an own program at once. */
  readonly revealed: boolean = $derived(this.guess !== undefined || this.program.id === OWN_PROGRAM.id);

  async open(program: NamesProgram): Promise<void> {
    this.program = program;
    this.cut = 0;
    this.chosen = 0;
    await this.explore();
  }

  /** Takes the steps in the worker, on every system at once: each is a few milliseconds. */
  async explore(): Promise<void> {
    const api = this.#api();
    if (api === undefined) return;
    const asked = ++this.#asked;
    const { before, reader } = this.program;
    const lines = this.lines;
    const request = {
      before: parseNames(before).lines.map(({ step }) => step),
      steps: lines.map(({ step }) => step),
    };
    try {
      const runs = await Promise.all(
        NAMES_PROFILES.map(async ({ name: profile }): Promise<[DirectoryProfileName, Explored]> => {
          const run = await api.exploreNames({ ...request, profile });
          const tells = lines.map((line) => line.tells);
          const judged = judgeRun(run, reader, tells);
          return [profile, { moments: run.moments, judged, harms: harmsOf(judged), refused: run.refused }];
        }),
      );
      if (asked !== this.#asked) return;
      this.runs = Object.fromEntries(runs);
      this.trouble = undefined;
      this.cutAfter(this.cut);
    } catch (error) {
      if (asked === this.#asked) this.trouble = failureOf(error).message;
    }
  }

  cutAfter(steps: number): void {
    const last = (this.explored?.moments.length ?? 1) - 1;
    this.cut = Math.max(0, Math.min(last, steps));
    this.chosen = worstOf(this.left);
  }

  chooseProfile(profile: DirectoryProfileName): void {
    this.profile = profile;
    this.cutAfter(this.cut);
  }

  /** What the learner expects; from here on all is shown, first where it goes wrong. */
  commit(harms: ReadonlySet<HarmId>): void {
    this.guesses = { ...this.guesses, [this.program.id]: { harms, profile: this.profile } };
    this.cutAfter(this.cut);
  }

  async runOwn(): Promise<void> {
    const { lines, errors } = parseNames(this.ownSteps);
    this.errors = errors;
    if (errors.length > 0) return;
    this.program = { ...OWN_PROGRAM, steps: this.ownSteps };
    await this.explore();
    this.cutAfter(lines.length);
  }
}

const HARSHNESS = 'ALDFS';

/** The first of the worst states: what one has to see. */
function worstOf(left: readonly JudgedState[]): number {
  const ranks = left.map(({ verdict }) => HARSHNESS.indexOf(verdict.letter));
  return Math.max(0, ranks.indexOf(Math.max(...ranks)));
}
