/** How wide the tree is, and what of it stands in the middle of the window. */
export interface Zoom {
  /** How many times wider than the window the tree is. */
  readonly factor: number;
  /** What stands in the middle of the window, 0 to 1. */
  readonly centre: number;
}
export const NO_ZOOM: Zoom = { factor: 1, centre: 0.5 };
export const FACTOR_MAX = 512;

/** @param at where in the window, 0 to 1, what is there stays */
export function zoomed(zoom: Zoom, by: number, at = 0.5): Zoom {
  const factor = Math.min(FACTOR_MAX, Math.max(1, zoom.factor * by));
  if (factor === 1) return NO_ZOOM;
  const under = zoom.centre + (at - 0.5) / zoom.factor;
  return { factor, centre: clamp(under - (at - 0.5) / factor, factor) };
}

/** @param windows to the right, as shares of the window */
export function panned(zoom: Zoom, windows: number): Zoom {
  return { ...zoom, centre: clamp(zoom.centre + windows / zoom.factor, zoom.factor) };
}

const clamp = (centre: number, factor: number): number => Math.min(1 - 0.5 / factor, Math.max(0.5 / factor, centre));
