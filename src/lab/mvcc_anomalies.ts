/** The anomalies as scripts of the lab, for whoever wants to watch one step by step. */
import type { Command, ScriptLine } from '../workload/command';
import { scriptAt, type AnomalyLevel, type AnomalyScript } from '../workload/mvcc_anomalies/anomalies';
import { parseScript } from '../workload/parser';
import { printScript } from '../workload/printer';

export { ANOMALIES, scriptAt, type AnomalyLevel } from '../workload/mvcc_anomalies/anomalies';

const LEVEL_WORDS: Readonly<Record<AnomalyLevel, string>> = {
  snapshot: 'snapshot isolation',
  serializable: 'the serializable level',
};

/** The script with its story in front, and at its end what has come of it: a test holds that to the run. */
export function toldAt(anomaly: AnomalyScript, level: AnomalyLevel): string {
  const { lines, settings } = parseScript(scriptAt(anomaly, level)).script;
  const first = Math.max(
    0,
    lines.findIndex(({ command }) => command.kind === 'begin'),
  );
  const say = (text: string): ScriptLine => ({ line: 0, command: { kind: 'say', text } satisfies Command });
  const story = say(`${anomaly.name}, at ${LEVEL_WORDS[level]}. ${anomaly.sentence}`);
  return printScript({
    settings,
    lines: [...lines.slice(0, first), story, ...lines.slice(first), say(outcomeWords(anomaly, level))],
  });
}

export function outcomeWords({ happensAt, name, refused }: AnomalyScript, level: AnomalyLevel): string {
  const refusal = refused[level];
  if (happensAt.includes(level)) return `${name} has happened: nobody was refused. This level allows it.`;
  if (refusal)
    return refusal.code === 'write_conflict'
      ? `${name} has not happened: ${refusal.transaction} was refused at its commit, since the other one had written its key.`
      : `${name} has not happened: ${refusal.transaction} was refused at its commit, since there may be no order of the two in which both read this.`;
  return `${name} has not happened, and nobody was refused: each read as of its own snapshot.`;
}
