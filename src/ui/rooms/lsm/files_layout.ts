/** The file strip of the LSM room: tables lie in extents, whole and never written again, and so does the manifest. */
import { drawFileStrip, FREE_SHADE, STRIP_ROW, stripsOf } from '../../marks/file_strip';
import type { MarkState } from '../../marks/states';
import { digits } from '../../marks/units';
import type { ExtentView, LsmView } from './model';
import type { Draw, Frame } from './scene';

/** What changes is few and matters: it shows before what is merely there. */
const SHADES: Readonly<Record<ExtentView['state'], number>> = { free: FREE_SHADE, live: 1, obsolete: 3, written: 4 };
/** In force too, in the hue of a log. */
const MANIFEST_SHADE = 2;
const stripOf = stripsOf<ExtentView>(({ holds, state }) =>
  state === 'live' && holds === 'manifest' ? MANIFEST_SHADE : SHADES[state],
);

export function drawStrip(view: LsmView, { gutter, narrow, strip: box }: Frame, draw: Draw): void {
  drawFileStrip(
    {
      strip: stripOf(view.extents),
      box,
      gutter,
      narrow,
      family: 'table',
      shades: 5,
      drawExtent: (extent, x, y, each) => drawExtent(view, view.extents.get(extent)!, x, y, each, draw),
    },
    draw,
  );
}

export function extentState({ isUnflushed, spoiled, state }: ExtentView): MarkState {
  if (spoiled !== undefined && state !== 'free') return 'torn';
  switch (state) {
    case 'free':
      return 'memory';
    case 'written':
    case 'live':
      return isUnflushed ? 'handed' : 'durable';
    case 'obsolete':
      return 'garbage';
  }
}

function drawExtent(view: LsmView, extent: ExtentView, x: number, y: number, each: number, draw: Draw): void {
  const box = { x, y, width: Math.max(1, each - (each > 10 ? 3 : 1)), height: STRIP_ROW };
  const bytes = { file: extent.file, from: extent.at, to: extent.at + view.extentBytes };
  draw({
    id: `extent-${extent.extent}`,
    kind: 'extent',
    plane: 'page',
    family: 'table',
    ...box,
    variant: extent.state === 'free' ? 'free' : 'taken',
    data: { extent: extent.extent, holds: extent.holds },
    bytes,
    select: { kind: 'bytes', file: extent.file, from: bytes.from, to: bytes.to },
    seq: extent.changedAt,
    lit: view.subject.extents.includes(extent.extent),
    label: `Extent ${extent.extent}, byte ${digits(extent.at)} of ${extent.file}: ${extentWords(extent)}`,
  });
  if (extent.holds === 'nothing' || extent.state === 'free') return;
  draw({
    id: `lies-${extent.extent}-${extent.holds}-${extent.tableId}`,
    kind: 'lies',
    plane: 'page',
    family: extent.holds === 'manifest' ? 'log' : 'table',
    ...box,
    state: extentState(extent),
    text: each >= 15 ? nameOf(extent) : '',
    keepsSize: true,
    ...(extent.holds === 'table' && { copyOf: `table-${extent.tableId}` }),
    data: { holds: extent.holds, table: extent.table },
    bytes,
  });
}

function nameOf({ holds, table }: ExtentView): string {
  if (holds === 'table') return String(table);
  return holds === 'manifest' ? 'M' : '';
}

const STATE_WORDS: Readonly<Record<ExtentView['state'], string>> = {
  free: 'free',
  written: 'the manifest does not name it yet',
  live: 'in force',
  obsolete: 'not in force any more, but still read by somebody',
};

function extentWords({ holds, part, spoiled, state, table }: ExtentView): string {
  if (state === 'free') return 'free.';
  const what = {
    table: `part ${part + 1} of table ${table}`,
    manifest: 'of the manifest',
    untold: 'just written',
    nothing: 'nothing',
  }[holds];
  return `${what}; ${STATE_WORDS[state]}.${spoiled === undefined ? '' : ` Not whole: ${spoiled}.`}`;
}
