/**
 * Scripts and crash runs, both ways: what a script does to a store, as the actions that the crash search runs; and a run
 * with a state at its end, as a script that comes to the same bytes in the lab.
 *
 *     put a 1 ; flush ; crash ; reopen        ◀──▶   commit, flush, crash
 *     run up to I/O 17, 200 bytes of it        ──▶   … crash at 17 prefix 200 ; …
 *     run up to I/O 17, the power cut          ──▶   … crash at 17 ; … ; power-cut keep 1 tear 2 at 100 ; reopen
 *
 * Both rest on one rule: seed, opening number and command make the same bytes here and in a session of the lab.
 */
import { unreachable } from '../base/assert';
import type { SessionSettings } from '../protocol/session';
import type { Action, BoardChoice, CutShort, Flip } from '../crash/actions';
import type { CrashPoint } from '../crash/run';
import type { StateName } from '../crash/state_id';
import type { Fault } from '../storage/fault_script';
import type { Fate } from '../storage/simulated/fates';
import type { Batch, Operation } from '../base/ordered_index';
import type { Command, OtherItem, PowerCutCommand, Script, Setting } from '../workload/command';
import { printCommand, printScript } from '../workload/printer';
import type { DatasetLibrary } from './dataset_library';
import { faultOf, LOAD_BATCH_ROWS } from './interpreter';
import { LabError } from './lab_error';
import { ReckonedTransactions } from './reckoned_transactions';
import { tunedBy } from './script_settings';

/** What a script comes to besides its settings. */
export interface ScriptRun {
  readonly actions: readonly Action[];
  /** Switched by its commands; here they hold from the first opening on. */
  readonly off: readonly string[];
  readonly tuning: Extract<Command, { kind: 'tuning' }>['tuning'];
}

/**
 * The actions of a script, up to the first `crash at` that comes true: from there on the search takes over. Commands
 * that only look are left out.
 *
 * @throws LabError command_refused for what a search cannot run: a disk that lies or is full, a flipped byte
 */
export function actionsOf(commands: readonly Command[], datasets: DatasetLibrary, head: ScriptHead = {}): ScriptRun {
  return new Translation(datasets, head).run(commands);
}

/** What of the settings decides which transactions of a script are refused. */
export interface ScriptHead {
  readonly versions?: boolean;
  readonly idleTicksMax?: number;
  readonly validateWrites?: boolean;
}
export const scriptHeadOf = ({
  format,
  protections,
  tuning,
}: Pick<SessionSettings, 'format' | 'protections' | 'tuning'>): ScriptHead => ({
  versions: format.versions === true,
  validateWrites: protections.validateWrites,
  ...(tuning.idleTicksMax !== undefined && { idleTicksMax: tuning.idleTicksMax }),
});

const refused = (command: Command, why: string): LabError =>
  new LabError('command_refused', `A crash search does not run \`${printCommand(command)}\`: ${why}`);

class Translation {
  readonly #datasets: DatasetLibrary;
  readonly #hasVersions: boolean;
  readonly #endsIdle: boolean;
  readonly #validatesWrites: boolean;
  readonly #actions: Action[] = [];
  readonly #off = new Set<string>();
  readonly #transactions: ReckonedTransactions;
  #tuning: ScriptRun['tuning'] = {};
  /** How the store went down, until it is opened again. */
  #down: Action | undefined;
  /** An order to die that is still to come true: behind how many actions, and at which of their I/Os. */
  #order: Order | undefined;

  constructor(datasets: DatasetLibrary, { idleTicksMax, validateWrites = true, versions = false }: ScriptHead) {
    this.#datasets = datasets;
    this.#hasVersions = versions;
    this.#endsIdle = idleTicksMax !== undefined;
    this.#validatesWrites = validateWrites;
    this.#transactions = new ReckonedTransactions(versions);
  }

  run(commands: readonly Command[]): ScriptRun {
    for (const command of commands) {
      const { kind } = command;
      if (this.#order !== undefined && (kind === 'reopen' || kind === 'power_cut' || kind === 'crash')) {
        // It has come by now. What follows is about what it left, unless it is plain that it cut one action short.
        if (kind === 'power_cut' || !this.#cutShort(this.#order)) break;
        this.#order = undefined;
        if (kind === 'crash') continue;
      }
      this.#take(command);
    }
    return { actions: this.#actions, off: [...this.#off], tuning: this.#tuning };
  }

  /** The one action since the order to die becomes a crash in its middle. */
  #cutShort({ at, ios, landedBytes }: Order): boolean {
    const action = this.#actions[at];
    if (ios === undefined || action === undefined || this.#actions.length !== at + 1) return false;
    if (action.do === 'reopen' || action.do === 'crash' || action.do === 'cut' || action.do === 'fail') return false;
    this.#actions.pop();
    this.#down = { do: 'crash', during: { action, ios, landedBytes } };
    return true;
  }

  #take(command: Command): void {
    switch (command.kind) {
      case 'put':
      case 'delete':
        this.#write(command);
        break;
      case 'batch':
        this.#commit(command.operations, command.mode);
        break;
      case 'vacuum':
        throw refused(command, 'its clients commit, and nobody takes versions away.');
      case 'begin':
        if (this.#hasVersions && command.serializable)
          throw refused(command, 'who is refused at that level, only the store can say.');
        if (this.#hasVersions && this.#endsIdle)
          throw refused(command, 'with `idle` in the head, who is left alone for too long only the store can say.');
        if (this.#down === undefined) this.#transactions.begin(command);
        break;
      case 'abort':
        this.#transactions.abort(command.transaction);
        break;
      case 'commit': {
        const validates = this.#validatesWrites && !this.#off.has('validateWrites');
        const batch = this.#transactions.commit(command.transaction, validates);
        if (batch) this.#commit(batch, command.mode);
        break;
      }
      case 'write':
        this.#publishing({ do: 'turn' });
        break;
      case 'flush':
      case 'checkpoint':
        this.#publishing({ do: command.kind });
        break;
      case 'step':
        this.#publishing({ do: 'step', budgetBytes: command.bytes });
        break;
      case 'load':
        this.#load(command);
        break;
      case 'close':
        this.#down ??= { do: 'reopen' };
        break;
      case 'reopen':
        this.#actions.push(this.#down ?? { do: 'reopen' });
        this.#down = undefined;
        this.#transactions.reopen();
        break;
      case 'crash':
        if (command.at === undefined) this.#down ??= { do: 'crash' };
        else this.#order = orderOf(command, this.#actions.length);
        break;
      case 'power_cut':
        this.#down = { do: 'cut', choice: choiceOf(command) };
        break;
      case 'fail':
        this.#do({ do: 'fail', fault: faultOf(command) });
        break;
      case 'protect':
        if (command.on) this.#off.delete(command.protection);
        else this.#off.add(command.protection);
        break;
      case 'tuning':
        if (this.#hasVersions && command.tuning.idleTicksMax !== undefined)
          throw refused(command, 'who is left alone for too long only the store can say.');
        this.#tuning = tunedBy(this.#tuning, command.tuning);
        break;
      case 'disk_full':
      case 'disk_lies':
      case 'flip':
        throw new LabError(
          'command_refused',
          `A crash search does not run \`${printCommand(command)}\`: the profile says what the disk may do.`,
        );
      case 'compact':
        throw new LabError('command_refused', 'A crash search does not compact: it looks at small stores.');
      case 'get':
      case 'scan':
      case 'cursor':
      case 'next':
      case 'end':
      case 'snapshot':
      case 'release':
      case 'check':
      case 'stats':
      case 'say':
      case 'ask':
        break;
      default:
        unreachable(command);
    }
  }

  #write(command: Extract<Command, { kind: 'put' | 'delete' }>): void {
    const operation: Operation =
      command.kind === 'put'
        ? { kind: 'put', key: command.key, value: command.value }
        : { kind: 'delete', key: command.key };
    if (command.transaction === undefined) this.#commit([operation], command.mode);
    else this.#transactions.write(command.transaction, operation);
  }

  #commit(operations: Batch, mode: 'strict' | 'relaxed' = 'strict'): void {
    this.#do({ do: 'commit', operations, mode });
    if (this.#down === undefined) this.#transactions.committed(operations);
  }

  #publishing(action: Action): void {
    this.#do(action);
    if (this.#down === undefined) this.#transactions.publish();
  }

  #load({
    batch = LOAD_BATCH_ROWS,
    dataset: name,
    from = 1,
    rows = Infinity,
  }: Extract<Command, { kind: 'load' }>): void {
    const dataset = this.#datasets.find(name);
    const end = Math.min(dataset.count, from - 1 + rows);
    for (let at = from - 1; at < end; at += batch) {
      const count = Math.min(batch, end - at);
      this.#commit(Array.from({ length: count }, (_, i) => ({ kind: 'put', ...dataset.row(at + i) })));
    }
    this.#publishing({ do: 'flush' });
  }

  /** While the store is down a script's commands fail; they are no part of the run. */
  #do(action: Action): void {
    if (this.#down === undefined) this.#actions.push(action);
  }
}

interface Order {
  readonly at: number;
  /** Absent: an I/O of the session, which nobody here can place. */
  readonly ios: number | undefined;
  readonly landedBytes: number;
}

function orderOf({ at, prefixBytes = 0 }: Extract<Command, { kind: 'crash' }>, actions: number): Order {
  return { at: actions, ios: at?.relative === true ? at.io : undefined, landedBytes: prefixBytes };
}

function choiceOf({ keep, others = [], torn }: PowerCutCommand): BoardChoice {
  const named = [
    ...torn.map(({ atByte, item }) => ({ item, fate: { fate: 'torn', atByte } as const })),
    ...others.map(({ fate, item }) => ({ item, fate })),
  ];
  if (keep === 'all') return { others: 'kept', items: named };
  return { others: 'lost', items: [...keep.map((item) => ({ item, fate: { fate: 'kept' } as const })), ...named] };
}

// ---- and back

/** The commands of an action, in order. */
export function commandsOf(action: Action): readonly Command[] {
  switch (action.do) {
    case 'commit':
      return [commitCommand(action)];
    case 'turn':
      return [{ kind: 'write' }];
    case 'flush':
    case 'checkpoint':
      return [{ kind: action.do }];
    case 'step':
      return [{ kind: 'step', bytes: action.budgetBytes }];
    case 'reopen':
      return [REOPEN];
    case 'crash':
      return action.during === undefined ? [{ kind: 'crash' }, REOPEN] : cutShortCommands(action.during);
    case 'cut':
      return [cutCommand(action.choice), REOPEN];
    case 'fail':
      return [failCommand(action.fault)];
  }
}

const REOPEN: Command = { kind: 'reopen', salvage: false };

/** The order to die, the action, a plain crash in case it was over before, and the next opening. */
function cutShortCommands({ action, ios, landedBytes }: CutShort): readonly Command[] {
  const prefix = landedBytes > 0 ? { prefixBytes: landedBytes } : {};
  return [
    { kind: 'crash', at: { io: ios, relative: true }, ...prefix },
    ...commandsOf(action),
    { kind: 'crash' },
    REOPEN,
  ];
}

function commitCommand({ mode, operations }: Extract<Action, { do: 'commit' }>): Command {
  const who = mode === 'relaxed' ? { mode } : {};
  const [only] = operations;
  return operations.length === 1 ? { ...only!, ...who } : { kind: 'batch', operations, ...who };
}

function cutCommand({ items, others }: BoardChoice): PowerCutCommand {
  const keep = items.filter(({ fate }) => fateKind(fate) === 'kept').map(({ item }) => item);
  const torn = items.flatMap(({ fate, item }) => (isPlainTear(fate) ? [{ item, atByte: fate.atByte }] : []));
  const other: OtherItem[] = items.filter(({ fate }) => fateKind(fate) === 'other' && !isPlainTear(fate));
  return {
    kind: 'power_cut',
    keep: others === 'kept' ? 'all' : keep,
    torn,
    ...(other.length > 0 && { others: other }),
  };
}

function fateKind(fate: Fate): 'kept' | 'lost' | 'other' {
  if (fate.fate === 'lost') return 'lost';
  const isPlain = fate.fate === 'kept' && !('to' in fate && fate.to !== undefined) && !hasVersion(fate);
  return isPlain ? 'kept' : 'other';
}

const hasVersion = (fate: Fate): boolean => 'version' in fate && fate.version !== undefined;

function isPlainTear(fate: Fate): fate is Extract<Fate, { fate: 'torn' }> {
  return fate.fate === 'torn' && fate.part !== 'tail' && !hasVersion(fate) && fate.under === undefined;
}

function failCommand({ call, effect, file, forever = false, nth }: Fault): Command {
  const kinds = { fail: 'error', fail_and_drop: 'drop', fail_after: 'after', lie: 'lie', zeros: 'zeros' } as const;
  if (effect.kind === 'misdirected') throw new LabError('command_refused', 'A script misdirects no write.');
  const said =
    effect.kind === 'short'
      ? ({ kind: 'short', bytes: effect.count } as const)
      : ({ kind: kinds[effect.kind] } as const);
  return { kind: 'fail', call, nth, forever, effect: said, ...(file !== undefined && { file }) };
}

/** A run that ends in a state, as a script: it stops the process where the crash came, cuts the power, and reopens. */
export function scriptOf(
  settings: readonly Setting[],
  actions: readonly Action[],
  state: StateName,
  /** Where the crash came. */
  point: CrashPoint,
): string {
  /** The action that made the I/O, -1 for the first opening; absent where the crash came after the last one. */
  const crashedIn = point.call === undefined ? undefined : point.action;
  const { ending, flips, io } = state;
  const prefix = ending.how === 'crash' && ending.landedBytes > 0 ? { prefixBytes: ending.landedBytes } : {};
  const isOpening = crashedIn === -1;
  const head: Setting[] = isOpening ? [...settings, { kind: 'opening_crash', io, ...prefix }] : [...settings];
  const commands: Command[] = [];
  for (const [index, action] of actions.slice(0, (crashedIn ?? actions.length) + 1).entries()) {
    const own = [...commandsOf(action)];
    // The number of the I/O is fixed from here; a crash of an earlier life would have cancelled the order.
    const order: Command = { kind: 'crash', at: { io, relative: false }, ...prefix };
    if (index !== crashedIn) commands.push(...own);
    else if (point.isOpening) commands.push(...own.slice(0, -1), order, ...own.slice(-1));
    else commands.push(order, ...(action.do === 'crash' ? commandsOf(action.during!.action) : own));
  }
  if (ending.how === 'cut') commands.push(cutCommand(namedFates(ending.fates)));
  else if (crashedIn === undefined) commands.push({ kind: 'crash' });
  commands.push(...flips.map(flipCommand), REOPEN, { kind: 'scan', reverse: false }, { kind: 'check' });
  return printScript({ settings: head, lines: commands.map((command, i) => ({ line: i + 1, command })) });
}

/** The run alone. */
export function workloadText(settings: readonly Setting[], actions: readonly Action[]): string {
  const commands = actions.flatMap(commandsOf);
  const script: Script = { settings, lines: commands.map((command, i) => ({ line: i + 1, command })) };
  return printScript(script);
}

const flipCommand = ({ bit, file, offset }: Flip): Command => ({ kind: 'flip', file, offset, bit });

/** Whichever is shorter: all kept but these, or all lost but these. */
function namedFates(fates: readonly Fate[]): BoardChoice {
  const items = fates.map((fate, i) => ({ item: i + 1, fate }));
  const lost = items.filter(({ fate }) => fateKind(fate) !== 'lost');
  // `keep all` has no word for an item that is lost, so it is only for boards without one.
  const isAllNamed = lost.length === items.length && items.length > 0;
  return isAllNamed
    ? { others: 'kept', items: items.filter(({ fate }) => fateKind(fate) === 'other') }
    : { others: 'lost', items: lost };
}
