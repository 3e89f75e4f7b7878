/**
 * The crash states of a run, for whoever looks at them: planned, searched, opened, shrunk. The search itself is in
 * `src/crash`; here scripts and sessions become its runs, and its states become sessions.
 */
import type { Entry } from '../base/ordered_index';
import type { Action } from '../crash/actions';
import { mutantsOf } from '../crash/mutants';
import { recordRun, type CrashPoint, type RecordedRun, type RunOptions } from '../crash/run';
import { Search, WHOLE_SHARE } from '../crash/search';
import { findFailure, shrink, type Failure } from '../crash/shrink';
import { fateText, parseStateId, type StateName } from '../crash/state_id';
import { mount } from '../crash/states';
import { lsmSubject, storeSubject, treeSubject } from '../crash/store_subject';
import type { CrashSubject } from '../crash/subject';
import type {
  CrashBatch,
  CrashCell,
  CrashFinding,
  CrashOpened,
  CrashPlan,
  CrashRequest,
  CrashSource,
  CrashSwitch,
} from '../protocol/crash';
import type { PendingItem } from '../protocol/drill';
import { printCommand } from '../workload/printer';
import { boardOf, cellOf, compareRows, describePoint, findingOf, ledgerOf, pointAt, whyRefused } from './crash_answers';
import { commandsIn, DEFAULT_LESSON, prepareRun, type PreparedRun } from './crash_prepare';
import { actionsOf, commandsOf, scriptHeadOf, scriptOf } from './crash_script';
import type { DatasetLibrary } from './dataset_library';
import { SimulatedDevice } from './device';
import type { HostEnvironment } from './environment';
import type { JobProgress, JobWork } from './jobs';
import { judge } from './judge';
import { LabError } from './lab_error';
import { datasetsOf, planned } from './replay';
import type { Session } from './session';
import type { SessionOpener } from './session_opener';

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
    const ofEveryStore = new Set(mutantsOf(storeSubject()).map(({ name }) => name));
    const switchesOf = (subject: CrashSubject, index: 'btree' | 'lsm'): CrashSwitch[] =>
      mutantsOf(subject).map(({ besides, kind, name, profile, sentence }) => ({
        ...{ name, kind, sentence, profile },
        of: ofEveryStore.has(name) ? 'every_store' : index,
        ...(besides !== undefined && { besides }),
      }));
    return [
      ...switchesOf(treeSubject(), 'btree'),
      ...switchesOf(lsmSubject(), 'lsm').filter((one) => one.of === 'lsm'),
    ];
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
    const { options, settings } = prepareRun(request, this.#datasets);
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
    const { options } = prepareRun(request, this.#datasets);
    return boardOf(pointAt(recordRun(options), io));
  }

  searchWork(request: CrashRequest, post: (batch: CrashBatch) => void): JobWork {
    return { unit: 'states', slices: () => this.#slices(request, post) };
  }

  async open(request: CrashRequest, id: string): Promise<CrashOpened> {
    const prepared = prepareRun(request, this.#datasets);
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
    const prepared = prepareRun(request, this.#datasets);
    const { point, state } = this.#find(request, prepared, id);
    return scriptOf(prepared.head, prepared.options.actions, state, point);
  }

  shrink(request: CrashRequest, id: string): CrashFinding {
    const prepared = prepareRun(request, this.#datasets);
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
    return findingOf(request, prepared, failure, shrunk);
  }

  /** The run on real files, or in memory where there are none: what it costs when nothing goes wrong. */
  async time(request: CrashRequest): Promise<number> {
    const { settings } = prepareRun(request, this.#datasets);
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
      for (const action of actionsOf(commands, this.#datasets, scriptHeadOf(settings)).actions) {
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
    const { options } = prepareRun(request, this.#datasets);
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
    { options }: PreparedRun,
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
}

const actionText = (action: Action): string => commandsOf(action).map(printCommand).join('; ');

function isCrashAlone({ settings }: PreparedRun, run: RecordedRun): boolean {
  const isWhole = settings.careless.length === 0 && !Object.values(settings.protections).includes(false);
  return isWhole && !run.hasFaults && run.options.profile.flush === 'honest';
}

/** The same run, ended where the crash was. */
function cutAfter({ point, run }: Failure): RunOptions {
  const { actions } = run.options;
  return point.call === undefined ? run.options : { ...run.options, actions: actions.slice(0, point.action + 1) };
}
