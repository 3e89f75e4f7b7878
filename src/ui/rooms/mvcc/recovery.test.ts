/** While a store is opened again its picture, its legend and its sessions say the same: what recovery has found so far. */
import { describe, expect, it } from 'vitest';
import { mvccFold } from './fold';
import { bytesOf } from './garbage';
import { layoutMvcc } from './layout';
import type { MvccView } from './model';
import { readoutsOf } from './readouts';
import { LabRun } from './testing/lab_run';
import { stepText } from './words';

const HEADS = {
  map: 'store log 16k extent 512 align 512 versions',
  'B-tree': 'store log 16k extent 512 align 512 btree page 512 versions',
  'LSM tree': 'store log 16k extent 512 align 512 lsm memtable 512 block 256 table 1k versions',
} as const;
const LINES = [
  ...['put apple red', 'put pear green', 'flush', 'checkpoint', 'begin open', 'put apple never in open'],
  ...['put apple brown', 'put plum blue', 'flush', 'crash', 'reopen', 'get apple'],
];

it('an opening that is refused is told as that, and not as one that goes on', () => {
  const run = LabRun.of(
    [HEADS.map, 'put apple red', 'flush', 'checkpoint', 'close', 'flip data_0 20', 'reopen'].join('\n'),
  );
  const last = run.view.steps.last()!;
  expect([run.view.state, last.kind, stepText(last)]).toEqual(['down', 'not_opened', 'refused']);
});

describe.each(Object.entries(HEADS))('a recovery over the %s', (_, head) => {
  const run = LabRun.of([head, ...LINES].join('\n'));
  const began = run.told.findIndex(({ view }) => view.state === 'down');
  const ended = run.told.findIndex(({ record }, i) => i > began && record.event.kind === 'store.recovered');
  /** As after a worker was killed: a session of its own, that has seen nothing before. */
  const afresh: MvccView[] = [];
  let view = mvccFold.initial();
  for (const { record } of run.told.slice(began)) afresh.push((view = mvccFold.apply(view, record)));

  it('in a worker of its own shows the values and versions of the run that crashed', () => {
    const { afterCrash } = mvccFold;
    let heir = afterCrash!(run.told[began - 1]!.view);
    const heirs = [heir];
    for (const { record } of run.told.slice(began + 1)) heirs.push((heir = mvccFold.apply(heir, record)));
    const inShort = ({ chains }: MvccView) =>
      chains.map(({ keyHex, versions }) => [keyHex, versions.map(({ id, lsn, text }) => [id, lsn, text])]);
    expect(inShort(heir)).toEqual(inShort(run.view));
    expect(heir.chains.flatMap(({ versions }) => versions.map(({ text }) => text))).not.toContain(undefined);
    expect(heir.isPartial).toBe(false);
    expect([...heir.steps].findLast(({ kind }) => kind === 'read')?.text).toBe('brown');
    // Nothing leads to a step of the other run.
    const replayed = heir.chains.flatMap(({ versions }) => versions).filter(({ seq }) => seq >= 0);
    for (const { seq } of replayed) expect(seq).toBeGreaterThan(run.told[began]!.record.seq);
    for (const one of heirs) expect(one.samples.last(), `step ${one.seq}`).toEqual(bytesOf(one));
  });

  it('has no snapshots and no read as of now while nothing runs', () => {
    const numbers = (one: MvccView) =>
      readoutsOf(one).flatMap(({ note, text }) => (note === 'published' || note === 'watermark' ? [text] : []));
    expect(numbers(run.told[began]!.view)).toEqual(['–', '–']);
    expect(numbers(run.told[ended]!.view)).toEqual(['4', '4']);
  });

  it('is a moment of its own, with what was found so far under it', () => {
    let found = 0;
    for (const one of [...run.told.slice(began).map((told) => told.view), ...afresh.slice(1)]) {
      if (!one.hasVersions) continue;
      expect(one.clock.moment, `step ${one.seq}`).toBeGreaterThanOrEqual(0);
      expect(one.samples.last(), `step ${one.seq}`).toEqual(bytesOf(one));
      const { marks } = layoutMvcc(one, { width: 1010, height: 430 });
      expect(marks.has('lanes-none'), `step ${one.seq}: nobody, and yet there are versions`).toBe(false);
      const { garbage, held, live } = bytesOf(one);
      const legend = ['live', 'held', 'garbage'].map((part) => marks.get(`swatch-${part}`)!.data!['size']);
      expect(legend).toEqual([live, held, garbage]);
      found = Math.max(found, live);
    }
    expect(found).toBeGreaterThan(0);
    const steps = [...run.told[ended]!.view.steps].filter(({ kind }) => kind === 'crash' || kind === 'open');
    expect(steps.map(({ kind, lsn }) => [kind, lsn])).toEqual([
      ['crash', undefined],
      ['open', run.told[ended]!.view.publishedLsn],
    ]);
  });

  it('draws what it reads from the log as handed over, since nobody has flushed it yet in this life', () => {
    const statesOf = (one: MvccView): Set<string | undefined> => {
      const marks = [...layoutMvcc(one, { width: 1010, height: 430 }).marks.values()];
      return new Set(marks.flatMap(({ kind, state }) => (kind === 'version' && state !== 'garbage' ? [state] : [])));
    };
    const replayed = run.told.filter(({ record }) => record.event.kind === 'store.commit_replayed');
    expect(replayed.length).toBeGreaterThan(1);
    for (const one of replayed) expect(statesOf(one.view).has('memory'), `step ${one.view.seq}`).toBe(false);
    expect(statesOf(replayed.at(-1)!.view)).toContain('handed');
    expect(statesOf(run.told[ended]!.view)).toEqual(new Set(['durable']));
  });
});
