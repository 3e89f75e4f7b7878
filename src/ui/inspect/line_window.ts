/** Which lines of a long text are in the document: those in sight and some more. All lines are of one height. */

export const LINE_PX = 18;
/** Ends lie on whole steps of so many lines, so that scrolling by a little changes nothing. */
const STEP_LINES = 8;
/** Of the height: where the line one looks for comes to stand. */
const LINE_STANDS_AT = 0.4;

export interface LineWindow {
  /** Index of the first line, and of the one after the last. */
  readonly from: number;
  readonly to: number;
}

export function linesInDocument(top: number, height: number, extra: number, count: number): LineWindow {
  const from = Math.floor((top / LINE_PX - extra) / STEP_LINES) * STEP_LINES;
  const to = Math.ceil(((top + height) / LINE_PX + extra) / STEP_LINES) * STEP_LINES;
  return { from: Math.min(count, Math.max(0, from)), to: Math.min(count, Math.max(0, to)) };
}

/** How far the list is scrolled so that line `line` (from 1) can be seen with what is around it. */
export function scrollTopFor(line: number, count: number, height: number): number {
  const most = Math.max(0, count * LINE_PX - height);
  return Math.min(most, Math.max(0, Math.round((line - 1) * LINE_PX - height * LINE_STANDS_AT)));
}
