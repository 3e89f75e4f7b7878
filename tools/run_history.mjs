/**
 * `npm run history -- [--transactions N] [--seed S] [--json FILE]`: lets random clients use the transactions of the store all at
 * once, on every processor, judges each history, catches every engine that is broken on purpose, and prints what came of it.
 * Exit code 1 on a history that its level forbids, and on a broken engine that gets through.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { ensureInstalled, root } from './install.mjs';

ensureInstalled();
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', path.join(root, 'tools', 'run_history.ts'), ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
process.exit(status ?? 1);
