/** The shape of the rug: all ticks of one kind are one path, so thousands of steps are a handful of elements. */
import type { Tick, TickKind } from '../../lab/ticks';
import type { Branch } from '../branch.svelte';

export const RUG_HEIGHT = 30;

/** Where each kind stands, from the top, and how it is drawn: its shape says it as well as its hue. */
const GLYPHS: Readonly<Record<TickKind, (x: number) => string>> = {
  note: (x) => `M${x - 2.5} 4.5a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0 -5 0`,
  crash: (x) => `M${x - 3.5} 1l7 7m0 -7l-7 7M${x} 9V30`,
  trouble: (x) => `M${x} 1l4 7h-8z`,
  recovery: (x) => `M${x - 3} 1l6 3.5l-6 3.5z`,
  submit: (x) => `M${x} 11v5`,
  ack: (x) => `M${x - 2} 13.5a2 2 0 1 0 4 0a2 2 0 1 0 -4 0`,
  // One way that becomes two, and two that become one.
  split: (x) => `M${x} 17.5v-3.5l-3 -4m3 4l3 -4`,
  merge: (x) => `M${x} 9.5v3.5l-3 4m3 -4l3 4`,
  checkpoint: (x) => `M${x} 9.5l4 4l-4 4l-4 -4z`,
  write: (x) => `M${x} 23v7`,
  flush: (x) => `M${x} 18.5v11.5`,
};

export function rugPath(ticks: readonly Tick[], kind: TickKind, xOf: (seq: number) => number): string {
  let path = '';
  let last = -Infinity;
  for (const tick of ticks) {
    if (tick.kind !== kind) continue;
    const x = Math.round(xOf(tick.seq + 1) * 2) / 2;
    // Ticks on the same half pixel are one stroke.
    if (x === last) continue;
    last = x;
    path += GLYPHS[kind](x);
  }
  return path;
}

/** One glyph alone, for the key: its path, and the part of the rug it stands in. */
export function tickGlyph(kind: TickKind): { readonly path: string; readonly viewBox: string } {
  const [top, height] = GLYPH_ROWS[kind];
  return { path: GLYPHS[kind](6), viewBox: `0 ${top} 12 ${height}` };
}
const GLYPH_ROWS: Readonly<Record<TickKind, readonly [top: number, height: number]>> = {
  note: [-1.5, 12],
  crash: [-1, 12],
  trouble: [-1.5, 12],
  recovery: [-1.5, 12],
  submit: [7.5, 12],
  ack: [7.5, 12],
  split: [7.5, 12],
  merge: [7.5, 12],
  checkpoint: [7.5, 12],
  write: [19.5, 12],
  flush: [18.5, 12],
};

/** The tick a pointer means: the nearest within `reach` pixels. */
export function tickNear(ticks: readonly Tick[], x: number, xOf: (seq: number) => number, reach = 5): Tick | undefined {
  let best: Tick | undefined;
  let distance = reach;
  for (const tick of ticks) {
    const away = Math.abs(xOf(tick.seq + 1) - x);
    if (away < distance) {
      best = tick;
      distance = away;
    }
  }
  return best;
}

/**
 * Where a branch begins on the common scale of steps. A fork repeats its past, so it begins where its run begins; a
 * recovery is a new life, so it begins where the old one ended.
 */
export function offsetOf(branch: Branch): number {
  if (branch.origin === undefined) return 0;
  const before = offsetOf(branch.origin.branch);
  return branch.kind === 'recovery' ? before + branch.origin.seq + 1 : before;
}
