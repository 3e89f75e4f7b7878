/** Damage in the view: what is done to the files behind the store's back, and what the store finds of it. */
import { extentId, type ExtentId } from '../../../base/ids';
import type { BTreeEvent, DamagedRange } from '../../../btree';
import type { ByteFlipped, Crashed, PowerCut } from '../../../protocol/trace';
import { eachExtent, readWhole, setExtent } from './extents';
import { NOBODY, type ExtentView, type TreeView } from './model';

type Event<K extends BTreeEvent['kind']> = Extract<BTreeEvent, { kind: K }>;
const SECTOR_BYTES = 512;

/** What the power cut did to extents that something lies in. */
export function powerCut(view: TreeView, event: PowerCut): TreeView {
  const pageBytes = pageBytesOf(view);
  let next = view;
  for (const { fate, file, sector } of event.items) {
    if (sector === undefined || (file !== 'data_0' && file !== 'data_1') || fate === 'kept') continue;
    if (sector.at % view.extentBytes >= pageBytes) continue;
    const isAll = fate === 'lost' && pageBytes <= SECTOR_BYTES;
    next = setExtent(next, extentAt(view, file, sector.at), (known) => ({
      ...known,
      spoiled: isAll && known.spoiled !== 'torn' ? 'lost' : 'torn',
    }));
  }
  return { ...next, subject: NOBODY };
}

/** A page takes the start of its extent; behind it is nothing that anybody reads. Flipped twice, a bit is what it was. */
export function byteFlipped(view: TreeView, event: ByteFlipped): TreeView {
  const { after, at, before, file } = event;
  if ((file !== 'data_0' && file !== 'data_1') || view.extentBytes === 0) return view;
  const extent = extentAt(view, file, at);
  const bit = 8 * (at % view.extentBytes) + Math.round(Math.log2(before ^ after));
  const isInPage = at % view.extentBytes < pageBytesOf(view);
  const next = setExtent(view, extent, (known): ExtentView => {
    if (!isInPage) return known;
    const others = known.flips.filter((each) => each !== bit);
    const flips = others.length < known.flips.length ? others : [...known.flips, bit];
    return { ...known, flips, spoiled: flips.length > 0 ? 'flipped' : undefined };
  });
  return { ...next, subject: { pages: [], cells: [], extents: [extent] } };
}

/** The write that the crash fell into: over a page's own place it leaves a part, or what no superblock knows of. */
export function writeCutShort(view: TreeView, { landed }: Crashed): TreeView {
  if (!landed || (landed.file !== 'data_0' && landed.file !== 'data_1') || view.extentBytes === 0) return view;
  const end = landed.at + landed.bytes.length;
  let next = view;
  for (let at = landed.at; at < end; at += view.extentBytes) {
    const isWhole = at + pageBytesOf(view) <= end;
    next = setExtent(next, extentAt(view, landed.file, at), (known) =>
      known.state === 'free' ? known : { ...known, isAhead: isWhole, spoiled: isWhole ? undefined : 'torn' },
    );
  }
  return next;
}

export function damageFound(view: TreeView, event: Event<'btree.damage_found'>, seq: number): TreeView {
  const { extent, isNewest, page, problem } = event;
  return {
    ...found(view, extent, problem, isNewest, seq),
    subject: { pages: [page], cells: [], extents: [extent], flow: 'read' },
  };
}

export const mapDamageFound = (view: TreeView, event: Event<'btree.map_damage_found'>, seq: number): TreeView => ({
  ...found(view, event.extent, event.problem, true, seq),
  subject: { pages: [], cells: [], extents: [event.extent] },
});

const found = (view: TreeView, extent: ExtentId, problem: string, isOfNewest: boolean, seq: number): TreeView =>
  setExtent(view, extent, (known) => ({
    ...known,
    found: { problem, bounds: known.found?.bounds, isOfNewest: isOfNewest || known.found?.isOfNewest === true },
    changedAt: known.found ? known.changedAt : seq,
  }));

/** A scrub knows the bounds of what it could not read, whatever of the tree was read before. */
export function treeScrubbed(view: TreeView, { damaged }: Event<'btree.tree_scrubbed'>): TreeView {
  const bounds = new Map<ExtentId, DamagedRange['holds']>();
  for (const { holds, page } of damaged) {
    const extent = view.map.get(page)?.extent;
    if (extent !== undefined) bounds.set(extent, holds);
  }
  const next = eachExtent(view, (known) => {
    if (known.found && bounds.has(known.extent))
      return { ...known, found: { ...known.found, bounds: bounds.get(known.extent) } };
    return known.state === 'durable' && known.holds === 'page' ? readWhole(known) : known;
  });
  return { ...next, subject: { pages: damaged.map(({ page }) => page), cells: [], extents: [] } };
}

const pageBytesOf = ({ extentBytes, tree }: TreeView): number => tree?.pageBytes ?? extentBytes;
const extentAt = (view: TreeView, file: 'data_0' | 'data_1', at: number): ExtentId =>
  extentId(2 * Math.floor(at / Math.max(1, view.extentBytes)) + (file === 'data_0' ? 0 : 1));
