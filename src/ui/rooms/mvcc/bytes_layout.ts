/** Under each moment, what versions take at its end: live at the bottom, then what readers keep, then garbage. */
import { scaleLinear } from 'd3';
import { bytesText, digits } from '../../marks/units';
import type { Columns } from './columns';
import { bytesOf } from './garbage';
import type { BytesView, MvccView } from './model';
import type { Draw, Frame } from './scene';

const TITLE = 16;
const PARTS = ['live', 'held', 'garbage'] as const;
const PART_NAMES = { live: 'live', held: 'kept', garbage: 'garbage' } as const;
const PART_WORDS = {
  live: 'Live, the newest version of each key',
  held: 'Kept, versions that were replaced after the watermark',
  garbage: 'Garbage, versions that were replaced at or before the watermark',
} as const;
/** Of each part in the key, so that its numbers may grow. */
const SWATCH_WIDTHS = { live: 92, held: 92, garbage: 108 } as const;

export function drawBytes(view: MvccView, frame: Frame, columns: Columns, draw: Draw): void {
  const { bytes, narrow } = frame;
  const keyWidth = PARTS.reduce((sum, part) => sum + SWATCH_WIDTHS[part], 0);
  const key = bytes.x + bytes.width - keyWidth;
  draw({
    id: 'title-bytes',
    kind: 'title',
    plane: 'page',
    x: 0,
    y: bytes.y,
    width: key - 4,
    height: TITLE,
    text: narrow ? 'Bytes' : 'Bytes of versions at the end of each moment',
  });
  drawKey(view, key, bytes.y + 1, draw);
  const area = { y: bytes.y + TITLE, height: bytes.height - TITLE - 2 };
  const scale = scaleLinear([0, roundUp(maxOf(view))], [0, area.height]);
  const { samples } = view;
  for (let moment = Math.max(samples.first, columns.first); moment < samples.end; moment++) {
    const sample = samples.get(moment);
    if (sample) drawColumn(moment, sample, { area, scale, columns }, draw);
  }
}

interface Chart {
  readonly area: { readonly y: number; readonly height: number };
  readonly scale: (bytes: number) => number;
  readonly columns: Columns;
}

function drawColumn(moment: number, sample: BytesView, { area, columns, scale }: Chart, draw: Draw): void {
  let under = 0;
  for (const part of PARTS) {
    const height = scale(sample[part]);
    draw({
      id: `bytes-${part}-${moment}`,
      kind: 'bytes',
      plane: 'time',
      family: 'version',
      x: columns.x(moment) + 0.5,
      y: area.y + area.height - under - height,
      width: columns.width - 1,
      height,
      variant: part,
      data: { bytes: part, moment, size: sample[part] },
      ...(sample[part] > 0 && { label: `${PART_WORDS[part]}: ${digits(sample[part])} bytes` }),
    });
    under += height;
  }
}

/** What there is now, whether or not a moment has come for it. */
function drawKey(view: MvccView, left: number, y: number, draw: Draw): void {
  const now = bytesOf(view);
  let x = left;
  for (const part of PARTS) {
    draw({
      id: `swatch-${part}`,
      kind: 'swatch',
      plane: 'page',
      family: 'version',
      x,
      y,
      width: SWATCH_WIDTHS[part] - 4,
      height: 9,
      variant: part,
      text: `${PART_NAMES[part]} ${bytesText(now[part])}`,
      data: { total: part, size: now[part] },
      label: `${PART_WORDS[part]}: ${digits(now[part])} bytes now`,
    });
    x += SWATCH_WIDTHS[part];
  }
}

function maxOf({ samples }: MvccView): number {
  let most = 0;
  samples.each(({ garbage, held, live }) => (most = Math.max(most, live + held + garbage)));
  return most;
}

/** So that the scale stands still for a while. */
const roundUp = (bytes: number): number => 2 ** Math.ceil(Math.log2(Math.max(64, bytes * 1.05)));
