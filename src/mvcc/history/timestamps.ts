/**
 * What the timestamps say of themselves, before anything is inferred from them: each commit has one of its own, above the
 * snapshot of its transaction. Otherwise no order of commits could be taken from them, and what is blamed on it would be
 * blamed on the wrong transaction.
 */
import type { Findings } from './findings';
import { nameOf } from './history';
import type { Versions } from './versions';
import { namesText } from './words';

export function findWrongTimestamps({ counts, transactions }: Versions, findings: Findings): void {
  const byCommit = new Map<number, number>();
  transactions.forEach(({ commit, snapshot }, one) => {
    if (commit === undefined || counts[one] !== 1) return;
    if (snapshot !== undefined && commit <= snapshot)
      findings.add('timestamps', 1, () => ({
        sentences: [
          `${nameOf(one)} committed at ${commit}, and its own snapshot is ${snapshot}.`,
          'A snapshot has what was committed before its transaction began, and so nothing of its own.',
        ],
        graph: { transactions: [one], edges: [] },
      }));
    const other = byCommit.get(commit);
    if (other === undefined) byCommit.set(commit, one);
    else
      findings.add('timestamps', 2, () => ({
        sentences: [
          `${namesText([other, one])} both committed at ${commit}.`,
          'No snapshot could lie between the two, so one of them would be seen or missed with the other.',
        ],
        graph: { transactions: [other, one], edges: [] },
      }));
  });
}
