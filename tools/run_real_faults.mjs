/**
 * `npm run faults -- [--only ROW,...] [--count N] [--seed S] [--json FILE]`: real faults in a real Chromium.
 * This script finds the browser; e2e/real_faults/main.ts does the rest.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { ensureInstalled, root } from './install.mjs';

ensureInstalled();
const { findOrInstallChromium } = await import('./chromium.mjs');
const { status } = spawnSync(
  process.execPath,
  [
    path.join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs'),
    path.join(root, 'e2e', 'real_faults', 'main.ts'),
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, FAULTLINE_CHROMIUM: await findOrInstallChromium() } },
);
process.exit(status ?? 1);
