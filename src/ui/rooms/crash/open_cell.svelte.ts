/** One state of the map, mounted and recovered for real: its steps on a stage, and the smallest run that fails like it. */
import { failureOf } from '../../../lab/lab_error';
import { roomOfRun } from '../../../lab/room_of_run';
import type { CrashFinding, CrashOpened, CrashRequest } from '../../../protocol/crash';
import { Stage } from '../../session.svelte';
import type { LabForRooms } from '../lab_for_rooms';
import type { CrashPool } from './pool';

export interface CellOnStage {
  readonly opened: CrashOpened;
  readonly request: CrashRequest;
  /** Comes to the same disk, and recovers it, wherever it is run. */
  readonly script: string;
  readonly stage: Stage;
}

export class OpenCell {
  readonly #lab: LabForRooms;
  cell: CellOnStage | undefined = $state.raw();
  finding: CrashFinding | undefined = $state.raw();
  /** Why a state that was asked for cannot be, in words. */
  refused: string | undefined = $state();
  busy: 'opening' | 'shrinking' | undefined = $state();

  constructor(lab: LabForRooms) {
    this.#lab = lab;
  }

  /** Its recovery plays from the start, on what is then the open cell; undefined where there is none. */
  async open(request: CrashRequest, id: string): Promise<CellOnStage | undefined> {
    if (this.busy !== undefined) return undefined;
    this.busy = 'opening';
    this.refused = undefined;
    const api = this.#lab.connection!.api;
    const done = await this.#lab.guard(async () => {
      const opened = await api.openCrashCell(request, id).catch((error: unknown) => {
        const failure = failureOf(error);
        if (failure.code !== 'command_refused') throw error;
        this.refused = failure.message;
        return undefined;
      });
      if (opened === undefined) return false;
      const script = await api.crashScript(request, id);
      const stage = new Stage(
        await this.#lab.loadTraceRoom(roomOfRun(opened.session.settings.format)),
        this.#lab.connection!,
      );
      stage.reducedMotion = matchMedia('(prefers-reduced-motion: reduce)').matches;
      await stage.add(this.#lab.connection!, opened.session, 'recovery', `state ${id}`, undefined);
      await this.close();
      this.cell = { opened, request, script, stage };
      stage.home();
      stage.playOut();
      return true;
    });
    this.busy = undefined;
    return done ? this.cell : undefined;
  }

  async close(): Promise<void> {
    const { cell } = this;
    this.cell = undefined;
    this.finding = undefined;
    await cell?.stage.close();
  }

  /** The smallest run and state that fail like the one that is open. */
  async shrink(pool: CrashPool): Promise<void> {
    const { cell } = this;
    if (cell === undefined || this.busy !== undefined) return;
    this.busy = 'shrinking';
    await this.#lab.guard(async () => {
      const finding = await pool.shrink(cell.request, cell.opened.cell.id);
      if (this.cell === cell) this.finding = finding;
    });
    this.busy = undefined;
  }
}
