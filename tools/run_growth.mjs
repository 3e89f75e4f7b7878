/**
 * `npm run growth [-- --index lsm] [--rows N] [--json FILE]`: the store with a B-tree or an LSM tree as it grows, or with
 * versions (`--index versions`) as its readers stay; src/bench/growth.ts, lsm_growth.ts and versions_growth.ts measure and print.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { ensureInstalled, root } from './install.mjs';

const given = process.argv.slice(2);
const at = given.indexOf('--index');
const [, index = 'btree'] = at < 0 ? [] : given.splice(at, 2);
const script = { btree: 'growth.ts', lsm: 'lsm_growth.ts', versions: 'versions_growth.ts' }[index];
if (script === undefined) {
  console.error(`no such index: ${index}; there are btree, lsm and versions`);
  process.exit(1);
}

ensureInstalled();
const { status } = spawnSync(
  process.execPath,
  ['--expose-gc', '--import', 'tsx', path.join(root, 'src', 'bench', script), ...given],
  { cwd: root, stdio: 'inherit' },
);
process.exit(status ?? 1);
