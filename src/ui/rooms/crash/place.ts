/**
 * The crash room as a link carries it: what the map is of and where one looked, never an answer. Nothing of what was
 * found travels along; the page that opens it runs and checks everything again.
 */
import { LINK_VERSION, type CrashPlace } from '../../../lab/links';
import { TOUR_STEPS } from '../../../lab/crash_tour';
import type { Mode } from '../trace_room';
import type { CrashRoom } from './crash_room.svelte';

export function placeOf(room: CrashRoom, mode: Mode): CrashPlace | string {
  const place = (crash: CrashPlace['crash']): CrashPlace => ({ version: LINK_VERSION, room: 'crash', mode, crash });
  if (mode === 'watch') return place({ step: room.lesson === 'names' ? 'names' : TOUR_STEPS[room.tour.index]!.id });
  if (mode === 'prove') return place(room.task === undefined ? {} : { task: room.task });
  const { choice, boardId, io } = room;
  if (choice.kind === 'mine')
    return 'The map of your own run cannot be linked: open one of its states, or link to the run itself.';
  type LinkedMap = NonNullable<CrashPlace['crash']['map']>;
  return place({
    map: {
      ...(choice.kind === 'preset'
        ? { preset: choice.presetId as LinkedMap['preset'] & string }
        : { script: choice.script }),
      ...(choice.pages !== undefined && { pages: choice.pages }),
      profile: choice.profile,
      // A test holds the lists of links equal to what there is.
      off: [...choice.off] as LinkedMap['off'],
      statesMax: choice.statesMax,
      seed: choice.seed,
      crashRecovery: choice.crashRecovery,
      checked: room.phase === 'searched',
      ...(io !== undefined && { io }),
      ...(boardId !== undefined && { state: boardId }),
    },
  });
}

export async function openPlace(room: CrashRoom, { crash: { map, step, task } }: CrashPlace): Promise<void> {
  room.taskWanted = task;
  if (step !== undefined) {
    room.lesson = step === 'names' ? 'names' : 'tour';
    if (step !== 'names') await room.tour.go(TOUR_STEPS.findIndex(({ id }) => id === step));
  }
  if (map === undefined) return;
  const { checked, io, off, state, statesMax, seed, crashRecovery, ...run } = map;
  Object.assign(room.choice, { statesMax, seed, crashRecovery });
  if (!(await room.become({ ...run, off }))) return;
  if (io !== undefined && room.plan?.points.some((point) => point.io === io) === true) await room.choosePoint(io);
  if (checked) await room.search();
  if (state !== undefined) room.lookAt(state);
}
