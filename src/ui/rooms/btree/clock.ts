/**
 * What the clock's hand would do now, frame by frame, if a frame were needed: whom it passes by and why, and whom it
 * takes. The same few rules as the engine's pool (`src/btree/buffer_pool.ts`); a test holds the victim equal to its.
 */
import type { PageId } from '../../../base/ids';
import { listNumbers } from '../../../lab/list_numbers';
import type { FrameView, TreeView } from './model';

/**
 *   pinned    the operation under way holds it: it stays, whatever its bit
 *   spared    used since the hand last came by: its bit is cleared, and it stays this time
 *   next      its bit is clear when the hand comes by
 *   later     the hand does not get so far
 */
export type ClockVerdict = 'pinned' | 'spared' | 'next' | 'later';

export interface ClockSweep {
  /** By frame. */
  readonly verdicts: ReadonlyMap<number, ClockVerdict>;
  readonly next: PageId | undefined;
  /** Every bit was set: the hand has cleared them all and come back. */
  readonly wentAround: boolean;
}

const NOTHING: ClockSweep = { verdicts: new Map(), next: undefined, wentAround: false };
const sweeps = new WeakMap<TreeView['frames'], { readonly hand: number; readonly sweep: ClockSweep }>();

/** While a frame is empty nothing has to leave. */
export function clockOf(view: TreeView): ClockSweep {
  const cached = sweeps.get(view.frames);
  if (cached?.hand === view.hand) return cached.sweep;
  const sweep = sweepOf(view);
  sweeps.set(view.frames, { hand: view.hand, sweep });
  return sweep;
}

function sweepOf({ capacity, frames, hand }: TreeView): ClockSweep {
  if (capacity === 0 || frames.length < capacity) return NOTHING;
  let empty = 0;
  frames.each((frame) => (empty += frame === undefined ? 1 : 0));
  if (empty > 0) return NOTHING;
  const verdicts = new Map<number, ClockVerdict>();
  for (let i = 0; i < 2 * capacity; i++) {
    const index = (hand + i) % capacity;
    const { isReferenced, page, pins } = frames.get(index)!;
    if (pins > 0) verdicts.set(index, 'pinned');
    else if (isReferenced && verdicts.get(index) !== 'spared') verdicts.set(index, 'spared');
    else {
      verdicts.set(index, 'next');
      return { verdicts, next: page, wentAround: i >= capacity };
    }
  }
  return { verdicts, next: undefined, wentAround: true };
}

/** Why a frame's page goes next, or does not. */
export function clockWords(view: TreeView, index: number): string {
  const sweep = clockOf(view);
  const isDirty = view.frames.get(index)?.isDirty === true;
  switch (sweep.verdicts.get(index) ?? 'later') {
    case 'pinned':
      return 'pinned: the operation under way holds it, and the hand passes it by';
    case 'spared':
      return 'used since the hand came by: it clears the bit and spares the page this time';
    case 'next': {
      const why = sweep.wentAround
        ? 'every bit was set, and here the hand comes back first'
        : 'not used since the hand came by';
      return `leaves next: ${why}${isDirty ? '; it is dirty, and written first' : ''}`;
    }
    case 'later':
      return sweep.next === undefined
        ? view.frames.get(index)!.pins > 0
          ? 'pinned: the operation under way holds it'
          : 'stays: there are empty frames'
        : 'stays: the hand does not get so far';
  }
}

// ---- all frames at once

const DIRTY = 1;
const PINNED = 2;
const statesOf = listNumbers<FrameView>(({ isDirty, pins }) => (isDirty ? DIRTY : 0) + (pins > 0 ? PINNED : 0));

export interface FrameCounts {
  taken: number;
  dirty: number;
  pinned: number;
}

/** Of a run of frames, those past the last one taken included; `count` adds those of `[from, to)` to what it is given. */
export function frameCounter({ frames }: TreeView): (from: number, to: number, counts: FrameCounts) => FrameCounts {
  const states = statesOf(frames);
  return (from, to, counts) => {
    const end = Math.min(to, states.length);
    for (let index = from; index < end; index++) {
      const state = states[index]!;
      if (state < 0) continue;
      counts.taken++;
      counts.dirty += state & DIRTY;
      counts.pinned += (state & PINNED) >> 1;
    }
    return counts;
  };
}
export const noFrames = (): FrameCounts => ({ taken: 0, dirty: 0, pinned: 0 });
