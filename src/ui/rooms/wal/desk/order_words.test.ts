/** The words on an order: what theory says of each of the 720, and the losing crash as a picture. */
import { describe, expect, it } from 'vitest';
import type { LosingCrash } from '../../../../crash/exercise/grade_order';
import type { CommitStep } from '../../../../crash/exercise/ordered_store';
import { crashInWords, faultsOf, sectorFates, stepFates, STEPS } from './order_words';

const IDS = STEPS.map(({ id }) => id);
function permutations(steps: readonly CommitStep[]): CommitStep[][] {
  if (steps.length === 0) return [[]];
  return steps.flatMap((step, i) => permutations(steps.toSpliced(i, 1)).map((rest) => [step, ...rest]));
}
const RIGHT: readonly CommitStep[] = ['log_append', 'log_flush', 'page_write', 'data_flush', 'publish', 'acknowledge'];
const CRASH: LosingCrash = {
  commit: 2,
  before: 'log_flush',
  fates: ['sector 1 of the log record: kept', 'sector 2 of the page: torn', 'the length of log: lost'],
  sentence: '1 commit was promised, and 0 came back.',
};

describe('words on an order', () => {
  it('finds a fault in all but the 18 orders that lose nothing', () => {
    const faultless = permutations(IDS).filter((order) => faultsOf(order).length === 0);
    expect(faultless).toHaveLength(18);
    const log = RIGHT.slice(0, 3);
    for (const order of faultless) expect(order.filter((step) => log.includes(step))).toEqual(log);
  });

  it('names each fault', () => {
    expect(faultsOf(RIGHT)).toEqual([]);
    const early: CommitStep[] = ['log_append', 'acknowledge', 'log_flush', 'page_write', 'data_flush', 'publish'];
    expect(faultsOf(early)).toEqual(['The client is told yes while a crash can still take the commit back.']);
    const unflushed: CommitStep[] = ['log_append', 'log_flush', 'data_flush', 'page_write', 'publish', 'acknowledge'];
    expect(faultsOf(unflushed)).toEqual([
      'The next commit’s record is written over this one before its page was flushed.',
    ]);
  });

  it('shows what was done before the crash and what became of each sector', () => {
    expect(stepFates(RIGHT, CRASH).map(({ done }) => done)).toEqual([true, false, false, false, false, false]);
    expect(stepFates(RIGHT, { ...CRASH, before: undefined }).every(({ done }) => done)).toBe(true);
    expect(sectorFates(CRASH)).toEqual([
      { of: 'log', sector: 1, fate: 'kept' },
      { of: 'page', sector: 2, fate: 'torn' },
    ]);
    expect(crashInWords(CRASH)).toMatch(/^The power goes in the second commit, before its log flush\./);
  });
});
