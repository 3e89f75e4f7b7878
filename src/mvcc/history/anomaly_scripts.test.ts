/** Each script at each level on the real transactions: who reads what, who is refused, and what the checker says of it. */
import { describe, expect, it, test } from 'vitest';
import { MemoryVersions } from '../memory_store';
import { ALL_MVCC_PROTECTIONS, type MvccProtections } from '../protections';
import { forbids, HISTORY_LEVELS } from './anomalies';
import { ANOMALY_SCRIPTS, SCRIPTED_ANOMALIES, type AnomalyScript } from './anomaly_scripts';
import { checkHistory } from './check_history';
import { runScript, type StepTaken } from './run_script';
import { stepsOfEdge } from './step_arrows';
import { valueText } from './words';

const NO_ISOLATION: MvccProtections = {
  ...ALL_MVCC_PROTECTIONS,
  hideUncommitted: false,
  snapshotReads: false,
  validateWrites: false,
};

const COLUMNS = ['none', ...HISTORY_LEVELS] as const;

function run({ steps }: AnomalyScript, column: (typeof COLUMNS)[number]) {
  const protections = column === 'none' ? NO_ISOLATION : ALL_MVCC_PROTECTIONS;
  const versions = new MemoryVersions({ protections });
  const store = {
    begin: versions.transactions.begin.bind(versions.transactions),
    flush: () => versions.flush(),
  };
  const taken = runScript(store, steps, column === 'none' ? 'snapshot' : column);
  return { ...taken, report: checkHistory(taken.history) };
}

function textOf({ action: [what, ...on], entries, error, how, session, value }: StepTaken): string {
  const saw =
    value !== undefined
      ? ` saw ${valueText(value)}`
      : entries
        ? ` saw ${entries.map(([key, one]) => `${key}=${valueText(one)}`).join(' ') || 'nothing'}`
        : '';
  return `${session} ${[what, ...on].join(' ')}${saw}${how === 'done' ? '' : `: ${error?.code ?? how}`}`;
}

const READS_AND_ENDS = ['read', 'scan', 'append', 'commit', 'abort'];

function cellText(script: AnomalyScript, column: (typeof COLUMNS)[number]): string {
  const { report, steps } = run(script, column);
  const told = steps.filter(({ action }) => READS_AND_ENDS.includes(action[0])).map(textOf);
  const found = report.anomalies.map(({ name, sentences }) => `found ${name}: ${sentences.join(' ')}`);
  return [`${script.name}, ${column}`, ...told, ...(found.length > 0 ? found : ['found nothing'])].join('\n  ');
}

it('each cell is what it was', async () => {
  const cells = ANOMALY_SCRIPTS.flatMap((script) => COLUMNS.map((column) => cellText(script, column)));
  await expect(`${cells.join('\n\n')}\n`).toMatchFileSnapshot('anomaly_scripts.golden');
});

it('has one script for each row, in their order', () => {
  expect(ANOMALY_SCRIPTS.map(({ name }) => name)).toEqual(SCRIPTED_ANOMALIES);
});

describe.each(ANOMALY_SCRIPTS)('$name', (script) => {
  test.each(HISTORY_LEVELS)('%s: happens exactly where the level allows it', (level) => {
    const { report } = run(script, level);
    expect(report.anomalies.some(({ name }) => name === script.name)).toBe(!forbids(level, script.name));
    expect(report.verdicts[level].isLegal).toBe(true);
  });

  test('without isolation it happens, and each arrow goes from one step to another', () => {
    const { report, steps } = run(script, 'none');
    const witness = report.anomalies.find(({ name }) => name === script.name);
    expect(report.anomalies.map(({ name }) => name)).toContain(script.name);
    for (const edge of witness!.graph.edges) {
      const { from, to } = stepsOfEdge(steps, edge);
      expect([steps[from]!.session, steps[to]!.session]).toEqual([edge.from + 1, edge.to + 1]);
    }
  });
});
