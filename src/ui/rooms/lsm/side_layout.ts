/** What stands beside the levels: the valve of the writers, and the manifest. */
import type { Box } from '../../marks/scene';
import { bytesText, digits, fitted, plural } from '../../marks/units';
import type { AreaView, LsmView, RecordView } from './model';
import type { Draw, Frame } from './scene';
import { PRESSURE_WORDS } from './words';

export const TITLE = 15;
const LETTER = 5.7;
export const VALVE_HEIGHT = 46;

export const lettersIn = (width: number): number => Math.max(8, Math.floor(width / LETTER));

export function drawValve(view: LsmView, { valve }: Frame, draw: Draw): void {
  const { state, why } = view.pressure;
  const waiting = view.immutables.length;
  const words = PRESSURE_WORDS[state];
  const debt = view.debtBytes > 0 ? `${bytesText(view.debtBytes)} to merge` : 'nothing to merge';
  draw({
    id: 'valve',
    kind: 'valve',
    plane: 'page',
    ...valve,
    text: words,
    note: fitted(waiting === 0 ? debt : `${debt}, ${waiting} waiting`, valve.width - 40, LETTER),
    variant: state,
    data: { pressure: state },
    label: `Back-pressure: ${words}. ${debt}; ${plural(waiting, 'memtable')} waiting to be flushed, ${plural(view.writers.length, 'commit')} waiting for an answer.${why === '' ? '' : ` Why: ${why}.`}`,
    lit: view.subject.part === 'valve',
  });
  drawWriters(view.writers, valve, draw);
}

const DOT = 6;
const DOTS_FROM = 36;

/** The clients that wait, a dot each, first come on the left: at a gate that is half shut they pile up. */
function drawWriters(writers: LsmView['writers'], valve: Box, draw: Draw): void {
  const most = Math.floor((valve.width - 40 - MORE) / (DOT + 3));
  const box = { y: valve.y + DOTS_FROM, width: DOT, height: DOT };
  writers.slice(0, most).forEach((lsn, i) => {
    draw({
      id: `writer-${lsn}`,
      kind: 'writer',
      plane: 'page',
      family: 'transaction',
      ...box,
      x: valve.x + 40 + i * (DOT + 3),
      data: { writer: lsn },
      label: `The client of commit ${lsn} waits for its answer.`,
    });
  });
  if (writers.length <= most) return;
  const text = `+${digits(writers.length - most)}`;
  draw({
    id: 'writers-more',
    kind: 'note',
    plane: 'page',
    ...box,
    x: valve.x + 40 + most * (DOT + 3),
    y: box.y - 3,
    text,
  });
}
const MORE = 34;

// ---- the manifest

const AREA_ROW = 24;
const AREA_GAP = 5;
export const MANIFEST_HEIGHT = TITLE + 2 * (AREA_ROW + AREA_GAP);

export function drawManifest(view: LsmView, { manifest: box }: Frame, draw: Draw): void {
  const { manifest, subject } = view;
  const isLit = subject.part === 'manifest';
  draw({
    id: 'title-manifest',
    kind: 'title',
    plane: 'page',
    ...box,
    height: TITLE,
    text: 'Manifest',
    note: view.edit === 0 ? 'no edit yet' : editsInUse(view),
  });
  for (const number of [0, 1] as const) {
    const area = manifest.areas[number];
    const isInForce = manifest.inForce === number;
    const y = box.y + TITLE + 3 + number * (AREA_ROW + AREA_GAP);
    draw({
      id: `area-${number}`,
      kind: 'area',
      plane: 'page',
      family: 'log',
      x: box.x,
      y,
      width: box.width,
      height: AREA_ROW,
      variant: isInForce ? 'in-force' : area ? 'closed' : 'unused',
      text: isInForce ? '' : area ? `closed, was epoch ${area.epoch}` : 'not used yet',
      data: { area: number, inForce: isInForce ? 'yes' : 'no' },
      label: areaWords(number, area, isInForce),
      ...(isInForce && area && selectionOf(view, area)),
      lit: isLit && isInForce,
    });
    if (isInForce && area)
      drawRecords(area, isLit, view.extentBytes, { x: box.x + 3, y: y + 4, width: box.width - 6 }, draw);
  }
}

/** A reader keeps the version that it began with. */
function editsInUse({ edit, readers }: LsmView): string {
  const [oldest] = readers;
  const read = oldest === undefined || oldest.edit === edit ? '' : `, ${digits(oldest.edit)} still read`;
  return `edit ${digits(edit)} in force${read}`;
}

function selectionOf(view: LsmView, { extents }: AreaView) {
  const head = extents[0] === undefined ? undefined : view.extents.get(extents[0]);
  if (!head) return {};
  return { select: { kind: 'bytes', file: head.file, from: head.at, to: head.at + view.extentBytes } } as const;
}

/** Records where they lie in the area: what is white behind the last one is room for edits. */
function drawRecords(
  { bytes, epoch, extents, records }: AreaView,
  isLit: boolean,
  extentBytes: number,
  { width, x, y }: { x: number; y: number; width: number },
  draw: Draw,
): void {
  const capacity = Math.max(bytes, extents.length * extentBytes);
  for (const record of records) {
    const { edit, from, kind, to } = record;
    const left = Math.round((from / capacity) * width);
    const room = Math.round((to / capacity) * width) - left;
    draw({
      id: `record-${epoch}-${kind}-${edit}`,
      kind: kind === 'edit' ? 'edit' : 'snapshot',
      plane: 'page',
      family: 'log',
      state: 'durable',
      x: x + left,
      y,
      width: Math.max(1, room - 1),
      height: AREA_ROW - 8,
      text: kind !== 'edit' && room > 44 ? `as of ${edit}` : '',
      data: { edit },
      label: recordWords(record),
      lit: isLit && record === records.at(-1),
    });
  }
}

function recordWords({ edit, from, kind, to }: RecordView): string {
  const bytes = bytesText(to - from);
  if (kind === 'edit') return `Edit ${edit}, ${bytes}: one record, and a change of tables has happened or it has not.`;
  if (kind === 'snapshot') return `A snapshot of ${bytes}: all tables as of edit ${edit}.`;
  return `Records of ${bytes} that the opening found, up to edit ${edit}.`;
}

function areaWords(number: 0 | 1, area: AreaView | undefined, isInForce: boolean): string {
  if (!area) return `Area ${number} of the manifest: not used yet.`;
  if (!isInForce) return `Area ${number} of the manifest: closed. The other one is in force.`;
  return `Area ${number} of the manifest is in force, epoch ${area.epoch}: ${plural(area.recordCount, 'record')}, ${bytesText(area.bytes)}.`;
}
