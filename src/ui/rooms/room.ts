/**
 * What a room is. There are two kinds, and the shell treats them alike: navigation, modes, keys, notices.
 *
 *     TraceRoom   folds the trace of a run into a view, draws the view between two moments, and says each step in one
 *                 sentence. The shell does the rest: transport, panels of the modes, bytes and code, links.
 *     OwnRoom     works on many runs at once, or on none: every state a crash can leave, a disk under a stopwatch. It
 *                 brings its own panel and its own picture; where it opens one run, it hands that run's stage to the
 *                 shell, whose transport and keys then work there as everywhere.
 *
 * A new room is one entry in `rooms.ts`.
 */
import type { Component } from 'svelte';
import type { Moment, Place } from '../../lab/links';
import type { Stage } from '../session.svelte';
import type { LabForRooms } from './lab_for_rooms';
import type { AnyRoom, Mode, TraceRoom } from './trace_room';

export interface OwnRoomProps<S> {
  readonly lab: LabForRooms;
  readonly state: S;
  readonly mode: Mode;
  readonly onMode: (mode: Mode) => void;
}

export interface OwnRoomMainProps<S> extends OwnRoomProps<S> {
  /** The room to draw in, in CSS pixels. */
  readonly width: number;
  readonly height: number;
}

export interface OwnRoom<S> extends AnyRoom {
  readonly kind: 'own';
  /** Its state: made when the room is first opened, kept while the reader is in other rooms. */
  start(lab: LabForRooms): S;
  /** The run whose steps the room shows just now, if any. Read inside an effect: may depend on reactive state. */
  stageOf(state: S): Stage | undefined;
  /** What “Link to this moment” gives away here, or one sentence why it cannot. */
  momentOf?(state: S, mode: Mode): Moment | Place | string;
  /** Puts everything as a link to a place of this room says; the mode is already chosen. */
  openPlace?(state: S, place: Place): void;
  /** What one can do in a mode, at the side. */
  readonly Panel: Component<OwnRoomProps<S>>;
  /** The picture. Says itself how true it is. */
  readonly Main: Component<OwnRoomMainProps<S>>;
}

/** The two parts of a room of its own kind, inside another room. */
export interface Desk extends Pick<OwnRoom<unknown>, 'start' | 'Panel' | 'Main' | 'momentOf' | 'openPlace'> {
  /** What the tabs are called that lead to it, by mode; a mode without one has none. */
  readonly tabs: Readonly<Partial<Record<Mode, string>>>;
  /** Prove begins with what is proved here, and not with what a crash leaves. */
  readonly isProvedFirst?: boolean;
}

/** A trace room that also does something with many runs: `Main` stands in place of the picture while `Panel` is open. */
export interface TraceRoomWithDesk<V> extends TraceRoom<V> {
  readonly desk?: Desk;
}

/** A room whose view, or state, only the room itself looks into. */
export type Room = TraceRoomWithDesk<unknown> | OwnRoom<unknown>;
