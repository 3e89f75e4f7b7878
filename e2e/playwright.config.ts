import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  outputDir: '../test-results',
  // Each journey has a browser and a profile of its own. The kills, the longest file by far, begin at once, beside the
  // journeys: started last they would run alone. Frames are measured last, when nothing else runs.
  workers: 2,
  fullyParallel: false,
  projects: [
    { name: 'kills', testMatch: 'kill.spec.ts' },
    { name: 'journeys', testIgnore: ['kill.spec.ts', 'frames.spec.ts'] },
    { name: 'frames', testMatch: 'frames.spec.ts', dependencies: ['kills', 'journeys'] },
  ],
  // `npm run e2e` runs all; `npm test` leaves the longest out, to stay under ten minutes.
  ...(process.env['FAULTLINE_SHORT'] !== undefined && { grepInvert: /@long/ }),
  // A crash journey that fails now and then is a finding, not noise.
  retries: 0,
  forbidOnly: process.env['CI'] !== undefined,
  // What is waited for comes; on a busy machine it comes late. Waiting longer costs nothing where it does.
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: 'list',
});
