/**
 * The drills as the page plays its part in them (protocol/drill.ts draws who calls what where). The page keeps its own
 * list of acknowledgements: what it heard is what must be there, whatever a worker says later.
 */
import type {
  AcknowledgementNote,
  DrillOutcome,
  DrillPlan,
  LoadNote,
  LoadRecord,
  LoadSpec,
  PowerCutBoard,
  PowerCutChoice,
  Verdict,
} from '../protocol/drill';
import { PROTOCOL_VERSION } from '../protocol/trace';
import { LabError } from '../lab/lab_error';
import { isIo } from '../lab/tasks';
import { connect, type Connection } from './connect';
import type { Branch } from './branch.svelte';
import type { Stage } from './session.svelte';

export type DrillKind = 'kill' | 'power' | 'random';

/** What a drill came to, with what really happened on the way. */
export interface DrillResult {
  readonly kind: DrillKind;
  readonly verdict: Verdict;
  /** Plain sentences with measured times, in order. */
  readonly story: readonly string[];
}

type Say = (sentence: string) => void;

/** Plans a stop at the record under the playhead, or at the next call that changes a file. */
export function planHere(stage: Stage, seq: number, prefixBytes?: number): Promise<DrillPlan> {
  const branch = stage.active!;
  return branch.connection.api.planDrill(branch.session, { seq }, prefixBytes);
}

/** Terminates a real worker at the planned call, and lets another one recover. */
export async function killWorker(stage: Stage, plan: DrillPlan, say: Say): Promise<DrillResult> {
  const branch = stage.active!;
  const story: string[] = [];
  const tell = (sentence: string): void => {
    story.push(sentence);
    say(sentence);
  };
  const doomed = await started('doomed');
  try {
    const { port1, port2 } = new MessageChannel();
    const heard: number[] = [];
    port1.onmessage = (message: MessageEvent<AcknowledgementNote>) => heard.push(message.data.lsn);
    const report = await doomed.api.runToStop(plan, port2);
    await heardAll(heard, report.commits.filter((commit) => commit.acknowledged).length);
    tell(
      report.stopped
        ? `A fresh copy of the run stopped at I/O ${report.io}: ${ioInWords(plan)}. This page had heard ${heard.length} acknowledgements.`
        : `The run ended before I/O ${plan.stop.io}; its worker was idle when it was ended.`,
    );
    const took = doomed.terminate();
    port1.close();
    tell(
      `terminate() returned after ${took.toFixed(1)} ms. The file seam had already latched, so not one byte more was written.`,
    );
    const began = performance.now();
    const heir = await started('recovery');
    const outcome = await orEnd(heir, () => heir.api.reopenAfterStop(plan, report, heard));
    tell(`A new worker had the files and the verdict ${Math.round(performance.now() - began)} ms later.`);
    await playRecovery(stage, branch, heir, outcome, plan, 'after the kill');
    return { kind: 'kill', verdict: outcome.verdict, story };
  } finally {
    doomed.terminate();
  }
}

export async function openBoard(stage: Stage, plan: DrillPlan): Promise<PowerCutBoard> {
  return stage.active!.connection.api.openPowerCut(plan);
}

export async function cutPower(
  stage: Stage,
  branch: Branch,
  plan: DrillPlan,
  board: PowerCutBoard,
  choice: PowerCutChoice,
): Promise<DrillResult> {
  const outcome = await branch.connection.api.cutPower(board.board, choice);
  const kept = choice.keep === 'all' ? board.pending.length : choice.keep.length;
  const torn = choice.torn.length;
  const lost = Math.max(0, board.pending.length - kept - torn);
  await playRecovery(stage, branch, branch.connection, outcome, plan, 'after the cut');
  const story = [
    `The power failed at I/O ${board.io}: ${ioInWords(plan)}.`,
    `Of ${board.pending.length} pending changes the modelled device kept ${kept}, lost ${lost} and tore ${torn}. No real power was cut.`,
    ...choice.torn
      .slice(0, 1)
      .map(
        ({ atByte }) =>
          `Of a torn sector only the first ${atByte} bytes are new: a record that ends before that is whole, and one behind it is not.`,
      ),
  ];
  return { kind: 'power', verdict: outcome.verdict, story };
}

/** Kills a loaded worker at an instant nobody chose, with no cooperation, and judges what it left. */
export async function killAtRandom(stage: Stage, spec: LoadSpec, afterMs: number, say: Say): Promise<DrillResult> {
  const story: string[] = [];
  const tell = (sentence: string): void => {
    story.push(sentence);
    say(sentence);
  };
  const victim = await started('loaded');
  let record: LoadRecord = { spec, firstLsn: 1 as LoadRecord['firstLsn'], submitted: 0, acknowledged: [] };
  try {
    const info = await victim.api.openSession({ store: 'scratch', grouping: 'hop', traced: false });
    if (info.folder === undefined) {
      const message = 'There are no real files in this browser, so nothing would be left of a killed worker.';
      throw new LabError({ code: 'storage_unavailable', message, place: {} });
    }
    const { port1, port2 } = new MessageChannel();
    const acknowledged: number[] = [];
    const late: number[] = [];
    let killed = false;
    port1.onmessage = (message: MessageEvent<LoadNote>) => {
      const { submitted, firstLsn, acknowledged: more } = message.data;
      for (const number of more) (killed ? late : acknowledged).push(number);
      if (!killed) record = { spec, firstLsn, submitted, acknowledged };
    };
    await victim.api.startLoad(info.session, spec, port2);
    tell(`${spec.clients} clients commit as fast as they can.`);
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    // What counts as acknowledged is what had been heard by now. A worker goes on for a while
    // after the call, and may finish a flush and say so: too late for a client that is gone, and yet a promise.
    killed = true;
    const took = victim.terminate();
    const called = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 50));
    port1.close();
    tell(
      `terminate() at ${afterMs} ms, returned after ${took.toFixed(1)} ms, without the worker's help. ` +
        `${record.submitted} commits sent and ${record.acknowledged.length} acknowledged, as far as this page heard: ` +
        `${record.submitted - record.acknowledged.length} without an answer.`,
    );
    const heir = await started('recovery');
    const outcome = await orEnd(heir, () => heir.api.judgeLoad(info, record, []));
    tell(
      `The files were free and recovered ${Math.round(performance.now() - called)} ms after the kill. A worker in a busy loop may go on writing for up to 2 s after terminate() returns; the new one waits until the files are let go.`,
    );
    if (late.length > 0) {
      const there = late.filter((number) => isThere(outcome.verdict, record.firstLsn + number - 1)).length;
      tell(
        `${late.length} acknowledgements arrived after the kill was called, from a worker that was not down yet: too late to count here. ${there} of those ${late.length} commits are there.`,
      );
    }
    // A run of its own: nothing of what was on the stage had a part in it.
    await stage.add(heir, outcome.session, 'recovery', 'killed under load', undefined);
    stage.home();
    stage.playOut();
    return { kind: 'random', verdict: outcome.verdict, story };
  } finally {
    victim.terminate();
  }
}

function isThere({ commits }: Verdict, lsn: number): boolean {
  return commits.some((commit) => commit.lsn === lsn && commit.fate !== 'lost');
}

/** What the planned call is, in words. */
export function ioInWords(plan: DrillPlan): string {
  const { call, file, at, bytes } = plan.io;
  if (call !== 'write') return `a ${call} of ${file}`;
  const whole = `a write of ${bytes} bytes to ${file} at ${at}`;
  const prefix = plan.stop.prefixBytes;
  return prefix === undefined ? whole : `${whole}, of which ${prefix} landed`;
}

async function started(name: string): Promise<Connection> {
  const connection = connect(name);
  await orEnd(connection, () => connection.api.hello(PROTOCOL_VERSION));
  return connection;
}

/** A worker whose first call fails is not left behind. */
async function orEnd<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    connection.terminate();
    throw error;
  }
}

async function playRecovery(
  stage: Stage,
  from: Branch,
  connection: Connection,
  outcome: DrillOutcome,
  plan: DrillPlan,
  label: string,
): Promise<void> {
  const stop = from.timeline
    .slice(from.timeline.firstSeq, from.timeline.lastSeq)
    .find((record) => isIo(record) && record.io >= plan.stop.io);
  const seq = (stop?.seq ?? from.timeline.lastSeq + 1) - 1;
  const branch = await stage.add(connection, outcome.session, 'recovery', label, { branch: from, seq });
  branch.afterClose = () => from.connection.api.discardDrill(plan);
  stage.home();
  stage.playOut();
}

/** Acknowledgements travel on a port of their own and may arrive a little after the report. */
async function heardAll(heard: readonly number[], expected: number): Promise<void> {
  for (let tries = 0; tries < 50 && heard.length < expected; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
