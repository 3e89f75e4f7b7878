/** The page in memory, byte by byte: parts without a gap, and who touched a cell last, held to a plain look at every step. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openScript } from '../../../../host/testing/sessions';
import { Timeline } from '../../../../lab/timeline';
import { NOTHING } from '../../../../lab/selection';
import type { TraceRecord } from '../../../../protocol/trace';
import { parseScript } from '../../../../workload/parser';
import { treeFold } from '../fold';
import type { TreeView } from '../model';
import { operationOf, pageByteTouched, touchesOf, type Touch } from './biography';
import { changedParts, partsOf, rowsOf, sameLife } from './page_parts';
import { pagesInSight, showsPageFirst } from './which_page';

const FOLDER = 'src/workload/btree_lessons';
const LESSONS = readdirSync(FOLDER).filter((name) => name.endsWith('.script'));

interface Run {
  readonly records: readonly TraceRecord[];
  readonly timeline: Timeline<TreeView>;
  readonly viewAt: (seq: number) => TreeView;
  readonly recordAt: (seq: number) => TraceRecord | undefined;
}
const runs = new Map<string, Run>();

function runOf(name: string): Run {
  const known = runs.get(name);
  if (known) return known;
  const text = readFileSync(`${FOLDER}/${name}`, 'utf8');
  const session = openScript(text);
  for (const { line, command } of parseScript(text).script.lines) session.execute(command, line);
  const records = session.recorder.records(0);
  const timeline = new Timeline(treeFold);
  timeline.append(records);
  const run = {
    records,
    timeline,
    viewAt: (seq: number) => (seq < 0 ? treeFold.initial() : timeline.viewAt(seq)),
    recordAt: (seq: number) => records[seq],
  };
  runs.set(name, run);
  return run;
}

const placesOf = (view: TreeView): Map<string, string> =>
  new Map(
    [...view.pages].flatMap((page) =>
      page?.state === 'known'
        ? page.body.cells.map(({ at, cellBytes, id }) => [`${page.id} ${id}`, `${at} ${cellBytes}`] as const)
        : [],
    ),
  );

describe.each(LESSONS)('%s', (name) => {
  test('every byte of every page is in one part, at every step', () => {
    const { records, viewAt } = runOf(name);
    for (const { seq } of records) {
      const view = viewAt(seq);
      const pageBytes = view.tree?.pageBytes ?? 0;
      for (const page of view.pages) {
        if (page?.state !== 'known') continue;
        const parts = partsOf(page.body, pageBytes);
        const isWhole =
          parts[0]!.from === 0 &&
          parts.at(-1)!.to === pageBytes &&
          parts.slice(1).every((part, i) => part.from === parts[i]!.to) &&
          page.body.cells.every(({ at, cellBytes, id }) =>
            parts.some((part) => part.id === id && part.from === at && part.to === at + cellBytes),
          ) &&
          parts.reduce((sum, { from, to, what }) => sum + (what === 'dead' ? to - from : 0), 0) === page.body.holeBytes;
        // Comparing is cheaper than telling what differs.
        if (!isWhole) expect(parts, `page ${page.page} at step ${seq + 1}`).toEqual([]);
      }
    }
  });

  test('a cell was touched last at the step from which it lies where it lies', () => {
    const { records, viewAt, recordAt } = runOf(name);
    // By a plain look at every step: since when has each cell been at its place?
    let since = new Map<string, number>();
    let before = placesOf(viewAt(-1));
    for (const { seq } of records) {
      const now = placesOf(viewAt(seq));
      since = new Map([...now].map(([id, place]) => [id, before.get(id) === place ? since.get(id)! : seq]));
      before = now;
    }
    const last = records.length - 1;
    const found = new Map<string, Touch>();
    for (const page of viewAt(last).pages) {
      if (page?.state !== 'known') continue;
      for (const [cell, touch] of touchesOf(page.page, last, viewAt, recordAt)) found.set(`${page.id} ${cell}`, touch);
    }
    expect([...found].map(([id, { seq }]) => [id, seq])).toEqual(
      expect.arrayContaining([...found.keys()].map((id) => [id, since.get(id)])),
    );
    expect(found.size).toBe(before.size);
  });
});

describe('a split', () => {
  const { records, viewAt } = runOf('00_a_leaf_splits.script');
  const split = records.find(({ event }) => event.kind === 'btree.leaf_split')!;
  const [before, after] = [viewAt(split.seq - 1), viewAt(split.seq)];

  test('is shown on the page in memory: its pages, and the bytes it changed', () => {
    expect(showsPageFirst(split.event, NOTHING, after)).toBe(true);
    expect(pagesInSight(NOTHING, after)).toEqual([1, 2]);
    const page = after.pages.get(1)!;
    const old = sameLife(page, before)!.body;
    expect(rowsOf(old, page.body).map(({ change, text }) => [text, change])).toEqual([
      ['ash', 'none'],
      ['elm', 'none'],
      ['oak', 'gone'],
      ['yew', 'gone'],
    ]);
    expect([...changedParts(old, page.body, 256)].sort()).toEqual(['header', 'slots']);
  });

  test('a step that touches nothing of a page outlines nothing', () => {
    const later = viewAt(split.seq + 1);
    const page = later.pages.get(1)!;
    expect(changedParts(sameLife(page, after)!.body, page.body, 256).size).toBe(0);
  });
});

describe('bytes of a file', () => {
  const { records, recordAt, viewAt } = runOf('09_checkpoint_copy_on_write.script');
  const last = records.length - 1;
  const now = viewAt(last);
  const writesOf = (page: number): TraceRecord[] =>
    records.filter(({ event }) => event.kind === 'btree.page_written' && event.page === page);
  const touchedIn = (record: TraceRecord, inPage: number) => {
    const { event } = record;
    if (event.kind !== 'btree.page_written') throw new Error('a page was written');
    const offset = (event.extent >> 1) * now.extentBytes + inPage;
    const file = event.extent % 2 === 0 ? 'data_0' : 'data_1';
    const write = records.findLast(
      ({ event: one, seq }) => seq < record.seq && one.kind === 'storage.file_written' && one.file === file,
    )!.seq;
    const slice = (from: number, to: number) => records.slice(from, to + 1);
    return pageByteTouched({ file, offset, write, now: viewAt(record.seq), viewAt, recordAt, records: slice });
  };

  test('a cell that a checkpoint wrote to a new place was touched by the put, not by the checkpoint', () => {
    const [first, second] = writesOf(1);
    // ash lies at the end of the page, and lay there when the page was elsewhere.
    for (const write of [first!, second!]) {
      const touched = touchedIn(write, 250)!;
      expect(touched.words).toMatch(/^cell ash of page 1: LSN 1, put ash and 4 more, inserted$/);
      expect(records[touched.seq!]!.event).toMatchObject({ kind: 'btree.cell_inserted' });
    }
    expect(touchedIn(second!, 20)!.words).toContain('header of page 1, changed last by LSN 2, put bay');
  });

  test('an operation is told as it was asked for', () => {
    expect(operationOf(2, records)).toBe('put bay');
    expect(operationOf(99, records)).toBeUndefined();
  });
});
