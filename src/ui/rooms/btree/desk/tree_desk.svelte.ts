/**
 * What the tree desk keeps: which experiment is open, how its knobs are turned, what was guessed, and what came out. A
 * guess is asked before a run; it stays beside the result until somebody guesses again. Other knobs are another question.
 */
import { failureOf } from '../../../../lab/lab_error';
import {
  experimentOf,
  TREE_EXPERIMENTS,
  usualKnobs,
  type ExperimentId,
  type SpikeMeasure,
  type TreeExperiment,
} from '../../../../lab/btree_presets';
import type { TreeNote } from '../../../../protocol/btree';
import type { JobId, JobReport } from '../../../../protocol/job';
import type { LabForRooms } from '../../lab_for_rooms';
import { ByHand } from './by_hand.svelte';
import { flatLine } from './drawn_line';

const forEach = <T>(make: (experiment: TreeExperiment) => T): Record<ExperimentId, T> =>
  Object.fromEntries(TREE_EXPERIMENTS.map((experiment) => [experiment.id, make(experiment)])) as Record<
    ExperimentId,
    T
  >;

/** A fresh one each time the learner guesses anew. */
const drawSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0]! % 2 ** 31;

export class TreeDesk {
  readonly lab: LabForRooms;
  readonly hand: ByHand;
  open: ExperimentId = $state('orders');
  readonly knobs = $state(forEach(usualKnobs));
  /** Exponents of ten, by the key of the guess. */
  readonly guesses: Record<string, number> = $state(
    Object.fromEntries(TREE_EXPERIMENTS.flatMap(({ guesses }) => guesses.map(({ key, usual }) => [key, usual]))),
  );
  /** The experiments that were guessed, or passed over. */
  readonly made: Record<ExperimentId, boolean> = $state(forEach(() => false));
  readonly passedOver: Record<ExperimentId, boolean> = $state(forEach(() => false));
  notes: Readonly<Record<ExperimentId, readonly TreeNote[]>> = $state.raw(forEach(() => []));
  job: JobId | undefined = $state();
  /** The experiment that the job is of. */
  running: ExperimentId | undefined = $state();
  /** Key order: how many of the points are shown; past the end: all that there are. */
  point = $state(Infinity);
  /** Of the next run, or of the one that is in sight. */
  seed = drawSeed();
  /** Spikes: the line that was drawn. */
  drawn: readonly number[] = $state.raw(flatLine(0.5));
  /** Spikes: which measure is in sight, and which one the line was drawn for. */
  measure: SpikeMeasure = $state('bytes');
  drawnFor: SpikeMeasure = $state('bytes');

  readonly experiment = $derived(experimentOf(this.open));
  readonly report: JobReport | undefined = $derived.by(() =>
    this.job === undefined ? undefined : this.lab.jobs.get(this.job),
  );
  /** Until the worker has said that it is over. */
  readonly busy = $derived(
    this.running !== undefined && (this.report === undefined || this.report.state === 'running'),
  );

  #port: MessagePort | undefined;

  constructor(lab: LabForRooms) {
    this.lab = lab;
    this.hand = new ByHand(lab);
  }

  choose(id: ExperimentId): void {
    this.open = id;
  }

  turn(key: string, value: number, isView: boolean): void {
    this.knobs[this.open][key] = value;
    if (!isView) this.again();
  }

  /** @param guessed false: the learner would rather see it at once */
  async run(guessed = true): Promise<void> {
    const id = this.open;
    if (this.busy) await this.stop();
    this.made[id] = true;
    this.passedOver[id] = !guessed;
    this.drawnFor = this.measure;
    this.notes = { ...this.notes, [id]: [] };
    this.point = Infinity;
    const question = this.experiment.ask($state.snapshot(this.knobs[id]), this.seed);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<TreeNote>): void => {
      // A run that was given up for a newer one may still have something on its way.
      if (this.#port === port1) this.notes = { ...this.notes, [id]: [...this.notes[id], data] };
    };
    this.#port = port1;
    this.job = undefined;
    this.running = id;
    const job = await this.lab.guard(() => this.lab.connection!.api.runTreeExperiment(question, port2));
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
}
