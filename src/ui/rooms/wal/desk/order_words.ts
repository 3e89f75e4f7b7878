/** The six steps of a commit in words, and what a losing crash looks like: what had been done, what lay on the disk. */
import type { LosingCrash } from '../../../../crash/exercise/grade_order';
import type { CommitStep } from '../../../../crash/exercise/ordered_store';

export interface StepWords {
  readonly id: CommitStep;
  readonly title: string;
  readonly does: string;
  /** A write or flush of a file; the others are promises. */
  readonly of: 'log' | 'page' | 'promise';
}

/** In the order of the alphabet: this list must not give the answer away. */
export const STEPS: readonly StepWords[] = [
  { id: 'acknowledge', title: 'acknowledge', does: 'the client is told yes', of: 'promise' },
  { id: 'data_flush', title: 'data flush', does: 'what was written to the page is durable', of: 'page' },
  { id: 'log_append', title: 'log append', does: 'the record goes to the log', of: 'log' },
  { id: 'log_flush', title: 'log flush', does: 'what was appended is durable', of: 'log' },
  { id: 'page_write', title: 'page write', does: 'the page is written in place', of: 'page' },
  { id: 'publish', title: 'publish', does: 'readers see the commit', of: 'promise' },
];

export const stepWords = (id: CommitStep): StepWords => STEPS.find((step) => step.id === id)!;

// ---- the losing crash

/** What had become of a step when the power went. */
export interface StepFate {
  readonly step: CommitStep;
  readonly done: boolean;
}

/** The steps of the commit under way; a crash after the last one leaves all of them done. */
export function stepFates(order: readonly CommitStep[], { before }: LosingCrash): readonly StepFate[] {
  const crash = before === undefined ? order.length : order.indexOf(before);
  return order.map((step, i) => ({ step, done: i < crash }));
}

export interface SectorFate {
  readonly of: 'log' | 'page';
  readonly sector: number;
  readonly fate: 'kept' | 'lost' | 'torn' | 'garbage';
}

/** The sectors that were written and not flushed, from the words of the grade. */
export function sectorFates({ fates }: LosingCrash): readonly SectorFate[] {
  return fates.flatMap((said) => {
    const match = /^sector (\d+) of the (log record|page): (kept|lost|torn|garbage)$/.exec(said);
    if (match === null) return [];
    const [, sector, place, fate] = match;
    return [
      { of: place === 'page' ? 'page' : 'log', sector: Number(sector), fate: fate as SectorFate['fate'] } as const,
    ];
  });
}

const ORDINALS = ['first', 'second', 'third'];

export function crashInWords({ before, commit, fates }: LosingCrash): string {
  const which = `the ${ORDINALS[commit - 1] ?? `${commit}th`} commit`;
  const when =
    before === undefined ? `after the last step of ${which}` : `in ${which}, before its ${stepWords(before).title}`;
  if (fates.length === 0) return `The power goes ${when}. Nothing that was written waits for a flush.`;
  return `The power goes ${when}. Of what was written and not flushed, ${whatReached(fates)}:`;
}

function whatReached(fates: readonly string[]): string {
  if (fates.every((fate) => fate.endsWith(': lost'))) return 'nothing reached the disk';
  return fates.every((fate) => fate.endsWith(': kept'))
    ? 'all reached the disk'
    : 'some reached the disk, and some did not';
}

/** What in a wrong order makes it wrong, where theory can say it; the crash is the proof. */
export function faultsOf(order: readonly CommitStep[]): readonly string[] {
  const at = (step: CommitStep): number => order.indexOf(step);
  const faults: string[] = [];
  if (at('log_flush') < at('log_append')) faults.push('The log is flushed before anything was appended to it.');
  if (at('page_write') < Math.max(at('log_append'), at('log_flush')))
    faults.push('The page is written over before the record that could repair it is durable.');
  const durable = Math.max(at('log_append'), at('log_flush'));
  if (at('acknowledge') < durable) faults.push('The client is told yes while a crash can still take the commit back.');
  if (at('publish') < durable) faults.push('Readers see a commit that a crash can still take back.');
  const flushedLater = at('page_write') < at('data_flush');
  const flushedFirst = at('data_flush') < at('log_append');
  if (!flushedLater && !flushedFirst)
    faults.push('The next commit’s record is written over this one before its page was flushed.');
  return faults;
}

export const WHY_RIGHT: readonly string[] = [
  'Log first: the record is durable before the page in place is touched, so a torn page can be repaired.',
  'Promise last: nobody is told, and no reader sees it, before the record is durable.',
  'The page is flushed before its record is written over: after it was written, or first thing in the next commit.',
];
