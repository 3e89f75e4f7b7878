/** Playing: how long each record stays on screen, and where the playhead is some seconds later. */
import type { TraceRecord } from '../protocol/trace';
import { atEnd, clamp, end, type Playhead, type Track } from './playhead';

/**
 * How many beats a record lasts when playing at speed 1 a second. What changes the picture gets a whole beat, the
 * bookkeeping around it little, and words the time to read them.
 */
export function beatsOf(record: TraceRecord | undefined): number {
  const event = record?.event;
  switch (event?.kind) {
    case undefined:
    case 'host.command_started':
    case 'host.command_finished':
    case 'store.commit_applied':
    case 'store.superblock_read':
      return 0.25;
    case 'storage.file_read':
      return 0.1;
    case 'host.narrated':
      // At the speed a visit begins with, some four words a second; they stay in sight afterwards.
      return Math.max(4, event.text.split(/\s+/).length * 0.75);
    case 'storage.file_written':
    case 'storage.file_flushed':
    case 'host.crashed':
    case 'host.power_cut':
      return 1.5;
    default:
      return 1;
  }
}

/**
 * The playhead after playing on for `seconds`, at `speed` beats a second. Stops at the end, and after a question:
 * the reader is to guess before going on.
 */
export function playOn(
  at: Playhead,
  seconds: number,
  speed: number,
  track: Track,
): { readonly at: Playhead; readonly stopped: 'no' | 'end' | 'question' } {
  let beats = seconds * speed;
  let now = clamp(at, track);
  for (;;) {
    if (atEnd(now, track)) return { at: end(track), stopped: 'end' };
    const inside: Playhead = now.fraction >= 1 ? { seq: now.seq + 1, fraction: 0 } : now;
    const record = track.record(inside.seq);
    const length = beatsOf(record);
    const left = (1 - inside.fraction) * length;
    if (beats < left) return { at: { seq: inside.seq, fraction: inside.fraction + beats / length }, stopped: 'no' };
    beats -= left;
    now = { seq: inside.seq, fraction: 1 };
    if (record?.event.kind === 'host.narrated' && record.event.question) return { at: now, stopped: 'question' };
    if (beats <= 0 && !atEnd(now, track)) return { at: now, stopped: 'no' };
  }
}

/** Speed on a log slider: `at` from 0 to 1 gives 1/4 to 64 beats a second. */
export const SPEED_MIN = 0.25;
export const SPEED_MAX = 64;
export function speedAt(at: number): number {
  return SPEED_MIN * (SPEED_MAX / SPEED_MIN) ** Math.min(1, Math.max(0, at));
}
export function sliderAt(speed: number): number {
  return Math.log(speed / SPEED_MIN) / Math.log(SPEED_MAX / SPEED_MIN);
}
