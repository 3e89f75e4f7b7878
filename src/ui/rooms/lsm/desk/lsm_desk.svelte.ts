/** The desk of the LSM room: its experiments, its exercises, and what its pictures keep. */
import { SvelteMap } from 'svelte/reactivity';
import {
  budgetOf,
  FILTER_LOOKUPS,
  FILTER_VALUE_BYTES,
  LSM_EXPERIMENTS,
  splitsOf,
  type LsmExperimentId,
  type PressureMeasure,
} from '../../../../lab/lsm_presets';
import type { LsmClock } from '../../../../lab/lsm_clock';
import type { LsmGrade, LsmNote, LsmQuestion, LsmTask, LsmTaskKind, SplitName } from '../../../../protocol/lsm';
import { flatLine } from '../../../charts/drawn_line';
import { ByHand } from '../../desk/by_hand.svelte';
import { ExperimentDesk } from '../../desk/experiment_desk.svelte';
import type { LabForRooms } from '../../lab_for_rooms';
import { LSM_EXERCISES } from './exercises';
import type { Costs } from './triangle';

export class LsmDesk extends ExperimentDesk<LsmExperimentId, LsmQuestion, LsmNote> {
  readonly hand: ByHand<LsmTaskKind, LsmTask, LsmGrade>;
  /** Two settings: how many of the points are shown; past the end: all that there are. */
  point = $state(Infinity);
  clock: LsmClock = $state('puts');
  /** Ends of runs that were made so far, by what was set: the trail in the triangle. */
  readonly trail = new SvelteMap<string, Costs>();
  /** The game: bits a key for each level that has entries; undefined: all alike. */
  split: readonly number[] | undefined = $state.raw();
  /** Cost of each put: the line that was drawn, which measure is in sight, and which one the line was drawn for. */
  drawn: readonly number[] = $state.raw(flatLine(0.4));
  measure: PressureMeasure = $state('bytes');
  drawnFor: PressureMeasure = $state('bytes');

  constructor(lab: LabForRooms) {
    super(lab, LSM_EXPERIMENTS, (api, question, port) => api.runLsmExperiment(question, port));
    this.hand = new ByHand(lab, LSM_EXERCISES);
  }

  /** The learner's split, the equal one and Monkey's, each on a real tree. */
  async measureSplits(yours: readonly number[]): Promise<void> {
    const budget = budgetOf(this.notes.filters);
    if (budget === undefined || this.busy) return;
    const depth = budget.levels.at(-1)!.level + 1;
    // A level without entries now had some while the tree grew: it gets what the next one below has.
    const byLevel = (bits: readonly number[]): number[] =>
      Array.from({ length: depth }, (_, level) => bits[budget.levels.findIndex((one) => one.level >= level)]!);
    const splits: { name: SplitName; bits: readonly number[] }[] = [
      { name: 'yours', bits: byLevel(yours) },
      { name: 'equal', bits: byLevel(budget.equal) },
      { name: 'monkey', bits: byLevel(budget.monkey) },
    ];
    const { keys } = this.knobs.filters;
    this.dropSplits();
    await this.ask('filters', {
      ask: 'budget',
      keys: keys!,
      lookups: FILTER_LOOKUPS,
      splits,
      valueBytes: FILTER_VALUE_BYTES,
      seed: this.seed,
    });
  }

  /** What was measured of another split. */
  dropSplits(): void {
    if (splitsOf(this.notes.filters).length === 0) return;
    this.notes = { ...this.notes, filters: this.notes.filters.filter(({ note }) => note !== 'split') };
  }

  protected override begin(): void {
    this.drawnFor = this.measure;
    this.point = Infinity;
    this.split = undefined;
  }
}
