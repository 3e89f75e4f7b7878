/** The desk of the tree room: its experiments, its exercises, and what its pictures keep. */
import { TREE_EXPERIMENTS, type ExperimentId, type SpikeMeasure } from '../../../../lab/btree_presets';
import type { TreeGrade, TreeNote, TreeQuestion, TreeTask, TreeTaskKind } from '../../../../protocol/btree';
import { flatLine } from '../../../charts/drawn_line';
import { ByHand } from '../../desk/by_hand.svelte';
import { ExperimentDesk } from '../../desk/experiment_desk.svelte';
import type { LabForRooms } from '../../lab_for_rooms';
import { TREE_EXERCISES } from './exercises';

export class TreeDesk extends ExperimentDesk<ExperimentId, TreeQuestion, TreeNote> {
  readonly hand: ByHand<TreeTaskKind, TreeTask, TreeGrade>;
  /** Key order: how many of the points are shown; past the end: all that there are. */
  point = $state(Infinity);
  /** Spikes: the line that was drawn. */
  drawn: readonly number[] = $state.raw(flatLine(0.5));
  /** Spikes: which measure is in sight, and which one the line was drawn for. */
  measure: SpikeMeasure = $state('bytes');
  drawnFor: SpikeMeasure = $state('bytes');

  constructor(lab: LabForRooms) {
    super(lab, TREE_EXPERIMENTS, (api, question, port) => api.runTreeExperiment(question, port));
    this.hand = new ByHand(lab, TREE_EXERCISES);
  }

  protected override begin(): void {
    this.drawnFor = this.measure;
    this.point = Infinity;
  }
}
