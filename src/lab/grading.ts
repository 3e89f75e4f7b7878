/**
 * Grading: what the learner said of each commit, beside what recovery found. The truth always comes from the host's
 * judge, which opened the files; nothing is computed here that the engine should have done.
 */
import type { CommitVerdict } from '../protocol/drill';

export type Claim = 'there' | 'gone';

export interface GradedCommit {
  readonly lsn: number;
  readonly client: number;
  readonly said: Claim | undefined;
  /** Undefined where its effect cannot be told: later commits wrote over it. Then any answer is right. */
  readonly truth: Claim | undefined;
  readonly right: boolean;
  /** The judge's sentence. */
  readonly why: string;
}

export interface Grade {
  readonly rows: readonly GradedCommit[];
  readonly right: number;
  readonly total: number;
  readonly passed: boolean;
  readonly sentence: string;
}

/** @param asked LSNs the question is about, in the order they were shown. */
export function grade(
  asked: readonly number[],
  claims: ReadonlyMap<number, Claim>,
  verdicts: readonly CommitVerdict[],
): Grade {
  const byLsn = new Map(verdicts.map((verdict) => [verdict.lsn as number, verdict]));
  const rows = asked.map((lsn): GradedCommit => {
    const verdict = byLsn.get(lsn);
    const said = claims.get(lsn);
    const truth = verdict === undefined ? undefined : truthOf(verdict);
    return {
      lsn,
      client: verdict?.client ?? 0,
      said,
      truth,
      right: said !== undefined && (truth === undefined || said === truth),
      why: verdict?.why ?? 'The judge says nothing of this commit.',
    };
  });
  const right = rows.filter((row) => row.right).length;
  const passed = right === rows.length;
  return { rows, right, total: rows.length, passed, sentence: sentenceFor(rows, right) };
}

function truthOf(verdict: CommitVerdict): Claim | undefined {
  switch (verdict.fate) {
    case 'kept':
      return 'there';
    case 'covered':
      return undefined;
    case 'lost':
    case 'half':
      return 'gone';
  }
}

function sentenceFor(rows: readonly GradedCommit[], right: number): string {
  if (right === rows.length) return rows.length === 1 ? 'Right.' : `All ${rows.length} right.`;
  const hoped = rows.filter((row) => row.said === 'there' && row.truth === 'gone').length;
  const feared = rows.filter((row) => row.said === 'gone' && row.truth === 'there').length;
  const open = rows.filter((row) => row.said === undefined).length;
  const parts = [`${right} of ${rows.length} right`];
  if (hoped > 0) parts.push(`${hoped} you expected ${hoped === 1 ? 'is' : 'are'} gone`);
  if (feared > 0) parts.push(`${feared} you gave up ${feared === 1 ? 'is' : 'are'} there`);
  if (open > 0) parts.push(`${open} without an answer`);
  return `${parts.join('; ')}.`;
}
