/** A room that folds the trace of a run into a view; what kinds of rooms there are is said in `room.ts`. */
import type { Component } from 'svelte';
import type { Fold } from '../../lab/timeline';
import type { Selection } from '../../lab/selection';
import type { FieldAnnotation, Stretch } from '../../base/fields';
import type { FormatOptions } from '../../kv_store/types';
import type { Keyframe, StoreMake } from '../../protocol/session';
import type { FilterQuestion, OpenedFilter } from '../../lsm';
import type { TraceRecord } from '../../protocol/trace';
import type { FileName } from '../../storage/file';
import type { Family, MarkState } from '../marks/states';

export const MODES = ['watch', 'play', 'break', 'prove'] as const;
export type Mode = (typeof MODES)[number];

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

export interface AnyRoom {
  readonly id: string;
  readonly title: string;
  /** One plain sentence: what the room shows. */
  readonly about: string;
  readonly modes: readonly Mode[];
}

/** Where the learner's own store is another one: why nothing of it is seen here, and which one would be. */
export interface OwnStoreWish {
  readonly isSeen: (format: Partial<FormatOptions>) => boolean;
  readonly sentence: string;
  readonly action: string;
  readonly make: StoreMake;
}

export interface TraceRoom<V> extends AnyRoom {
  readonly kind: 'trace';
  readonly fold: Fold<V>;
  readonly Picture: Component<RoomProps<V>>;
  /** The bytes and the code of the record or of the selection, side by side with the picture. */
  readonly Inspector?: Component<InspectorProps<V>>;
  /** Play: every next move of this room's actors, in place of the plain forms. */
  readonly Moves?: Component<MovesProps<V>>;
  /** Keys that the picture of this room has beside those that are the same everywhere, and what they do. */
  readonly keys?: readonly (readonly [string, string])[];
  /** One sentence, present tense, plain words, no full picture of the state: what this step did and why it matters. */
  narrate(record: TraceRecord, before: V, after: V): string;
  /** What a store has to be so that there is something to see here. */
  readonly ownStore?: OwnStoreWish;
  readonly key: { readonly family: Family; readonly states: readonly MarkState[] };
  /** The first one plays at the first visit. */
  readonly lessons: readonly Lesson[];
}

export interface MovesProps<V> {
  /** Where the run stands: what is done goes on from here. */
  readonly view: V;
  readonly busy: boolean;
  /** Gives a command of the language to the run. */
  readonly onMove: (command: string) => void;
}

/** What the bytes and code panels get beside the picture's own props. */
export interface InspectorProps<V> extends RoomProps<V> {
  /** Reads the session's file as it is now; only asked for at the live end. */
  readonly readBytes: (file: FileName, at: number, count: number) => Promise<Uint8Array>;
  /** The view after a record, whatever is under the playhead. */
  readonly viewAt: (seq: number) => V;
  /** Another value for a byte, in a copy of the run; or why it cannot be had. */
  readonly spoil: ((place: { file: FileName; at: number; from: number; to: number }) => Promise<void>) | string;
  /** Records that have happened, for rebuilding bytes at an earlier step. */
  readonly records: (from: number, to: number) => readonly TraceRecord[];
  /** The files just before the first record kept; absent where they started empty. */
  readonly keyframe?: (() => Promise<Keyframe>) | undefined;
  /** What bytes of a file mean, live or rebuilt: the worker decodes them with the engine's own codecs. */
  readonly annotate?:
    ((file: FileName, at: number, bytes: Uint8Array) => Promise<readonly FieldAnnotation[]>) | undefined;
  /** What a Bloom filter answers, by the engine's own hash. */
  readonly openFilter?: ((question: FilterQuestion) => Promise<OpenedFilter | undefined>) | undefined;
  /** What has to be read so that the structures in a stretch are whole: the engine knows how long they are. */
  readonly stretchToAnnotate?: ((file: FileName, stretch: Stretch) => Promise<Stretch>) | undefined;
}
