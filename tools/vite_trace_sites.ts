/**
 * The vite side of the trace sites (see trace_sites.ts): rewrites engine files before TypeScript is stripped, and
 * serves the table as `virtual:faultline/sites`. Page, worker bundles, dev server and tests share one numbering.
 */
import path from 'node:path';
import type { Plugin, ViteDevServer } from 'vite';
import { findCalls, isEngineFile, rewrite, SiteIndex } from './trace_sites.ts';

const VIRTUAL_ID = 'virtual:faultline/sites';
const RESOLVED_ID = `\0${VIRTUAL_ID}`;
/** Imports that want the text, the address or a wrapper of the file, not the module. */
const NOT_THE_MODULE = /[?&](raw|url|inline|worker|sharedworker)(&|=|$)/;

export interface TraceSitesOptions {
  /** Takes the optional emits out of the code, to measure what the seam costs; the table keeps its numbering. */
  compileOut?: boolean;
}

/** One index for each root: the workers of a build get plugin instances of their own. */
const indexes = new Map<string, SiteIndex>();

export function traceSites({ compileOut = false }: TraceSitesOptions = {}): Plugin {
  let root = process.cwd();
  let isBuild = false;
  let index: SiteIndex;

  const relativePath = (file: string): string => path.relative(root, file).split(path.sep).join('/');

  return {
    name: 'faultline:trace-sites',
    enforce: 'pre',

    configResolved(config) {
      root = config.root;
      isBuild = config.command === 'build';
      index = indexes.get(root) ?? new SiteIndex(root);
      indexes.set(root, index);
    },

    configureServer(server) {
      server.watcher.on('all', (_event, file) => {
        if (isEngineFile(relativePath(file)) && index.scan()) renumber(server, (id) => isEngineFile(relativePath(id)));
      });
    },

    resolveId(id) {
      return id === VIRTUAL_ID ? RESOLVED_ID : undefined;
    },

    load(id) {
      return id === RESOLVED_ID ? tableModule(index) : undefined;
    },

    transform(code, id) {
      if (NOT_THE_MODULE.test(id)) return undefined;
      const file = relativePath(id.replace(/\?.*$/, ''));
      if (!isEngineFile(file)) return undefined;
      const calls = findCalls(file, code);
      let firstId = index.firstIdOf(file, calls.length);
      if (firstId === undefined) {
        // Half of the modules already carry the old numbers: in a build they would stay wrong.
        if (isBuild) this.error(`${file} changed while the lab was being built; build again`);
        index.scan();
        firstId = index.firstIdOf(file, calls.length);
        if (firstId === undefined) this.error(`${file}: its trace calls differ from the file on disk`);
      }
      return rewrite(code, calls, firstId, { compileOut, fileName: id });
    },
  };
}

function tableModule(index: SiteIndex): string {
  return [
    `export const sites = ${JSON.stringify(index.sites)};`,
    // S3: ids count from 1 in the order of the table.
    'export function siteOf(id) { return sites[id - 1]; }',
  ].join('\n');
}

/** Ids of later files moved with the change: none of the cached modules may keep the old ones. */
function renumber(server: ViteDevServer, isEngine: (file: string) => boolean): void {
  for (const environment of Object.values(server.environments)) {
    for (const [id, module] of environment.moduleGraph.idToModuleMap) {
      if (id === RESOLVED_ID || isEngine(id.replace(/\?.*$/, ''))) environment.moduleGraph.invalidateModule(module);
    }
    environment.hot.send({ type: 'full-reload' });
  }
}
