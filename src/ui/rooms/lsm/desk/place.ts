/** The desk as a link carries it: what was turned, and the seed of the run or of the exercise; no guess and no answer. */
import { LINK_VERSION, type LsmDeskPlace } from '../../../../lab/links';
import type { Mode } from '../../trace_room';
import type { LsmDesk } from './lsm_desk.svelte';

export function placeOf(desk: LsmDesk, mode: Mode): LsmDeskPlace {
  const { task } = desk.hand;
  return {
    version: LINK_VERSION,
    room: 'lsm',
    mode: mode === 'prove' ? 'prove' : 'play',
    lsmDesk: {
      experiment: desk.open,
      knobs: { ...desk.knobs[desk.open] },
      measure: desk.measure,
      seed: desk.seed,
      ...(mode === 'prove' && task !== undefined ? { task: { kind: task.kind, seed: task.seed } } : {}),
    },
  };
}

export function openPlace(desk: LsmDesk, { mode, lsmDesk: place }: LsmDeskPlace): void {
  if (mode === 'prove') {
    if (place.task) void desk.hand.start(place.task.kind, place.task.seed);
    return;
  }
  desk.choose(place.experiment);
  desk.measure = place.measure;
  // Whoever gets a link is asked first, as everybody is.
  desk.again();
  desk.seed = place.seed;
  for (const { key, stops } of desk.experimentOf(place.experiment).knobs) {
    const value = place.knobs[key];
    // A stop that is no longer there: the usual one.
    if (value !== undefined && stops.includes(value)) desk.knobs[place.experiment][key] = value;
  }
}
