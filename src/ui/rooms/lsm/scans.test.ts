/** A scan in the picture: one cursor in each place that has rows, in the block that the engine took, and gone with the next command. */
import { describe, expect, it } from 'vitest';
import { decodeText } from '../../../base/bytes';
import type { LsmEvent } from '../../../lsm';
import { layoutLsm } from './layout';
import type { LsmView } from './model';
import type { Told } from '../testing/held_run';
import { LabRun } from './testing/lab_run';

/** One run of level 1, two of level 0, and a memtable. */
const TREE = `store log 16k extent 512 lsm memtable 512 block 128 table 512 ratio 2 l0 4
batch put ash @30 ; put elm @30 ; put fig @30 ; put oak @30 ; put yew @30 ; put zed @30
flush
compact
batch put cob @30 ; put elm pine
flush
checkpoint
delete oak
flush
checkpoint
put bay @30
flush`;
const SIZE = { width: 1010, height: 500 };

const run = LabRun.of(
  `${TREE}\nscan\nscan bay fig reverse\nscan zoo\nscan\nscan - zoo reverse\nput kiwi @9\nflush\nget kiwi`,
);
const scans = run.told.filter(
  ({ record }) => record.event.kind === 'host.command_finished' && record.event.result.kind === 'entries',
);
const textOf = (key: Uint8Array | undefined): string => decodeText(key!) ?? '';

describe('a scan', () => {
  it('has a cursor in the memtable and in each run, and has handed out what the engine did', () => {
    const { scan } = scans[0]!.view;
    expect(scan!.cursors.map(({ level }) => level).sort()).toEqual([-1, 0, 0, 1]);
    expect(scan!.handed!.rows).toBe(7);
    expect(scan!.handed!.keys!.map(textOf)).toEqual(['ash', 'zed']);
    // Every block that was read was read for one of them.
    const first = run.told.indexOf(scans[0]!);
    const taken = run.told
      .slice(0, first)
      .slice(run.told.findLastIndex((one, i) => i < first && one.record.event.kind === 'lsm.reader_started'))
      .filter(({ record }) => record.event.kind === 'lsm.block_read').length;
    expect(taken).toBeGreaterThan(2);
    expect(scan!.cursors.reduce((sum, { cached, read }) => sum + cached + read, 0)).toBe(taken);
  });

  it('each cursor is in the block that was read last, whose keys are known from when it was built', () => {
    const blocks = run.told.filter(
      ({ record, view }) =>
        view.scan !== undefined && record.event.kind === 'lsm.block_read' && record.event.block === 'data',
    );
    expect(blocks.length).toBeGreaterThan(4);
    for (const { record, view } of blocks) {
      const { at, table } = record.event as Extract<LsmEvent, { kind: 'lsm.block_read' }>;
      const known = view.levels
        .flat()
        .flatMap(({ tables }) => tables)
        .find((one) => one.table === table)!;
      const block = known.blocks.find((one) => one.at === at)!;
      const { from, to } = view.scan!;
      const isAsked = (key: Uint8Array): boolean =>
        (!from || textOf(key) >= textOf(from)) && (!to || textOf(key) < textOf(to));
      const end = known.entries!.findIndex(({ key }) => textOf(key) === textOf(block.largest)) + 1;
      const inBlock = known.entries!.slice(end - block.entries!, end).filter(({ key }) => isAsked(key));
      const cursor = view.scan!.cursors.find((one) => one.at === known.id)!;
      expect([textOf(cursor.smallest), textOf(cursor.largest)]).toEqual([
        textOf(inBlock[0]!.key),
        textOf(inBlock.at(-1)!.key),
      ]);
    }
  });

  it('the next key to go out is due at one of its cursors, and what has gone out at none', () => {
    const keys = ['ash', 'bay', 'cob', 'elm', 'fig', 'oak', 'yew', 'zed'];
    const passed: string[] = [];
    for (const { record, view } of run.told) {
      const { scan } = view;
      if (scan?.passed === undefined || scan.handed || record.event.kind !== 'lsm.block_read') continue;
      const { isReverse } = scan;
      passed.push(textOf(scan.passed));
      const left = isReverse
        ? keys.slice(1, keys.indexOf(textOf(scan.passed)))
        : keys.slice(keys.indexOf(textOf(scan.passed)) + 1);
      const due = scan.cursors.flatMap(({ largest, smallest }) =>
        smallest && largest ? [textOf(smallest), textOf(largest)] : [],
      );
      due.sort();
      expect([textOf(scan.passed), isReverse ? due.at(-1) : due[0]]).toEqual([
        textOf(scan.passed),
        isReverse ? left.at(-1) : left[0],
      ]);
    }
    // The last key of the block that was left: going up, and in the end going down.
    expect(passed).toEqual(['oak', 'oak', 'yew']);
  });

  it('its cursors are drawn in their rows, and the heap beside them begins with the key that is due', () => {
    const marksOf = ({ view }: Told<LsmView>) => [...layoutLsm(view, SIZE).marks.values()];
    const lane = (view: LsmView, id: string) => layoutLsm(view, SIZE).marks.get(id)!;
    const [all, reverse, nothing] = scans;
    const chips = marksOf(all!).filter(({ variant }) => variant === 'scan');
    expect(chips.length).toBe(4);
    for (const { data, y } of chips) {
      const at = String(data!['cursor']);
      const home = lane(all!.view, at.startsWith('m') ? `memtable-${at.slice(1)}` : `table-${at}`);
      expect(y >= home.y && y < home.y + home.height, at).toBe(true);
    }
    const heap = (told: Told<LsmView>): string[] =>
      marksOf(told).flatMap(({ id, text = '' }) => (/^words-scan--?\d/.test(id) ? [text] : []));
    const opened = run.told.findLast(
      ({ view }) => view.scan?.cursors.length === 4 && !view.scan.passed && !view.scan.isReverse,
    )!;
    expect(heap(opened).map((words) => words.split(' ')[0])).toEqual(['ash', 'bay', 'cob', 'oak']);
    expect(heap(all!)).toEqual(Array.from({ length: 4 }, () => 'nothing left'));
    expect(lane(reverse!.view, 'scan').data).toEqual({ from: 'bay', to: 'elm' });
    expect(lane(reverse!.view, 'title-scan').text).toContain('from the end');
    expect(layoutLsm(nothing!.view, SIZE).marks.has('scan'), 'a scan of nothing has no band').toBe(false);
  });

  it('is looked at until something else happens, and blocks of other reads are not its own', () => {
    const after = run.told
      .slice(run.told.indexOf(scans.at(-1)!) + 1)
      .filter(({ record }) => record.event.kind !== 'host.narrated');
    expect(after.length).toBeGreaterThan(5);
    for (const { record, view } of after.slice(1)) expect(view.scan, record.event.kind).toBeUndefined();
  });
});
