/** The numbers over a picture: each with a word over it, and a sentence for whoever points at it. */
import type { Mark } from './scene';

export interface Readout {
  readonly note: string;
  readonly text: string;
  readonly meaning: string;
}
export type ReadoutMark = Mark<'readout', 'page'>;

export interface ReadoutsOptions {
  /** Of the whole picture. */
  readonly width: number;
  readonly height: number;
  readonly columnMax: number;
}

export function drawReadouts(
  readouts: readonly Readout[],
  { columnMax, height, width }: ReadoutsOptions,
  draw: (mark: ReadoutMark) => void,
): void {
  const column = Math.min(columnMax, (width - 12) / readouts.length);
  readouts.forEach(({ meaning, note, text }, index) => {
    draw({
      id: `readout-${note}`,
      kind: 'readout',
      plane: 'page',
      text,
      note,
      label: `${note}: ${text}. ${meaning}`,
      x: 10 + index * column,
      y: 0,
      width: column,
      height,
      data: { readout: note },
    });
  });
}
