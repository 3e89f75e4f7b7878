/** The exercise is fair: of all 720 orders exactly those that theory calls right lose nothing. */
import { describe, expect, it } from 'vitest';
import { gradeOrder, losesNothing } from './grade_order';
import { COMMIT_STEPS, type CommitStep } from './ordered_store';

function permutations(steps: readonly CommitStep[]): CommitStep[][] {
  if (steps.length === 0) return [[]];
  return steps.flatMap((step, i) => permutations(steps.toSpliced(i, 1)).map((rest) => [step, ...rest]));
}

/**
 * The log before the page, no promise before the log is durable, and the page flushed before its record is written over:
 * after it was written, or else first thing in the next commit.
 */
function isRight(order: readonly CommitStep[]): boolean {
  const at = (step: CommitStep): number => order.indexOf(step);
  const logFirst = at('log_append') < at('log_flush') && at('log_flush') < at('page_write');
  const promisesLast = at('log_flush') < at('publish') && at('log_flush') < at('acknowledge');
  const pageKept = at('page_write') < at('data_flush') || at('data_flush') < at('log_append');
  return logFirst && promisesLast && pageKept;
}

describe('an order of the six steps of a commit', () => {
  it('loses nothing in exactly the orders that log first, flush first, and promise last', () => {
    const right = permutations(COMMIT_STEPS).filter(losesNothing);
    expect(right).toHaveLength(18);
    expect(right.map((order) => order.join(' ')).sort()).toEqual(
      permutations(COMMIT_STEPS)
        .filter(isRight)
        .map((order) => order.join(' '))
        .sort(),
    );
  }, 120_000);

  it('names the losing crash of an acknowledgement before the flush', () => {
    const grade = gradeOrder(['log_append', 'acknowledge', 'log_flush', 'page_write', 'data_flush', 'publish']);
    expect(grade.worst).toMatchInlineSnapshot(`
      {
        "before": "log_flush",
        "commit": 1,
        "fates": [
          "sector 1 of the log record: lost",
          "sector 2 of the log record: lost",
          "sector 3 of the log record: lost",
        ],
        "sentence": "1 commit was promised, and 0 came back.",
      }
    `);
  });

  it('names the losing crash of a page written before its log record is durable', () => {
    const grade = gradeOrder(['page_write', 'log_append', 'log_flush', 'data_flush', 'publish', 'acknowledge']);
    expect(grade.worst).toMatchInlineSnapshot(`
      {
        "before": "log_append",
        "commit": 1,
        "fates": [
          "sector 1 of the page: kept",
          "sector 2 of the page: lost",
        ],
        "sentence": "After 1 commit a scan gives b = b1, where there should be a = a1.",
      }
    `);
  });

  it('names the losing crash of a page that is flushed before it is written', () => {
    const grade = gradeOrder(['log_append', 'log_flush', 'data_flush', 'page_write', 'publish', 'acknowledge']);
    expect(grade.worst).toMatchInlineSnapshot(`
      {
        "before": "log_flush",
        "commit": 2,
        "fates": [
          "sector 1 of the log record: kept",
          "sector 2 of the log record: lost",
          "sector 3 of the log record: lost",
          "sector 1 of the page: lost",
          "sector 2 of the page: lost",
        ],
        "sentence": "1 commit was promised, and 0 came back.",
      }
    `);
  });
});
