/**
 * `npm run bench -- [--json FILE] [--only GROUP,...]`: runs the benchmarks in a real Chromium.
 * This script finds the browser; src/bench/main.ts measures and prints.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { ensureInstalled, root } from './install.mjs';

const entry = path.join(root, 'src', 'bench', 'main.ts');

ensureInstalled();
if (!existsSync(entry)) {
  console.error('There are no benchmarks yet: src/bench/main.ts is missing.');
  process.exit(1);
}
const { findOrInstallChromium } = await import('./chromium.mjs');
const { status } = spawnSync(
  process.execPath,
  [path.join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs'), entry, ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit', env: { ...process.env, FAULTLINE_CHROMIUM: await findOrInstallChromium() } },
);
process.exit(status ?? 1);
