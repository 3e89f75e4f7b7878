/**
 * `npm test`: installs what is missing, then runs every stage and counts. The last line is `N passed, N failed`.
 * `npm test -- --only types,lint` runs the named stages only.
 *
 * A stage that fails without naming a test, or runs no test at all, counts as one failed: nothing is ever green because
 * nothing ran.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { ensureInstalled, root } from './install.mjs';

/** @typedef {{ passed: number, failed: number, skipped?: number, note?: string, output?: string }} Counts */
/** @typedef {{ name: string, run: () => Promise<Counts>, isQuiet?: boolean }} Stage a quiet one prints when it ends */

const reports = path.join(root, 'node_modules', '.cache', `test_reports_${process.pid}`);

/** @type {Stage[]} */
const STAGES = [
  {
    name: 'types',
    isQuiet: true,
    // It runs the compiler over all that tsconfig.json includes, TypeScript and JavaScript as well as Svelte.
    run: () => tools([['svelte-check', 'bin/svelte-check', ...svelteCheck()]]),
  },
  {
    name: 'lint',
    isQuiet: true,
    run: () =>
      tools([
        ['eslint', 'bin/eslint.js', '.', '--max-warnings', '0'],
        ['prettier', 'bin/prettier.cjs', '--check', '.', '--log-level', 'warn'],
      ]),
  },
  { name: 'unit', run: () => vitest('unit') },
  { name: 'browser', run: () => vitest('browser') },
  { name: 'build', run: () => tools([['vite', 'bin/vite.js', 'build', '--logLevel', 'warn']]) },
  { name: 'size', run: firstLoadSize },
  { name: 'e2e', run: playwright },
];
/** vitest.config.ts looks for a browser whichever project runs. */
const NEEDS_CHROMIUM = new Set(['unit', 'browser', 'e2e']);

async function main() {
  const started = Date.now();
  const total = { passed: 0, failed: 0 };
  const summary = [];
  try {
    const stages = wantedStages();
    ensureInstalled();
    mkdirSync(reports, { recursive: true });
    if (stages.some((stage) => NEEDS_CHROMIUM.has(stage.name))) {
      const { findOrInstallChromium } = await import('./chromium.mjs');
      process.env['FAULTLINE_CHROMIUM'] = await findOrInstallChromium();
      console.log(`Chromium: ${process.env['FAULTLINE_CHROMIUM']}`);
    }
    for (const { stage, counts, ms } of await runAll(stages)) {
      total.passed += counts.passed;
      total.failed += counts.failed;
      summary.push(summaryLine(stage.name, counts, ms));
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    total.failed++;
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
  if (total.passed + total.failed === 0) total.failed++;
  console.log(`\n${summary.join('\n')}\n${'total'.padEnd(8)}${seconds(Date.now() - started)}`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

/**
 * One stage after the other, but that the quiet ones, a processor's work each, run beside the one that mostly waits for
 * a browser, and end beside what comes then.
 * @param {Stage[]} stages
 */
async function runAll(stages) {
  /** @type {{ stage: Stage, counts: Counts, ms: number }[]} */
  const results = [];
  /** @param {Stage} stage */
  const run = async (stage) => {
    if (stage.isQuiet !== true) console.log(`\n--- ${stage.name}`);
    const begun = Date.now();
    const counts = await stage.run();
    if (stage.isQuiet === true) console.log(`\n--- ${stage.name}`);
    if (counts.output !== undefined) console.log(counts.output);
    results.push({ stage, counts, ms: Date.now() - begun });
  };
  const host = stages.find(({ name }) => name === 'browser');
  const quiet = stages.filter(({ isQuiet }) => isQuiet === true);
  const beside = async () => {
    for (const stage of quiet) await run(stage);
  };
  /** @type {Promise<void> | undefined} */
  let begun;
  for (const stage of stages) {
    if (stage === host) begun = beside();
    if (stage.isQuiet !== true) await run(stage);
  }
  await (begun ?? beside());
  return results.sort((one, other) => stages.indexOf(one.stage) - stages.indexOf(other.stage));
}

function wantedStages() {
  const [flag, list] = process.argv.slice(2);
  if (flag === undefined) return STAGES;
  const names = flag === '--only' && list !== undefined ? list.split(',') : [flag];
  const unknown = names.filter((name) => !STAGES.some((stage) => stage.name === name));
  if (unknown.length > 0) {
    throw new Error(`no such stage: ${unknown.join(', ')}; there are ${STAGES.map((stage) => stage.name).join(', ')}`);
  }
  return STAGES.filter((stage) => names.includes(stage.name));
}

/** @param {string} name @param {Counts} counts @param {number} ms */
function summaryLine(name, { passed, failed, skipped = 0, note }, ms) {
  const skips = skipped > 0 ? `, ${skipped} skipped` : '';
  return `${name.padEnd(8)}${seconds(ms)}  ${passed} passed, ${failed} failed${skips}${note === undefined ? '' : `  (${note})`}`;
}

/** @param {number} ms */
const seconds = (ms) => `${(ms / 1000).toFixed(1).padStart(6)} s`;

function svelteCheck() {
  return ['--tsconfig', './tsconfig.json', '--fail-on-warnings', '--output', 'human'];
}

/**
 * Runs the programs of packages at the same time, and keeps what they say.
 * @param {string[][]} commands package, program inside it, arguments
 * @returns {Promise<Counts>}
 */
async function tools(commands) {
  const results = await Promise.all(
    commands.map(async ([packageName = '', program = '', ...parameters]) => {
      const { code, output } = await runNode([path.join('node_modules', packageName, program), ...parameters], {});
      const verdict = `${code === 0 ? 'passed' : 'FAILED'}: ${packageName}`;
      return { isGreen: code === 0, said: output.trim() === '' ? verdict : `${output.trimEnd()}\n${verdict}` };
    }),
  );
  const passed = results.filter(({ isGreen }) => isGreen).length;
  return { passed, failed: results.length - passed, output: results.map(({ said }) => said).join('\n') };
}

/** @param {string} project @returns {Promise<Counts>} */
async function vitest(project) {
  const report = path.join(reports, `${project}.json`);
  const { code } = await runNode(
    ['node_modules/vitest/vitest.mjs', 'run', '--project', project].concat([
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ]),
    { show: true },
  );
  return checked(code, () => {
    /** @type {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
     *   testResults: { status: string, assertionResults: { status: string }[] }[] }} */
    const result = JSON.parse(readFileSync(report, 'utf8'));
    // Files that failed before any of their tests did: a syntax error, a failed import.
    const brokenFiles = result.testResults.filter(
      (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
    ).length;
    return {
      passed: result.numPassedTests,
      failed: result.numFailedTests + brokenFiles,
      skipped: result.numPendingTests + result.numTodoTests,
    };
  });
}

/** @returns {Promise<Counts>} */
async function playwright() {
  const report = path.join(reports, 'e2e.json');
  const { code } = await runNode(
    ['node_modules/@playwright/test/cli.js', 'test', '--config', 'e2e/playwright.config.ts', '--reporter=list,json'],
    { show: true, env: { PLAYWRIGHT_JSON_OUTPUT_FILE: report, FAULTLINE_SHORT: '1' } },
  );
  return checked(code, () => {
    /** @type {{ stats: { expected: number, unexpected: number, flaky: number, skipped: number }, errors: unknown[] }} */
    const { stats, errors } = JSON.parse(readFileSync(report, 'utf8'));
    return {
      passed: stats.expected,
      failed: stats.unexpected + stats.flaky + errors.length,
      skipped: stats.skipped,
    };
  });
}

/** @returns {Promise<Counts>} */
async function firstLoadSize() {
  const { FIRST_LOAD_BYTES_MAX, measureFirstLoad } = await import('./first_load.mjs');
  try {
    const { files, bytes, compressedBytes } = measureFirstLoad(path.join(root, 'dist'));
    const note = `first load: ${kilobytes(compressedBytes)} of JavaScript compressed (${kilobytes(bytes)} plain, ${files.length} files), limit ${kilobytes(FIRST_LOAD_BYTES_MAX)}`;
    console.log(note);
    return compressedBytes < FIRST_LOAD_BYTES_MAX ? { passed: 1, failed: 0, note } : { passed: 0, failed: 1, note };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return { passed: 0, failed: 1 };
  }
}

/** @param {number} bytes */
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;

/**
 * Counts from a report that may be missing, never greener than the exit code.
 * @param {number} code
 * @param {() => Counts} read
 * @returns {Counts}
 */
function checked(code, read) {
  /** @type {Counts} */
  let counts;
  try {
    counts = read();
  } catch (error) {
    return { passed: 0, failed: 1, note: `no report: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (counts.passed + counts.failed === 0) return { ...counts, failed: 1, note: 'no test ran' };
  if (code !== 0 && counts.failed === 0)
    return { ...counts, failed: 1, note: `failed outside any test, exit code ${code}` };
  return counts;
}

/** Several times what any stage takes on a slow machine. A loop without end inside a test cannot time itself out. */
const STAGE_MINUTES_MAX = 15;

/**
 * A process that is still running when its time is up is stopped with all that it started: a hang is a failure, said
 * aloud, and what ran before it is not lost with the rest of the run.
 * @param {string[]} parameters
 * @param {{ show?: boolean, env?: Record<string, string> }} options
 * @returns {Promise<{ code: number, output: string }>}
 */
function runNode(parameters, { show = false, env = {} }) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, parameters, {
      cwd: root,
      stdio: show ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      detached: true, // A group of its own, so that it can be stopped with its browsers and threads.
    });
    const { pid } = child;
    const stop = () => {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    };
    const guard = setTimeout(() => {
      console.error(`Stopped: ${parameters[0]} was still running after ${STAGE_MINUTES_MAX} minutes.`);
      stop();
    }, STAGE_MINUTES_MAX * 60_000);
    const interrupted = () => {
      stop();
      process.exit(130);
    };
    process.once('SIGINT', interrupted);
    process.once('SIGTERM', interrupted);
    let output = '';
    child.stdout?.on('data', (/** @type {Buffer} */ chunk) => (output += chunk.toString()));
    child.stderr?.on('data', (/** @type {Buffer} */ chunk) => (output += chunk.toString()));
    child.once('error', (error) => resolve({ code: 1, output: output + error.message }));
    child.once('close', (code) => {
      clearTimeout(guard);
      process.off('SIGINT', interrupted);
      process.off('SIGTERM', interrupted);
      resolve({ code: code ?? 1, output });
    });
  });
}

await main();
