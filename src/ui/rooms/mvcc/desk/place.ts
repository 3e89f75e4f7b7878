/** The desk as a link carries it: what was turned, and the seed of the run or of the exercise; no guess and no answer. */
import { LINK_VERSION, type MvccDeskPlace } from '../../../../lab/links';
import type { Mode } from '../../trace_room';
import type { MvccDesk } from './mvcc_desk.svelte';

export function placeOf(desk: MvccDesk, mode: Mode): MvccDeskPlace {
  const { task } = desk.hand;
  return {
    version: LINK_VERSION,
    room: 'mvcc',
    mode: mode === 'prove' ? 'prove' : 'play',
    mvccDesk: {
      experiment: desk.open,
      knobs: { ...desk.knobs[desk.open] },
      seed: desk.seed,
      ...(desk.open === 'grid' ? { cell: { ...desk.cell } } : {}),
      ...(desk.open === 'lanes' ? { locked: desk.locked } : {}),
      ...(mode === 'prove' && task !== undefined ? { task: { kind: task.kind, seed: task.seed } } : {}),
    },
  };
}

export function openPlace(desk: MvccDesk, { mode, mvccDesk: place }: MvccDeskPlace): void {
  if (mode === 'prove') {
    if (place.task) void desk.hand.start(place.task.kind, place.task.seed);
    return;
  }
  desk.choose(place.experiment);
  if (place.cell) desk.cell = place.cell;
  if (place.locked !== undefined) desk.locked = place.locked;
  // Whoever gets a link is asked first, as everybody is.
  desk.again();
  desk.seed = place.seed;
  for (const { key, stops } of desk.experimentOf(place.experiment).knobs) {
    const value = place.knobs[key];
    // A stop that is no longer there: the usual one.
    if (value !== undefined && stops.includes(value)) desk.knobs[place.experiment][key] = value;
  }
}
