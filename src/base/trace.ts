/**
 * The trace: what an engine did, said by the engine itself while doing it.
 *
 * Each engine folder has an `events.ts` with a closed union of its events; `kind` is `engine.noun_participle`
 * (`wal.group_written`). The host joins the unions. An event is emitted right after the change it names, so at every
 * emit the engine's state, as `describe()` reads it, already includes the event: pictures are folded from events and
 * a test holds the fold equal to the description after each one.
 *
 * Engines hold a `TraceSink | null` and write `this.#trace?.emit({...})`: unwatched, neither the event nor its
 * arguments are made. The build appends the number of the calling source line as `site`.
 */
import type { SiteId } from './ids';

/** Raised when an event changes shape; a recorded trace of another version is not replayed. */
export const TRACE_VERSION = 1;

export interface TraceEvent {
  readonly kind: string;
}

export interface TraceSink<E extends TraceEvent> {
  emit(event: E, site?: SiteId): void;
}
