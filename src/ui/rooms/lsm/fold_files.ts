/** The files in the view: what lies in which extent, the manifest, and what is left of it all after a crash. */
import { extentId, type ExtentId } from '../../../base/ids';
import type { LsmEvent } from '../../../lsm';
import type { ByteFlipped, PowerCut } from '../../../protocol/trace';
import type { ExtentsCounted, FileWritten } from '../../../storage/events';
import { eachExtent, extentAt, FREE, freed, setAt, setExtents } from './extents';
import { memoryLost } from './fold_memtable';
import { blankExtent, fileOf, NOBODY, type AreaView, type LsmView } from './model';

type Event<K extends LsmEvent['kind']> = Extract<LsmEvent, { kind: K }>;

/** A file has grown, was cut, or turned out to be shorter than it was before the power went. */
export function extentsCounted(view: LsmView, event: ExtentsCounted): LsmView {
  const parity = event.file === 'data_0' ? 0 : 1;
  let { extents } = view;
  for (let extent = 2 * event.extents + parity; extent < extents.end; extent += 2)
    if (extents.get(extent) !== undefined) extents = extents.set(extent, undefined);
  for (let index = 0; index < event.extents; index++) {
    const extent = 2 * index + parity;
    if (extents.get(extent) === undefined) extents = setAt(extents, extent, blankExtent(extent, view.extentBytes));
  }
  return { ...view, extents, subject: NOBODY };
}

/**
 * Bytes have come to extents; the event of whoever wrote them says next what they are. Where the file grew by it they are
 * zeros, nobody's yet, and not flushed either.
 */
export function dataWritten(view: LsmView, event: FileWritten, seq: number): LsmView {
  if (view.extentBytes === 0) return view;
  const isWhole = event.result === 'ok';
  const file = event.file === 'data_0' ? 'data_0' : 'data_1';
  const written: ExtentId[] = [];
  for (let at = event.at; at < event.at + event.count; at += view.extentBytes - (at % view.extentBytes)) {
    const extent = extentAt(view, file, at);
    if (isWhole || view.extents.get(extent) !== undefined) written.push(extent);
  }
  const next = setExtents(view, written, (known) => ({
    ...known,
    isUnflushed: true,
    spoiled: undefined,
    changedAt: seq,
    ...(known.state === 'free' &&
      isWhole &&
      view.extents.get(known.extent) !== undefined && { state: 'written', holds: 'untold' }),
  }));
  return { ...next, unflushed: [...view.unflushed, ...written], subject: { ...NOBODY, extents: written } };
}

export function dataFlushed(view: LsmView, file: string): LsmView {
  const isInFile = (extent: ExtentId): boolean => fileOf(extent) === file;
  const next = setExtents(view, view.unflushed.filter(isInFile), (known) =>
    known.isUnflushed ? { ...known, isUnflushed: false } : known,
  );
  return { ...next, unflushed: view.unflushed.filter((extent) => !isInFile(extent)), subject: NOBODY };
}

/** A snapshot in the other area is in force: what that had behind its head is its own, what the closed one had is free. */
export function manifestAreaChanged(view: LsmView, event: Event<'lsm.manifest_area_changed'>, seq: number): LsmView {
  const { area, bytes, edit, epoch, extents } = event;
  const closed = view.manifest.areas[area === 0 ? 1 : 0];
  const fresh: AreaView = {
    epoch,
    extents,
    bytes,
    records: [{ kind: 'snapshot', edit, from: 0, to: bytes }],
    recordCount: 1,
  };
  const left: AreaView | undefined = closed && {
    ...closed,
    extents: closed.extents.slice(0, 1),
    records: [],
    recordCount: 0,
  };
  const manifest: LsmView['manifest'] = {
    heads: view.manifest.heads,
    areas: area === 0 ? [fresh, left] : [left, fresh],
    inForce: area,
    edit,
  };
  const next = freed({ ...view, manifest }, closed?.extents.slice(1) ?? []);
  return {
    ...ofManifest(next, extents, seq),
    subject: { ...NOBODY, extents, part: 'manifest' },
  };
}

export const headsTaken = (view: LsmView, { heads }: Event<'lsm.manifest_heads_taken'>, seq: number): LsmView => ({
  ...ofManifest({ ...view, manifest: { ...view.manifest, heads } }, heads, seq),
  subject: { ...NOBODY, extents: heads, part: 'manifest' },
});

const ofManifest = (view: LsmView, extents: readonly ExtentId[], seq: number): LsmView =>
  setExtents(view, extents, (known, part) => ({
    ...known,
    state: 'live',
    holds: 'manifest',
    part,
    changedAt: seq,
  }));

/** What was written and never became anything, because another write of the same call failed, is given back. */
export const untoldGivenBack = (view: LsmView): LsmView =>
  eachExtent(view, (known) => (known.holds === 'untold' ? { ...known, ...FREE } : known));

/** The process is gone: what was in memory, what was being written, and what only a reader kept. */
export function crashed(view: LsmView): LsmView {
  const next = eachExtent(view, (known) =>
    known.state === 'written' || known.state === 'obsolete' ? { ...known, ...FREE } : known,
  );
  return {
    ...memoryLost(next),
    state: 'down',
    making: [],
    shelf: [],
    merge: undefined,
    probe: undefined,
    scan: undefined,
    reading: [],
    readers: [],
    pressure: { state: 'none', why: '' },
    subject: NOBODY,
  };
}

/** What the power cut did to extents that something in force lies in. */
export function powerCut(view: LsmView, event: PowerCut): LsmView {
  let next = view;
  for (const { fate, file, sector } of event.items) {
    if (sector === undefined || (file !== 'data_0' && file !== 'data_1') || fate === 'kept') continue;
    next = setExtents(next, knownAt(next, file, sector.at), (known) =>
      known.state === 'free' ? known : { ...known, spoiled: fate === 'lost' ? 'lost' : 'torn', isUnflushed: false },
    );
  }
  return {
    ...eachExtent(next, (known) => (known.isUnflushed ? { ...known, isUnflushed: false } : known)),
    unflushed: [],
    subject: NOBODY,
  };
}

export function byteFlipped(view: LsmView, { at, file }: ByteFlipped): LsmView {
  if (file !== 'data_0' && file !== 'data_1') return view;
  const extents = knownAt(view, file, at);
  const next = setExtents(view, extents, (known) =>
    known.state === 'free' ? known : { ...known, spoiled: known.spoiled === undefined ? 'flipped' : known.spoiled },
  );
  return { ...next, subject: { ...NOBODY, extents } };
}

function knownAt(view: LsmView, file: 'data_0' | 'data_1', at: number): readonly ExtentId[] {
  if (view.extentBytes === 0) return [];
  const extent = extentAt(view, file, at);
  return view.extents.get(extent) === undefined ? [] : [extentId(extent)];
}
