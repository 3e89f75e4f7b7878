/**
 * `npm run bench [-- --json FILE] [--only GROUP,...] [--match WORDS] [--rows N] [--rounds N] [--values BYTES]`: `plan.ts` says
 * how much of everything a run does.
 */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { FULL_PLAN, type Plan } from './plan';
import { tables } from './report';
import { runBenchmark } from './run';
import { GROUPS, type Group } from './subjects';

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string' },
    match: { type: 'string' },
    rows: { type: 'string', default: String(FULL_PLAN.rows) },
    rounds: { type: 'string', default: String(FULL_PLAN.rounds) },
    values: { type: 'string' },
  },
});
const plan: Plan = {
  ...FULL_PLAN,
  groups: wantedGroups(values.only),
  match: values.match,
  rows: wantedCount(values.rows),
  rounds: wantedCount(values.rounds),
  valueBytes: values.values === undefined ? undefined : wantedCount(values.values),
};
const { goals, report, results } = await runBenchmark(plan, (line) => console.log(line));
console.log(`\n${report.date}\n${report.machine}\n\n${tables(report.rows, goals, results)}`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
process.exit(0);

function wantedGroups(list: string | undefined): readonly Group[] {
  if (list === undefined) return GROUPS;
  return list.split(',').map((name) => {
    const group = GROUPS.find((candidate) => candidate === name);
    if (group === undefined) throw new Error(`no such group: ${name}; there are ${GROUPS.join(', ')}`);
    return group;
  });
}

function wantedCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) throw new Error(`${text} is no count`);
  return count;
}
