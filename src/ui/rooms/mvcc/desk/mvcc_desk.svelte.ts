/** The desk of the MVCC room: its experiments, its exercises, and which cell of the grid is open. */
import { MVCC_EXPERIMENTS, type MvccExperimentId } from '../../../../lab/mvcc_presets';
import { ANOMALIES, toldAt, type AnomalyLevel } from '../../../../lab/mvcc_anomalies';
import type { ScriptedAnomaly } from '../../../../mvcc/history/anomaly_scripts';
import type { GridColumn, MvccGrade, MvccNote, MvccQuestion, MvccTask, MvccTaskKind } from '../../../../protocol/mvcc';
import { ByHand } from '../../desk/by_hand.svelte';
import { ExperimentDesk } from '../../desk/experiment_desk.svelte';
import type { LabForRooms } from '../../lab_for_rooms';
import { MVCC_EXERCISES } from './exercises';

export interface GridPlace {
  readonly row: ScriptedAnomaly;
  readonly column: GridColumn;
}

export class MvccDesk extends ExperimentDesk<MvccExperimentId, MvccQuestion, MvccNote> {
  readonly hand: ByHand<MvccTaskKind, MvccTask, MvccGrade>;
  /** Of the grid: the one whose steps are in sight, once it is filled. */
  cell: GridPlace = $state.raw({ row: 'G2-item', column: 'snapshot' });
  /** Of the lanes: those with locks are in sight. */
  locked = $state(false);

  constructor(lab: LabForRooms) {
    super(lab, MVCC_EXPERIMENTS, (api, question, port) => api.runMvccExperiment(question, port));
    this.hand = new ByHand(lab, MVCC_EXERCISES);
  }

  /** The anomaly as a script of the lab, in the picture of the room. */
  async watch(name: ScriptedAnomaly, level: AnomalyLevel): Promise<void> {
    const anomaly = ANOMALIES.find((one) => one.name === name)!;
    await this.lab.openScript(toldAt(anomaly, level), `${name}, ${anomaly.title.toLowerCase()}`, { room: 'mvcc' });
  }
}
