/**
 * `npm run crash -- [--seconds N] [--seed S] [--engine E] [--profile P] [--json FILE]`: judges crash states on every
 * processor for so many seconds, kills every mutant, damages and fails what can be, and prints what came of it.
 * Exit code 1 on a silent wrong answer, on a failure of an honest disk, and on a mutant that survives.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { ensureInstalled, root } from './install.mjs';

ensureInstalled();
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', path.join(root, 'tools', 'run_crash.ts'), ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
process.exit(status ?? 1);
