/**
 * What a desk keeps of its experiments: which one is open, how its knobs are turned, what was guessed, and what came out. A
 * guess is asked before a run; it stays beside the result until somebody guesses again. Other knobs are another question.
 */
import { usualKnobs, type Experiment } from '../../../lab/experiments';
import { failureOf } from '../../../lab/lab_error';
import type { JobId, JobReport } from '../../../protocol/job';
import type { Connection } from '../../connect';
import type { LabForRooms } from '../lab_for_rooms';

/** A fresh one each time the learner guesses anew. */
export const drawSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0]! % 2 ** 31;

/** How the worker is asked. */
export type RunExperiment<Question> = (api: Connection['api'], question: Question, port: MessagePort) => Promise<JobId>;

export class ExperimentDesk<Id extends string, Question, Note> {
  readonly lab: LabForRooms;
  readonly experiments: readonly Experiment<Id, Question, Note>[];
  open: Id = $state()!;
  readonly knobs: Record<Id, Record<string, number>> = $state()!;
  /** Where the sliders stand, by the key of the guess: `guessAt` says what that is. */
  readonly guesses: Record<string, number> = $state()!;
  /** The experiments that were guessed, or passed over. */
  readonly made: Record<Id, boolean> = $state()!;
  readonly passedOver: Record<Id, boolean> = $state()!;
  notes: Readonly<Record<Id, readonly Note[]>> = $state.raw()!;
  job: JobId | undefined = $state();
  /** The experiment that the job is of. */
  running: Id | undefined = $state();
  /** Of the next run, or of the one that is in sight. */
  seed = drawSeed();

  readonly experiment = $derived.by(() => this.experimentOf(this.open));
  readonly report: JobReport | undefined = $derived.by(() =>
    this.job === undefined ? undefined : this.lab.jobs.get(this.job),
  );
  /** Until the worker has said that it is over. */
  readonly busy = $derived.by(
    () => this.running !== undefined && (this.report === undefined || this.report.state === 'running'),
  );

  readonly #run: RunExperiment<Question>;
  #port: MessagePort | undefined;

  constructor(lab: LabForRooms, experiments: readonly Experiment<Id, Question, Note>[], run: RunExperiment<Question>) {
    this.lab = lab;
    this.experiments = experiments;
    this.#run = run;
    this.open = experiments[0]!.id;
    this.knobs = this.#forEach(usualKnobs);
    this.guesses = Object.fromEntries(
      experiments.flatMap(({ guesses }) => guesses.map(({ key, usual }) => [key, usual])),
    );
    this.made = this.#forEach(() => false);
    this.passedOver = this.#forEach(() => false);
    this.notes = this.#forEach((): readonly Note[] => []);
  }

  experimentOf(id: Id): Experiment<Id, Question, Note> {
    return this.experiments.find((one) => one.id === id)!;
  }

  choose(id: Id): void {
    this.open = id;
  }

  turn(key: string, value: number, isView: boolean): void {
    const knobs: Record<string, number> = this.knobs[this.open];
    knobs[key] = value;
    if (!isView) this.again();
  }

  /** @param guessed false: the learner would rather see it at once */
  async run(guessed = true): Promise<void> {
    const id = this.open;
    if (this.busy) await this.stop();
    this.made[id] = true;
    this.passedOver[id] = !guessed;
    this.begin();
    this.notes = { ...this.notes, [id]: [] };
    await this.ask(id, this.experiment.ask($state.snapshot(this.knobs[id]), this.seed));
  }

  /** Asks the worker; what it says joins the notes of an experiment. */
  async ask(id: Id, question: Question): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<Note>): void => {
      // A run that was given up for a newer one may still have something on its way.
      if (this.#port === port1) this.notes = { ...this.notes, [id]: [...this.notes[id], data] };
    };
    this.#port = port1;
    this.job = undefined;
    this.running = id;
    const job = await this.lab.guard(() => this.#run(this.lab.connection!.api, question, port2));
    if (job === false) this.running = undefined;
    else this.job = job;
  }

  again(): void {
    const id = this.open;
    if (this.running === id && this.busy) void this.stop();
    this.made[id] = false;
    this.seed = drawSeed();
    this.notes = { ...this.notes, [id]: [] };
  }

  async stop(): Promise<void> {
    const { job } = this;
    if (job !== undefined && this.busy) await this.lab.guard(() => this.lab.connection!.api.cancelJob(job));
  }

  /** A job that failed has said why. */
  tellFailure(): void {
    if (this.report?.state === 'failed' && this.report.failure) this.lab.tell(failureOf(this.report.failure));
  }

  /** What a desk of its own does before a run. */
  protected begin(): void {
    // Nothing here.
  }

  #forEach<T>(make: (experiment: Experiment<Id, Question, Note>) => T): Record<Id, T> {
    return Object.fromEntries(this.experiments.map((experiment) => [experiment.id, make(experiment)])) as Record<Id, T>;
  }
}
