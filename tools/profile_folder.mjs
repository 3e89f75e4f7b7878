/**
 * A fresh browser profile in a folder on a real disk. Playwright's default context keeps the origin private file
 * system in memory, and so would a profile on tmpfs: a flush would then cost nothing and prove nothing.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const PREFIX = 'faultline_profile_';
const STALE_MS = 24 * 3600 * 1000;
/** Of statfs(2): tmpfs and ramfs. */
const IN_MEMORY_TYPES = new Set([0x01021994, 0x858458f6]);

/** @param {string} folder */
export function isInMemory(folder) {
  return process.platform === 'linux' && IN_MEMORY_TYPES.has(statfsSync(folder).type);
}

/** @returns {string} the first place for profiles that is not in memory */
function profilesFolder() {
  const places = [path.join(root, 'node_modules', '.cache'), tmpdir(), path.join(root, '.cache')];
  for (const place of places) {
    try {
      mkdirSync(place, { recursive: true });
      if (!isInMemory(place)) return place;
    } catch {
      // Not writable: the next place.
    }
  }
  throw new Error(`no folder on a disk for browser profiles; tried ${places.join(', ')}`);
}

/** @param {string} folder */
export function removeFolder(folder) {
  // A browser that was just closed may still be deleting files of its own.
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/** @type {Set<string>} */
const made = new Set();

function removeAll() {
  for (const folder of made) {
    try {
      removeFolder(folder);
    } catch {
      // Left for the next run to sweep.
    }
  }
}

/**
 * Makes a new profile folder; it is removed when this process ends, at the latest.
 * @returns {string}
 */
export function freshProfileFolder() {
  const place = profilesFolder();
  for (const name of readdirSync(place)) {
    if (!name.startsWith(PREFIX)) continue;
    const old = path.join(place, name);
    try {
      if (Date.now() - statSync(old).mtimeMs > STALE_MS) removeFolder(old);
    } catch {
      // Somebody else removed it.
    }
  }
  const folder = mkdtempSync(path.join(place, PREFIX));
  if (made.size === 0) process.once('exit', removeAll);
  made.add(folder);
  return folder;
}
