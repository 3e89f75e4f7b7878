/**
 * The stage: a run, its other futures, and where we stand in it. All of the page's pictures show `before`, `after` and
 * `fraction` of this class; only the playhead moves them.
 */
import * as playhead from '../lab/playhead';
import { type Direction, type Playhead, type StepSize } from '../lab/playhead';
import { playOn } from '../lab/pace';
import { resultInWords } from '../lab/result_words';
import { beginLine } from '../lab/script_text';
import { NOTHING, type Selection } from '../lab/selection';
import { nextTick, type Tick, type TickKind } from '../lab/ticks';
import type { RunReport } from '../protocol/lab_api';
import type { SessionInfo, SessionSpec } from '../protocol/session';
import type { TraceRecord } from '../protocol/trace';
import { Branch, type BranchKind } from './branch.svelte';
import type { Connection } from './connect';
import type { TraceRoom } from './rooms/trace_room';

/** What a hand has just done plays out in at most so many seconds. */
const CATCH_UP_SECONDS = 6;

export class Stage {
  readonly room: TraceRoom<unknown>;
  readonly connection: Connection;
  branches: readonly Branch[] = $state.raw([]);
  active: Branch | undefined = $state.raw();
  at: Playhead = $state.raw({ seq: 0, fraction: 0 });
  playing = $state(false);
  speed = $state(3);
  stepSize: StepSize = $state('record');
  selection: Selection = $state.raw(NOTHING);
  reducedMotion = $state(false);
  /** A command is under way: forms wait for it. */
  busy = $state(false);
  /** The text the run came from, if it came from a script. */
  script: string | undefined = $state.raw();

  /** Steps past it are not shown: a task hides its answer. */
  horizon: number | undefined = $state();
  /** The part of the run that may be shown. */
  readonly track: playhead.Track = $derived.by(() => {
    const { active, horizon } = this;
    if (active === undefined) return EMPTY_TRACK;
    const { firstSeq, lastSeq } = active.extent;
    return {
      firstSeq,
      lastSeq: Math.min(lastSeq, horizon ?? lastSeq),
      record: (seq) => active.timeline.record(seq),
    };
  });
  /** Changes once a record, not once a frame: views hang on it. */
  readonly #seq: number = $derived(this.at.seq);
  readonly #atStart: boolean = $derived(playhead.atStart(this.at, this.track));

  readonly record: TraceRecord | undefined = $derived(this.#atStart ? undefined : this.track.record(this.#seq));
  readonly before: unknown = $derived.by(() => this.#view(this.#seq - 1));
  readonly after: unknown = $derived.by(() => this.#view(this.#seq));
  /** Whole steps only, where the reader wants no motion. */
  readonly fraction: number = $derived(this.reducedMotion && this.at.fraction > 0 ? 1 : this.at.fraction);
  readonly lastSeq: number = $derived(this.track.lastSeq);
  readonly firstSeq: number = $derived(this.track.firstSeq);
  readonly ticks: readonly Tick[] = $derived.by(() => {
    const { horizon } = this;
    const ticks = this.active?.ticks ?? [];
    return horizon === undefined ? ticks : ticks.filter((tick) => tick.seq <= horizon);
  });
  /** The newest moment of a session that is still open: what one does now goes on from here. */
  readonly live: boolean = $derived(
    this.active !== undefined && !this.active.dead && playhead.atEnd(this.at, this.track),
  );
  /** One sentence for the record under the playhead. */
  readonly sentence: string = $derived.by(() => {
    if (this.record === undefined) return this.lastSeq < 0 ? 'Nothing has happened yet.' : 'Before the first step.';
    const { event } = this.record;
    if (event.kind === 'host.command_finished' && event.result.kind !== 'done') {
      return `Result: ${resultInWords(event.result).replace(/\.$/, '')}.`;
    }
    return this.room.narrate(this.record, this.before, this.after);
  });

  /** The lesson's last words so far: they stand until the next ones, while the steps they speak of go by. */
  readonly narration: { readonly seq: number; readonly text: string } | undefined = $derived.by(() => {
    const note = this.ticks.findLast((tick) => tick.kind === 'note' && tick.seq <= this.#seq);
    const event = note && this.track.record(note.seq)?.event;
    if (event?.kind !== 'host.narrated' || this.#atStart || this.#isByHand(note!.seq)) return undefined;
    return { seq: note!.seq, text: event.text };
  });
  /** The run tells something, here or later: room is kept for its words. */
  readonly narrated: boolean = $derived(this.ticks.some((tick) => tick.kind === 'note'));

  #catchUp = false;

  constructor(room: TraceRoom<unknown>, connection: Connection) {
    this.room = room;
    this.connection = connection;
  }

  // ---- moving

  moveTo(at: Playhead): void {
    this.at = playhead.clamp(at, this.track);
  }
  /** Scrubs to a place on the rug: records that have happened, fractions included. */
  scrub(position: number): void {
    this.playing = false;
    this.at = playhead.fromPosition(position, this.track);
  }
  scrubInside(fraction: number): void {
    this.playing = false;
    this.moveTo({ seq: this.at.seq, fraction });
  }
  step(direction: Direction, count = 1): void {
    this.playing = false;
    this.at = playhead.stepMany(this.at, this.stepSize, direction, count, this.track);
  }
  home(): void {
    this.playing = false;
    this.at = playhead.home(this.track);
  }
  /** To where the opening of the store is over and the run's own first command is next, or the one its script names. */
  toFirstCommand(): void {
    this.home();
    const opened = this.track.record(this.firstSeq)?.command === 0;
    if (opened) this.at = playhead.step(this.at, 'operation', 1, this.track);
    const line = beginLine(this.script ?? '');
    if (line === 0) return;
    for (let seq = this.firstSeq; seq <= this.lastSeq; seq++) {
      const event = this.track.record(seq)?.event;
      if (event?.kind !== 'host.command_started' || event.line < line) continue;
      this.moveTo({ seq: seq - 1, fraction: 1 });
      return;
    }
  }
  end(): void {
    this.playing = false;
    this.at = playhead.end(this.track);
  }
  /** To the step a reader typed, counted from 1; 0 is before everything. */
  goToStep(step: number): void {
    this.playing = false;
    this.moveTo({ seq: step - 1, fraction: 1 });
  }
  visit(kind: TickKind, direction: Direction = 1): void {
    const from = playhead.happened(this.at);
    const seq = nextTick(this.ticks, from, direction, kind) ?? nextTick(this.ticks, -1, 1, kind);
    if (seq !== undefined) this.goToStep(seq + 1);
  }
  /** To just before the last tick of a kind: where a drill would stop it. */
  visitLast(kind: TickKind): void {
    const tick = this.ticks.findLast((one) => one.kind === kind);
    if (tick === undefined) return;
    this.playing = false;
    this.moveTo({ seq: tick.seq - 1, fraction: 1 });
  }
  visitAny(direction: Direction): void {
    const seq = nextTick(this.ticks, playhead.happened(this.at), direction);
    if (seq !== undefined) this.goToStep(seq + 1);
  }
  toggle(): void {
    if (!this.playing && playhead.atEnd(this.at, this.track)) this.at = playhead.home(this.track);
    this.#catchUp = false;
    this.playing = !this.playing;
  }
  play(): void {
    this.#catchUp = false;
    this.playing = true;
  }
  pause(): void {
    this.playing = false;
  }

  /** Moves on by the time since the last frame. The transport calls it once a frame while playing. */
  advance(seconds: number): void {
    const { at, stopped } = playOn(this.at, Math.min(seconds, 0.25), this.#speedNow(), this.track);
    this.at = at;
    if (stopped !== 'no') this.playing = false;
  }

  /** Plays out what has just been done by hand, quicker when it is much. */
  playOut(): void {
    if (playhead.atEnd(this.at, this.track)) return;
    this.#catchUp = true;
    this.playing = true;
  }

  #speedNow(): number {
    if (!this.#catchUp) return this.speed;
    const left = this.lastSeq + 1 - playhead.position(this.at);
    return Math.max(this.speed, left / CATCH_UP_SECONDS);
  }

  // ---- pointing

  select(selection: Selection): void {
    this.selection = selection;
    if (selection.kind === 'event') this.goToStep(selection.seq + 1);
  }

  /** Since a step, up to here, somebody has done something: what a lesson said before that is not about it. */
  #isByHand(since: number): boolean {
    for (let seq = this.#seq; seq > since; seq--) {
      const event = this.track.record(seq)?.event;
      if (event?.kind === 'host.command_started' && event.origin === 'hand') return true;
    }
    return false;
  }

  // ---- running

  /** Starts a run of its own in place of what was here. */
  async open(spec: SessionSpec, label: string): Promise<SessionInfo> {
    const info = await this.connection.api.openSession(spec);
    await this.follow(info, label);
    return info;
  }

  /** Shows a session that is already open, in place of what was here, at its newest step. */
  async follow(info: SessionInfo, label: string): Promise<void> {
    const branch = await Branch.follow(this.connection, info, this.room.fold, 'run', label);
    await this.#replaceAll(branch);
    this.script = undefined;
    this.at = playhead.end(this.track);
  }

  /** Runs commands here and now. In the past, that starts another future; the one known so far is kept. */
  async run(text: string, origin: 'script' | 'hand' = 'hand'): Promise<RunReport> {
    this.busy = true;
    try {
      // Whoever acts while the last act still plays out goes on from it; only who went back acts in the past.
      if (this.playing && this.#catchUp) this.end();
      this.playing = false;
      if (!this.live) await this.fork();
      const branch = this.active!;
      const report = await branch.connection.api.run(branch.session, text, origin);
      branch.info = report.state.info;
      await branch.caughtUp(report.state.info.nextSeq);
      return report;
    } finally {
      this.busy = false;
    }
  }

  /** Another future from the moment under the playhead. */
  async fork(): Promise<void> {
    const from = this.active;
    if (from === undefined) return;
    const seq = playhead.happened(this.at);
    const info = await from.connection.api.fork(from.session, seq);
    const origin = { branch: from, seq: info.forkedFrom?.seq ?? seq };
    await this.add(from.connection, info, 'fork', `future ${this.branches.length + 1}`, origin);
    this.at = playhead.end(this.track);
  }

  /** A session that came out of this one: a fork, or a recovery in another worker. */
  async add(
    connection: Connection,
    info: SessionInfo,
    kind: BranchKind,
    label: string,
    origin: { branch: Branch; seq: number } | undefined,
  ): Promise<Branch> {
    const branch = await Branch.follow(connection, info, this.room.fold, kind, label, origin);
    this.branches = [...this.branches, branch];
    this.show(branch);
    return branch;
  }

  /** Shows another branch, at the same step where both have it. */
  show(branch: Branch): void {
    this.playing = false;
    this.horizon = undefined;
    this.active = branch;
    this.at = branch.kind === 'recovery' ? playhead.home(this.track) : playhead.clamp(this.at, this.track);
  }

  async drop(branch: Branch): Promise<void> {
    if (this.branches.length < 2) return;
    this.branches = this.branches.filter((one) => one !== branch);
    if (this.active === branch) this.show(branch.origin?.branch ?? this.branches[0]!);
    await branch.close(this.connection);
  }

  async close(): Promise<void> {
    const branches = this.branches;
    this.branches = [];
    this.active = undefined;
    this.playing = false;
    await Promise.all(branches.map((branch) => branch.close(this.connection)));
  }

  async #replaceAll(branch: Branch): Promise<void> {
    const old = this.branches;
    this.branches = [branch];
    this.active = branch;
    this.selection = NOTHING;
    this.playing = false;
    this.horizon = undefined;
    await Promise.all(old.map((one) => one.close(this.connection)));
  }

  #view(seq: number): unknown {
    const { active, track } = this;
    return active === undefined ? this.room.fold.initial() : active.timeline.viewAt(Math.min(seq, track.lastSeq));
  }
}

const EMPTY_TRACK: playhead.Track = { firstSeq: 0, lastSeq: -1, record: () => undefined };
