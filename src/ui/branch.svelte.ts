/**
 * One session of a worker as the page follows it: its trace, folded, and the ticks of its rug. A run and each of its
 * futures (a fork, a recovery after a crash) is one branch.
 */
import { assert } from '../base/assert';
import { type Fold, Timeline } from '../lab/timeline';
import { type Tick, tickOf } from '../lab/ticks';
import type { SessionInfo } from '../protocol/session';
import type { TraceBatch } from '../protocol/trace';
import type { Connection } from './connect';

export type BranchKind = 'run' | 'fork' | 'recovery';

export interface BranchOrigin {
  readonly branch: Branch;
  readonly seq: number;
}

let branchesMade = 0;

export class Branch {
  readonly id = ++branchesMade;
  readonly kind: BranchKind;
  readonly connection: Connection;
  readonly timeline: Timeline<unknown>;
  /** Where it left from; undefined for a run of its own. */
  readonly origin: BranchOrigin | undefined;
  ticks: readonly Tick[] = $state.raw([]);
  label: string = $state('');
  info: SessionInfo = $state.raw(null as unknown as SessionInfo);
  /** What of the timeline is there; replaced with each batch, so what is derived from it is derived again. */
  extent: { readonly firstSeq: number; readonly lastSeq: number } = $state.raw({ firstSeq: 0, lastSeq: -1 });
  /** The worker that had this session is gone: its trace can be looked at, and nothing more. */
  dead = $state(false);
  /** Gives back what was kept for this branch outside of its session. */
  afterClose: (() => Promise<void>) | undefined;
  #port: MessagePort | undefined;
  #waiting: { seq: number; resolve: () => void }[] = [];

  private constructor(
    connection: Connection,
    info: SessionInfo,
    fold: Fold<unknown>,
    kind: BranchKind,
    label: string,
    origin: BranchOrigin | undefined,
  ) {
    this.connection = connection;
    this.info = info;
    this.kind = kind;
    this.label = label;
    this.origin = origin;
    this.timeline = new Timeline(kind === 'recovery' && origin ? recoveryOf(fold, origin) : fold);
  }

  /** Follows a session from its first kept record. Resolves when all that it had done by now has arrived. */
  static async follow(
    connection: Connection,
    info: SessionInfo,
    fold: Fold<unknown>,
    kind: BranchKind,
    label: string,
    origin?: BranchOrigin,
  ): Promise<Branch> {
    const branch = new Branch(connection, info, fold, kind, label, origin);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (message: MessageEvent<TraceBatch>) => {
      branch.#take(message.data);
    };
    branch.#port = port1;
    void connection.died.then(() => {
      branch.dead = true;
      branch.#stopWaiting();
    });
    await connection.api.attachTrace(info.session, port2, 0);
    await branch.caughtUp(info.nextSeq);
    return branch;
  }

  get session(): number {
    return this.info.session;
  }

  /** Resolves when every record before `nextSeq` is here, or the worker is gone. */
  caughtUp(nextSeq: number): Promise<void> {
    if (this.timeline.lastSeq + 1 >= nextSeq || this.dead) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ seq: nextSeq, resolve }));
  }

  /** Ends the session; a branch that came with a worker of its own ends that too. */
  async close(sharedConnection: Connection): Promise<void> {
    this.#port?.close();
    this.#stopWaiting();
    if (this.connection !== sharedConnection) await this.connection.end();
    else if (this.connection.alive) await this.connection.api.closeSession(this.session).catch(() => undefined);
    await this.afterClose?.().catch(() => undefined);
  }

  #take(batch: TraceBatch): void {
    assert(batch.session === this.info.session, 'a trace port carries one session');
    this.timeline.append(batch.records);
    const { firstSeq, lastSeq } = this.timeline;
    const more = batch.records.flatMap((record) => {
      const kind = tickOf(record);
      return kind === undefined ? [] : [{ seq: record.seq, kind }];
    });
    if (more.length > 0 || firstSeq > this.extent.firstSeq) {
      this.ticks = [...this.ticks, ...more].filter((tick) => tick.seq >= firstSeq);
    }
    this.extent = { firstSeq, lastSeq };
    const next = lastSeq + 1;
    const ready = this.#waiting.filter((one) => one.seq <= next);
    this.#waiting = this.#waiting.filter((one) => one.seq > next);
    for (const { resolve } of ready) resolve();
  }

  #stopWaiting(): void {
    for (const { resolve } of this.#waiting) resolve();
    this.#waiting = [];
  }
}

/** What the trace of a recovery does not say, as the values in the log, the run that crashed may have said. */
function recoveryOf(fold: Fold<unknown>, { branch, seq }: BranchOrigin): Fold<unknown> {
  if (!fold.afterCrash) return fold;
  const left = fold.afterCrash(branch.timeline.viewAt(seq));
  return { ...fold, initial: () => left };
}
