/** The media room as a link carries it: what was chosen, never what was guessed or measured. */
import { LINK_VERSION, type MediaPlace } from '../../../lab/links';
import { routeName } from '../../../lab/media_words';
import type { Mode } from '../trace_room';
import type { MediaRoom } from './media_room.svelte';
import { REMOVALS } from './without.svelte';

export function placeOf(room: MediaRoom, mode: Mode): MediaPlace {
  const { dirtyBytes, grown, kind } = room.path;
  const { alignBytes, batch, open } = room.experiments;
  const { open: task } = room.tasks;
  return {
    version: LINK_VERSION,
    room: 'media',
    mode,
    media: {
      path: { kind, dirtyBytes, grown, route: routeName(room.chosenRoute) },
      step: room.step,
      tab: room.playTab,
      workload: { ...room.workload },
      experiment: { open, batch, alignBytes },
      removed: room.without.removed.id,
      ...(task === undefined ? {} : { task: { id: task.id, seed: task.seed } }),
    },
  };
}

export function openPlace(room: MediaRoom, { media }: MediaPlace): void {
  const { experiment, path, removed, step, tab, task, workload } = media;
  const { route, ...rest } = path;
  room.setPath(rest);
  room.chooseRoute(route);
  room.goTo(step);
  room.playTab = tab;
  room.setWorkload(workload);
  room.experiments.set(experiment);
  void room.without.remove(REMOVALS.find(({ id }) => id === removed)!);
  if (task === undefined) room.tasks.close();
  else room.tasks.start(task.id, task.seed);
}
