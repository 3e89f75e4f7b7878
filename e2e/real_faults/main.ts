/**
 * `npm run faults [-- --only ROW,… --count N --seed S --json FILE]`: the rows of `rows.ts`, each as often as its long
 * run asks for. Exit 1 if one lost anything or failed in another way; one that this machine cannot run says so.
 */
import { writeFileSync } from 'node:fs';
import { arch, cpus, release, type } from 'node:os';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { serveBuiltPage } from '../support/built_page';
import { lineOf, runRow, type RowResult } from './row';
import { MUST_FAIL, ROWS } from './rows';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    count: { type: 'string' },
    seed: { type: 'string' },
    json: { type: 'string' },
  },
});
process.once('SIGINT', () => process.exit(130));
process.exitCode = await main();
process.exit();

async function main(): Promise<number> {
  const seed = wholeNumber('seed', values.seed) ?? Math.floor(Math.random() * 2 ** 31);
  const count = wholeNumber('count', values.count);
  const rows = wantedRows(values.only);
  console.log(`seed ${seed} (npm run faults -- --seed ${seed} draws the same loads and instants)\n`);

  const page = await serveBuiltPage('e2e/real_faults/page/index.html');
  const results: RowResult[] = [];
  const began = new Date();
  for (const row of rows) {
    console.log(`--- ${row.name}: ${row.what}`);
    const result = await runRow(row, {
      address: page.address,
      count: count ?? row.count.long,
      seed,
      say: progress(),
    });
    if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
    console.log(lineOf(result));
    results.push(result);
    if (values.json !== undefined) writeJson(values.json, { seed, began, results });
  }
  await page.close();

  const by = (verdict: RowResult['verdict']): number => results.filter((result) => result.verdict === verdict).length;
  console.log(
    `\n${by('held')} rows held, ${by('LOST')} lost, ${by('FAILED')} failed, ${by('not measured')} not measured`,
  );
  return by('LOST') + by('FAILED') === 0 ? 0 : 1;
}

/** One line that is written over, or, where nobody looks, one every half a minute. */
function progress(): (line: string) => void {
  if (process.stdout.isTTY) return (line) => process.stdout.write(`\r\x1b[K${line}`);
  let saidAt = Date.now();
  return (line) => {
    if (Date.now() - saidAt < 30_000) return;
    saidAt = Date.now();
    console.log(line);
  };
}

function writeJson(file: string, { began, results, seed }: { began: Date; results: RowResult[]; seed: number }): void {
  const machine = `${type()} ${release()} ${arch()}, ${cpus().length} processors`;
  writeFileSync(file, `${JSON.stringify({ seed, began: began.toISOString(), machine, rows: results }, null, 2)}\n`);
}

function wantedRows(list: string | undefined): typeof ROWS {
  if (list === undefined) return ROWS;
  return list.split(',').map((name) => {
    const row = [...ROWS, ...MUST_FAIL].find((candidate) => candidate.name === name);
    if (row === undefined) throw new Error(`no such row: ${name}; there are ${ROWS.map((one) => one.name).join(', ')}`);
    return row;
  });
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} takes a whole number, not ${text}`);
  return number;
}
