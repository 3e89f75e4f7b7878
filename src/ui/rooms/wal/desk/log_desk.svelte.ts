/**
 * What the desk of the log room keeps: knobs, the run they gave, the same intentions in the other kind of loop, and the
 * swept curve; what was guessed; what is looked at. And the exercise on the order of a commit.
 *
 * Every change asks again. Questions go one after the other, and whoever asks anew makes the rest of the older ones
 * superfluous: an answer that comes too late is dropped, and what was not yet asked never is.
 */
import { TrafficDisk } from './traffic_disk.svelte';
import { OrderExercise } from './order_exercise.svelte';
import { type Region, worstOf } from '../../../../lab/traffic_heat';
import { clampSpan, firstWindow, indexRun, type Span, windowOf } from '../../../../lab/traffic_lanes';
import { type Knobs, type Preset, PRESETS, settingsOf, USUAL_SEED } from '../../../../lab/traffic_presets';
import { latenciesOf, type Summary, summaryOf } from '../../../../lab/traffic_times';
import type { TrafficRun, TrafficSettings } from '../../../../protocol/traffic';
import type { LabForRooms } from '../../lab_for_rooms';

/** A run at one rate, as a point of the picture of throughput and latency. */
export interface OperatingPoint extends Summary {
  readonly intendedPerSecond: number;
}

interface LookedAt {
  readonly span?: Span;
  readonly commit?: number;
}
interface Opening extends LookedAt {
  readonly preset: Preset;
  readonly knobs?: Knobs;
  readonly seed: number;
}

const DEBOUNCE_MS = 150;
const TRAIL_MAX = 12;
const SWEEP_RATES: readonly number[] = [20, 100, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000];

export class LogDesk {
  readonly lab: LabForRooms;
  readonly disk: TrafficDisk;
  readonly order: OrderExercise;

  preset: Preset = $state.raw(PRESETS[0]!);
  knobs: Knobs = $state.raw(PRESETS[0]!.knobs);
  seed = $state(USUAL_SEED);
  /** The question of the preset is open: nothing is run before it is answered or passed over. */
  asking = $state(false);
  /** What was guessed, by preset; null: passed over. */
  guesses: Readonly<Record<string, number | null>> = $state.raw({});

  run: TrafficRun | undefined = $state.raw();
  /** Which preset `run` began from, while no knob was touched since. */
  ranPreset: string | undefined = $state.raw();
  /** The same intentions in the other kind of loop. */
  other: TrafficRun | undefined = $state.raw();
  sweep: readonly OperatingPoint[] = $state.raw([]);
  trail: readonly OperatingPoint[] = $state.raw([]);
  busy = $state(false);

  span: Span = $state.raw({ from: 0, to: 1 });
  region: Region | undefined = $state.raw();
  /** The commit that is looked at. */
  commit: number | undefined = $state.raw();

  readonly index = $derived(this.run && indexRun(this.run));
  readonly latencies = $derived(this.run && latenciesOf(this.run));
  readonly summary = $derived(this.run && summaryOf(this.run));
  readonly worst = $derived(
    this.run && this.latencies ? worstOf(this.run.commits.intended, this.latencies, this.region) : [],
  );

  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sweptFor = '';
  /** What a link wants to be looked at, once there is a run. */
  #toLookAt: LookedAt | undefined;

  constructor(lab: LabForRooms) {
    this.lab = lab;
    this.disk = new TrafficDisk(lab, () => this.#soon());
    this.order = new OrderExercise(lab);
  }

  /** The desk is in sight: something is there to be looked at. */
  begin(): void {
    if (this.run === undefined && !this.busy && !this.asking) void this.#go(PRESETS[0]!.id);
  }

  choosePreset(preset: Preset): void {
    this.open({ preset, seed: USUAL_SEED });
  }

  /** Everything as somebody had it. Without knobs of its own it is the preset, whose question comes first. */
  open({ knobs, preset, seed, ...lookedAt }: Opening): void {
    clearTimeout(this.#timer);
    this.#asked++; // What is still under way is of another preset.
    this.busy = false;
    this.preset = preset;
    this.knobs = knobs ?? preset.knobs;
    this.seed = seed;
    this.disk.wanted = false;
    this.#toLookAt = lookedAt;
    this.asking = knobs === undefined && !(preset.id in this.guesses);
    if (!this.asking) void this.#go(knobs === undefined ? preset.id : undefined);
  }

  /** @param guess null: the learner would rather see it at once. */
  answer(guess: number | null): void {
    this.guesses = { ...this.guesses, [this.preset.id]: guess };
    this.asking = false;
    void this.#go(this.preset.id);
  }

  turn(change: Partial<Knobs>): void {
    this.knobs = { ...this.knobs, ...change };
    this.asking = false;
    this.#soon();
  }

  /** The same settings, other random moments. */
  reseed(): void {
    this.seed = crypto.getRandomValues(new Uint32Array(1))[0]!;
    this.#soon();
  }

  // ---- looking

  look(span: Span): void {
    if (this.run) this.span = clampSpan(span, this.run.micros);
  }
  lookAt(commit: number): void {
    if (this.run === undefined) return;
    this.commit = commit;
    this.span = windowOf(this.run, commit);
  }

  // ---- running

  #soon(): void {
    clearTimeout(this.#timer);
    this.busy = true; // What is shown is the answer to another question already.
    this.#timer = setTimeout(() => void this.#go(undefined), DEBOUNCE_MS);
  }

  async #go(preset: string | undefined): Promise<void> {
    const asked = ++this.#asked;
    const isOld = (): boolean => asked !== this.#asked;
    const settings = settingsOf(this.knobs, this.disk.device, this.seed);
    this.busy = true;
    const run = await this.#ask(settings);
    if (isOld()) return;
    if (run !== undefined) {
      this.#show(run, preset);
      const other = await this.#ask({ ...settings, loop: settings.loop === 'open' ? 'closed' : 'open' });
      if (isOld()) return;
      this.other = other;
      await this.#sweep(isOld);
      if (isOld()) return;
    }
    this.busy = false;
  }

  async #ask(settings: TrafficSettings): Promise<TrafficRun | undefined> {
    const run = await this.lab.guard(() => this.lab.connection!.api.runTraffic(settings));
    return run === false ? undefined : run;
  }

  #show(run: TrafficRun, preset: string | undefined): void {
    // Points of another preset are no trail of this one.
    if (preset !== undefined) this.trail = [];
    else if (this.run) this.trail = [...this.trail, pointOf(this.run)].slice(-TRAIL_MAX);
    this.ranPreset = preset;
    this.run = run;
    this.other = undefined;
    this.region = undefined;
    this.commit = undefined;
    this.span = firstWindow(run);
    const { commit, span } = this.#toLookAt ?? {};
    this.#toLookAt = undefined;
    if (commit !== undefined && commit < run.settings.commits) this.lookAt(commit);
    if (span !== undefined) this.look(span);
  }

  /** The same settings at other rates. The curve of settings that differ in their rate only is the same. */
  async #sweep(isOld: () => boolean): Promise<void> {
    const settings = settingsOf(this.knobs, this.disk.device, this.seed);
    const curve = JSON.stringify({ ...settings, arrivalsPerSecond: 0, commits: 0 });
    if (curve === this.#sweptFor) return;
    this.#sweptFor = '';
    this.sweep = [];
    const slowFlushEvery = this.disk.device === undefined ? this.knobs.slowFlushEvery : 0;
    for (const arrivalsPerSecond of SWEEP_RATES) {
      const run = await this.#ask(settingsOf({ ...this.knobs, arrivalsPerSecond }, this.disk.device, this.seed));
      if (isOld() || run === undefined) return;
      // Over before its first slow flush: its p99 would look better than it is.
      if (slowFlushEvery > 0 && !run.moments.some(({ kind }) => kind === 'slow_flush')) continue;
      this.sweep = [...this.sweep, pointOf(run)];
    }
    this.#sweptFor = curve;
  }
}

const pointOf = (run: TrafficRun): OperatingPoint => ({
  ...summaryOf(run),
  intendedPerSecond: run.settings.arrivalsPerSecond,
});
