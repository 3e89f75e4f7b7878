/** The history checker at work: random clients on the real transactions, whole or with one protection off, and the verdict. */
import { ALL_MVCC_PROTECTIONS, type MvccEvent } from '../mvcc';
import { checkHistory } from '../mvcc/history/check_history';
import { clientsInMemory } from '../mvcc/history/memory_run';
import { forbids } from '../mvcc/history/anomalies';
import type { CheckerNote, CheckerQuestion } from '../protocol/mvcc';

/** Between two reports. */
const SLICE = 250;

export function* runChecker(
  { clients, keys, level, seed, transactions, without }: CheckerQuestion,
  now: () => number,
  post: (note: CheckerNote) => void,
): Generator<number> {
  const protections = without === undefined ? ALL_MVCC_PROTECTIONS : { ...ALL_MVCC_PROTECTIONS, [without]: false };
  let refused = 0;
  const emit = (event: MvccEvent): void => {
    if (event.kind === 'mvcc.transaction_ended' && event.how === 'refused') refused++;
  };
  const all = clientsInMemory({ level, seed, protections, clients: { clients, keys } }, { emit });
  for (let begun = 0; begun < transactions;) {
    begun = Math.min(transactions, begun + SLICE);
    all.run(begun);
    yield begun;
  }
  all.finish();
  const { history } = all;
  const startedAt = now();
  const report = checkHistory(history);
  const checkMs = now() - startedAt;
  const verdict = report.verdicts[level];
  // The last one is nobody's: it reads everything once all are through.
  const ended = history.transactions.slice(0, -1);
  post({
    note: 'verdict',
    committed: ended.filter(({ outcome }) => outcome === 'committed').length,
    aborted: ended.filter(({ outcome }) => outcome === 'aborted').length,
    refused,
    dependencies: report.dependencies,
    isLegal: verdict.isLegal,
    sentences: verdict.sentences,
    anomalies: verdict.anomalies,
    allowed: report.anomalies.flatMap(({ name }) => (forbids(level, name) ? [] : [name])),
    graph: verdict.graph,
    checkMs,
  });
}
