/** Elements and paint look the same: in a merge, in a lookup, among keys and ages. See same_layers.ts. */
import { afterEach, beforeAll, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { between } from '../../marks/scene';
import { Stage } from '../../session.svelte';
import { connectInPage } from '../../testing/host_in_page';
import { expectSame, HEIGHT, WIDTH } from '../../testing/same_layers';
import { ROOMS } from '../rooms';
import type { TraceRoom } from '../trace_room';
import { layoutLsm, type PictureView } from './layout';
import type { LsmView } from './model';
import { shapesOf } from './shapes';
import './shapes.css';

const TREE = { name: 'lsm', shapesOf };

const clean: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of clean.splice(0)) await one();
  delete document.documentElement.dataset['theme'];
});
beforeAll(() => page.viewport(WIDTH, HEIGHT));

const LINES = ['store log 16k extent 1k align 512 lsm memtable 500 table 700 block 256 ratio 3 l0 2'];
for (let round = 0; round < 4; round++) {
  for (let key = 0; key < 6; key++) LINES.push(`put k${(key * 5 + round * 3) % 20} @${20 + round}`);
  LINES.push(`delete k${round * 3}`, 'flush', 'checkpoint', 'step 4k', `get k${round * 2}`);
}

test.each(['light', 'dark'])('elements and paint of an LSM tree in the %s theme', async (theme) => {
  document.documentElement.dataset['theme'] = theme;
  const connection = connectInPage();
  clean.push(() => connection.terminate());
  const room = await ROOMS.find(({ id }) => id === 'lsm')!.load();
  const stage = new Stage(room as TraceRoom<unknown>, connection);
  await stage.open({ store: 'by_script', script: LINES.join('\n') }, 'test');
  await stage.run(LINES.slice(1).join('\n'), 'script');
  const stepOf = (kind: string): number => {
    for (let seq = stage.lastSeq; seq > 0; seq--)
      if (stage.active!.timeline.record(seq)?.event.kind === kind) return seq;
    return expect.fail(`no ${kind} in this run`);
  };
  const moments: readonly (readonly [string, number, PictureView])[] = [
    ['lsm.entry_merged', 0.5, 'levels'],
    ['lsm.table_probed', 1, 'levels'],
    ['lsm.version_edited', 0.7, 'plane'],
  ];
  for (const [kind, fraction, picture] of moments) {
    stage.scrub(stepOf(kind) + fraction);
    const options = { width: WIDTH, height: HEIGHT, picture };
    const [from, to] = [stage.before, stage.after].map((view) => layoutLsm(view as LsmView, options));
    await expectSame(TREE, between(from!, to!, stage.fraction));
  }
});
