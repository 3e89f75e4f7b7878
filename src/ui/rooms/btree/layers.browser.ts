/** Elements and paint look the same: runs over a small tree and a large one, at steps and between them. See same_layers.ts. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { between } from '../../marks/scene';
import { Stage } from '../../session.svelte';
import { connectInPage } from '../../testing/host_in_page';
import { expectSame, HEIGHT, WIDTH } from '../../testing/same_layers';
import { ROOMS } from '../rooms';
import type { TraceRoom } from '../trace_room';
import { layoutTree } from './layout';
import type { TreeView } from './model';
import { shapesOf } from './shapes';
import './shapes.css';

const TREE = { name: 'btree', shapesOf };

const clean: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of clean.splice(0)) await one();
  delete document.documentElement.dataset['theme'];
});
beforeAll(() => page.viewport(WIDTH, HEIGHT));

const SMALL = [
  'store log 32k btree page 256 pool 2k',
  ...Array.from({ length: 24 }, (_, i) => `put k${(i * 7) % 24} @${20 + i}`),
  'flush',
  'checkpoint',
  ...Array.from({ length: 12 }, (_, i) => `delete k${i * 2}`),
  'put long @400',
  'flush',
];
/** Most leaves are bars. */
const LARGE = ['store log 1m btree page 512 pool 64k', 'load shuffled rows 4000 batch 500', 'checkpoint'];

describe.each(['light', 'dark'])('elements and paint of a tree in the %s theme', (theme) => {
  test.each([
    ['a small one', SMALL, [0.21, 0.803]],
    ['a large one', LARGE, [0.5]],
  ])('%s', async (_, lines, shares) => {
    document.documentElement.dataset['theme'] = theme;
    const connection = connectInPage();
    clean.push(() => connection.terminate());
    const room = await ROOMS.find(({ id }) => id === 'btree')!.load();
    const stage = new Stage(room as TraceRoom<unknown>, connection);
    const script = lines.join('\n');
    await stage.open({ store: 'by_script', script }, 'test');
    await stage.run(lines.slice(1).join('\n'), 'script');
    expect(stage.lastSeq).toBeGreaterThan(200);
    for (const share of shares) {
      stage.scrub(stage.firstSeq + share * (stage.lastSeq + 1 - stage.firstSeq));
      const options = { width: WIDTH, height: HEIGHT };
      const [from, to] = [stage.before, stage.after].map((view) => layoutTree(view as TreeView, options));
      await expectSame(TREE, between(from!, to!, stage.fraction));
    }
  });
});
