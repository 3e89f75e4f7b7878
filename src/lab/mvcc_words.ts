/** Steps of sessions, cells of the grid and protections of transactions, in words. */
import type { MvccProtections } from '../mvcc/protections';
import type { ReadValue } from '../mvcc/history/history';
import type { StepTaken } from '../mvcc/history/run_script';
import type { GridCellNote, ReaderKind } from '../protocol/mvcc';
import type { LaneAction } from '../workload/lanes';

/** What an engine is called that lacks a protection; `PROTECTION_WORDS` says in full what that is. */
export const BROKEN_WORDS: Readonly<Record<keyof MvccProtections, string>> = {
  validateWrites: 'no conflict check',
  trackReads: 'reads not tracked',
  trackRanges: 'ranges not tracked',
  snapshotReads: 'no snapshot for reads',
  hideUncommitted: 'dirty reads',
  ownWrites: 'own writes not seen',
  publishInLogOrder: 'out of log order',
  wholeCommits: 'commits by halves',
  keepVersionAtWatermark: 'one version too many',
};

export const READER_WORDS: Readonly<Record<ReaderKind, string>> = {
  none: 'nobody',
  renewed: 'begins anew 10×',
  late: 'parked half-way',
  parked: 'parked at the start',
};

export const sessionName = (session: number): string => `T${session}`;

function valueWords(value: ReadValue): string {
  if (value === null) return 'nothing';
  return typeof value === 'number' ? String(value) : `[${value.join(', ')}]`;
}

/** What a step wanted. */
export function actionWords({ action }: Pick<StepTaken, 'action'>): string {
  switch (action[0]) {
    case 'append':
      return `append ${action[2]} to ${action[1]}`;
    case 'write':
      return `write ${action[1]} = ${action[2]}`;
    case 'read':
      return `read ${action[1]}`;
    case 'scan':
      return `scan ${action[1]}…${action[2]}`;
    default:
      return action[0];
  }
}

/** What came of it; empty where there is nothing to say. */
export function resultWords({ action, entries, how, lsn, value }: StepTaken): string {
  if (how === 'refused') return 'refused';
  if (action[0] === 'begin' && lsn !== undefined) return `at ${lsn}`;
  if (action[0] === 'commit' && lsn !== undefined) return `as ${lsn}`;
  if (entries !== undefined)
    return entries.length === 0 ? 'nothing' : entries.map(([key, one]) => `${key}=${valueWords(one)}`).join(' ');
  return value === undefined ? '' : valueWords(value);
}

const isWrite = ({ action: [what] }: StepTaken): boolean => what === 'write' || what === 'append';

const looksAt = ({ action }: StepTaken, key: string): boolean =>
  action[0] === 'scan'
    ? key >= action[1] && key < action[2]
    : (action[0] === 'read' || action[0] === 'append') && action[1] === key;

/** Why the commit at this place was refused: what others had committed since its session began. Undefined: it was not. */
export function whyRefused(steps: readonly StepTaken[], place: number): string | undefined {
  const { error, how, session } = steps[place]!;
  if (how !== 'refused') return undefined;
  const mine = steps.filter((step) => step.session === session);
  const begun = steps.findIndex((step) => step.session === session && step.action[0] === 'begin');
  const since = new Set(
    steps
      .slice(begun, place)
      .flatMap((step) => (step.action[0] === 'commit' && step.how === 'done' ? [step.session] : [])),
  );
  const theirs = steps.filter((step) => since.has(step.session) && isWrite(step));
  const wants =
    error?.code === 'write_conflict'
      ? isWrite
      : (step: StepTaken): boolean => !isWrite(step) || step.action[0] === 'append';
  const met = theirs.filter(({ action }) =>
    mine.some(
      (step) =>
        wants(step) && (error?.code === 'write_conflict' ? step.action[1] === action[1] : looksAt(step, action[1]!)),
    ),
  );
  const keys = [...new Set(met.map(({ action }) => action[1]!))].join(' and ');
  const others = [...new Set(met.map((step) => sessionName(step.session)))].join(' and ');
  const did = error?.code === 'write_conflict' ? 'wrote' : 'read';
  const code = error?.code.replace('_', ' ') ?? '';
  return `${sessionName(session)} is refused at its commit (${code}): it ${did} ${keys}, which ${others} had changed and committed since ${sessionName(session)} began. Nothing of ${sessionName(session)} was written.`;
}

/** A cell in a word or two. */
export function cellWords({ column, steps, witness }: GridCellNote): string {
  if (witness) return column === 'none' ? 'happens' : 'happens, allowed';
  const refused = steps.filter(({ how }) => how === 'refused').map(({ session }) => sessionName(session));
  return refused.length > 0 ? `no: ${refused.join(', ')} refused` : 'no: not seen';
}

export const laneWords = (action: LaneAction): string =>
  action[0] === 'scan' ? `scan ${action[1]}…${action[2]}` : action.join(' ');
