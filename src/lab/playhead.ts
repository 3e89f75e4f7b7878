/**
 * Where we stand in a run, and how we move. The playhead is the only clock of a picture: `seq` is the record being
 * shown, `fraction` how far into it. At 0 the record has not happened yet, at 1 it has; at rest it is 1. So
 * `{ seq: first, fraction: 0 }` is before everything. All functions are pure.
 */
import type { TraceRecord } from '../protocol/trace';

export interface Playhead {
  readonly seq: number;
  readonly fraction: number;
}

/**
 *   operation  to the end of the command (a put, a flush, a reopening)
 *   record     one event of the trace
 *   byte       one byte of the write under the playhead; other events count as one
 */
export const STEP_SIZES = ['operation', 'record', 'byte'] as const;
export type StepSize = (typeof STEP_SIZES)[number];
export type Direction = 1 | -1;

/** What moving needs to know of a run; a `Timeline` is one. */
export interface Track {
  readonly firstSeq: number;
  readonly lastSeq: number;
  record(seq: number): TraceRecord | undefined;
}

export function home(track: Track): Playhead {
  return { seq: track.firstSeq, fraction: 0 };
}

export function end(track: Track): Playhead {
  return track.lastSeq < track.firstSeq ? home(track) : { seq: track.lastSeq, fraction: 1 };
}

export function atStart(at: Playhead, track: Track): boolean {
  return at.seq <= track.firstSeq && at.fraction <= 0;
}

export function atEnd(at: Playhead, track: Track): boolean {
  return at.seq > track.lastSeq || (at.seq === track.lastSeq && at.fraction >= 1);
}

/** The nearest place that exists. */
export function clamp(at: Playhead, track: Track): Playhead {
  if (track.lastSeq < track.firstSeq || at.seq < track.firstSeq) return home(track);
  if (at.seq > track.lastSeq) return end(track);
  const fraction = Math.min(1, Math.max(0, at.fraction));
  return Number.isFinite(fraction) ? { seq: at.seq, fraction } : { seq: at.seq, fraction: 1 };
}

/** The last record that has happened here; `firstSeq - 1` for none. */
export function happened(at: Playhead): number {
  return at.fraction >= 1 ? at.seq : at.seq - 1;
}

/** As one number: how many records have happened, with the fraction of the one under way. */
export function position(at: Playhead): number {
  return at.seq + at.fraction;
}

export function fromPosition(value: number, track: Track): Playhead {
  const seq = Math.ceil(value) - 1;
  if (seq < track.firstSeq) return home(track);
  return clamp({ seq, fraction: value - seq }, track);
}

/** Runs on by so many records, fractions included; `playing` moves by this and nothing else. */
export function advance(at: Playhead, records: number, track: Track): Playhead {
  return fromPosition(position(at) + records, track);
}

export function step(at: Playhead, size: StepSize, direction: Direction, track: Track): Playhead {
  if (track.lastSeq < track.firstSeq) return home(track);
  switch (size) {
    case 'record':
      return stepRecord(at, direction, track);
    case 'operation':
      return direction === 1 ? operationForward(at, track) : operationBack(at, track);
    case 'byte':
      return stepByte(at, direction, track);
  }
}

export function stepMany(at: Playhead, size: StepSize, direction: Direction, count: number, track: Track): Playhead {
  let now = at;
  for (let i = 0; i < count; i++) now = step(now, size, direction, track);
  return now;
}

/** How many steps of size `byte` a record takes. */
export function bytesOf(record: TraceRecord | undefined): number {
  return record?.event.kind === 'storage.file_written' ? Math.max(1, record.event.bytes.length) : 1;
}

/** How many bytes of the write under the playhead have arrived; undefined where it is no write. */
export function bytesArrived(at: Playhead, track: Track): number | undefined {
  const record = track.record(at.seq);
  if (record?.event.kind !== 'storage.file_written') return undefined;
  return Math.round(at.fraction * record.event.bytes.length);
}

function stepRecord(at: Playhead, direction: Direction, track: Track): Playhead {
  if (direction === 1) return clamp({ seq: at.fraction >= 1 ? at.seq + 1 : at.seq, fraction: 1 }, track);
  // From inside a record, back to its beginning, which is where the one before it ended.
  return restAfter(at.seq - 1, track);
}

/** At rest after record `seq`; before everything if there is none. */
function restAfter(seq: number, track: Track): Playhead {
  return seq < track.firstSeq ? home(track) : clamp({ seq, fraction: 1 }, track);
}

function operationForward(at: Playhead, track: Track): Playhead {
  let seq = Math.max(track.firstSeq, happened(at) + 1);
  const command = track.record(seq)?.command;
  while (seq < track.lastSeq && track.record(seq + 1)?.command === command) seq++;
  return clamp({ seq, fraction: 1 }, track);
}

function operationBack(at: Playhead, track: Track): Playhead {
  // The record that happened last, or is under way: back to before its command began.
  let seq = at.fraction > 0 ? at.seq : at.seq - 1;
  const command = track.record(seq)?.command;
  while (seq > track.firstSeq && track.record(seq - 1)?.command === command) seq--;
  return restAfter(seq - 1, track);
}

function stepByte(at: Playhead, direction: Direction, track: Track): Playhead {
  if (direction === 1) {
    const seq = at.fraction >= 1 ? at.seq + 1 : at.seq;
    if (seq > track.lastSeq) return end(track);
    const bytes = bytesOf(track.record(seq));
    const done = at.fraction >= 1 ? 0 : Math.round(at.fraction * bytes);
    return { seq, fraction: (done + 1) / bytes };
  }
  if (at.fraction <= 0) {
    if (at.seq <= track.firstSeq) return home(track);
    return stepByte({ seq: at.seq - 1, fraction: 1 }, -1, track);
  }
  const bytes = bytesOf(track.record(at.seq));
  const done = Math.min(bytes, Math.ceil(at.fraction * bytes - 1e-9));
  return done <= 1 ? restAfter(at.seq - 1, track) : { seq: at.seq, fraction: (done - 1) / bytes };
}
