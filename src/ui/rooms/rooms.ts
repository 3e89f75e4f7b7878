/** The rooms that exist, in the order of the navigation. Each is loaded when it is opened. */
import type { Room } from './room';

export interface RoomEntry {
  readonly id: string;
  readonly title: string;
  load(): Promise<Room<unknown>>;
}

export const ROOMS: readonly RoomEntry[] = [
  { id: 'wal', title: 'Log', load: async () => anyRoom((await import('./wal/room')).walRoom) },
];

/** The shell never looks into a view: it hands back to a room what that room's own fold made. */
function anyRoom<V>(room: Room<V>): Room<unknown> {
  return room as unknown as Room<unknown>;
}
