/** The desk as a link carries it: settings and seed, the piece of time looked at, the order; no guess and no belief. */
import { type DeskPlace, LINK_VERSION } from '../../../../lab/links';
import { PRESETS } from '../../../../lab/traffic_presets';
import type { Mode } from '../../trace_room';
import type { LogDesk } from './log_desk.svelte';

export function placeOf(desk: LogDesk, mode: Mode): DeskPlace | string {
  if (mode === 'play' && desk.disk.device !== undefined) {
    return 'A link cannot carry the times of your disk: switch back to modelled ones first.';
  }
  const { commit, knobs, preset, run, seed, span } = desk;
  const where = { from: Math.max(0, Math.floor(span.from)), to: Math.max(0, Math.ceil(span.to)) };
  return {
    version: LINK_VERSION,
    room: 'wal',
    mode: mode === 'prove' ? 'prove' : 'play',
    desk: {
      preset: preset.id,
      ...(knobs === preset.knobs ? {} : { knobs: { ...knobs } }),
      seed,
      // Before the question is answered there is nothing of this run to look at.
      ...(run === undefined || desk.asking ? {} : { span: where, ...(commit === undefined ? {} : { commit }) }),
      ...(mode === 'prove' ? { order: [...desk.order.order] } : {}),
    },
  };
}

export function openPlace(desk: LogDesk, { desk: place, mode }: DeskPlace): void {
  const { order, preset: id, ...rest } = place;
  if (order !== undefined) desk.order.put(order);
  // An order has nothing to do with traffic.
  if (mode === 'play') desk.open({ preset: PRESETS.find((preset) => preset.id === id)!, ...rest });
}
