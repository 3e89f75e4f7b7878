/** Where things lie on the log tape: its rows from top to bottom, and positions of the log from left to right. */
import type { LogPosition } from '../../../base/ids';
import type { Recovery, WalView } from './model';
import type { Frame } from './scene';
import { HEADER_WIDTH, recordWidth, SEAM_WIDTH } from './tape_scale';
import { windOn } from './units';

export const DURABLE_LABEL = 18;
export const FLAGS = 18;
export const GROUP_LABEL = 18;
/** What recovery would read, and under it what it would have to bring back. */
export const REDO = 38;
export const TAPE_ROWS_HEIGHT = DURABLE_LABEL + FLAGS + GROUP_LABEL + REDO;
/** Room kept free right of the newest record. */
const AHEAD = 56;
/** And where a scan ended, for the words that say how. */
const AHEAD_OF_END = 170;
const AHEAD_OF_END_NARROW = 136;

export function tapeOffset(view: WalView, frame: Frame, focusLsn: number | undefined): number {
  const width = frame.tape.width;
  const reading = view.recovery && view.recovery.report === undefined && view.recovery.end === undefined;
  const newest = reading ? alongOf(view, view.recovery.cursor) : lastAlong(view);
  const saysEnd = endOfScan(view) !== undefined;
  const aheadOfEnd = frame.narrow ? AHEAD_OF_END_NARROW : AHEAD_OF_END;
  const offset = windOn(Math.max(newest + AHEAD, saysEnd ? alongOf(view, view.appendPosition) + aheadOfEnd : 0), width);
  const focused = focusLsn === undefined ? undefined : view.entries.get(focusLsn)?.place?.along;
  if (focused === undefined || (focused >= offset && focused < offset + width)) return offset;
  return windOn(focused + width / 2, width);
}

/** The end of what is drawn: the newest group, or the last record that recovery found and did not take. */
function lastAlong(view: WalView): number {
  const group = view.groups.last()?.alongEnd ?? 0;
  const place = endOfScan(view)?.discarded.at(-1)?.place;
  return place ? Math.max(group, place.along + recordWidth(place.bytes).width) : group;
}

/**
 * How the last scan ended, while its mark is on the tape: until the next record takes the place, and after the opening
 * only where the end is worth a word.
 */
export function endOfScan(view: WalView): (Recovery & { readonly end: NonNullable<Recovery['end']> }) | undefined {
  const { appendPosition, groups, recovery } = view;
  const end = recovery?.end;
  if (!end || appendPosition !== end.position || groups.last()?.state === 'open') return undefined;
  const isPlain = end.end === 'end_clean' && recovery.discarded.length === 0;
  return isPlain && recovery.report ? undefined : { ...recovery, end };
}

/** Where a position lies on the drawn tape; between two records it is the start of the later one. */
export function alongOf(view: WalView, position: LogPosition | number): number {
  const { groups } = view;
  const index = groups.search((group) => group.position > position) - 1;
  const group = groups.get(index);
  if (!group) return groups.get(groups.first)?.along ?? 0;
  if (position >= group.position + group.bytes) return group.alongEnd + SEAM_WIDTH;
  if (position === group.position) return group.along;
  for (let lsn = group.firstLsn as number; lsn <= group.lastLsn; lsn++) {
    const place = view.entries.get(lsn)?.place;
    if (place && place.position + place.bytes > position) return place.along;
  }
  const last = view.entries.get(group.lastLsn)?.place;
  return last ? last.along + recordWidth(last.bytes).width : group.along + HEADER_WIDTH;
}

/** The row of the records: where it begins and how high it is. */
export function recordRow({ tape }: Frame): { readonly y: number; readonly height: number } {
  return { y: tape.y + DURABLE_LABEL + FLAGS, height: tape.height - TAPE_ROWS_HEIGHT };
}
