/**
 * The media room's state: what was measured here, what was asked of the models, and what the learner guessed.
 *
 * Questions to the models are small and answered at once, so every change of a slider asks again; an answer that comes
 * after a newer question was asked is dropped.
 */
import { failureOf } from '../../../lab/lab_error';
import { pathCalls, pathPriceOptions, pathSteps, type PathOptions } from '../../../lab/media_path';
import { routeName } from '../../../lab/media_words';
import type { FlushRoute } from '../../../storage/media';
import type {
  DevicePrice,
  LayoutResult,
  LayoutSpec,
  MediaCatalogue,
  PriceQuestion,
  ProbeNote,
} from '../../../protocol/media';
import type { JobId, JobReport } from '../../../protocol/job';
import type { LabForRooms } from '../lab_for_rooms';
import type { Branch } from '../../branch.svelte';
import type { Connection } from '../../connect';
import { Experiments } from './experiments.svelte';
import type { Instruments } from './instruments';
import { Tasks } from './tasks.svelte';
import { Without } from './without.svelte';

export type PlayTab = 'disk' | 'models' | 'run' | 'experiments';

export interface WorkloadChoice {
  /** Powers of two. */
  readonly blockLog: number;
  readonly depthLog: number;
  readonly randomShare: number;
  readonly writes: boolean;
}

export interface OpenRun {
  readonly branch: Branch;
  /** The title of the room that shows it. */
  readonly room: string;
}

export interface PricedPath {
  readonly whole: readonly DevicePrice[];
  readonly writeOnly: readonly DevicePrice[];
}

const SPAN_BYTES = 64 * 2 ** 20;

export class MediaRoom implements Instruments {
  readonly lab: LabForRooms;
  catalogue: MediaCatalogue | undefined = $state.raw();

  // ---- one flush taken apart
  path: PathOptions = $state.raw({ kind: 'nvme', dirtyBytes: 4096, grown: false, reach: 'media' });
  /** Browser and platform by name; '' is the first of the catalogue, whenever that comes. */
  #routeName = $state('');
  readonly chosenRoute: FlushRoute | undefined = $derived.by(() => {
    const routes = this.catalogue?.routes ?? [];
    return routes.find((route) => routeName(route) === this.#routeName) ?? routes[0];
  });
  step = $state(0);
  pricedPath: PricedPath | undefined = $state.raw();
  readonly steps = $derived(pathSteps(this.path));

  // ---- your disk
  notes: readonly ProbeNote[] = $state.raw([]);
  probeJob: JobId | undefined = $state();
  readonly probe: JobReport | undefined = $derived(this.#report(this.probeJob));
  readonly probing = $derived(this.probe?.state === 'running');
  readonly probed = $derived(this.notes.at(-1)?.kind === 'end');

  // ---- models side by side
  playTab: PlayTab = $state('disk');
  workload: WorkloadChoice = $state.raw({ blockLog: 12, depthLog: 0, randomShare: 1, writes: false });
  prices: readonly DevicePrice[] = $state.raw([]);
  runPrices: readonly DevicePrice[] = $state.raw([]);
  /** Runs of every room that are still open: a dead worker's cannot be asked for any more. */
  readonly runs: readonly OpenRun[] = $derived.by(() =>
    this.lab.stages.flatMap(({ room, stage }) =>
      stage.branches.filter(({ dead }) => !dead).map((branch) => ({ branch, room })),
    ),
  );
  #chosenRun: Branch | undefined = $state.raw();
  /** The one that was chosen, while it is open; else the one on the lab's own stage. */
  readonly run: OpenRun | undefined = $derived.by(() => {
    const of = (wanted: Branch | undefined) => this.runs.find(({ branch }) => branch === wanted);
    return of(this.#chosenRun) ?? of(this.lab.traceStage?.active) ?? this.runs[0];
  });

  // ---- the same updates in three layouts
  layouts: readonly LayoutResult[] = $state.raw([]);
  layoutJob: JobId | undefined = $state();
  readonly layoutReport: JobReport | undefined = $derived(this.#report(this.layoutJob));
  readonly comparing = $derived(this.layoutReport?.state === 'running');

  readonly experiments: Experiments;
  readonly without: Without;
  readonly tasks: Tasks;
  #asked = 0;

  constructor(lab: LabForRooms) {
    this.lab = lab;
    this.experiments = new Experiments(this);
    this.without = new Without(this);
    this.tasks = new Tasks(this);
    void this.#begin();
  }

  async price(question: PriceQuestion): Promise<readonly DevicePrice[] | undefined> {
    return this.#priceOn(this.lab.connection!, question);
  }

  async #priceOn(connection: Connection, question: PriceQuestion): Promise<readonly DevicePrice[] | undefined> {
    const prices = await this.lab.guard(() => connection.api.priceMedia(question));
    return prices === false ? undefined : prices;
  }

  setPath(change: Partial<PathOptions>): void {
    this.path = { ...this.path, ...change };
    this.step = Math.min(this.step, this.steps.length - 1);
    void this.#pricePath();
  }

  /** @param name by `routeName`; one that is not known is the first */
  chooseRoute(name: string): void {
    this.#routeName = name;
    if (this.chosenRoute !== undefined) this.setPath({ reach: this.chosenRoute.reach });
  }

  goTo(step: number): void {
    this.step = Math.max(0, Math.min(this.steps.length - 1, step));
  }

  setWorkload(change: Partial<WorkloadChoice>): void {
    this.workload = { ...this.workload, ...change };
    void this.#priceWorkload();
  }

  chooseRun(branch: Branch): void {
    this.#chosenRun = branch;
  }

  async priceRun(): Promise<void> {
    const branch = this.run?.branch;
    // Its own worker knows it.
    const prices = branch && (await this.#priceOn(branch.connection, { ask: 'session', session: branch.session }));
    if (branch === this.run?.branch) this.runPrices = prices ?? [];
  }

  async measure(): Promise<void> {
    if (this.probing) return;
    this.notes = [];
    const port = listen((note: ProbeNote) => (this.notes = [...this.notes, note]));
    const job = await this.lab.guard(() => this.lab.connection!.api.probeMedia(port));
    if (job !== false) this.probeJob = job;
  }

  async compareLayouts(spec: LayoutSpec): Promise<void> {
    if (this.comparing) return;
    this.layouts = [];
    const port = listen((result: LayoutResult) => (this.layouts = [...this.layouts, result]));
    const job = await this.lab.guard(() => this.lab.connection!.api.compareLayouts(spec, port));
    if (job !== false) this.layoutJob = job;
  }

  async stop(job: JobId | undefined): Promise<void> {
    if (job !== undefined) await this.lab.guard(() => this.lab.connection!.api.cancelJob(job));
  }

  async #begin(): Promise<void> {
    const catalogue = await this.lab.guard(() => this.lab.connection!.api.describeMedia());
    if (catalogue !== false) this.catalogue = catalogue;
    // A link may have named one before the catalogue was there.
    this.chooseRoute(this.#routeName);
    await Promise.all([this.#priceWorkload(), this.without.ask()]);
  }

  async #pricePath(): Promise<void> {
    const { path } = this;
    const { write, flush } = pathCalls(path);
    const options = pathPriceOptions(path);
    const [whole, writeOnly] = await Promise.all([
      this.price({ ask: 'calls', calls: [write, flush], options }),
      this.price({ ask: 'calls', calls: [write], options }),
    ]);
    if (whole && writeOnly && path === this.path) this.pricedPath = { whole, writeOnly };
  }

  async #priceWorkload(): Promise<void> {
    const asked = ++this.#asked;
    const { blockLog, depthLog, randomShare, writes } = this.workload;
    const blockBytes = 2 ** blockLog;
    const requests = Math.min(2000, Math.max(64, (32 * 2 ** 20) / blockBytes));
    const spec = { blockBytes, requests, randomShare, writeShare: writes ? 1 : 0, spanBytes: SPAN_BYTES, seed: 1 };
    const prices = await this.price({ ask: 'workload', spec, depth: 2 ** depthLog, wholeDevice: true });
    if (prices && asked === this.#asked) this.prices = prices;
  }

  #report(job: JobId | undefined): JobReport | undefined {
    return job === undefined ? undefined : this.lab.jobs.get(job);
  }

  /** A job that failed has said why. */
  tellFailure(report: JobReport | undefined): void {
    if (report?.state === 'failed' && report.failure) this.lab.tell(failureOf(report.failure));
  }
}

/** The end to hand to the worker; what it posts there is heard here. */
function listen(heard: (message: never) => void): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }): void => heard(data as never);
  return port2;
}
