/** Elements and paint look the same: in a conflict, in a read that is looked at, in a vacuum. See same_layers.ts. */
import { afterEach, beforeAll, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { between } from '../../marks/scene';
import { Stage } from '../../session.svelte';
import { connectInPage } from '../../testing/host_in_page';
import { expectSame, HEIGHT, WIDTH } from '../../testing/same_layers';
import { ROOMS } from '../rooms';
import type { TraceRoom } from '../trace_room';
import { layoutMvcc } from './layout';
import type { MvccView } from './model';
import { shapesOf } from './shapes';
import './shapes.css';

const VERSIONS = { name: 'mvcc', shapesOf };

const clean: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of clean.splice(0)) await one();
  delete document.documentElement.dataset['theme'];
});
beforeAll(() => page.viewport(WIDTH, HEIGHT));

const LINES = [
  'store log 16k extent 512 align 512 versions',
  ...['put apple one', 'put pear one', 'put plum one', 'flush', 'begin anna serializable', 'begin ben serializable'],
  ...['get apple in anna', 'get pear in ben', 'put pear two in anna', 'put apple two in ben', 'commit anna', 'flush'],
  ...[
    'commit ben',
    'begin cora',
    'begin dora',
    'put plum two in cora',
    'put plum three in dora',
    'commit cora',
    'flush',
  ],
  ...[
    'commit dora',
    'delete pear',
    'flush',
    'snapshot monday',
    'begin emil',
    'scan in emil',
    'put apple four',
    'flush',
  ],
  ...['vacuum', 'commit emil'],
];

test.each(['light', 'dark'])('elements and paint of versions in the %s theme', async (theme) => {
  document.documentElement.dataset['theme'] = theme;
  const connection = connectInPage();
  clean.push(() => connection.terminate());
  const room = await ROOMS.find(({ id }) => id === 'mvcc')!.load();
  const stage = new Stage(room as TraceRoom<unknown>, connection);
  await stage.open({ store: 'by_script', script: LINES.join('\n') }, 'test');
  await stage.run(LINES.slice(1).join('\n'), 'script');
  const stepOf = (kind: string): number => {
    for (let seq = stage.lastSeq; seq > 0; seq--)
      if (stage.active!.timeline.record(seq)?.event.kind === kind) return seq;
    return expect.fail(`no ${kind} in this run`);
  };
  const moments: readonly (readonly [string, number, number | undefined])[] = [
    ['mvcc.danger_found', 1, undefined],
    ['mvcc.conflict_found', 0.5, undefined],
    ['mvcc.version_passed', 1, undefined],
    ['mvcc.version_collected', 0.4, 3],
  ];
  for (const [kind, fraction, asOf] of moments) {
    stage.scrub(stepOf(kind) + fraction);
    const options = { width: WIDTH, height: HEIGHT, asOf };
    const [from, to] = [stage.before, stage.after].map((view) => layoutMvcc(view as MvccView, options));
    await expectSame(VERSIONS, between(from!, to!, stage.fraction));
  }
});
