/** The worker as the page has it: real files, a real end of the worker, a real successor. */
import { wrap, transfer, type Remote } from 'comlink';
import { afterEach, describe, expect, it } from 'vitest';
import { decodeText } from '../src/base/bytes';
import type { LoadNote, LoadSpec } from '../src/protocol/drill';
import type { OverTheWire, Reply } from '../src/protocol/failure';
import type { LabApi } from '../src/protocol/lab_api';
import { PROTOCOL_VERSION } from '../src/protocol/trace';

type Wire = Remote<OverTheWire<LabApi>>;

const started: Worker[] = [];
afterEach(() => {
  for (const worker of started.splice(0)) worker.terminate();
});

function start(name = 'lab'): { worker: Worker; api: Wire } {
  const worker = new Worker(new URL('./lab.worker.ts', import.meta.url), { type: 'module', name });
  started.push(worker);
  return { worker, api: wrap<OverTheWire<LabApi>>(worker) };
}

async function value<T>(reply: Promise<Reply<T>>): Promise<T> {
  const answer = await reply;
  if (answer.ok) return answer.value;
  throw new Error(`${answer.failure.code}: ${answer.failure.message}`);
}

async function keys(api: Wire, session: number): Promise<(string | undefined)[]> {
  return (await value(api.rows(session, { limit: 1000 }))).rows.map(({ key }) => decodeText(key));
}

async function emptyLearner(api: Wire): Promise<number> {
  const { session } = await value(api.openSession({ store: 'learner' }));
  const { token } = await value(api.planReset(session));
  return (await value(api.resetStore(session, token))).session;
}

describe('a lab worker', () => {
  it('keeps the learner’s store in real files, and its successor finds them', async () => {
    const first = start();
    expect(await value(first.api.hello(PROTOCOL_VERSION))).toMatchObject({ storage: 'opfs' });
    const session = await emptyLearner(first.api);
    const report = await value(first.api.run(session, 'put a 1\nput b 2\nflush'));
    expect(report.commands.map(({ result }) => result.kind)).toEqual(['submitted', 'submitted', 'flushed']);
    await value(first.api.close());

    const second = start();
    const info = await value(second.api.openSession({ store: 'learner' }));
    expect(info).toMatchObject({ truth: 'real engine, real bytes', recovery: { formatted: false, end: 'end_clean' } });
    expect(await keys(second.api, info.session)).toEqual(['a', 'b']);
  });

  it('flushes a lone commit without being asked', async () => {
    const { api } = start();
    const session = await emptyLearner(api);
    await value(api.run(session, 'put a 1', 'hand'));
    const { stats } = await value(api.describe(session));
    expect(stats).toMatchObject({ durableLsn: 1 });
  });

  it('that is terminated without warning leaves its store to the next one, which waits for the files', async () => {
    const first = start();
    const session = await emptyLearner(first.api);
    await value(first.api.run(session, 'put a 1\nflush\nput b 2 relaxed\nwrite'));
    first.worker.terminate();
    const second = start();
    const info = await value(second.api.openSession({ store: 'learner' }));
    expect(await keys(second.api, info.session)).toEqual(['a', 'b']);
  });

  it('says that another worker has the store, and takes it over', async () => {
    const first = start();
    await emptyLearner(first.api);
    const second = start('other');
    expect(await second.api.openSession({ store: 'learner' })).toMatchObject({
      ok: false,
      failure: { code: 'storage_in_use' },
    });
    expect(await value(second.api.hello(PROTOCOL_VERSION))).toMatchObject({ owner: 'other' });
    expect(await value(second.api.takeOver())).toMatchObject({ owner: 'this' });
  });

  it('sends failures as plain values', async () => {
    const { api } = start();
    expect(await api.hello(99)).toMatchObject({ ok: false, failure: { code: 'protocol_version' } });
    expect(await api.run(77, 'flush')).toMatchObject({ ok: false, failure: { code: 'session_unknown' } });
  });
});

describe('a drill with real workers', () => {
  it('kills one at an I/O, and the next finds every acknowledged commit', async () => {
    const lab = start();
    const { session, io } = await value(lab.api.openSession({ store: 'scratch', seed: 7 }));
    await value(lab.api.run(session, 'put a 1\nflush\nput b 2\nflush\nput c @700\nflush'));
    for (const [stop, prefix, expected] of [
      [io + 3, 60, ['a']],
      [io + 4, undefined, ['a', 'b']],
    ] as const) {
      const plan = await value(lab.api.planDrill(session, { io: stop }, prefix));
      const doomed = start('doomed');
      const { port1, port2 } = new MessageChannel();
      const heard: number[] = [];
      port1.onmessage = ({ data }) => heard.push((data as { lsn: number }).lsn);
      const report = await value(doomed.api.runToStop(plan, transfer(port2, [port2]) as never));
      expect(report).toMatchObject({ stopped: true, io: stop });
      doomed.worker.terminate();
      const heir = start('heir');
      const { session: reopened, verdict } = await value(heir.api.reopenAfterStop(plan, report, heard));
      expect(verdict).toMatchObject({ letter: 'A', acknowledged: 1, acknowledgedKept: 1 });
      expect(await keys(heir.api, reopened.session)).toEqual(expected);
      heir.worker.terminate();
    }
  });

  it('kills one at random under load, and the page’s list is the judge’s', async () => {
    const victim = start('loaded');
    const info = await value(victim.api.openSession({ store: 'scratch', grouping: 'hop', traced: false }));
    const spec: LoadSpec = {
      seed: 5,
      keys: 'random',
      keySpace: 500,
      valueBytes: 100,
      batch: 2,
      clients: 8,
      relaxedEvery: 0,
      commits: 0,
    };
    const { port1, port2 } = new MessageChannel();
    const acknowledged: number[] = [];
    let last: LoadNote | undefined;
    port1.onmessage = ({ data }) => acknowledged.push(...(last = data as LoadNote).acknowledged);
    await value(victim.api.startLoad(info.session, spec, transfer(port2, [port2]) as never));
    await new Promise((resolve) => setTimeout(resolve, 150));
    victim.worker.terminate();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(acknowledged.length).toBeGreaterThan(10);
    const heir = start('heir');
    const { firstLsn, submitted } = last!;
    const record = { spec, firstLsn, submitted, acknowledged };
    const { verdict } = await value(heir.api.judgeLoad(info, record, []));
    expect(verdict.letter, verdict.sentence).toBe('A');
    expect(verdict.acknowledgedKept).toBe(acknowledged.length);
  });
});
