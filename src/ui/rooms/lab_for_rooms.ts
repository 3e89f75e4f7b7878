/**
 * The lab as a room meets it. The lab opens rooms, so no room may need the lab's own class: what rooms, and the parts of
 * the shell that rooms show themselves, may do with the lab is here.
 */
import type { Opened } from '../../lab/links';
import type { RunRoom } from '../../lab/room_of_run';
import type { Failure } from '../../protocol/failure';
import type { JobId, JobReport } from '../../protocol/job';
import type { Hello } from '../../protocol/lab_api';
import type { Connection } from '../connect';
import type { Stage } from '../session.svelte';
import type { Mode, TraceRoom } from './trace_room';

export interface StageOfRoom {
  readonly room: string;
  readonly stage: Stage;
}

export interface LabForRooms {
  /** The worker; undefined while there is none. */
  readonly connection: Connection | undefined;
  readonly hello: Hello | undefined;
  readonly mode: Mode;
  /** The stage that lessons, scripts and links run on. */
  readonly practice: Stage | undefined;
  /** The run on the lab's own stage, whatever room is open. */
  readonly traceStage: Stage | undefined;
  /** Every stage with a run on it, in the room that shows it. */
  readonly stages: readonly StageOfRoom[];
  /** The run that the open room shows, and that transport and keys move. */
  readonly stage: Stage | undefined;
  readonly jobs: ReadonlyMap<JobId, JobReport>;
  /** One line that says what a click has just done. */
  said: string;

  /** A room whose pictures a single run is shown in. */
  loadTraceRoom(id: RunRoom): Promise<TraceRoom<unknown>>;
  /** Runs something of the page; whatever it throws becomes a notice. @returns what it gave, or false. */
  guard<T>(work: () => Promise<T>): Promise<T | false>;
  tell(failure: Failure): void;
  /** Runs a whole script in a fresh session. @returns false when it did not run. */
  openScript(
    text: string,
    label: string,
    options?: { readonly play?: boolean; readonly room?: RunRoom },
  ): Promise<boolean>;
  openMoment(opened: Opened): Promise<void>;
  /** Runs commands at the newest step of the run on the stage. @returns false when one failed. */
  actNow(text: string): Promise<boolean>;
}
