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
import type { Fold } from '../../lab/timeline';
import type { Selection } from '../../lab/selection';
import type { FieldAnnotation } from '../../base/fields';
import type { Keyframe } from '../../protocol/session';
import type { TraceRecord } from '../../protocol/trace';
import type { FileName } from '../../storage/file';
import type { Lab } from '../lab.svelte';
import type { Family, MarkState } from '../marks/states';
import type { Stage } from '../session.svelte';

export const MODES = ['watch', 'play', 'break', 'prove'] as const;
export type Mode = (typeof MODES)[number];

export const TRUTH_LABELS = ['real engine, real bytes', 'real engine, modelled device', 'model'] as const;
export type TruthLabel = (typeof TRUTH_LABELS)[number];

export interface RoomProps<V> {
  /** The view before the record under the playhead, and after it. */
  readonly before: V;
  readonly after: V;
  /** How much of `record` has happened, 0 to 1. Motion is interpolation by this number and by nothing else. */
  readonly fraction: number;
  /** The record under the playhead; undefined while nothing has happened. */
  readonly record: TraceRecord | undefined;
  /** Whether this is the newest record: byte views then read the file itself. */
  readonly live: boolean;
  readonly selection: Selection;
  readonly onSelect: (selection: Selection) => void;
  readonly mode: Mode;
  /** The room to draw in, in CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** Whole steps only; the shell already hands in fractions of 0 or 1. */
  readonly reducedMotion: boolean;
}

/** A lesson: a script in the lab's language. */
export interface Lesson {
  readonly id: string;
  readonly title: string;
  /** One sentence: what to look at. */
  readonly watchFor: string;
  readonly script: string;
}

interface AnyRoom {
  readonly id: string;
  readonly title: string;
  /** One plain sentence: what the room shows. */
  readonly about: string;
  readonly modes: readonly Mode[];
}

export interface TraceRoom<V> extends AnyRoom {
  readonly kind: 'trace';
  /** By the device that the session runs on. */
  truthLabel(device: 'simulated' | 'memory' | 'file'): TruthLabel;
  readonly fold: Fold<V>;
  readonly Picture: Component<RoomProps<V>>;
  /** The bytes and the code of the record or of the selection, side by side with the picture. */
  readonly Inspector?: Component<InspectorProps<V>>;
  /** One sentence, present tense, plain words, no full picture of the state: what this step did and why it matters. */
  narrate(record: TraceRecord, before: V, after: V): string;
  readonly key: { readonly family: Family; readonly states: readonly MarkState[] };
  /** The first one plays at the first visit. */
  readonly lessons: readonly Lesson[];
  /** What the room does with many runs at once: `Main` stands in place of the picture while its `Panel` is open. */
  readonly desk?: Desk;
}

/** The two parts of a room of its own kind, inside another room. */
export interface Desk extends Pick<OwnRoom<unknown>, 'start' | 'Panel' | 'Main' | 'momentOf' | 'openPlace'> {
  /** What the tabs are called that lead to it, by mode; a mode without one has none. */
  readonly tabs: Readonly<Partial<Record<Mode, string>>>;
}

export interface OwnRoomProps<S> {
  readonly lab: Lab;
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
  start(lab: Lab): S;
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

/** A room whose view, or state, only the room itself looks into. */
export type Room = TraceRoom<unknown> | OwnRoom<unknown>;

/** What the bytes and code panels get beside the picture's own props. */
export interface InspectorProps<V> extends RoomProps<V> {
  /** Reads the session's file as it is now; only asked for at the live end. */
  readonly readBytes: (file: FileName, at: number, count: number) => Promise<Uint8Array>;
  /** Records that have happened, for rebuilding bytes at an earlier step. */
  readonly records: (from: number, to: number) => readonly TraceRecord[];
  /** The files just before the first record kept; absent where they started empty. */
  readonly keyframe?: (() => Promise<Keyframe>) | undefined;
  /** What bytes of a file mean, live or rebuilt: the worker decodes them with the engine's own codecs. */
  readonly annotate?:
    ((file: FileName, at: number, bytes: Uint8Array) => Promise<readonly FieldAnnotation[]>) | undefined;
}
