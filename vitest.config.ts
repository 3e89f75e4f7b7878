import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { chromiumArguments, findChromium } from './tools/chromium.mjs';
import { freshProfileFolder } from './tools/profile_folder.mjs';
import { traceSites } from './tools/vite_trace_sites.ts';

const seed = drawSeed();
const executablePath = await findChromium();

export default defineConfig({
  plugins: [traceSites(), svelte()],
  worker: { format: 'es', plugins: () => [traceSites()] },
  test: {
    // FAULTLINE_LONG: more runs of the properties that are held short every day.
    provide: { seed, isLong: process.env['FAULTLINE_LONG'] !== undefined },
    // Work is bounded by counts; time is a guard against a hang, not a measure: machines are shared.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    setupFiles: ['tools/vitest_setup.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          environment: 'node',
          // Tests share nothing but pure modules: one start for all files of a thread, and a thread for each processor.
          pool: 'threads',
          isolate: false,
          maxWorkers: availableParallelism(),
          include: ['{src,workers,tools}/**/*.test.ts'],
        },
      },
      {
        extends: true,
        // Found in the middle of a run, a dependency would reload the page under the tests.
        optimizeDeps: {
          include: [
            'fast-check',
            'comlink',
            'valibot',
            'd3',
            'papaparse',
            'svelte',
            'highlight.js/lib/core',
            'highlight.js/lib/languages/typescript',
            '@lucide/svelte/icons/*',
          ],
        },
        test: {
          name: 'browser',
          include: ['{src,workers,tools}/**/*.browser.ts'],
          // Two files at once would make vitest fall back to a profile in memory.
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              persistentContext: freshProfileFolder(),
              launchOptions: {
                args: chromiumArguments(),
                ...(executablePath === undefined ? {} : { executablePath }),
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});

/** One seed for the whole run, printed so that a red property can be replayed: given, or the commit's own. */
function drawSeed(): number {
  const given = process.env['FAULTLINE_SEED'];
  const drawn = given === undefined || given === '' ? seedOfCommit() : Number(given);
  if (!Number.isSafeInteger(drawn)) throw new Error(`FAULTLINE_SEED is not an integer: ${given}`);
  // Vitest may evaluate this file more than once; all evaluations agree, and one prints.
  if (process.env['FAULTLINE_SEED_PRINTED'] === undefined)
    console.log(`seed ${drawn} (FAULTLINE_SEED=${drawn} replays)`);
  process.env['FAULTLINE_SEED'] = String(drawn);
  process.env['FAULTLINE_SEED_PRINTED'] = 'yes';
  return drawn;
}

/** The same commit meets the same cases everywhere, so what is red here is red there; each commit meets new ones. */
function seedOfCommit(): number {
  const { status, stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: import.meta.dirname, encoding: 'utf8' });
  return status === 0 ? Number.parseInt(stdout.slice(0, 7), 16) : Math.floor(Math.random() * 2 ** 31);
}
