/**
 * The benchmark as a page: the production build of this tree, twice, served on loopback.
 *
 *     index.html                  loads with_seam/page.js
 *     with_seam/page.js, worker.js
 *     without_seam/worker.js      the same source with every optional emit compiled out
 *
 * The two headers isolate the page from other origins, for which the browser gives it a clock of 5 µs instead of
 * 100 µs. Nothing measured depends on them.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import sirv from 'sirv';
import { build } from 'vite';
import { traceSites } from '../../tools/vite_trace_sites';

const ROOT = path.resolve(import.meta.dirname, '..', '..');
const PAGE = '<!doctype html><title>Benchmark</title><script type="module" src="with_seam/page.js"></script>\n';

export interface ServedBuild {
  readonly address: string;
  close(): void;
}

export async function serveBuild(): Promise<ServedBuild> {
  const cache = path.join(ROOT, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, 'bench_'));
  try {
    await buildInto(path.join(folder, 'with_seam'), ['page', 'worker'], false);
    await buildInto(path.join(folder, 'without_seam'), ['worker'], true);
    writeFileSync(path.join(folder, 'index.html'), PAGE);
    return await serve(folder);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function buildInto(outDir: string, entries: readonly string[], compileOut: boolean): Promise<void> {
  await build({
    root: ROOT,
    configFile: false,
    publicDir: false,
    base: './',
    logLevel: 'warn',
    plugins: [traceSites({ compileOut })],
    build: {
      target: 'es2022',
      outDir,
      modulePreload: false,
      rolldownOptions: {
        input: Object.fromEntries(entries.map((entry) => [entry, path.join(import.meta.dirname, `${entry}.ts`)])),
        output: { entryFileNames: '[name].js' },
      },
    },
  });
}

async function serve(folder: string): Promise<ServedBuild> {
  const files = sirv(folder, {
    setHeaders(response) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    },
  });
  const server = createServer((request, response) =>
    files(request, response, () => void response.writeHead(404).end()),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
