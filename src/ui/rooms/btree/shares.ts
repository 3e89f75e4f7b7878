/**
 * How the pages of one level share its width. All full size while that fits; else those in the focus keep it, and the
 * others get what is left: as small boxes, and below a few pixels as one run of bars.
 */
export interface Share {
  readonly index: number;
  readonly x: number;
  readonly width: number;
  readonly size: 'full' | 'mini';
}
export interface Run {
  readonly from: number;
  readonly to: number;
  readonly x: number;
  readonly width: number;
}
export interface Shared {
  readonly shares: readonly Share[];
  /** Pages too small to be drawn one by one. */
  readonly runs: readonly Run[];
}

export interface ShareOptions {
  readonly count: number;
  /** Those that keep their size, in order. */
  readonly focus: readonly number[];
  readonly from: number;
  readonly width: number;
  readonly fullMax: number;
  readonly fullMin: number;
  /** Where a page would like its middle to be. */
  readonly middleOf?: ((index: number) => number | undefined) | undefined;
}

const GAP = 10;
const MINI_GAP = 2;
/** Narrower than this, pages are bars. */
export const MINI_MIN = 9;
export const MINI_MAX = 40;

export function shareWidth(options: ShareOptions): Shared {
  const { count, focus, fullMax, fullMin, width } = options;
  if (count === 0) return { shares: [], runs: [] };
  const even = (width - GAP * (count - 1)) / count;
  if (even >= fullMin) {
    const full = Math.min(fullMax, even);
    const boxes = Array.from({ length: count }, (_, index) => ({ index, width: full, size: 'full' as const }));
    return { shares: spread(boxes, options, GAP), runs: [] };
  }
  // The focus leaves a third of the width to the others.
  const full = Math.max(24, Math.min(fullMax, (width * 0.66) / Math.max(1, focus.length) - GAP));
  const rest = width - focus.length * (full + GAP);
  const others = count - focus.length;
  const each = Math.min(MINI_MAX, rest / Math.max(1, others) - MINI_GAP);
  if (each >= MINI_MIN) {
    const isFocus = new Set(focus);
    const boxes = Array.from({ length: count }, (_, index) =>
      isFocus.has(index)
        ? { index, width: full, size: 'full' as const }
        : { index, width: each, size: 'mini' as const },
    );
    return { shares: spread(boxes, options, MINI_GAP), runs: [] };
  }
  return withRuns({ ...options, full, each: Math.max(0, rest - focus.length * MINI_GAP) / Math.max(1, others) });
}

/** Pages outside the focus lie between it as runs of bars, as wide as they are many. */
function withRuns({
  count,
  each,
  focus,
  from,
  full,
}: ShareOptions & { readonly full: number; readonly each: number }): Shared {
  const shares: Share[] = [];
  const runs: Run[] = [];
  let x = from;
  let next = 0;
  const runTo = (end: number): void => {
    if (end > next) {
      const width = (end - next) * each;
      runs.push({ from: next, to: end, x, width });
      x += width;
    }
    next = end;
  };
  for (const index of focus) {
    runTo(index);
    x += GAP / 2;
    shares.push({ index, x, width: full, size: 'full' });
    x += full + GAP / 2;
    next = index + 1;
  }
  runTo(count);
  return { shares, runs };
}

/** In order and without overlap, each as near to where it would like to be as the others leave it. */
function spread(
  boxes: readonly { readonly index: number; readonly width: number; readonly size: 'full' | 'mini' }[],
  { from, middleOf, width }: ShareOptions,
  gap: number,
): Share[] {
  const total = boxes.reduce((sum, box) => sum + box.width + gap, -gap);
  const end = from + width;
  let x = from + Math.max(0, (width - total) / 2);
  if (!middleOf) {
    return boxes.map((box) => {
      const share = { ...box, x };
      x += box.width + gap;
      return share;
    });
  }
  const xs = boxes.map((box) => (middleOf(box.index) ?? from + width / 2) - box.width / 2);
  let least = from;
  boxes.forEach((box, i) => {
    xs[i] = Math.max(xs[i]!, least);
    least = xs[i] + box.width + gap;
  });
  let most = end;
  for (let i = boxes.length - 1; i >= 0; i--) {
    xs[i] = Math.max(from, Math.min(xs[i]!, most - boxes[i]!.width));
    most = xs[i]! - gap;
  }
  return boxes.map((box, i) => ({ ...box, x: xs[i]! }));
}
