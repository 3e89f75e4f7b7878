/** The lab as the page has it: the worker, the room, the two stages, and what has to be said to the user. */
import { untrack } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import { failureOf } from '../lab/lab_error';
import { fileOf, isPlace, type Moment, linkTo, type Opened, type Place } from '../lab/links';
import { needsModelledDevice } from '../lab/lessons/lesson';
import { messageOf, type Remedy } from '../lab/messages';
import { happened } from '../lab/playhead';
import type { RunRoom } from '../lab/room_of_run';
import { NOTHING } from '../lab/selection';
import { withoutSettings } from '../lab/script_text';
import type { Protections } from '../kv_store/types';
import type { Failure } from '../protocol/failure';
import type { JobId, JobReport } from '../protocol/job';
import type { Hello } from '../protocol/lab_api';
import type { StoreMake } from '../protocol/session';
import { PROTOCOL_VERSION } from '../protocol/trace';
import type { ScriptError } from '../workload/command';
import { connect, type Connection } from './connect';
import { momentOfRun, openingOf } from './moment_of_run';
import type { LabForRooms, StageOfRoom } from './rooms/lab_for_rooms';
import type { OwnRoom, Room } from './rooms/room';
import { loadWal, type RoomEntry, ROOMS } from './rooms/rooms';
import type { Lesson, Mode, TraceRoom } from './rooms/trace_room';
import { runWithout } from './run_without';
import { saveAs } from './save_as';
import { Stage } from './session.svelte';

export interface Notice {
  readonly id: number;
  readonly failure: Failure;
  /** Replaces the title and the next step of the code, where a place in the page knows better. */
  readonly title?: string;
  readonly next?: string;
  readonly remedy: Remedy;
  readonly act?: () => Promise<void>;
}

export type Workspace = 'practice' | 'store';

export class Lab implements LabForRooms {
  phase: 'starting' | 'ready' | 'dead' = $state('starting');
  hello: Hello | undefined = $state.raw();
  room: Room | undefined = $state.raw();
  /** What each room of its own kind keeps while the reader is elsewhere. */
  readonly #ownStates = new SvelteMap<string, unknown>();
  readonly #entered = new SvelteMap<string, Room>();
  /** The run of each trace room, by its id; it stays while the reader is elsewhere. */
  readonly #practices = new SvelteMap<string, Stage>();
  /** The trace room that is open, or was last. */
  #traceRoom: TraceRoom<unknown> | undefined = $state.raw();
  ownState: unknown = $state.raw();
  /** The desk of a trace room is in use, in place of its picture. */
  atDesk = $state(false);
  connection: Connection | undefined = $state.raw();
  mode: Mode = $state('watch');
  workspace: Workspace = $state('practice');
  /** The learner's store in each trace room that has shown it, by its id: one session, which each folds for itself. */
  readonly #stores = new SvelteMap<string, Stage>();
  lesson: Lesson | undefined = $state.raw();
  notices: readonly Notice[] = $state.raw([]);
  readonly jobs = new SvelteMap<JobId, JobReport>();
  scriptErrors: readonly ScriptError[] = $state.raw([]);
  /** How much of what was asked for is still under way: what is on the stage may be half of it. */
  working = $state(0);
  /** One line that says what a click has just done: for the eye and for the screen reader. */
  said = $state('');

  readonly practice: Stage | undefined = $derived(this.#traceRoom && this.#practices.get(this.#traceRoom.id));
  readonly store: Stage | undefined = $derived(this.#traceRoom && this.#stores.get(this.#traceRoom.id));
  /** The run on the lab's own stage, whatever room is open. */
  readonly traceStage: Stage | undefined = $derived(this.workspace === 'store' ? this.store : this.practice);
  /** The run that the room shows, and that transport and keys move. */
  readonly stage: Stage | undefined = $derived(
    this.room?.kind === 'own' ? this.room.stageOf(this.ownState) : this.traceStage,
  );
  readonly stages: readonly StageOfRoom[] = $derived(
    [...this.#entered.values()].flatMap((room) => {
      const own =
        room.kind === 'own'
          ? [room.stageOf(this.#ownStates.get(room.id))]
          : [this.#practices.get(room.id), this.#stores.get(room.id)];
      return own.flatMap((stage) => (stage === undefined ? [] : [{ room: room.title, stage }]));
    }),
  );
  /** What stands in the middle in place of one run's picture. */
  readonly desk: Pick<OwnRoom<unknown>, 'Panel' | 'Main'> | undefined = $derived(
    this.room?.kind === 'own' ? this.room : this.atDesk ? this.room?.desk : undefined,
  );
  readonly lessons: readonly Lesson[] = $derived(this.practice?.room.lessons ?? []);

  #noticesMade = 0;
  #reducedMotion = false;
  readonly #start: () => Connection;
  readonly rooms: readonly RoomEntry[];

  /** @param start Starts the worker; tests hand in a host in the page. */
  constructor(start: () => Connection = () => connect(), rooms = ROOMS) {
    this.#start = start;
    this.rooms = rooms;
  }

  async start(roomId = this.rooms[0]!.id): Promise<void> {
    const [room] = await Promise.all([this.#entryOf(roomId).load(), this.#connect()]);
    if (this.connection === undefined) {
      this.room = room;
      return;
    }
    this.#enter(room);
    this.phase = 'ready';
  }

  /** Opens a room; what is on the stage of the others stays there. */
  async openRoom(id: string): Promise<void> {
    if (this.room?.id !== id) await this.guard(() => this.#goTo(id));
  }

  async #goTo(id: string): Promise<void> {
    const room = await this.#entryOf(id).load();
    if (this.connection === undefined) return;
    this.stage?.pause();
    this.#enter(room);
    if (room.kind === 'trace' && this.workspace === 'store' && this.store === undefined) await this.openStore();
  }

  #entryOf(id: string): RoomEntry {
    return this.rooms.find((room) => room.id === id) ?? this.rooms[0]!;
  }

  #enter(room: Room): void {
    const own = room.kind === 'own' ? room : room.desk;
    if (own && !this.#ownStates.has(room.id)) this.#ownStates.set(room.id, own.start(this));
    this.ownState = this.#ownStates.get(room.id);
    this.atDesk = false;
    if (room.kind === 'trace') {
      if (!this.#practices.has(room.id)) this.#practices.set(room.id, this.#stage(room));
      this.#traceRoom = room;
    }
    this.room = room;
    this.#entered.set(room.id, room);
  }

  /** Lessons, scripts and links run where runs are shown, whatever room they were opened from: in the one they name. */
  async #toTraceRoom(named = this.room?.id): Promise<void> {
    this.atDesk = false;
    if (this.room?.kind === 'trace' && this.room.id === named) return;
    const room = await this.rooms.find(({ id }) => id === named)?.load();
    this.#enter(room?.kind === 'trace' ? room : (this.#traceRoom ?? (await this.loadTraceRoom())));
  }

  async loadTraceRoom(id: RunRoom = 'wal'): Promise<TraceRoom<unknown>> {
    const room = await this.rooms.find((entry) => entry.id === id)?.load();
    return room?.kind === 'trace' ? room : loadWal();
  }

  setReducedMotion(reduced: boolean): void {
    this.#reducedMotion = reduced;
    for (const stage of [...this.#practices.values(), ...this.#stores.values()]) stage.reducedMotion = reduced;
  }

  /** Starts again after the worker ended: the stores are opened through recovery, as always. */
  async restart(): Promise<void> {
    this.phase = 'starting';
    this.#practices.clear();
    this.#stores.clear();
    this.notices = [];
    this.#ownStates.clear();
    await this.start(this.room?.id);
    if (this.room?.kind === 'own') return;
    const [first] = this.lessons;
    if (this.workspace === 'store') await this.openStore();
    else if (first) await this.openLesson(this.lesson ?? first, false);
  }

  // ---- lessons, scripts, links

  async openLesson(lesson: Lesson, play = true): Promise<void> {
    this.lesson = lesson;
    await this.openScript(lesson.script, lesson.title, { play });
  }

  /** Runs a whole script in a fresh session and stands at its first step. @returns false when it did not run. */
  async openScript(
    text: string,
    label: string,
    { play = true, room }: { play?: boolean; room?: RunRoom } = {},
  ): Promise<boolean> {
    return this.guard(() => this.#runScript(text, label, play, room));
  }

  async #runScript(text: string, label: string, play: boolean, room: RunRoom | undefined): Promise<boolean> {
    this.workspace = 'practice';
    // The first lesson opens by itself behind a link that was refused: that has not been read yet.
    if (this.practice?.active) this.#forgetRefusals();
    await this.#toTraceRoom(room);
    return this.attempt(async (stage) => {
      const errors = await this.connection!.api.parse(text);
      this.scriptErrors = errors;
      if (errors.length > 0) {
        this.tell({ code: 'script_invalid', message: sentenceOf(errors), place: { span: errors[0]!.span } });
        return false;
      }
      // Real files wherever they will do: only what no real device does on demand is modelled.
      await stage.open({ store: needsModelledDevice(text) ? 'by_script' : 'scratch', script: text }, label);
      stage.script = text;
      await stage.run(withoutSettings(text), 'script');
      stage.toFirstCommand();
      if (play && !this.#reducedMotion) stage.play();
      return true;
    });
  }

  async openMoment(opened: Opened): Promise<void> {
    await this.guard(() => this.#openMoment(opened));
  }

  async #openMoment(opened: Opened): Promise<void> {
    if (!opened.ok) {
      this.tell(
        { code: 'input_malformed', message: opened.reason, place: {} },
        { title: 'This link cannot be opened', next: 'Ask for it again, or start with a lesson.' },
      );
      return;
    }
    const { moment } = opened;
    if (isPlace(moment)) {
      await this.#openPlace(moment);
      return;
    }
    // Before the stage is asked for: a link never takes the place of the learner's store.
    this.workspace = 'practice';
    await this.#toTraceRoom(moment.room);
    await this.attempt(async (stage) => {
      await stage.open(openingOf(moment), 'from a link');
      this.lesson = undefined;
      stage.script = moment.script;
      const report = await stage.run(moment.script, 'script');
      if (report.scriptErrors.length > 0) {
        this.scriptErrors = report.scriptErrors;
        const [first] = report.scriptErrors;
        this.tell({ code: 'script_invalid', message: sentenceOf(report.scriptErrors), place: { span: first!.span } });
      }
      this.mode = moment.mode;
      stage.moveTo({ seq: moment.seq, fraction: moment.fraction });
      stage.selection = moment.selection ?? NOTHING;
    });
  }

  async #openPlace(place: Place): Promise<void> {
    await this.openRoom(place.room);
    const { room } = this;
    if (room?.id !== place.room) return;
    // A run waits behind the desk, as for everybody who comes to it by hand.
    const [first] = this.lessons;
    if (room.kind === 'trace' && this.practice?.active === undefined && first) await this.openLesson(first, false);
    this.stage?.pause();
    this.mode = place.mode;
    this.atDesk = room.kind === 'trace';
    (room.kind === 'own' ? room : room.desk)?.openPlace?.(this.ownState, place);
  }

  /** The moment on the stage, or what was chosen where there is none; or one sentence why it cannot be given away. */
  async moment(): Promise<Moment | Place | string> {
    const own = this.room?.kind === 'own' ? this.room : this.atDesk ? this.room?.desk : undefined;
    if (own?.momentOf) return own.momentOf(this.ownState, this.mode);
    return this.stage === undefined ? 'Nothing is open.' : await momentOfRun(this.stage, this.mode);
  }

  /** Copies a link to the moment, or saves the session file when it is too long for one. */
  async share(): Promise<void> {
    await this.guard(async () => {
      const moment = await this.moment();
      if (typeof moment === 'string') {
        this.said = moment;
        return;
      }
      const link = linkTo(moment);
      if (link === undefined) {
        saveAs('faultline-session.json', new Blob([fileOf(moment)], { type: 'application/json' }));
        this.said = 'Too long for a link: saved as a session file. Drop it on the lab to open it.';
        return;
      }
      history.replaceState(null, '', link);
      const copied = await navigator.clipboard.writeText(location.href).then(
        () => true,
        () => false,
      );
      const what = isPlace(moment) || this.desk ? 'Link' : `Link to step ${happened(moment) + 1}`;
      this.said = copied ? `${what} copied.` : 'The link is in the address bar.';
    });
  }

  /** Repeats the commands of the run on the stage with one protection off, as another future. @returns what changed. */
  async runWithout(protection: keyof Protections): Promise<string | false> {
    return this.attempt((stage) => runWithout(stage, protection));
  }

  // ---- the learner's store

  /** Your store, in the room that is open. */
  async openStore(): Promise<void> {
    const room = this.#traceRoom;
    if (room === undefined) return;
    await this.guard(async () => {
      if (!this.#stores.has(room.id)) {
        const stage = this.#stage(room);
        const info = await stage.open({ store: 'learner' }, 'your store');
        this.#stores.set(room.id, stage);
        if (info.failure && this.#stores.size === 1) this.tell(info.failure);
        await this.#seenFromAnOpening(stage);
      }
      this.workspace = 'store';
    });
  }

  /** A room can fold a trace from an opening on. Where that is forgotten already, the store is opened once more. */
  async #seenFromAnOpening(stage: Stage): Promise<void> {
    const isFilling = [...this.jobs.values()].some(({ state }) => state === 'running');
    if (stage.firstSeq > 0 && !isFilling) await this.#reopen(stage);
  }

  /** Back to a practice run: the last one of this room, or its first lesson. */
  async toPractice(): Promise<void> {
    this.workspace = 'practice';
    const [first] = this.lessons;
    if (this.practice?.active === undefined && first) await this.openLesson(first, false);
  }

  async reopen(salvage = false): Promise<void> {
    const stage = this.stage;
    if (stage?.active === undefined) return this.openStore();
    await this.attempt(async () => {
      stage.end();
      await this.#reopen(stage, salvage);
      stage.playOut();
    });
  }

  async #reopen(stage: Stage, salvage = false): Promise<void> {
    const { description } = await stage.connection.api.describe(stage.active!.session);
    const isOpen = description !== undefined && description.state !== 'closed';
    const report = await stage.run(`${isOpen ? 'close\n' : ''}reopen${salvage ? ' salvage' : ''}`);
    // What asked for it has been done.
    if (report.commands.at(-1)?.result.kind !== 'failed')
      this.notices = this.notices.filter(({ remedy }) => remedy !== 'reopen');
  }

  /** Formats the store on the stage anew; what is on the stage then is the fresh store. */
  async resetStore(token: string, make?: StoreMake): Promise<void> {
    await this.attempt(async (stage) => {
      const branch = stage.active!;
      const info = await branch.connection.api.resetStore(branch.session, token, make);
      await stage.follow(info, branch.label);
      if (stage === this.store) await this.#forgetStores(stage);
      this.lastReport = undefined;
      this.said = make === undefined ? 'The store is empty now.' : 'The store is made anew, and empty.';
    });
  }

  async takeOver(): Promise<void> {
    // What this tab had of the store before another one took it.
    await this.#forgetStores();
    await this.attempt(async () => {
      this.hello = await this.connection!.api.takeOver();
    });
    await this.openStore();
  }

  /** The tab is looked at again: says so if another one has taken the store meanwhile. */
  async noticeTakeOver(): Promise<void> {
    const branch = this.store?.active;
    if (branch === undefined || this.connection?.alive !== true) return;
    await this.attempt(() => this.connection!.api.describe(branch.session));
  }

  /** Other rooms follow a session that is no more. */
  async #forgetStores(but?: Stage): Promise<void> {
    const gone = [...this.#stores].filter(([, stage]) => stage !== but);
    for (const [room] of gone) this.#stores.delete(room);
    await Promise.all(gone.map(([, stage]) => stage.close()));
  }

  // ---- doing things

  /** Runs commands on the stage and plays out what they did. */
  async act(text: string): Promise<boolean> {
    this.#forgetRefusals();
    const done = await this.attempt(async (stage) => {
      const report = await stage.run(text);
      this.scriptErrors = report.scriptErrors;
      if (report.scriptErrors.length > 0) {
        const [first] = report.scriptErrors;
        this.tell({ code: 'script_invalid', message: sentenceOf(report.scriptErrors), place: { span: first!.span } });
        return false;
      }
      for (const { result } of report.commands) if (result.kind === 'failed') this.tell(result.failure);
      this.lastReport = report;
      stage.playOut();
      return report.commands.every(({ result }) => result.kind !== 'failed');
    });
    return done;
  }
  /** The same at the newest step, where a table of the newest rows is meant; a strict commit is flushed at once. */
  async actNow(text: string): Promise<boolean> {
    const stage = this.stage;
    stage?.end();
    const hops = stage?.active?.info.settings.grouping === 'hop';
    return this.act(hops ? text : `${text}\nflush`);
  }

  lastReport: Awaited<ReturnType<Stage['run']>> | undefined = $state.raw();

  /** Runs something of the page; whatever it throws becomes a notice. @returns what it gave, or false. */
  async attempt<T>(work: (stage: Stage) => Promise<T>): Promise<T | false> {
    const stage = this.stage ?? this.traceStage ?? this.practice;
    return stage === undefined ? false : this.guard(() => work(stage));
  }

  /** The same for what needs no stage. */
  async guard<T>(work: () => Promise<T>): Promise<T | false> {
    // An effect that asks for something does not hang on whether it is done.
    untrack(() => this.working++);
    try {
      return await work();
    } catch (error) {
      this.tell(failureOf(error));
      return false;
    } finally {
      this.working--;
    }
  }

  // ---- telling

  tell(
    failure: Failure,
    words: { title?: string; next?: string; remedy?: Remedy; act?: () => Promise<void> } = {},
  ): void {
    const id = ++this.#noticesMade;
    const remedy = words.remedy ?? messageOf(failure).remedy;
    // The same thing twice is one notice. An effect that tells something does not hang on what was told before.
    const others = untrack(() => this.notices).filter(
      (one) => one.failure.code !== failure.code || one.failure.message !== failure.message,
    );
    this.notices = [...others.slice(-3), { id, failure, ...words, remedy }];
  }
  /** Who goes on has seen that the last thing was refused. What is wrong with the store stands until it is dismissed. */
  #forgetRefusals(): void {
    this.notices = this.notices.filter(({ failure }) => messageOf(failure).weight !== 'input');
  }
  dismiss(id: number): void {
    this.notices = this.notices.filter((one) => one.id !== id);
  }

  // ---- inside

  #stage(room: TraceRoom<unknown>): Stage {
    const stage = new Stage(room, this.connection!);
    stage.reducedMotion = this.#reducedMotion;
    return stage;
  }

  async #connect(): Promise<void> {
    const connection = this.#start();
    this.connection = connection;
    void connection.died.then(({ asked, reason }) => {
      if (asked || this.connection !== connection) return;
      this.phase = 'dead';
      this.tell({ code: 'worker_died', message: `The worker ended: ${reason}.`, place: {} });
    });
    try {
      this.hello = await connection.api.hello(PROTOCOL_VERSION);
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = (message: MessageEvent<JobReport>) => {
        this.jobs.set(message.data.job, message.data);
      };
      await connection.api.attachJobs(port2);
    } catch (error) {
      this.connection = undefined;
      this.phase = 'dead';
      this.tell(failureOf(error));
    }
  }
}

/** Where it is, is said beside it. */
function sentenceOf(errors: readonly ScriptError[]): string {
  const [first] = errors;
  if (first === undefined) return '';
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return `${first.message}${more}`;
}
