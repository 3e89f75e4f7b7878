/** Installs the locked packages when they are missing or not the locked ones. Runs before there are any: plain Node. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const stamp = path.join(root, 'node_modules', '.cache', 'installed_lock');

/** The wanted versions by place; what npm itself records of an installation has the same shape. @param {string} file */
function versions(file) {
  try {
    /** @type {{ packages: Record<string, { version?: string, optional?: boolean }> }} */
    const lock = JSON.parse(readFileSync(file, 'utf8'));
    return lock.packages;
  } catch {
    return undefined;
  }
}

/** Whether what npm recorded in node_modules is what the lock file asks for. Packages for other platforms are optional. */
function matchesLock() {
  const wanted = versions(path.join(root, 'package-lock.json'));
  const present = versions(path.join(root, 'node_modules', '.package-lock.json'));
  if (wanted === undefined || present === undefined) return false;
  return Object.entries(wanted).every(
    ([place, { version, optional }]) =>
      place === '' || present[place]?.version === version || (optional === true && present[place] === undefined),
  );
}

export function ensureInstalled() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Error(`Faultline needs Node 20.19 or later to build; this is ${process.versions.node}`);
  }
  const lock = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  if (!matchesLock()) {
    console.log('Installing the locked packages (npm ci) ...');
    // With a shell on Windows, where npm is a script.
    const { status, error } = spawnSync('npm', ['ci', '--no-fund', '--no-audit'], {
      cwd: root,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
    if (status !== 0) throw new Error(`npm ci failed: ${error?.message ?? `exit code ${status}`}`);
  }
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, lock);
}
