/** Workers that are killed, power that is cut, and a load that ends without warning: what the next host finds, and the verdict. */
import { describe, expect, it } from 'vitest';
import type { AcknowledgementNote, DrillOutcome, DrillPlan, LoadNote, LoadRecord, LoadSpec } from '../protocol/drill';
import type { SessionSpec } from '../protocol/session';
import type { Host } from './host';
import { LESSON_FORMAT } from './script_settings';
import { listeningPort } from './testing/environment';
import { codeOf, finished, opened, traceOf, worker } from './testing/workers';

const TWENTY = Array.from({ length: 20 }, (_, index) =>
  index % 5 === 4
    ? `put k${index} @700 as ${index % 3} relaxed\nwrite`
    : `batch put k${index} v ; put other ${index}\nflush`,
).join('\n');

/** A learner's store small enough to be killed a hundred times. */
const SMALL: SessionSpec = { store: 'learner', grouping: 'explicit', format: LESSON_FORMAT };

describe('killing the worker at an I/O', () => {
  async function drill(
    at: { io: number },
    prefixBytes?: number,
  ): Promise<{ outcome: DrillOutcome; plan: DrillPlan; heir: Host }> {
    const lab = worker();
    const { session } = await opened(lab.host, SMALL, TWENTY);
    const plan = structuredClone(await lab.host.planDrill(session, at, prefixBytes));
    const doomed = worker(lab.places);
    const heard = listeningPort<AcknowledgementNote>();
    const report = structuredClone(await doomed.host.runToStop(plan, heard));
    expect(report.stopped).toBe(true);
    lab.places.workerDied();
    const heir = worker(lab.places);
    const outcome = await heir.host.reopenAfterStop(
      plan,
      report,
      heard.heard.map(({ lsn }) => lsn),
    );
    return { outcome, plan, heir: heir.host };
  }

  it('keeps every acknowledged commit, at every I/O of twenty commits and in the middle of every write', async () => {
    const lab = worker();
    const { session } = await opened(lab.host, SMALL, TWENTY);
    const { io: last } = lab.host.describe(session).info;
    let unacknowledged = 0;
    for (let io = 1; io <= last; io++) {
      for (const prefix of [undefined, 1, 100, 513]) {
        const { outcome, plan } = await drill({ io }, prefix);
        expect(outcome.verdict.letter, `I/O ${io} ${prefix ?? ''}: ${outcome.verdict.sentence}`).toBe('A');
        unacknowledged += outcome.verdict.unacknowledgedKept + outcome.verdict.unacknowledgedLost;
        if (plan.io.call !== 'write') break;
      }
    }
    expect(unacknowledged).toBeGreaterThan(20);
  });

  it('stops at that very I/O: what the log holds is what the trace wrote before', async () => {
    const { outcome, plan } = await drill({ io: 15 });
    expect(plan.stop.io).toBe(15);
    expect(outcome.verdict.commits.some(({ recordInFile }) => recordInFile === 'whole')).toBe(true);
  });

  it('leaves a session whose trace is the recovery, and which goes on', async () => {
    const { heir, outcome } = await drill({ io: 15 });
    const kinds = traceOf(heir, outcome.session.session).map(({ event }) => event.kind);
    expect(kinds).toContain('wal.scan_ended');
    expect(
      heir.run(outcome.session.session, 'put more 1\nflush\ncheck').commands.map(({ result }) => result.kind),
    ).toEqual(['submitted', 'flushed', 'checked']);
  });

  it('goes red when an acknowledgement was heard that the files do not bear out', async () => {
    const lab = worker();
    const { session } = await opened(
      lab.host,
      { store: 'learner', grouping: 'explicit' },
      'put a 1\nflush\nput b 2\nflush\n',
    );
    const plan = await lab.host.planDrill(session, { io: lab.host.describe(session).info.io - 1 });
    const doomed = worker(lab.places);
    const report = await doomed.host.runToStop(plan, listeningPort());
    lab.places.workerDied();
    const { verdict } = await worker(lab.places).host.reopenAfterStop(plan, report, [1, 2]);
    expect(verdict).toMatchObject({ letter: 'S', acknowledgedLost: 1 });
  });

  it('is refused where the session cannot be replayed', async () => {
    const { host } = worker();
    const cut = await opened(
      host,
      { store: 'simulated' },
      'put a 1\nflush\npower-cut lose all\nreopen\nput b 2\nflush\n',
    );
    const plan = await host.planDrill(cut.session, { io: host.describe(cut.session).info.io });
    expect(await codeOf(() => host.runToStop(plan, listeningPort()))).toBe('replay_unavailable');
    const untraced = await opened(host, { store: 'memory', traced: false });
    expect(await codeOf(() => host.planDrill(untraced.session, { io: 1 }))).toBe('replay_unavailable');
    expect(await codeOf(() => host.planDrill(cut.session, { io: 999 }))).toBe('command_refused');
  });
});

describe('cutting the power at an I/O', () => {
  it('lists what is pending, and any choice of it leaves what the promise says', async () => {
    const { host } = worker();
    const { session } = await opened(host, { store: 'simulated' }, TWENTY);
    const { io: last } = host.describe(session).info;
    const letters = new Set<string>();
    for (let io = 9; io <= last; io += 3) {
      const plan = await host.planDrill(session, { io });
      const board = await host.openPowerCut(plan);
      const items = board.pending.map(({ item }) => item);
      const choices = [
        { keep: 'all', torn: [] } as const,
        { keep: [], torn: [] },
        ...items.map((item) => ({ keep: items.filter((other) => other !== item), torn: [] })),
        ...board.pending.flatMap(({ item, kind }) =>
          kind === 'sector' ? [{ keep: [], torn: [{ item, atByte: 100 }] }] : [],
        ),
      ];
      for (const choice of choices) {
        const { verdict } = await host.cutPower(board.board, choice);
        expect(['A', 'L'], `I/O ${io} ${JSON.stringify(choice)}: ${verdict.sentence}`).toContain(verdict.letter);
        letters.add(verdict.letter);
      }
      await host.discardDrill(plan);
    }
    expect([...letters].sort()).toEqual(['A', 'L']);
  });

  it('with the flush before the acknowledgement switched off loses what was promised, and says so', async () => {
    const { host } = worker();
    const spec: SessionSpec = { store: 'simulated', protections: { flushBeforeAcknowledge: false } };
    const { session } = await opened(host, spec, 'put a 1\nwrite\n');
    const plan = await host.planDrill(session, { io: host.describe(session).info.io });
    const board = await host.openPowerCut(plan);
    expect((await host.cutPower(board.board, { keep: [], torn: [] })).verdict.letter).toBe('S');
    expect((await host.cutPower(board.board, { keep: 'all', torn: [] })).verdict.letter).toBe('A');
  });

  it('refuses a choice that names what is not pending', async () => {
    const { host } = worker();
    const { session } = await opened(host, { store: 'simulated' }, 'put a 1\nflush\n');
    const board = await host.openPowerCut(await host.planDrill(session, { io: 10 }));
    expect(await codeOf(() => host.cutPower(board.board, { keep: [77], torn: [] }))).toBe('command_refused');
  });
});

describe('a load that is killed without warning', () => {
  const SPEC: LoadSpec = {
    seed: 3,
    keys: 'random',
    keySpace: 50,
    valueBytes: 40,
    batch: 2,
    clients: 4,
    relaxedEvery: 3,
    commits: 40,
  };

  it('is judged by the numbers the page heard', async () => {
    const victim = worker();
    const info = await opened(victim.host, { store: 'scratch' });
    const notes = listeningPort<LoadNote>();
    await finished(victim.host, () => victim.host.startLoad(info.session, SPEC, notes));
    victim.places.workerDied();
    const acknowledged = notes.heard.flatMap((note) => [...note.acknowledged]);
    const { firstLsn, submitted } = notes.heard.at(-1)!;
    expect(acknowledged).toHaveLength(40);
    const heir = worker(victim.places).host;
    const record = { spec: SPEC, firstLsn, submitted, acknowledged };
    const { verdict } = await heir.judgeLoad(structuredClone(info), record, []);
    expect(verdict).toMatchObject({ letter: 'A', acknowledgedKept: 40 });
  });

  /** A page that hears `count` notes and no more; what the worker does at the note after them is the test's. */
  function hearing(count: number, atDeath: () => void = () => undefined) {
    const notes = listeningPort<LoadNote>();
    let posted = 0;
    const port = {
      ...notes,
      postMessage: (note: unknown): void => {
        if (posted++ < count) notes.postMessage(note);
        if (posted === count) atDeath();
      },
    };
    const record = (): LoadRecord => ({
      spec: SPEC,
      firstLsn: notes.heard[0]!.firstLsn,
      submitted: notes.heard.at(-1)!.submitted,
      acknowledged: notes.heard.flatMap((note) => [...note.acknowledged]),
    });
    return { port, record };
  }
  const unacknowledged = ({ commits }: DrillOutcome['verdict']) => commits.filter((commit) => !commit.acknowledged);

  it('shows what was sent, not acknowledged and gone, when it died before the write', async () => {
    const victim = worker();
    const info = await opened(victim.host, { store: 'scratch' });
    // Notes of a round: submitted, acknowledged. The fifth says that the third round is on its way.
    const page = hearing(5, () => victim.places.workerDied());
    await finished(victim.host, () => victim.host.startLoad(info.session, SPEC, page.port));
    expect(page.record()).toMatchObject({ submitted: 12, acknowledged: [1, 2, 3, 4, 5, 6, 7, 8] });
    const { verdict } = await worker(victim.places).host.judgeLoad(structuredClone(info), page.record(), []);
    expect(verdict).toMatchObject({ letter: 'A', acknowledgedKept: 8, unacknowledgedKept: 0, unacknowledgedLost: 4 });
    for (const { fate, why } of unacknowledged(verdict)) {
      expect(fate).toBe('lost');
      expect(why).toMatch(/sent, and no whole record .* ends after LSN 8/);
    }
  });

  it('shows what was sent, not acknowledged and there, when it died before anybody was told', async () => {
    const victim = worker();
    const info = await opened(victim.host, { store: 'scratch' });
    const page = hearing(5);
    await finished(victim.host, () => victim.host.startLoad(info.session, { ...SPEC, commits: 12 }, page.port));
    victim.places.workerDied();
    const { verdict } = await worker(victim.places).host.judgeLoad(structuredClone(info), page.record(), []);
    expect(verdict).toMatchObject({ letter: 'A', acknowledgedKept: 8, unacknowledgedKept: 4, unacknowledgedLost: 0 });
    expect(unacknowledged(verdict).every(({ why }) => /nobody was told yes/.test(why))).toBe(true);
  });

  it('shows what was found though nobody had even heard that it was sent', async () => {
    const victim = worker();
    const info = await opened(victim.host, { store: 'scratch' });
    const page = hearing(4);
    await finished(victim.host, () => victim.host.startLoad(info.session, { ...SPEC, commits: 12 }, page.port));
    victim.places.workerDied();
    const { verdict } = await worker(victim.places).host.judgeLoad(structuredClone(info), page.record(), []);
    expect(verdict).toMatchObject({ letter: 'A', acknowledgedKept: 8, unacknowledgedKept: 4 });
    expect(unacknowledged(verdict).every(({ why }) => /nobody had even heard/.test(why))).toBe(true);
  });

  it('is judged red when a promise is made up', async () => {
    const victim = worker();
    const info = await opened(victim.host, { store: 'scratch' });
    await finished(victim.host, () => victim.host.startLoad(info.session, SPEC, listeningPort()));
    victim.places.workerDied();
    const heir = worker(victim.places).host;
    const record = { spec: SPEC, firstLsn: 1 as LoadNote['firstLsn'], submitted: 41, acknowledged: [40, 41] };
    expect((await heir.judgeLoad(info, record, [])).verdict.letter).toBe('S');
  });
});
