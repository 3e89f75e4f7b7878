/**
 * Every anomaly at every level, on the live engine, judged by the history checker: what the table says is what happens. And
 * without a protection it happens, so the verdict can come out the other way.
 */
import { describe, expect, it, test } from 'vitest';
import { ANOMALY_NAMES, type AnomalyName } from '../mvcc/history/anomalies';
import { checkHistory, type HistoryReport } from '../mvcc/history/check_history';
import { ANOMALIES, ANOMALY_LEVELS, scriptAt, type AnomalyLevel } from '../workload/mvcc_anomalies/anomalies';
import { parseScript } from '../workload/parser';
import { historyOf } from './script_history';
import { goldenRun, type GoldenRun } from './testing/golden_run';
import { runScript } from './testing/sessions';

interface Judged {
  readonly report: HistoryReport;
  readonly refused: readonly { transaction: string; code: string }[];
}

function judge(text: string): Judged {
  const session = runScript(text);
  const { lines } = parseScript(text).script;
  const run = lines.map(({ command }, index) => ({ command, result: session.log[index + 1]!.result }));
  const refused = run.flatMap(({ command, result }) =>
    result.kind === 'failed'
      ? [{ transaction: command.kind === 'commit' ? command.transaction : '?', code: result.failure.code }]
      : [],
  );
  return { report: checkHistory(historyOf(run)), refused };
}

const found = ({ report }: Judged): readonly AnomalyName[] => report.anomalies.map(({ name }) => name);

/** The verdict in words, behind the run. */
function verdictText(name: string, level: AnomalyLevel, { refused, report }: Judged): string {
  const anomaly = report.anomalies.find((one) => one.name === name);
  const refusals = refused.map(({ code, transaction }) => `${transaction} is refused, ${code}.`);
  const lines = [
    `${name} at ${level}: ${anomaly ? 'it happens.' : 'it does not happen.'}`,
    ...refusals,
    ...(anomaly?.sentences ?? []),
    ...(anomaly?.graph.edges ?? []).map(
      ({ from, key, kind, to }) => `  T${from + 1} -${kind}${key === undefined ? '' : ` ${key}`}-> T${to + 1}`,
    ),
    ...report.verdicts[level].sentences,
  ];
  return `\n${lines.join('\n')}\n`;
}

const CELLS = ANOMALIES.flatMap((anomaly) => ANOMALY_LEVELS.map((level) => [anomaly.name, level, anomaly] as const));

describe('the anomaly grid', () => {
  test.each(CELLS)('%s at %s is as the table says', (name, level, anomaly) => {
    const judged = judge(scriptAt(anomaly, level));
    expect(found(judged).includes(name as AnomalyName)).toBe(anomaly.happensAt.includes(level));
    expect(judged.report.verdicts[level].anomalies).toEqual([]);
    const refusal = anomaly.refused[level];
    expect(judged.refused).toEqual(refusal ? [refusal] : []);
  });

  test.each(CELLS)('%s at %s is pinned, step by step', async (name, level, anomaly) => {
    const text = scriptAt(anomaly, level);
    const { told }: GoldenRun = goldenRun(text);
    const pinned = `../workload/mvcc_anomalies/${anomaly.id}.${level}.golden`;
    await expect(told.trimStart() + verdictText(name, level, judge(text))).toMatchFileSnapshot(pinned);
  });

  test.each(CELLS.filter(([, , { without }]) => without.length > 0))(
    '%s at %s happens without its protections',
    (name, level, anomaly) => {
      const text = scriptAt(anomaly, level).replace('seed', `without ${anomaly.without.join(' ')}\nseed`);
      expect(found(judge(text))).toContain(name);
    },
  );

  it('has the names of the checker, each once', () => {
    for (const { name } of ANOMALIES) expect(ANOMALY_NAMES).toContain(name);
    expect(new Set(ANOMALIES.map(({ name }) => name)).size).toBe(ANOMALIES.length);
  });
});
