/** The rows of the grid: one for each key that has a version, a commit on its way, or a write in some transaction. */
import { compareBytes } from '../../../base/bytes';
import type { ChainView, MvccView } from './model';

export interface KeyRow {
  readonly chain: ChainView;
  readonly y: number;
  readonly height: number;
}
/** Keys that are drawn as one, in a row as high as a hair. */
export interface MassRow {
  readonly id: string;
  readonly chains: readonly ChainView[];
  readonly y: number;
  readonly height: number;
}
export interface Rows {
  readonly rows: readonly KeyRow[];
  readonly mass: readonly MassRow[];
  readonly height: number;
}

export const ROW_MAX = 30;
/** More keys than this are rows of their own only while something happens to them. */
const ROWS_MAX = 36;
const NEAR_MAX = 10;
const MASS_ROW = 4;
const MASS_ROWS = 96;
const MASS_GAP = 6;
/** A hair for each row of the mass, at least: what is under it stays in sight. */
const MASS_LEAST = 116;
const NEAR_MIN = 3;

export function chainsDrawn(view: MvccView): readonly ChainView[] {
  const known = new Set(view.chains.map(({ keyHex }) => keyHex));
  const fresh = new Map<string, ChainView>();
  const writes = [...view.pending.flatMap((one) => one.versions), ...view.transactions.flatMap((one) => one.writes)];
  for (const { key, keyHex } of writes) if (!known.has(keyHex)) fresh.set(keyHex, { key, keyHex, versions: [] });
  if (fresh.size === 0) return view.chains;
  return [...view.chains, ...fresh.values()].sort((a, b) => compareBytes(a.key, b.key));
}

/** As high as there is room for, and at least as high as it takes. */
export function leastHeight(count: number, rowMin: number): number {
  if (count <= ROWS_MAX) return Math.max(2, count) * rowMin;
  return NEAR_MIN * rowMin + MASS_GAP + MASS_LEAST;
}

interface Room {
  readonly y: number;
  readonly height: number;
  readonly rowMin: number;
}

/** @param near keys that have a row of their own in any case */
export function placeKeys(
  chains: readonly ChainView[],
  near: ReadonlySet<string>,
  { rowMin, y, height: room }: Room,
): Rows {
  if (chains.length <= ROWS_MAX) return { ...placed(chains, y, room, rowMin), mass: [] };
  const nearMax = Math.max(1, Math.min(NEAR_MAX, Math.floor((room - MASS_GAP - MASS_LEAST) / rowMin)));
  const close = chains.filter(({ keyHex }) => near.has(keyHex)).slice(0, nearMax);
  const top = placed(close, y, close.length * rowMin, rowMin);
  const at = y + top.height + MASS_GAP;
  const each = Math.ceil(chains.length / MASS_ROWS);
  const height = Math.max(1, Math.min(MASS_ROW, (room - top.height - MASS_GAP) / Math.ceil(chains.length / each)));
  const mass: MassRow[] = [];
  for (let from = 0; from < chains.length; from += each) {
    const several = chains.slice(from, from + each);
    mass.push({ id: several[0]!.keyHex, chains: several, y: at + mass.length * height, height });
  }
  return { rows: top.rows, mass, height: at + mass.length * height - y };
}

function placed(chains: readonly ChainView[], y: number, room: number, rowMin: number): Pick<Rows, 'rows' | 'height'> {
  const height = Math.min(ROW_MAX, Math.max(rowMin, Math.floor(room / Math.max(1, chains.length))));
  return {
    rows: chains.map((chain, index) => ({ chain, y: y + index * height, height })),
    height: chains.length * height,
  };
}
