/**
 * What the crash desk answers with, as the page takes it: points, pending items, cells, rows on both sides, and the
 * words for a state that cannot be. Each is a plain translation of what the search knows.
 */
import type { Entry } from '../base/ordered_index';
import { CHECKS, type Judgement } from '../crash/checker';
import type { CrashPoint, RecordedRun, RunOptions } from '../crash/run';
import type { StateOutcome } from '../crash/search';
import { weight, type Failure } from '../crash/shrink';
import { stateId, type StateName } from '../crash/state_id';
import type { ComparedRow, CrashCell, CrashFinding, CrashPlan, CrashRequest } from '../protocol/crash';
import type { LedgerCommit, PendingItem } from '../protocol/drill';
import { fromBoardOrder, inBoardOrder } from '../storage/simulated/board_order';
import { whyImpossible } from '../storage/simulated/fates';
import { DEFAULT_LESSON, type PreparedRun } from './crash_prepare';
import { scriptOf, workloadText } from './crash_script';
import { describeItem } from './device';
import { LabError } from './lab_error';

export function describePoint(point: CrashPoint): Omit<CrashPlan['points'][number], 'states' | 'judged'> {
  const { acknowledged, action, call, disk, epoch, io, promised, submitted } = point;
  const described = { io, command: action, epoch, submitted, acknowledged, promised, pending: disk.pending().length };
  if (call === undefined) return described;
  const at = call.kind === 'write' ? call.at : call.kind === 'truncate' ? call.size : 0;
  const bytes = call.kind === 'write' ? call.bytes.length : 0;
  return { ...described, call: { kind: call.kind, file: call.file, at, bytes } };
}

export function pointAt(run: RecordedRun, io: number): CrashPoint {
  const point = run.points[io - 1];
  if (point !== undefined) return point;
  throw new LabError('command_refused', `The run has ${run.points.length} crash points: there is no I/O ${io}.`);
}

export function boardOf({ disk }: CrashPoint): PendingItem[] {
  const images = disk.durableImages();
  return inBoardOrder(disk.pending()).map((item, index) => describeItem(item, index + 1, images));
}

/** Why a disk does not leave a state, for whoever set its switches by hand. */
export function whyRefused({ disk }: CrashPoint, { ending }: StateName, { profile }: RunOptions): string {
  if (ending.how === 'crash') return `With ${profile.name} no write stops there.`;
  const items = disk.pending();
  if (ending.fates.length !== items.length)
    return `${ending.fates.length} fates were given for ${items.length} pending items.`;
  const why = whyImpossible(items, fromBoardOrder(items, ending.fates), profile);
  // Its numbers are those of the disk; the board counts the log first.
  return `With ${profile.name} this cannot be: ${(why ?? 'nothing issued is lost').replace(/^item \d+: /, '')}.`;
}

export function cellOf(
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
export function ledgerOf({ acknowledged, history, promised, submitted }: CrashPoint, firstLsn: number): LedgerCommit[] {
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

/** Both sides, in key order. */
export function compareRows(expected: readonly Entry[], recovered: readonly Entry[]): ComparedRow[] {
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
/** A failure in its smallest form, beside what it was: with all that it takes to see it again. */
export function findingOf(
  request: CrashRequest,
  { head, settings }: PreparedRun,
  before: Failure,
  after: Failure,
): CrashFinding {
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

/** Everything that says how to see a state again, on one line. */
export function lineOf(seed: number, id: string, workload: string): string {
  return `seed ${seed} state ${id} script ${JSON.stringify(workload.trim().replaceAll('\n', '; '))}`;
}
