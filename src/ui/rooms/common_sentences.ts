/** Sentences for steps that mean the same in every room whose picture is an index: what the host does, files, the store itself. */
import type { StoreEvent } from '../../kv_store/events';
import type { LabEvent } from '../../protocol/trace';
import { bytesText, digits, plural } from '../marks/units';

/** What a crash and an opening mean hangs on what the room shows; a room says the rest like all others. */
export interface OfTheRoom {
  readonly crashed: string;
  readonly opened: (report: Extract<LabEvent, { kind: 'host.store_opened' }>['recovery']) => string;
}

export function hostSentence(event: LabEvent, room: OfTheRoom): string {
  switch (event.kind) {
    case 'host.command_started':
      return `The script asks: ${event.text}`;
    case 'host.crashed':
      return `The process ends: ${room.crashed}`;
    case 'host.power_cut': {
      const count = (fate: string): number => event.items.filter((item) => item.fate === fate).length;
      return `The power goes: of ${plural(event.items.length, 'pending sector')}, ${count('kept')} reached the disk, ${count('lost')} did not, ${count('torn')} did in part.`;
    }
    case 'host.byte_flipped':
      return `Behind the store’s back a bit of ${event.file} is flipped at byte ${digits(event.at)}; nobody has noticed yet.`;
    case 'host.narrated':
      return event.text;
    case 'host.fault_armed':
      return event.sentence;
    case 'host.store_opened':
      return `The store is open: ${room.opened(event.recovery)}`;
    case 'host.protection_switched':
      return `${event.protection} is switched ${event.on ? 'on' : 'off'}, from the next opening on.`;
    default:
      return '';
  }
}

export function fileSentence(event: LabEvent): string {
  switch (event.kind) {
    case 'storage.file_written':
      return event.file.startsWith('data_')
        ? `${bytesText(event.bytes.length)} go to ${event.file} at ${digits(event.at)}: handed over, not flushed.`
        : `A write of ${bytesText(event.bytes.length)} to ${event.file}.`;
    case 'storage.file_flushed':
      return event.file.startsWith('data_')
        ? `${event.file} is flushed: what was written there survives a power cut.`
        : `${event.file} is flushed.`;
    case 'storage.file_read':
      return `A read of ${bytesText(event.count)} from ${event.file} at ${digits(event.at)}.`;
    case 'storage.file_truncated':
      return `${event.file} is ${bytesText(event.size)} long now.`;
    case 'storage.extents_counted':
      return `${event.file} has ${plural(event.extents, 'extent')} now.`;
    default:
      return '';
  }
}

/** Of commits, checkpoints and the superblock: what no index makes any different. */
export function storeSentence(event: StoreEvent): string {
  switch (event.kind) {
    case 'store.commit_submitted':
      return `Client ${event.client} hands in commit ${event.lsn}, ${plural(event.operations.length, 'operation')}.`;
    case 'store.commit_acknowledged':
      return `Client ${event.client} is told that commit ${event.lsn} is stored.`;
    case 'store.commit_rejected':
      return `Client ${event.client} is told that commit ${event.lsn} failed: ${event.code.replaceAll('_', ' ')}.`;
    case 'store.checkpoint_data_flushed':
      return 'What the checkpoint wrote is durable.';
    case 'store.superblock_read':
      return event.valid
        ? `Slot ${event.slot} of the superblock is whole.`
        : `Slot ${event.slot} of the superblock is not usable: ${event.reason.replaceAll('_', ' ')}.`;
    case 'store.superblock_flushed':
      return `Slot ${event.slot} of the superblock is durable.`;
    case 'store.poisoned':
      return `A call failed that cannot be repeated safely (${event.code.replaceAll('_', ' ')}): no more commits until the store is opened again.`;
    case 'store.closed':
      return 'The store is closed.';
    default:
      return '';
  }
}
