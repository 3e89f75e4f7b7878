/**
 * The one axis of keys that memtables and all levels share. Three scales, each with its own question:
 *
 *     rank   a key is as wide as any other; those that nobody can   what is in which table?
 *            name are spread over the stretch they lie in
 *     true   keys lie as far apart as their bytes say              where is the key space crowded?
 *     size   a stretch is as wide as the bytes that lie in it      what would a merge of this stretch read?
 *
 * A key that is known has a slot from `left` to `right`; one that is not lies between two slots.
 */
import { compareBytes } from '../../../base/bytes';

export const SCALES = ['rank', 'true', 'size'] as const;
export type AxisScale = (typeof SCALES)[number];

/** What lies on the axis: entries with keys of their own, and stretches with bytes in them. */
export interface Stretch {
  readonly smallest: Uint8Array;
  readonly largest: Uint8Array;
  readonly bytes: number;
  /** Keys in it that are not on the axis. */
  readonly unseen: number;
}

export interface KeyAxis {
  readonly scale: AxisScale;
  /** Ascending, each once. */
  readonly keys: readonly Uint8Array[];
  /** Width of a slot, on average. */
  readonly slot: number;
  left(key: Uint8Array): number;
  right(key: Uint8Array): number;
  middle(key: Uint8Array): number;
}

/** Keys in order. */
export interface KeyOrder {
  /** Ascending, each once. */
  readonly keys: readonly Uint8Array[];
  /** Of every array that was handed in, which key it is: thousands of tables ask for theirs in each frame. */
  readonly places: ReadonlyMap<Uint8Array, number>;
}

export interface AxisOptions extends KeyOrder {
  readonly scale: AxisScale;
  readonly x: number;
  readonly width: number;
  readonly stretches: readonly Stretch[];
}

export function makeAxis({ keys, places, scale, stretches, width, x }: AxisOptions): KeyAxis {
  const find = (key: Uint8Array): number => places.get(key) ?? placeOf(keys, key);
  const slots =
    scale === 'true' ? slotsByValue(keys, width) : slotsByWeight(weightsOf(keys, scale, stretches, find), width);
  const { from, to } = slots;
  const isAt = (index: number, key: Uint8Array): boolean => {
    if (places.has(key)) return true;
    const there = keys[index];
    return there !== undefined && compareBytes(there, key) === 0;
  };
  /** Between the slots on both sides. */
  const between = (index: number): number => {
    const before = index > 0 ? to[index - 1]! : 0;
    const after = index < keys.length ? from[index]! : width;
    return x + (before + after) / 2;
  };
  return {
    scale,
    keys,
    slot: keys.length === 0 ? width : scale === 'true' ? POINT : width / keys.length,
    left: (key) => {
      const index = find(key);
      return isAt(index, key) ? x + from[index]! : between(index);
    },
    right: (key) => {
      const index = find(key);
      return isAt(index, key) ? x + to[index]! : between(index);
    },
    middle: (key) => {
      const index = find(key);
      return isAt(index, key) ? x + (from[index]! + to[index]!) / 2 : between(index);
    },
  };
}

export function placeOf(keys: readonly Uint8Array[], key: Uint8Array): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes(keys[middle]!, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Sorts `given` in place; what of it is in order already is merged only. */
export function inOrder(given: Uint8Array[]): KeyOrder {
  given.sort(compareBytes);
  const keys: Uint8Array[] = [];
  const places = new Map<Uint8Array, number>();
  for (const key of given) {
    const last = keys.at(-1);
    if (last === undefined || compareBytes(last, key) !== 0) keys.push(key);
    places.set(key, keys.length - 1);
  }
  return { keys, places };
}

interface Slots {
  readonly from: Float64Array;
  readonly to: Float64Array;
}

function slotsByWeight(weights: Float64Array, width: number): Slots {
  const from = new Float64Array(weights.length);
  const to = new Float64Array(weights.length);
  let all = 0;
  for (const weight of weights) all += weight;
  let before = 0;
  for (let i = 0; i < weights.length; i++) {
    from[i] = (before / all) * width;
    before += weights[i]!;
    to[i] = (before / all) * width;
  }
  return { from, to };
}

/** Under the size scale nothing is narrower than this part of what it would be under the rank scale. */
const NARROWEST = 0.15;

type Find = (key: Uint8Array) => number;

function weightsOf(
  keys: readonly Uint8Array[],
  scale: AxisScale,
  stretches: readonly Stretch[],
  find: Find,
): Float64Array {
  if (scale === 'rank') return spread(keys.length, stretches, find, ({ unseen }) => unseen).map((unseen) => 1 + unseen);
  const weights = spread(keys.length, stretches, find, ({ bytes }) => bytes);
  const all = stretches.reduce((sum, { bytes }) => sum + bytes, 0);
  const least = all === 0 ? 1 : (NARROWEST * all) / keys.length;
  return weights.map((weight) => Math.max(least, weight));
}

/** What stretches have, each shared out evenly among the keys that lie in it. */
function spread(
  keyCount: number,
  stretches: readonly Stretch[],
  find: Find,
  amountOf: (stretch: Stretch) => number,
): Float64Array {
  // What a stretch adds to each of its keys begins at one and ends behind another: a sum from left to right gives all.
  const steps = new Float64Array(keyCount + 1);
  for (const stretch of stretches) {
    const first = find(stretch.smallest);
    const end = find(stretch.largest) + 1;
    const each = amountOf(stretch) / Math.max(1, end - first);
    steps[first]! += each;
    steps[Math.min(end, keyCount)]! -= each;
  }
  const shares = new Float64Array(keyCount);
  let here = 0;
  for (let i = 0; i < keyCount; i++) {
    here += steps[i]!;
    shares[i] = here;
  }
  return shares;
}

/** How wide a key is drawn where it is a point. */
const POINT = 5;
const DIGITS = 6;

/** By the first bytes in which the keys differ. */
function slotsByValue(keys: readonly Uint8Array[], width: number): Slots {
  const from = new Float64Array(keys.length);
  const to = new Float64Array(keys.length);
  const first = keys[0];
  const last = keys.at(-1);
  if (!first || !last) return { from, to };
  let shared = 0;
  while (shared < first.length && shared < last.length && first[shared] === last[shared]) shared++;
  const low = valueOf(first, shared);
  const range = valueOf(last, shared) - low;
  const room = Math.max(0, width - POINT);
  for (let i = 0; i < keys.length; i++) {
    const share = range <= 0 ? (i + 0.5) / keys.length : (valueOf(keys[i]!, shared) - low) / range;
    from[i] = Math.min(1, share) * room;
    to[i] = from[i]! + POINT;
  }
  return { from, to };
}

function valueOf(key: Uint8Array, from: number): number {
  let value = 0;
  for (let i = 0; i < DIGITS; i++) value = 256 * value + (key[from + i] ?? 0);
  return value;
}
