/** The other files in the view: superblock slots, extents, and the calls of the device. */
import { extentId, type SiteId } from '../../../base/ids';
import type { ExtentsCounted, StorageEvent } from '../../../storage/events';
import { markDurable } from './fold_log';
import { CALLS_KEPT, type DeviceCall, type Extent, type Slot, type WalView } from './model';
import { keepLast } from '../../../lab/persistent_list';

type FileCall = Exclude<StorageEvent, ExtentsCounted>;

export function setSlot(view: WalView, slot: Slot): WalView {
  const slots: readonly [Slot, Slot] = slot.slot === 0 ? [slot, view.slots[1]] : [view.slots[0], slot];
  return { ...view, slots, subject: { slot: slot.slot, file: 'superblock' } };
}

export function checkpointBlock(view: WalView, extent: Extent['extent'], entries: number): WalView {
  const { checkpoint } = view;
  return {
    ...view,
    extents: view.extents.map((e) =>
      e.extent === extent ? { ...e, state: 'writing' as const, entries, flushed: false } : e,
    ),
    checkpoint: checkpoint && { ...checkpoint, blocks: checkpoint.blocks + 1, entries: checkpoint.entries + entries },
    subject: { extent },
  };
}

export function countExtents(view: WalView, event: ExtentsCounted): WalView {
  const known = view.extents.filter((extent) => extent.file === event.file);
  const others = view.extents.filter((extent) => extent.file !== event.file);
  const parity = event.file === 'data_0' ? 0 : 1;
  const counted = Array.from(
    { length: event.extents },
    (_, index): Extent =>
      known[index] ?? {
        extent: extentId(2 * index + parity),
        file: event.file,
        at: index * view.extentBytes,
        state: 'free',
        flushed: false,
        entries: 0,
      },
  );
  return {
    ...view,
    extents: parity === 0 ? [...counted, ...others] : [...others, ...counted],
    subject: { file: event.file },
  };
}

export function noteCall(view: WalView, event: FileCall, seq: number, site: SiteId): WalView {
  const call: DeviceCall = { at: seq, file: event.file, result: event.result, site, ...callShape(event) };
  const next = { ...view, calls: keepLast(view.calls.push(call), CALLS_KEPT), subject: { file: event.file } };
  // What recovery has read counts as durable once recovery itself has flushed it.
  const isRecovered =
    view.state === 'opening' && view.recovery?.end !== undefined && event.file === 'log' && call.call === 'flush';
  return isRecovered && call.result === 'ok' ? markDurable(next, view.recovery.end.lastLsn, seq) : next;
}

function callShape(event: FileCall): Pick<DeviceCall, 'call' | 'offset' | 'bytes'> {
  switch (event.kind) {
    case 'storage.file_read':
      return { call: 'read', offset: event.at, bytes: event.count };
    case 'storage.file_written':
      return { call: 'write', offset: event.at, bytes: event.bytes.length };
    case 'storage.file_flushed':
      return { call: 'flush', offset: 0, bytes: 0 };
    case 'storage.file_truncated':
      return { call: 'truncate', offset: event.size, bytes: 0 };
  }
}
