/** Builds a page of the tests from the lab's own modules and worker, and serves it for as long as the tests run. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { serveFolder } from '../../tools/static_server.mjs';
import { traceSites } from '../../tools/vite_trace_sites';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface ServedPage {
  readonly address: string;
  close(): Promise<void>;
}

/** @param html the page, from the root of the project */
export async function serveBuiltPage(html: string): Promise<ServedPage> {
  const cache = path.join(ROOT, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, 'test_page_'));
  const removeBuild = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeBuild);
  try {
    await build({
      root: ROOT,
      configFile: false,
      publicDir: false,
      base: './',
      logLevel: 'warn',
      plugins: [traceSites()],
      worker: { format: 'es', plugins: () => [traceSites()] },
      build: {
        target: 'es2022',
        outDir: folder,
        emptyOutDir: true,
        rolldownOptions: { input: path.join(ROOT, html) },
      },
    });
  } catch (error) {
    removeBuild();
    throw error;
  }
  const { address, close } = await serveFolder(folder);
  return {
    address: `${address}${html}`,
    async close() {
      await close();
      removeBuild();
    },
  };
}
