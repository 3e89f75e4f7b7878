/** What the browser must fetch before the lab shows anything: the page's scripts and all they import statically. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

export const FIRST_LOAD_BYTES_MAX = 150 * 1000;

/** Static imports of a built chunk: `import"./a.js"`, `from"./a.js"`; not `import("./a.js")`. */
const STATIC_IMPORT = /\b(?:import|from)\s*(["'])(\.{1,2}\/[^"']+\.js)\1/g;
const PAGE_SCRIPT = /<(?:script|link)\b[^>]*\b(?:src|href)="([^"]+\.js)"/g;

/**
 * @param {string} dist
 * @returns {{ files: string[], bytes: number, compressedBytes: number }}
 */
export function measureFirstLoad(dist) {
  const html = readFileSync(path.join(dist, 'index.html'), 'utf8');
  const queue = [...html.matchAll(PAGE_SCRIPT)].map((match) => path.join(dist, match[1] ?? ''));
  if (queue.length === 0) throw new Error('index.html loads no script: this check no longer understands it');
  /** @type {Set<string>} */
  const seen = new Set();
  let bytes = 0;
  let compressedBytes = 0;
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file) || !existsSync(file)) continue;
    seen.add(file);
    const code = readFileSync(file);
    bytes += code.length;
    compressedBytes += gzipSync(code).length;
    for (const match of code.toString().matchAll(STATIC_IMPORT))
      queue.push(path.resolve(path.dirname(file), match[2] ?? ''));
  }
  return { files: [...seen].map((file) => path.relative(dist, file)), bytes, compressedBytes };
}
