/**
 * Group commit over real message ports: the same suite in Node and in Chromium. Commits that are in flight together
 * share flushes, because the schedule is one message hop and so runs after the messages already queued.
 */
import { expect, type TestAPI } from 'vitest';
import { encodeText } from '../../base/bytes';
import type { Schedule } from '../../base/runtime';
import type { CommitAnswer, CommitRequest } from '../../protocol/commit_port';
import { hopOver, serveCommits, type Port } from '../commit_port';
import type { Session } from '../session';

const CLIENTS = 64;
const COMMITS_EACH = 20;

interface Platform {
  readonly makeChannel: () => { port1: Port; port2: Port };
  readonly openSession: (hop: Schedule) => Session;
}

export function groupCommitOverPorts(it: TestAPI, { makeChannel, openSession }: Platform): void {
  /** Every client keeps one commit in flight; resolves with all answers, in the order they arrived. */
  async function run(session: Session): Promise<{ client: number; answer: CommitAnswer }[]> {
    const answers: { client: number; answer: CommitAnswer }[] = [];
    const clients = Array.from({ length: CLIENTS }, (_, index) => {
      const { port1: near, port2: far } = makeChannel();
      serveCommits(session, far);
      return client(near, index + 1, (answer) => answers.push({ client: index + 1, answer }));
    });
    await Promise.all(clients);
    return answers;
  }

  function client(port: Port, number: number, onAnswer: (answer: CommitAnswer) => void): Promise<void> {
    return new Promise((resolve) => {
      let request = 0;
      const send = (): void => {
        const key = encodeText(`client ${number} request ${++request}`);
        const operations = [{ kind: 'put', key, value: encodeText('v') }] as const;
        port.postMessage({ request, operations, mode: 'strict', client: number } satisfies CommitRequest);
      };
      port.addEventListener('message', ({ data }) => {
        onAnswer(data as CommitAnswer);
        if (request < COMMITS_EACH) send();
        else {
          port.close();
          resolve();
        }
      });
      port.start();
      send();
    });
  }

  it('share flushes: far fewer groups than commits', async () => {
    const session = openSession(hopOver(makeChannel()));
    const answers = await run(session);
    const { commits, flushes, groups } = session.store.stats();
    expect(answers.every(({ answer }) => answer.ok)).toBe(true);
    expect(commits).toBe(CLIENTS * COMMITS_EACH);
    expect(groups).toBeLessThan(commits / 4);
    expect(flushes).toBe(groups);
    session.close();
  });

  it('are each acknowledged after the flush that covers their commit, in the order of the log', async () => {
    const session = openSession(hopOver(makeChannel()));
    const answers = await run(session);
    let durable = 0;
    let acknowledged = 0;
    for (const { event } of session.recorder.records()) {
      if (event.kind === 'wal.group_flushed') durable = event.durableLsn;
      if (event.kind !== 'store.commit_acknowledged') continue;
      expect(event.lsn).toBe(++acknowledged);
      expect(event.lsn).toBeLessThanOrEqual(durable);
    }
    expect(acknowledged).toBe(CLIENTS * COMMITS_EACH);
    const lsns = answers.map(({ answer }) => (answer.ok ? answer.lsn : NaN));
    expect([...lsns].sort((a, b) => a - b)).toEqual(lsns.map((_, index) => index + 1));
    for (let number = 1; number <= CLIENTS; number++) {
      const own = answers.filter(({ client: of }) => of === number).map(({ answer }) => answer.request);
      expect(own).toEqual(own.map((_, index) => index + 1));
    }
    session.close();
  });

  it('are refused one by one, without harm to the others in the group', async () => {
    const session = openSession(hopOver(makeChannel()));
    const { port1: near, port2: far } = makeChannel();
    serveCommits(session, far);
    const answers: CommitAnswer[] = [];
    await new Promise<void>((resolve) => {
      near.addEventListener('message', ({ data }) => {
        if (answers.push(data as CommitAnswer) === 3) resolve();
      });
      near.start();
      for (const [index, key] of ['a', '', 'b'].entries()) {
        const operations = [{ kind: 'put', key: encodeText(key), value: encodeText('v') }] as const;
        near.postMessage({ request: index, operations, mode: 'strict', client: 1 } satisfies CommitRequest);
      }
    });
    near.close();
    expect(answers.find(({ request }) => request === 1)).toMatchObject({ ok: false, failure: { code: 'key_empty' } });
    expect(answers.filter(({ ok }) => ok)).toHaveLength(2);
    expect(session.store.stats().commits).toBe(2);
    session.close();
  });
}
