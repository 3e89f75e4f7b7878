import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  outputDir: '../test-results',
  // Journeys kill workers and measure frames: one at a time, so that none disturbs another.
  workers: 1,
  fullyParallel: false,
  // A crash journey that fails now and then is a finding, not noise.
  retries: 0,
  forbidOnly: process.env['CI'] !== undefined,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: 'list',
});
