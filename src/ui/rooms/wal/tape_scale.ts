/**
 * Widths on the log tape. A group may be 4,096 bytes of which 60 say something, and a record between 30 bytes and a
 * quarter of the log: drawn to scale, nothing could be read. So the tape is to scale up to a point and then cut, and a
 * cut box or padding is drawn with a break. The file strip below the tape is to scale throughout.
 */
const PX_PER_BYTE = 0.5;
export const HEADER_WIDTH = 24;
const RECORD_WIDTH_MIN = 38;
const RECORD_WIDTH_MAX = 132;
const PADDING_WIDTH_MAX = 22;
/** The seam between two groups: a sector boundary. */
export const SEAM_WIDTH = 5;

/** Before the first group: room for the label of the durable line. */
export const LEADER_WIDTH = 96;

/** What recovery did not take of a group. */
export const LEFT_WIDTH = 62;

export interface TapeWidth {
  readonly width: number;
  /** The box is shorter than its bytes: it is drawn with a break. */
  readonly cut: boolean;
}

export function recordWidth(bytes: number): TapeWidth {
  const trueWidth = bytes * PX_PER_BYTE;
  return {
    width: Math.min(RECORD_WIDTH_MAX, Math.max(RECORD_WIDTH_MIN, trueWidth)),
    cut: trueWidth > RECORD_WIDTH_MAX,
  };
}

/** Zeros from the last record to the end of its sector. */
export function paddingWidth(bytes: number): TapeWidth {
  const trueWidth = bytes * PX_PER_BYTE;
  return { width: Math.min(PADDING_WIDTH_MAX, Math.max(0, trueWidth)), cut: trueWidth > PADDING_WIDTH_MAX };
}
