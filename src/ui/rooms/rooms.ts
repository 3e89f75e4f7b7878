/** The rooms that exist, in the order of the navigation. Each is loaded when it is opened. */
import type { OwnRoom, Room } from './room';
import type { TraceRoom } from './trace_room';

export interface RoomEntry {
  readonly id: string;
  readonly title: string;
  load(): Promise<Room>;
}

export const ROOMS: readonly RoomEntry[] = [
  { id: 'wal', title: 'Log', load: loadWal },
  { id: 'btree', title: 'B-tree', load: async () => closed((await import('./btree/room')).btreeRoom) },
  { id: 'lsm', title: 'LSM tree', load: async () => closed((await import('./lsm/room')).lsmRoom) },
  { id: 'mvcc', title: 'Versions', load: async () => closed((await import('./mvcc/room')).mvccRoom) },
  { id: 'crash', title: 'Crash', load: async () => closed((await import('./crash/room')).crashRoom) },
  { id: 'media', title: 'Media', load: async () => closed((await import('./media/room')).mediaRoom) },
];

/** Loads the room whose runs lessons, scripts and links are shown in, where they name no other. */
export async function loadWal(): Promise<TraceRoom<unknown>> {
  return closed((await import('./wal/room')).walRoom);
}

/** The shell never looks into a view or a state: it hands back to a room what that room itself made. */
function closed<V>(room: TraceRoom<V>): TraceRoom<unknown>;
function closed<S>(room: OwnRoom<S>): OwnRoom<unknown>;
function closed(room: object): Room {
  return room as Room;
}
