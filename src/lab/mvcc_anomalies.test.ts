/** What is told of an anomaly is what its script does on the engine. */
import { describe, expect, it } from 'vitest';
import { openScript } from '../host/testing/sessions';
import { parseScript } from '../workload/parser';
import { ANOMALIES, scriptAt, toldAt } from './mvcc_anomalies';
import { ANOMALY_LEVELS } from '../workload/mvcc_anomalies/anomalies';

describe.each(ANOMALIES)('$name', (anomaly) => {
  it.each(ANOMALY_LEVELS)('is told before its first transaction, and what came of it at the end: %s', (level) => {
    const text = toldAt(anomaly, level);
    const { errors, script } = parseScript(text);
    expect(errors).toEqual([]);
    const session = openScript(text);
    const results = script.lines.map(({ command }) => ({ command, result: session.execute(command, 1).result }));

    const words = results.flatMap(({ command }) => (command.kind === 'say' ? [command.text] : []));
    expect(words).toHaveLength(2);
    expect(words[0]).toContain(anomaly.sentence);
    const said = script.lines.findIndex(({ command }) => command.kind === 'say');
    expect(script.lines[said + 1]!.command.kind).toBe('begin');

    const refused = results.flatMap(({ command, result }) =>
      command.kind === 'commit' && result.kind === 'failed' ? [command.transaction] : [],
    );
    expect(words[1]!.includes('was refused at its commit')).toBe(refused.length > 0);
    for (const name of refused) expect(words[1]).toContain(`${name} was refused`);
    expect(parseScript(scriptAt(anomaly, level)).script.lines.map(({ command }) => command)).toEqual(
      script.lines.map(({ command }) => command).filter(({ kind }) => kind !== 'say'),
    );
  });
});
