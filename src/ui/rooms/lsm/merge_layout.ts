/** The merge through a lens: where each cursor stands, what went to the output last, and what was dropped, and why. */
import { bytesText, digits, fitted, keyText, plural } from '../../marks/units';
import { BINS, type EntryView, type LsmView, type MergeInput, type MergeView } from './model';
import type { Draw, Frame, Mark } from './scene';
import { lettersIn, TITLE } from './side_layout';
import { BIN_WORDS, entryWords, placeName, wrapped } from './words';

const LINE = 13;
const ROW = 19;
const REASON_LINES = 4;
const BIN_HEIGHT = 34;
const INPUTS_SHOWN = 6;
const NAME = 62;

export function mergeHeight({ merge }: LsmView, width: number): number {
  if (!merge) return TITLE + 2 * LINE + 6;
  const lines = wrapped(`Why: ${merge.why}`, lettersIn(width), REASON_LINES).length;
  if (merge.isMove) return TITLE + (lines + 1) * LINE + 6;
  const rows = Math.min(INPUTS_SHOWN, merge.inputs.length) + (merge.inputs.length > INPUTS_SHOWN ? 1 : 0);
  return TITLE + lines * LINE + 8 + rows * ROW + 8 + ROW + 8 + BIN_HEIGHT + 4;
}

export function drawMerge(view: LsmView, { merge: box }: Frame, draw: Draw): void {
  const { merge } = view;
  draw({
    id: 'title-merge',
    kind: 'title',
    plane: 'page',
    ...box,
    height: TITLE,
    text: merge ? `Compaction ${merge.compaction}` : 'Compaction',
    note: merge ? stageWords(merge) : '',
  });
  if (!merge) {
    words('idle', 'None yet. Here you will see what a', box, 0, draw);
    words('idle-2', 'merge reads, keeps and drops.', box, 1, draw);
    return;
  }
  const lines = wrapped(`Why: ${merge.why}`, lettersIn(box.width), REASON_LINES);
  lines.forEach((text, i) => words(`why-${i}`, text, box, i, draw));
  if (merge.isMove) {
    words('move', `${plural(countOf(merge), 'table')} moved, nothing read or written.`, box, lines.length, draw);
    return;
  }
  const y = box.y + TITLE + lines.length * LINE + 8;
  const shown = merge.inputs.slice(0, INPUTS_SHOWN);
  shown.forEach((input, i) => drawInput(merge, input, i, { ...box, y: y + i * ROW }, draw));
  const more = merge.inputs.length - shown.length;
  if (more > 0)
    words('more', `and ${plural(more, 'more run')}`, { ...box, y: y + shown.length * ROW - TITLE }, 0, draw);
  const below = y + (shown.length + (more > 0 ? 1 : 0)) * ROW + 8;
  drawOutput(merge, { ...box, y: below }, view.subject.part === 'merge', draw);
  drawBins(view, merge, { ...box, y: below + ROW + 8 }, draw);
}

type Place = Pick<Mark, 'x' | 'y' | 'width'>;

function words(id: string, text: string, { width, x, y }: Place, line: number, draw: Draw): void {
  draw({ id: `words-${id}`, kind: 'words', plane: 'page', x, y: y + TITLE + line * LINE, width, height: LINE, text });
}

function stageWords({ from, isMove, stage, to }: MergeView): string {
  const way = from === to ? `within level ${from}` : `level ${from} → ${to}`;
  if (stage === 'abandoned') return `${way}, given up`;
  if (stage === 'committed' || stage === 'finished') return `${way}, ${isMove ? 'moved' : 'done'}`;
  return way;
}

const isMergeOver = ({ stage }: MergeView): boolean => stage !== 'chosen' && stage !== 'merging';
const countOf = ({ inputs }: MergeView): number => inputs.reduce((sum, { tables }) => sum + tables.length, 0);

function drawInput(merge: MergeView, input: MergeInput, index: number, { width, x, y }: Place, draw: Draw): void {
  const { at, level, tables } = input;
  const table = tables[at]!;
  const isOver = isMergeOver(merge);
  const entry = isOver ? undefined : entryUnder(input);
  draw({
    id: `cursor-${merge.compaction}-${index}`,
    kind: 'cursor',
    plane: 'page',
    family: 'table',
    x,
    y,
    width: NAME,
    height: ROW - 3,
    text: placeName(level, table.table),
    label: `Cursor in table ${table.table} of level ${level}: ${plural(tables.length, 'table')} of this run take part`,
  });
  const box = { x: x + NAME, y, width: width - NAME, height: ROW - 3 };
  if (entry) drawUnder(entry, box, draw);
  else {
    const text = isOver || isAtEnd(input) ? 'read to its end' : 'entries that nobody has told';
    draw({ id: `words-end-${index}`, kind: 'words', plane: 'page', ...box, text: fitted(text, box.width, 5.6) });
  }
}

/** Where the cursor stands; undefined behind the last entry, and where entries are not known. */
export function entryUnder({ at, tables, taken }: MergeInput): EntryView | undefined {
  const here = tables[at]!;
  if (here.entries === undefined) return undefined;
  return here.entries[taken] ?? tables[at + 1]?.entries?.[0];
}

const isAtEnd = ({ at, tables, taken }: MergeInput): boolean =>
  at === tables.length - 1 && taken >= (tables[at]?.count ?? 0);

function drawUnder(entry: EntryView, box: Place & { height: number }, draw: Draw): void {
  const text = `${keyText(entry.key)}${entry.isTombstone ? ' ✕' : ''}`;
  draw({
    id: `under-${entry.id}`,
    kind: 'under',
    plane: 'page',
    family: 'version',
    ...box,
    width: Math.min(box.width, text.length * 6.2 + 58),
    text: fitted(text, box.width - 46, 6.2),
    note: `LSN ${entry.lsn}`,
    isTombstone: entry.isTombstone,
    copyOf: `entry-${entry.id}`,
    keepsSize: true,
    data: { under: keyText(entry.key) },
    label: `The next entry here: ${entryWords(entry, false)}`,
    select: { kind: 'key', keyHex: entry.keyHex },
  });
}

function drawOutput(merge: MergeView, { width, x, y }: Place, isLit: boolean, draw: Draw): void {
  const { kept, lastKept } = merge;
  const box = { x: x + NAME, y, width: width - NAME, height: ROW - 2 };
  draw({
    id: `output-${merge.compaction}`,
    kind: 'output',
    plane: 'page',
    family: 'table',
    state: merge.stage === 'committed' || merge.stage === 'finished' ? 'durable' : 'pending',
    x,
    y,
    width,
    height: ROW - 2,
    text: `${digits(kept)} kept`,
    data: { kept },
    label: `The output: ${plural(kept, 'entry', 'entries')} so far, of ${bytesText(merge.bytes)} to read`,
  });
  if (!lastKept || isMergeOver(merge)) return;
  const text = keyText(lastKept.key);
  draw({
    id: `out-${lastKept.id}`,
    kind: 'out',
    plane: 'page',
    family: 'version',
    ...box,
    x: box.x + 3,
    y: y + 2,
    height: ROW - 6,
    width: Math.min(box.width - 6, text.length * 6.2 + 10),
    text: fitted(text, box.width - 12, 6.2),
    isTombstone: lastKept.isTombstone,
    copyOf: `under-${lastKept.id}`,
    keepsSize: true,
    label: `Went to the output last: ${entryWords(lastKept, false)}`,
    lit: isLit,
  });
}

function drawBins({ subject }: LsmView, merge: MergeView, { width, x, y }: Place, draw: Draw): void {
  const gap = 5;
  const each = (width - 2 * gap) / BINS.length;
  BINS.forEach((bin, i) => {
    const { meaning, name } = BIN_WORDS[bin];
    const left = x + i * (each + gap);
    const count = merge.dropped[bin];
    draw({
      id: `bin-${bin}`,
      kind: 'bin',
      plane: 'page',
      x: left,
      y,
      width: each,
      height: BIN_HEIGHT,
      text: digits(count),
      note: fitted(name, each, 5.5),
      data: { bin, dropped: count },
      label: `Dropped as ${name}: ${digits(count)}. ${meaning}`,
    });
    const last = merge.lastDropped[bin];
    if (!last || isMergeOver(merge)) return;
    draw({
      id: `dropped-${last.id}`,
      kind: 'dropped',
      plane: 'page',
      family: 'version',
      state: 'garbage',
      x: left + each * 0.36,
      y: y + 3,
      width: each * 0.6,
      height: 13,
      text: fitted(keyText(last.key), each * 0.6, 6.2),
      copyOf: `under-${last.id}`,
      keepsSize: true,
      label: `Dropped last here: ${entryWords(last, false)}. ${meaning}`,
      lit: subject.entries.includes(last.id),
    });
  });
}
