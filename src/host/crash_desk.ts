/**
 * The crash states of a run, for whoever looks at them: planned, searched, opened, shrunk. The search itself is in
 * `src/crash`; here scripts and sessions become its runs, and its states become sessions.
 */
import type { Entry } from '../base/ordered_index';
import type { Action } from '../crash/actions';
import { CHECKS, type Judgement } from '../crash/checker';
import { mutantsOf, switchedOff } from '../crash/mutants';
import { recordRun, type CrashPoint, type RecordedRun, type RunOptions } from '../crash/run';
import { Search, WHOLE_SHARE, type StateOutcome } from '../crash/search';
import { findFailure, shrink, weight, type Failure } from '../crash/shrink';
import { fateText, parseStateId, stateId, type StateName } from '../crash/state_id';
import { mount } from '../crash/states';
import { storeSubject } from '../crash/store_subject';
import type { Protections } from '../kv_store';
import { ALL_PROTECTIONS } from '../kv_store';
import { fromBoardOrder, inBoardOrder } from '../storage/simulated/board_order';
import { whyImpossible } from '../storage/simulated/fates';
import { PROFILES } from '../storage/simulated/profiles';
import type {
  ComparedRow,
  CrashBatch,
  CrashCell,
  CrashFinding,
  CrashOpened,
  CrashPlan,
  CrashRequest,
  CrashSource,
  CrashSwitch,
} from '../protocol/crash';
import type { LedgerCommit, PendingItem } from '../protocol/drill';
import type { SessionSettings } from '../protocol/session';
import { datasetOf } from '../workload/datasets';
import type { Command, Setting } from '../workload/command';
import { parseScript } from '../workload/parser';
import { printCommand } from '../workload/printer';
import { actionsOf, commandsOf, scriptOf, workloadText } from './crash_script';
import type { DatasetLibrary } from './dataset_library';
import { describeItem, SimulatedDevice } from './device';
import type { HostEnvironment } from './environment';
import type { JobProgress, JobWork } from './jobs';
import { judge } from './judge';
import { LabError, scriptInvalid } from './lab_error';
import { datasetsOf, planned } from './replay';
import { settingsOf } from './script_settings';
import type { Session } from './session';
import type { SessionOpener } from './session_opener';

/** A request, made a run. */
interface Prepared {
  readonly options: RunOptions;
  readonly settings: SessionSettings;
  /** Heads of the scripts that are printed. */
  readonly head: readonly Setting[];
}

/** States judged between two turns of the worker. */
const SLICE_STATES = 60;
const SHRINK_TRIES_MAX = 120;
const SHRINK_STATES_MAX = 400;

export class CrashDesk {
  readonly #environment: HostEnvironment;
  readonly #opener: SessionOpener;
  readonly #datasets: DatasetLibrary;
  readonly #adopt: (session: Session) => void;

  constructor(
    environment: HostEnvironment,
    opener: SessionOpener,
    datasets: DatasetLibrary,
    adopt: (session: Session) => void,
  ) {
    this.#environment = environment;
    this.#opener = opener;
    this.#datasets = datasets;
    this.#adopt = adopt;
  }

  switches(): readonly CrashSwitch[] {
    return mutantsOf(storeSubject()).map(({ besides, kind, name, profile, sentence }) => ({
      name,
      kind,
      sentence,
      profile,
      ...(besides !== undefined && { besides }),
    }));
  }

  source(session: Session): CrashSource {
    const images = session.firstImages();
    const commands = planned(session.log.slice(1));
    const datasets: Record<string, readonly Entry[]> = {};
    for (const name of datasetsOf(commands)) {
      if (this.#datasets.isMade(name)) continue;
      const dataset = this.#datasets.find(name);
      datasets[name] = Array.from({ length: dataset.count }, (_, index) => dataset.row(index));
    }
    return { kind: 'commands', settings: session.settings, images, commands, datasets };
  }

  plan(request: CrashRequest): CrashPlan {
    const { options, settings } = this.#prepare(request);
    const search = this.#search(request, options);
    const points: CrashPlan['points'][number][] = [];
    let exhaustivePoints = 0;
    for (const space of search.spaces()) {
      const { count, judged, point } = space;
      if (space.isExhaustive) exhaustivePoints++;
      points.push({
        ...describePoint(point),
        states: { kind: count.isExact ? 'exact' : 'more_than', states: count.states },
        judged,
      });
    }
    return {
      profile: request.profile,
      format: { ...DEFAULT_LESSON, ...settings.format },
      commands: options.actions.map(actionText),
      points,
      judged: points.reduce((sum, { judged }) => sum + judged, 0),
      exhaustivePoints,
    };
  }

  pending(request: CrashRequest, io: number): readonly PendingItem[] {
    const { options } = this.#prepare(request);
    return boardOf(pointAt(recordRun(options), io));
  }

  searchWork(request: CrashRequest, post: (batch: CrashBatch) => void): JobWork {
    return { unit: 'states', slices: () => this.#slices(request, post) };
  }

  async open(request: CrashRequest, id: string): Promise<CrashOpened> {
    const prepared = this.#prepare(request);
    const { point, search, state } = this.#find(request, prepared, id);
    const outcome = search.judge(point, state.ending);
    const cell = cellOf(outcome, undefined, outcome.judgement);
    const disk = mount(point, state.ending, state.flips);
    const session = await this.#opener.prepare({
      spec: { store: 'simulated' },
      settings: { ...prepared.settings, seed: prepared.settings.seed + point.openings, grouping: 'explicit' },
      device: new SimulatedDevice(disk),
    });
    const { bytes: log } = session.device.readBytes('log', 0, Number.MAX_SAFE_INTEGER);
    session.open();
    this.#adopt(session);
    const info = session.info();
    const recovered = session.isOpen ? [...session.store.scan({})] : [];
    const verdict = judge({
      crash: state.ending.how === 'crash' ? 'kill' : 'power_cut',
      before: point.history.stateAfter(0),
      commits: ledgerOf(point, search.run.firstLsn),
      recovered,
      recovery: info.recovery,
      failure: info.failure,
      crashAlone: isCrashAlone(prepared, search.run),
      liar: prepared.options.profile.flush === 'ignored',
      log,
    });
    const expectedCommits = Math.max(point.promised, Math.min(outcome.judgement.commits ?? 0, point.submitted));
    return {
      cell,
      session: info,
      verdict,
      recovery: info.recovery,
      expectedCommits,
      rows: compareRows(point.history.stateAfter(expectedCommits), recovered),
      pending: boardOf(point),
      fates: state.ending.how === 'cut' ? state.ending.fates.map(fateText) : [],
    };
  }

  script(request: CrashRequest, id: string): string {
    const prepared = this.#prepare(request);
    const { point, state } = this.#find(request, prepared, id);
    return scriptOf(prepared.head, prepared.options.actions, state, point);
  }

  shrink(request: CrashRequest, id: string): CrashFinding {
    const prepared = this.#prepare(request);
    const { point, search, state } = this.#find(request, prepared, id);
    const outcome = search.judge(point, state.ending);
    const { check } = outcome.judgement;
    if (check === undefined) throw new LabError('command_refused', 'This state is as it should be: nothing to shrink.');
    const how = {
      statesMax: Math.min(request.statesMax, SHRINK_STATES_MAX),
      seed: request.seed,
      triesMax: SHRINK_TRIES_MAX,
      crashRecovery: check === 'f_crash_again',
    };
    const failure: Failure = { run: search.run, ...outcome };
    const shrunk = shrink(findFailure(cutAfter(failure), how, check) ?? failure, how);
    return this.#finding(request, prepared, failure, shrunk);
  }

  /** The run on real files, or in memory where there are none: what it costs when nothing goes wrong. */
  async time(request: CrashRequest): Promise<number> {
    const { settings } = this.#prepare(request);
    const { source } = request;
    const commands =
      source.kind === 'script' ? commandsIn(source.text) : source.commands.flatMap(({ text }) => commandsIn(text));
    const session = await this.#opener.prepare({
      spec: { store: 'scratch', traced: false },
      settings: { ...settings, device: 'file', grouping: 'explicit' },
    });
    try {
      session.open();
      const begun = this.#environment.now();
      for (const action of actionsOf(commands, this.#datasets).actions) {
        for (const command of commandsOf(action)) if (command.kind !== 'power_cut') session.execute(command, 0);
      }
      return this.#environment.now() - begun;
    } finally {
      session.close();
      const { folder } = session.info();
      if (folder !== undefined) await this.#environment.removeScratch(folder);
    }
  }

  // ---- private

  *#slices(request: CrashRequest, post: (batch: CrashBatch) => void): Generator<JobProgress, JobProgress> {
    const { options } = this.#prepare(request);
    const search = this.#search(request, options);
    let total = 0;
    for (const { judged } of search.spaces()) total += judged;
    const letters = { A: 0, L: 0, D: 0, S: 0, F: 0 };
    const first = new Map<string, CrashCell>();
    let cells: CrashCell[] = [];
    let done = 0;
    let milliseconds = 0;
    let begun = this.#environment.now();
    const send = (finished: boolean): JobProgress => {
      milliseconds += this.#environment.now() - begun;
      const { recoveryCrashes } = search.checker;
      const progress = { done, total, distinct: first.size, recoveryCrashes, letters: { ...letters }, milliseconds };
      post({ cells, progress, finished });
      cells = [];
      return { done, total, sentence: `${done} of ${total} states, ${first.size} of them distinct.` };
    };
    for (const outcome of search.outcomes()) {
      done++;
      const known = first.get(outcome.key);
      const cell = cellOf(outcome, known, outcome.judgement);
      if (known === undefined) {
        first.set(outcome.key, cell);
        letters[cell.letter]++;
      }
      cells.push(cell);
      if (done % SLICE_STATES !== 0) continue;
      yield send(false);
      begun = this.#environment.now();
    }
    return send(true);
  }

  #search(request: CrashRequest, options: RunOptions, share: CrashRequest['share'] = request.share): Search {
    const { crashRecovery, points, seed, statesMax } = request;
    const wanted = points === undefined ? undefined : new Set(points);
    return new Search(options, {
      statesMax,
      seed,
      share,
      crashRecovery,
      ...(wanted !== undefined && { isWanted: ({ io }: CrashPoint) => wanted.has(io) }),
    });
  }

  #find(
    request: CrashRequest,
    { options }: Prepared,
    id: string,
  ): { point: CrashPoint; search: Search; state: StateName } {
    const state = parseStateId(id);
    if (state === undefined) throw new LabError('command_refused', `${id} is not the name of a crash state.`);
    const search = this.#search(request, options, WHOLE_SHARE);
    const point = pointAt(search.run, state.io);
    if (!search.isPossible(point, state.ending))
      throw new LabError('command_refused', whyRefused(point, state, options));
    return { point, search, state };
  }

  #prepare({ profile, source, switchedOff: names, seed }: CrashRequest): Prepared {
    let commands: Command[];
    let settings: SessionSettings;
    let images: RunOptions['images'];
    if (source.kind === 'script') {
      const { errors, script } = parseScript(source.text);
      if (errors.length > 0) throw scriptInvalid(errors);
      commands = script.lines.map(({ command }) => command);
      settings = settingsOf({ store: 'by_script', profile }, script, () => seed);
    } else {
      for (const [name, rows] of Object.entries(source.datasets)) this.#datasets.add(datasetOf(name, [...rows]));
      commands = source.commands.flatMap(({ text }) => commandsIn(text));
      settings = { ...source.settings, profile };
      const { superblock, log, data_0, data_1 } = source.images;
      const isEmpty = superblock.length + log.length + data_0.length + data_1.length === 0;
      if (!isEmpty) images = source.images;
    }
    const { actions, off, tuning } = actionsOf(commands, this.#datasets);
    const withTuning = { ...settings.tuning, ...tuning };
    const subject = storeSubject({ format: settings.format, tuning: withTuning });
    const { careless, protections } = switchedOffBoth(settings, [...off, ...names], subject);
    const { device: _, ...rest } = settings;
    settings = { ...rest, device: 'simulated', tuning: withTuning, careless, protections };
    const options: RunOptions = {
      subject,
      actions,
      profile: PROFILES[profile],
      seed: settings.seed,
      protections: { ...protections },
      careless,
      ...(images !== undefined && { images }),
    };
    return { options, settings, head: headOf(settings) };
  }

  #finding(request: CrashRequest, { head, settings }: Prepared, before: Failure, after: Failure): CrashFinding {
    const { ending, image, judgement, point, run } = after;
    const state: StateName = { io: point.io, ending, flips: [] };
    const crashedIn = point.call === undefined ? undefined : point.action;
    const script = scriptOf(head, run.options.actions, state, point);
    const workload = workloadText(head, run.options.actions);
    const id = stateId(state);
    const landed = ending.how === 'crash' && ending.landedBytes > 0 ? { prefixBytes: ending.landedBytes } : {};
    return {
      cell: cellOf({ point, ending, image, key: '', judgement }, undefined, judgement),
      script,
      workload,
      line: lineOf(settings.seed, id, workload),
      seed: settings.seed,
      format: { ...DEFAULT_LESSON, ...settings.format },
      protections: settings.protections,
      switchedOff: [...request.switchedOff],
      careless: settings.careless,
      tuning: settings.tuning,
      ...(crashedIn === -1 && { openingCrash: { io: point.io, ...landed } }),
      profile: request.profile,
      shrunk: {
        commands: [before.run.options.actions.length, run.options.actions.length],
        items: [weight(before.ending), weight(ending)],
      },
    };
  }
}

/** Everything that says how to see a state again, on one line. */
export function lineOf(seed: number, id: string, workload: string): string {
  return `seed ${seed} state ${id} script ${JSON.stringify(workload.trim().replaceAll('\n', '; '))}`;
}

const DEFAULT_LESSON = { logBytes: 16 * 1024, extentBytes: 1024, groupAlignBytes: 512 } as const;

/** The switches of the request, over those that the source has switched itself. */
function switchedOffBoth(
  settings: SessionSettings,
  names: readonly string[],
  subject: ReturnType<typeof storeSubject>,
): { protections: Protections; careless: SessionSettings['careless'] } {
  const off = switchedOff(subject, names);
  const protections = { ...ALL_PROTECTIONS, ...settings.protections };
  for (const name of names) if (Object.hasOwn(protections, name)) protections[name as keyof Protections] = false;
  return { protections: Object.freeze(protections), careless: [...new Set([...settings.careless, ...off.careless])] };
}

function headOf({ careless, format, profile, protections, seed, tuning }: SessionSettings): Setting[] {
  const off = Object.entries(protections).flatMap(([name, on]) => (on ? [] : [name as keyof Protections]));
  const names = [...off, ...careless];
  const [first, ...others] = names;
  return [
    {
      kind: 'store',
      format: { ...DEFAULT_LESSON, ...format },
      ...(Object.keys(tuning).length > 0 && { tuning }),
    },
    { kind: 'seed', seed },
    ...(profile === 'adversarial' ? [] : [{ kind: 'profile', profile } as const]),
    ...(first === undefined ? [] : [{ kind: 'without', names: [first, ...others] } as const]),
  ];
}

function commandsIn(text: string): Command[] {
  const { errors, script } = parseScript(text);
  if (errors.length > 0) throw scriptInvalid(errors);
  return script.lines.map(({ command }) => command);
}

const actionText = (action: Action): string => commandsOf(action).map(printCommand).join('; ');

function describePoint(point: CrashPoint): Omit<CrashPlan['points'][number], 'states' | 'judged'> {
  const { acknowledged, action, call, disk, epoch, io, promised, submitted } = point;
  const described = { io, command: action, epoch, submitted, acknowledged, promised, pending: disk.pending().length };
  if (call === undefined) return described;
  const at = call.kind === 'write' ? call.at : call.kind === 'truncate' ? call.size : 0;
  const bytes = call.kind === 'write' ? call.bytes.length : 0;
  return { ...described, call: { kind: call.kind, file: call.file, at, bytes } };
}

function pointAt(run: RecordedRun, io: number): CrashPoint {
  const point = run.points[io - 1];
  if (point !== undefined) return point;
  throw new LabError('command_refused', `The run has ${run.points.length} crash points: there is no I/O ${io}.`);
}

function boardOf({ disk }: CrashPoint): PendingItem[] {
  const images = disk.durableImages();
  return inBoardOrder(disk.pending()).map((item, index) => describeItem(item, index + 1, images));
}

/** Why a disk does not leave a state, for whoever set its switches by hand. */
function whyRefused({ disk }: CrashPoint, { ending }: StateName, { profile }: RunOptions): string {
  if (ending.how === 'crash') return `With ${profile.name} no write stops there.`;
  const items = disk.pending();
  if (ending.fates.length !== items.length)
    return `${ending.fates.length} fates were given for ${items.length} pending items.`;
  const why = whyImpossible(items, fromBoardOrder(items, ending.fates), profile);
  // Its numbers are those of the disk; the board counts the log first.
  return `With ${profile.name} this cannot be: ${(why ?? 'nothing issued is lost').replace(/^item \d+: /, '')}.`;
}

/** The same run, ended where the crash was. */
function cutAfter({ point, run }: Failure): RunOptions {
  const { actions } = run.options;
  return point.call === undefined ? run.options : { ...run.options, actions: actions.slice(0, point.action + 1) };
}

function cellOf(
  { ending, image, point }: StateOutcome,
  known: CrashCell | undefined,
  judgement: Judgement | undefined,
): CrashCell {
  const id = stateId({ io: point.io, ending, flips: [] });
  if (judgement === undefined) {
    // The first of its kind stands for it.
    const { id: duplicateOf, ...like } = known!;
    return { ...like, id, io: point.io, duplicateOf };
  }
  const { check, commits, letter, sentence } = judgement;
  return {
    id,
    io: point.io,
    letter,
    image,
    sentence,
    ...(commits !== undefined && { commits }),
    ...(check !== undefined && CHECKS.includes(check) && { check }),
  };
}

/** What the judge of drills asks for; where records lay in the log is not known here, so it looks at none. */
function ledgerOf({ acknowledged, history, promised, submitted }: CrashPoint, firstLsn: number): LedgerCommit[] {
  return Array.from({ length: submitted }, (_, i) => {
    const { mode, operations } = history.commit(i + 1);
    return {
      lsn: (firstLsn + i + 1) as LedgerCommit['lsn'],
      client: 0,
      mode,
      operations,
      acknowledged: i < acknowledged,
      flushed: i < promised,
    };
  });
}

function isCrashAlone({ settings }: Prepared, run: RecordedRun): boolean {
  const isWhole = settings.careless.length === 0 && !Object.values(settings.protections).includes(false);
  return isWhole && !run.hasFaults && run.options.profile.flush === 'honest';
}

/** Both sides, in key order. */
function compareRows(expected: readonly Entry[], recovered: readonly Entry[]): ComparedRow[] {
  const rows = new Map<string, { key: Uint8Array; expected?: Uint8Array; recovered?: Uint8Array }>();
  const name = (key: Uint8Array): string => String.fromCharCode(...key);
  for (const { key, value } of expected) rows.set(name(key), { key, expected: value });
  for (const { key, value } of recovered)
    rows.set(name(key), { ...(rows.get(name(key)) ?? { key }), recovered: value });
  return [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, row]) => ({ ...row, same: sameBytes(row.expected, row.recovered) }));
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i]);
}
