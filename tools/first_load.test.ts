import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { measureFirstLoad } from './first_load.mjs';

const dist = mkdtempSync(path.join(tmpdir(), 'faultline_dist_'));
afterAll(() => rmSync(dist, { recursive: true }));

test('what the page imports statically counts, once; what it may load later does not', () => {
  mkdirSync(path.join(dist, 'assets'));
  const write = (file: string, text: string): void => writeFileSync(path.join(dist, file), text);
  write(
    'index.html',
    '<link rel="modulepreload" href="./assets/b.js"><script type="module" src="./assets/a.js"></script>',
  );
  write('assets/a.js', 'import{x as y}from"./b.js";import"./c.js";const later=()=>import("./d.js");');
  write('assets/b.js', 'export{x}from"./c.js";');
  write('assets/c.js', 'export const x=1;');
  write('assets/d.js', 'export const room=1;');
  const { files, bytes, compressedBytes } = measureFirstLoad(dist);
  expect(files.sort()).toEqual(['assets/a.js', 'assets/b.js', 'assets/c.js']);
  expect(bytes).toBe(75 + 22 + 17);
  expect(compressedBytes).toBeGreaterThan(0);
});

test('a page without scripts is not a small page but a broken check', () => {
  writeFileSync(path.join(dist, 'index.html'), '<p>nothing</p>');
  expect(() => measureFirstLoad(dist)).toThrow('no longer understands');
});
