/** `npm run growth [-- --rows N] [--json FILE]`: the store with a B-tree as it grows; src/bench/growth.ts measures and prints. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { ensureInstalled, root } from './install.mjs';

ensureInstalled();
const { status } = spawnSync(
  process.execPath,
  ['--expose-gc', '--import', 'tsx', path.join(root, 'src', 'bench', 'growth.ts'), ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
process.exit(status ?? 1);
