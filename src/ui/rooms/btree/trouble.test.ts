/** What the picture and its words say of damage, of crashes inside a checkpoint, of a rebuild, and of pins. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PageId } from '../../../base/ids';
import { encodeText } from '../../../base/bytes';
import { clockOf, clockWords } from './clock';
import { damageWords, heldBy, heldWords, isDamaged } from './damage';
import type { TreeView } from './model';
import { LabRun } from './testing/lab_run';

const LESSONS = 'src/workload/btree_lessons';
const SETTINGS = 'store log 32k btree page 256 pool 8k\nseed 22';
const WORDS = ['ash', 'bay', 'elm', 'fig', 'fir', 'ivy', 'oak', 'pea', 'rue', 'yew'];
const FILL = `batch ${WORDS.map((word) => `put ${word} @40`).join(' ; ')}\nflush\ncheckpoint`;

const leafOf = (view: TreeView, word: string): PageId => {
  const key = encodeText(word).join();
  for (const page of view.pages)
    if (page?.body.kind === 'leaf' && page.body.cells.some((cell) => cell.key.join() === key)) return page.page;
  throw new Error(`${word} is in no leaf`);
};
const damaged = (view: TreeView): number[] =>
  [...view.pages].flatMap((page) => (page && isDamaged(page, view) ? [page.page] : []));
/** Where a byte of a page lies: the first file has the even extents. */
const placeOf = (view: TreeView, page: PageId, byte: number): { file: 'data_0' | 'data_1'; at: number } => {
  const { at, file } = view.extents.get(view.pages.get(page)!.extent!)!;
  return { file, at: at + byte };
};

it.each(readdirSync(LESSONS).filter((name) => name.endsWith('.script')))(
  'V1, V2 over the lesson %s, with a sentence for every step of the tree',
  (name) => {
    const run = LabRun.of(readFileSync(`${LESSONS}/${name}`, 'utf8'));
    expect(run.compared).toBeGreaterThan(10);
    const silent = run.told.filter(({ record, sentence }) => record.event.kind.startsWith('btree.') && sentence === '');
    expect([...new Set(silent.map(({ record }) => record.event.kind))]).toEqual([]);
  },
);

describe('a damaged leaf', () => {
  /** A store whose second leaf was spoiled while nobody had it open: no event tells. */
  function spoiled(): { run: LabRun; page: PageId } {
    const before = new LabRun(SETTINGS).do(FILL).do('close');
    const page = leafOf(before.view, 'ivy');
    const { at, file } = placeOf(before.view, page, 100);
    const images = before.session.device.images();
    images[file][at]! ^= 4;
    return { run: new LabRun(SETTINGS, { images }, { isHeld: false }), page };
  }

  it('is known once a reader runs into it, with the keys that it takes; others are read and written', () => {
    const { page, run } = spoiled();
    expect(damaged(run.view)).toEqual([]);
    run.do('get ash');
    expect(damaged(run.view)).toEqual([]);
    run.do('get ivy');
    expect(damaged(run.view)).toEqual([page]);
    expect(heldWords(run.view, page)).toBe('keys from fir up to r, not included');
    expect(run.last('btree.damage_found').sentence).toContain('keys from fir up to r');
    run.do('put oak new').do('put zoe new').do('flush').do('get zoe').do('checkpoint');
    expect(run.seen.get('page_damaged')).toBe(2);
    expect([damaged(run.view), run.seen.get('value')]).toEqual([[page], 2]);
  });

  it('is found by a scrub before any reader, which names the same keys as the tree does', () => {
    const { page, run } = spoiled();
    run.do('check');
    expect(run.seen.get('page_damaged')).toBeUndefined();
    expect(damaged(run.view)).toEqual([page]);
    const scrub = run.told.findLast(({ record }) => record.event.kind === 'btree.tree_scrubbed')!.record.event;
    const [range] = scrub.kind === 'btree.tree_scrubbed' ? scrub.damaged : [];
    expect(heldBy(run.view, page)).toEqual({ kind: 'keys', bounds: range!.holds });
    expect(run.last('btree.tree_scrubbed').sentence).toContain(`page ${page} is damaged (keys from fir up to r`);
  });

  it('is whole again when it is read whole: the device was at fault, not the page', () => {
    const run = new LabRun(SETTINGS, {}, { isHeld: false }).do(FILL).do('reopen').do('get ash');
    run.do('fail read 1 zeros').do('fail read 2 zeros').do('get ivy');
    expect(run.seen.get('btree.damage_found')).toBe(1);
    const { extent } = run.view.pages.get(leafOf(run.view, 'ivy'))!;
    const words = (): string => damageWords(run.view.extents.get(extent!)!);
    expect([damaged(run.view), words()]).toEqual([[leafOf(run.view, 'ivy')], expect.stringContaining('found damaged')]);
    run.do('get ivy');
    expect([damaged(run.view), words()]).toEqual([[], '']);
  });
});

describe('a flipped bit', () => {
  it('spoils the page that it is in, until it is flipped back, and nothing where no page is', () => {
    const run = new LabRun(SETTINGS).do(FILL).do('close');
    const page = leafOf(run.view, 'ivy');
    const inside = placeOf(run.view, page, 100);
    const behind = placeOf(run.view, page, 300);
    run.do('reopen').do(`flip ${behind.file} ${behind.at}`);
    expect([damaged(run.view), run.last('host.byte_flipped').sentence]).toEqual([
      [],
      expect.stringContaining('nothing lies'),
    ]);
    run.do(`flip ${inside.file} ${inside.at} 3`);
    expect([damaged(run.view), run.last('host.byte_flipped').sentence]).toEqual([
      [page],
      expect.stringContaining('nobody has noticed yet'),
    ]);
    run.do(`flip ${inside.file} ${inside.at} 3`).do('get ivy');
    expect([damaged(run.view), run.seen.get('value')]).toEqual([[], 1]);
  });

  it('under a page that is in memory is nobody’s concern before the page is asked for again', () => {
    const run = new LabRun(SETTINGS).do(FILL);
    const page = leafOf(run.view, 'ivy');
    const { at, file } = placeOf(run.view, page, 100);
    run.do(`flip ${file} ${at}`).do('get ivy');
    expect([damaged(run.view), run.seen.get('value')]).toEqual([[], 1]);
    expect(run.last('host.byte_flipped').sentence).toContain('a scrub would');
  });
});

describe('a crash inside a checkpoint', () => {
  const TREES = ['copy_on_write', 'double_write', 'none'] as const;
  it.each(TREES)('leaves in the picture the tree that the next opening finds, at whichever I/O: %s', (protection) => {
    const settings = `store log 32k btree page 256 protection ${protection} pool 8k\nseed 22`;
    const change = 'put new @40\ndelete ash\nflush';
    const whole = new LabRun(settings).do(FILL).do(change);
    const from = whole.session.gate.ios;
    const until = whole.do('checkpoint').session.gate.ios;
    expect(until - from).toBeGreaterThan(6);
    for (let io = from + 1; io <= until; io++) {
      const run = new LabRun(settings).do(FILL).do(change).do(`crash at ${io}`).do('checkpoint');
      const down = treeInFiles(run.view);
      run.do('reopen');
      const found = run.told.findLast(({ record }) => record.event.kind === 'btree.map_loaded')!.view;
      expect([io, treeInFiles(found)]).toEqual([io, down]);
    }
  });
  const treeInFiles = ({ height, pages, root }: TreeView): unknown => ({
    root,
    height,
    pages: [...pages].map((page) => page && [page.page, page.extent, page.body.lsn]),
  });
});

it('extents of a call that failed behind others are given back', () => {
  const run = new LabRun(SETTINGS).do(FILL);
  // Its pages lie apart: one write each.
  run.do('put elm new').do('put rue new').do('flush').do('fail write 2 of data_0').do('checkpoint');
  expect(run.seen.get('store.checkpoint_abandoned') ?? 0).toBe(1);
});

describe('the pool', () => {
  it('shows what a split holds pinned, and why the clock passes it by', () => {
    const run = new LabRun(SETTINGS).do(FILL).do('put fog @40').do('flush');
    const at = run.told.findLast(({ record }) => record.event.kind === 'btree.leaf_split')!.view;
    const held = [...at.frames].flatMap((frame, index) => (frame && frame.pins > 0 ? [index] : []));
    expect(held).toHaveLength(2);
    for (const index of held) expect(clockWords(at, index)).toContain('pinned');
    expect([...run.view.frames].every((frame) => frame === undefined || frame.pins === 0)).toBe(true);
  });

  it('says of every frame of a full pool what the hand would do', () => {
    const keys = Array.from({ length: 150 }, (_, key) => `put k${String(key).padStart(3, '0')} @40`);
    const run = new LabRun(SETTINGS.replace('pool 8k', 'pool 1k'));
    for (let from = 0; from < keys.length; from += 30)
      run.do(`batch ${keys.slice(from, from + 30).join(' ; ')}\nflush`);
    const { next, verdicts } = clockOf(run.view);
    expect(next).toBe(run.session.store.describe().tree!.pool.nextVictim);
    const words = Array.from({ length: run.view.capacity }, (_, index) => clockWords(run.view, index));
    expect(words.filter((word) => word.startsWith('leaves next'))).toHaveLength(1);
    expect(words.filter((word) => word.startsWith('used since'))).toHaveLength(
      [...verdicts.values()].filter((verdict) => verdict === 'spared').length,
    );
  });
});
