/**
 * Our own lint: what the compiler and ESLint cannot know about this house. Each rule says why it exists and carries
 * samples: one that must turn it red, one that must not. A lint that cannot fail is worthless.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { eachNode, importsOf, parse, ROOT, type Sample, target, TREE } from './testing/source_tree';

interface Rule {
  readonly name: string;
  readonly why: string;
  /** One line for each violation, without the file name. */
  readonly check: (sample: Sample) => string[];
  readonly red: readonly Sample[];
  readonly green: readonly Sample[];
}

// ---- The layers (DESIGN.md): a folder of src, or workers, and what it may import. Two departures, argued in
// notes/decisions.md: base is open to every layer, and types of lower layers to those that only describe them. ----

const ENGINES = ['base', 'storage', 'wal', 'btree', 'lsm', 'mvcc', 'kv_store', 'query', 'crash'];
const BELOW_HOST = [...ENGINES, 'workload'];

interface Layer {
  readonly uses: readonly string[];
  /** Only `import type` from these: plain data may be described by whoever makes it. */
  readonly types?: readonly string[];
}
const LAYERS: Readonly<Record<string, Layer>> = {
  base: { uses: [] },
  storage: { uses: ['base'] },
  wal: { uses: ['base', 'storage'] },
  btree: { uses: ['base', 'storage'] },
  lsm: { uses: ['base', 'storage'] },
  mvcc: { uses: ['base'] },
  kv_store: { uses: ['base', 'storage', 'wal', 'btree', 'lsm', 'mvcc'] },
  query: { uses: ['base', 'kv_store'] },
  crash: { uses: ['base', 'storage', 'wal', 'btree', 'lsm', 'mvcc', 'kv_store', 'query'] },
  workload: { uses: ['base'], types: ['storage', 'lsm', 'kv_store'] },
  host: { uses: BELOW_HOST, types: ['protocol'] },
  protocol: { uses: ['base'], types: [...BELOW_HOST, 'host'] },
  lab: { uses: ['base', 'protocol', 'workload'], types: [...BELOW_HOST, 'host'] },
  ui: { uses: ['base', 'lab', 'protocol'], types: [...BELOW_HOST, 'host'] },
  workers: { uses: ['base', 'host', 'storage', 'protocol'] },
  // Measures everything below the screen; its command line builds and serves the page it measures in.
  bench: { uses: [...BELOW_HOST, 'host', 'protocol', 'tools'] },
};
/**
 * Names and closed lists of a lower layer, as good as types: they count as `import type`, and in exchange use nothing
 * but base and each other at run time.
 */
const VOCABULARY: ReadonlySet<string> = new Set([
  'src/storage/file',
  'src/lsm/options',
  'src/mvcc/history/anomaly_scripts',
  'src/mvcc/protections',
  'src/kv_store/types',
  'src/crash/state_id',
  'src/protocol/prices',
]);

/** `*_test.worker.ts` is what a test in the browser starts, beside the code it tests. */
const isTest = (file: string): boolean => /(\.(test|browser|bench)|_test\.worker)\.ts$/.test(file);
/** Suites shared by several tests. They may use the test libraries, and nothing at run time imports them. */
const isTestSupport = (file: string): boolean => /(^|[/_])(suite|conformance)\.ts$|\/testing\//.test(file);
const layerOf = (file: string): string | undefined => /^(?:src\/)?([a-z0-9_]+)\//.exec(file)?.[1];
const isSource = (file: string): boolean => /^(src|workers)\//.test(file) && /\.(ts|svelte)$/.test(file);
const isEngine = (file: string): boolean => file.startsWith('src/') && ENGINES.includes(layerOf(file) ?? '');
const isRealDevice = (file: string): boolean => /^src\/storage\/(opfs|node)[a-z0-9_]*(\.|\/)/.test(file);
const opensFiles = (file: string): boolean => /^src\/storage\/(memory|simulated)[a-z0-9_]*(\.|\/)/.test(file);

// ---- Names. ----

/** Names that are used but not made in the file itself: no members, no keys, no local variables. */
function namesFromOutside(tree: ts.SourceFile): { name: string; line: number }[] {
  const own = new Set<string>();
  const used: { name: string; line: number }[] = [];
  eachNode(tree, (node, line) => {
    if (!ts.isIdentifier(node)) return;
    const parent = node.parent;
    const declares =
      (ts.isVariableDeclaration(parent) ||
        ts.isParameter(parent) ||
        ts.isBindingElement(parent) ||
        ts.isFunctionDeclaration(parent) ||
        ts.isClassDeclaration(parent) ||
        ts.isInterfaceDeclaration(parent) ||
        ts.isTypeAliasDeclaration(parent) ||
        ts.isImportSpecifier(parent)) &&
      parent.name === node;
    if (declares) own.add(node.text);
    const isMember =
      (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
      ((ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isPropertyDeclaration(parent)) &&
        parent.name === node) ||
      ((ts.isMethodDeclaration(parent) || ts.isMethodSignature(parent) || ts.isAccessor(parent)) &&
        parent.name === node);
    if (!declares && !isMember) used.push({ name: node.text, line });
  });
  return used.filter(({ name }) => !own.has(name));
}

// ---- The rules. ----

const BROWSER_NAMES = words(`document window navigator self location localStorage sessionStorage indexedDB caches
  HTMLElement Element Event EventTarget Worker SharedWorker MessageChannel MessagePort BroadcastChannel postMessage
  FileSystemSyncAccessHandle FileSystemFileHandle FileSystemDirectoryHandle FileSystemHandle StorageManager
  Atomics SharedArrayBuffer process Buffer require console`);
const CLOCKS = words(`Date performance setTimeout setInterval setImmediate clearTimeout clearInterval queueMicrotask
  requestAnimationFrame requestIdleCallback`);
const NETWORK = words(`fetch XMLHttpRequest WebSocket WebSocketStream EventSource sendBeacon importScripts
  WebTransport RTCPeerConnection`);

function words(list: string): ReadonlySet<string> {
  return new Set(list.trim().split(/\s+/));
}

const RULES: readonly Rule[] = [
  {
    name: 'layers import only what the table allows',
    why: 'An engine that reaches up cannot be run in a test, a replay or a crash search without its surroundings.',
    check(sample) {
      if (!isSource(sample.file) || isTest(sample.file) || isTestSupport(sample.file)) return [];
      const name = layerOf(sample.file);
      if (name === undefined || sample.file === `src/${path.posix.basename(sample.file)}`)
        return ['belongs to no layer'];
      const layer = LAYERS[name];
      if (layer === undefined) return [`the folder ${name} is in no row of the table`];
      return importsOf(sample).flatMap(({ from, typeOnly, line }) => {
        const to = target(sample, from.replace(/\?.*$/, ''));
        const wanted = to === undefined ? undefined : layerOf(`${to}/`);
        if (wanted === undefined || wanted === name || layer.uses.includes(wanted)) return [];
        if ((typeOnly || VOCABULARY.has(to ?? '')) && layer.types?.includes(wanted) === true) return [];
        return [`${line}: ${name} may not import ${typeOnly ? 'types of ' : ''}${wanted} (${from})`];
      });
    },
    red: [
      { file: 'src/base/order.ts', text: "import type { Lsn } from '../wal/lsn';" },
      { file: 'src/wal/writer.ts', text: "export { x } from '../kv_store/store';" },
      { file: 'src/btree/tree.ts', text: "import { Log } from '../wal';" },
      { file: 'src/workload/parser.ts', text: "import { openMemory } from '../storage/memory';" },
      { file: 'src/protocol/session.ts', text: "import { open } from '../kv_store/store';" },
      { file: 'src/ui/Lab.svelte', text: '<script lang="ts">\n  import { open } from \'../host/session\';\n</script>' },
      { file: 'src/lab/timeline.ts', text: "const host = await import('../host/session');" },
      { file: 'workers/lab.worker.ts', text: "import { Store } from '../src/kv_store/store';" },
      { file: 'src/surprise/a.ts', text: '' },
      { file: 'src/loose.ts', text: '' },
    ],
    green: [
      { file: 'src/kv_store/store.ts', text: "import { Writer } from '../wal/writer';\nimport { a } from './types';" },
      { file: 'src/protocol/session.ts', text: "import type { Stats } from '../kv_store/store';" },
      { file: 'src/workload/parser.ts', text: "import { FILE_NAMES } from '../storage/file';" },
      { file: 'src/kv_store/store.ts', text: "import { Log } from '../wal';" },
      { file: 'src/ui/code.ts', text: "import text from '../wal/writer.ts?raw';" },
      { file: 'src/wal/writer.test.ts', text: "import { Store } from '../kv_store/store';" },
      { file: 'workers/lab.worker.ts', text: "import { start } from '../src/host/start';" },
    ],
  },
  {
    name: 'vocabulary pulls nothing in',
    why: 'The page may hold the names an engine goes by, never the engine.',
    check(sample) {
      if (!VOCABULARY.has(sample.file.replace(/\.ts$/, ''))) return [];
      return importsOf(sample)
        .filter(({ from, typeOnly }) => {
          const to = target(sample, from) ?? from;
          return !typeOnly && layerOf(to) !== 'base' && !VOCABULARY.has(to);
        })
        .map(({ from, line }) => `${line}: imports ${from}`);
    },
    red: [{ file: 'src/kv_store/types.ts', text: "import { Store } from './store';" }],
    green: [
      {
        file: 'src/kv_store/types.ts',
        text: "import { lsn } from '../base/ids';\nimport { FILE_NAMES } from '../storage/file';\nimport type { S } from './store';",
      },
    ],
  },
  {
    name: 'engines use no package',
    why: 'What the lab shows is the engine: a reader must be able to follow every step of it in this repository.',
    check(sample) {
      if (!isEngine(sample.file) || !isSource(sample.file) || isTest(sample.file) || isTestSupport(sample.file))
        return [];
      return importsOf(sample)
        .filter(({ from }) => !from.startsWith('.') && !(isRealDevice(sample.file) && from.startsWith('node:')))
        .map(({ from, line }) => `${line}: imports ${from}`);
    },
    red: [
      { file: 'src/wal/writer.ts', text: "import { sum } from 'd3';" },
      { file: 'src/wal/writer.ts', text: "import fs from 'node:fs';" },
      { file: 'src/storage/opfs.ts', text: "import { proxy } from 'comlink';" },
    ],
    green: [
      { file: 'src/storage/node.ts', text: "import { openSync } from 'node:fs';" },
      { file: 'src/base/ordered_index_suite.ts', text: "import fc from 'fast-check';" },
    ],
  },
  {
    name: 'only ui/connect.ts and the workers know comlink',
    why: 'comlink never rejects a call whose worker died; one place races every call against that death.',
    check(sample) {
      if (!isSource(sample.file) || isTest(sample.file) || isTestSupport(sample.file)) return [];
      if (sample.file === 'src/ui/connect.ts' || sample.file.startsWith('workers/')) return [];
      return importsOf(sample)
        .filter(({ from }) => /^comlink(\/|$)/.test(from))
        .map(({ line }) => `${line}: imports comlink`);
    },
    red: [{ file: 'src/ui/session.svelte.ts', text: "import { wrap } from 'comlink';" }],
    green: [{ file: 'src/ui/connect.ts', text: "import { wrap } from 'comlink';" }],
  },
  {
    name: 'no network',
    why: 'The lab promises to talk to nobody, and a Content-Security-Policy in a meta tag does not reach workers.',
    check(sample) {
      if (!isSource(sample.file) || sample.file === 'src/ui/static_files.ts' || sample.file === 'src/tidy.test.ts')
        return [];
      const found: string[] = [];
      eachNode(parse(sample), (node, line) => {
        if (ts.isIdentifier(node) && NETWORK.has(node.text)) found.push(`${line}: ${node.text}`);
      });
      return found;
    },
    red: [
      { file: 'src/ui/a.ts', text: "void fetch('./x');" },
      { file: 'src/ui/a.ts', text: 'navigator.sendBeacon(x);' },
      { file: 'workers/a.worker.ts', text: 'const get = self.fetch;' },
      { file: 'src/ui/A.svelte', text: '<p>fetch</p><script lang="ts">new WebSocket(x)</script>' },
    ],
    green: [
      { file: 'src/ui/static_files.ts', text: "void fetch('./x');" },
      { file: 'src/ui/a.ts', text: "// fetch is not used\nconst words = 'fetch';" },
    ],
  },
  {
    name: 'no address of another origin',
    why: 'What is not there cannot be requested; names of XML namespaces are not addresses.',
    check(sample) {
      if (!/^(src|workers)\//.test(sample.file) || sample.file === 'src/tidy.test.ts') return [];
      if (sample.file.startsWith('src/bench/')) return []; // Its command line serves the page on this machine.
      const foreign = /\b(?:https?|wss?):\/\/(?!www\.w3\.org\/)[^\s'"`)]+/g;
      if (!sample.file.endsWith('.ts')) {
        const withoutComments = sample.text.replace(/<!--[\s\S]*?-->|\/\*[\s\S]*?\*\//g, '');
        return [...withoutComments.matchAll(foreign)].map(([address]) => address);
      }
      const found: string[] = [];
      eachNode(parse(sample), (node, line) => {
        // Literals and the parts of templates; comments may cite.
        if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
          for (const [address] of node.text.matchAll(foreign)) found.push(`${line}: ${address}`);
        }
      });
      return found;
    },
    red: [
      { file: 'src/ui/a.ts', text: "const cdn = 'https://cdn.example/x.js';" },
      { file: 'src/ui/a.ts', text: 'const cdn = `wss://${host}.example/x`;'.replace('${host}.', 'live.') },
      { file: 'src/ui/theme.css', text: '@import url(https://fonts.example/a.css);' },
      { file: 'src/ui/A.svelte', text: '<img src="https://elsewhere.example/a.png" alt="" />' },
    ],
    green: [
      { file: 'src/ui/a.ts', text: "// https://example.org/paper\nconst svg = 'http://www.w3.org/2000/svg';" },
      { file: 'src/ui/A.svelte', text: '<!-- https://example.org --><svg xmlns="http://www.w3.org/2000/svg" />' },
    ],
  },
  {
    name: 'engines know no browser and no process',
    why: 'The same engine runs in Node, in a worker and on the simulated disk; only storage/opfs and storage/node differ.',
    check: (sample) => outsideNames(sample, BROWSER_NAMES),
    red: [
      { file: 'src/wal/writer.ts', text: 'const port: MessagePort = take();' },
      { file: 'src/storage/memory.ts', text: 'navigator.storage.getDirectory();' },
      { file: 'src/crash/states.ts', text: 'console.log(1);' },
    ],
    green: [
      { file: 'src/wal/writer.ts', text: 'const window = 3; use(window, loss.window, { self: 1 });' },
      { file: 'src/storage/opfs.ts', text: 'navigator.storage.getDirectory();' },
      { file: 'src/storage/node/file.ts', text: 'process.platform;' },
    ],
  },
  {
    name: 'engines read no clock and no random number they were not handed',
    why: 'A run must be a pure function of its input: replay and crash search rest on it.',
    check(sample) {
      const found = outsideNames(sample, CLOCKS);
      if (!isEngineCode(sample)) return found;
      eachNode(parse(sample), (node, line) => {
        if (/^(Math\.random|crypto\.(getRandomValues|randomUUID)|globalThis\.\w+)$/.test(node.getText())) {
          found.push(`${line}: ${node.getText()}`);
        }
      });
      return found;
    },
    red: [
      { file: 'src/wal/writer.ts', text: 'const now = Date.now();' },
      { file: 'src/wal/writer.ts', text: 'setTimeout(run, 3);' },
      { file: 'src/base/random.ts', text: 'const salt = Math.random();' },
      { file: 'src/base/random.ts', text: 'globalThis.performance.now();' },
    ],
    green: [
      { file: 'src/wal/writer.ts', text: 'const now = this.#clock.now(); // not Date.now()' },
      { file: 'src/wal/writer.test.ts', text: 'Date.now();' },
      { file: 'src/host/bench.ts', text: 'performance.now();' },
    ],
  },
  {
    name: 'engines do not wait',
    why: 'A synchronous core has exactly as many interleavings as it has calls; each await would add one nobody tests.',
    check(sample) {
      if (!isEngineCode(sample) || opensFiles(sample.file)) return [];
      const found: string[] = [];
      eachNode(parse(sample), (node, line) => {
        if (ts.isAwaitExpression(node) || node.kind === ts.SyntaxKind.AsyncKeyword) {
          found.push(`${line}: ${ts.isAwaitExpression(node) ? 'await' : 'async'}`);
        }
      });
      return found;
    },
    red: [
      { file: 'src/wal/writer.ts', text: 'async function flush() {}' },
      { file: 'src/kv_store/store.ts', text: 'await opened;' },
    ],
    green: [
      { file: 'src/storage/simulated/disk.ts', text: 'async function open() { await 0; }' },
      { file: 'src/storage/opfs_file.ts', text: 'async function open() { await 0; }' },
      {
        file: 'src/kv_store/store.ts',
        text: 'const async = 1; commit(): Promise<void>;'.replace('commit()', 'let commit'),
      },
    ],
  },
  {
    name: 'names of files and folders',
    why: 'One spelling everywhere, so that a path can be guessed: snake_case, and PascalCase for components.',
    check({ file }) {
      const folders = file.split('/').slice(0, -1);
      const name = path.posix.basename(file);
      const found = folders.filter((folder) => !/^[a-z0-9_]+$/.test(folder)).map((folder) => `folder ${folder}`);
      const good = name.endsWith('.svelte') ? /^[A-Z][A-Za-z0-9]*\.svelte$/ : /^[a-z0-9_]+(\.[a-z0-9_]+)+$/;
      if (!good.test(name)) found.push(`file ${name}`);
      return found;
    },
    red: [
      { file: 'src/wal/logWriter.ts', text: '' },
      { file: 'src/log-region/a.ts', text: '' },
      { file: 'src/ui/tape_view.svelte', text: '' },
    ],
    green: [
      { file: 'src/ui/rooms/wal/session.svelte.ts', text: '' },
      { file: 'src/ui/Tape.svelte', text: '' },
      { file: 'workers/lab.worker.ts', text: '' },
    ],
  },
  {
    name: 'files under 600 lines, entry points of workers under 60',
    why: 'What separates good code bases from bad ones is the largest file; and what a worker does belongs to the host.',
    check({ file, text }) {
      if (!/\.(ts|mjs|svelte|css)$/.test(file)) return [];
      const lines = text.split('\n').length;
      if (file.endsWith('.worker.ts') && !file.startsWith('workers/') && !isTest(file))
        return ['a worker outside workers/'];
      const limit = file.startsWith('workers/') && !isTest(file) ? 60 : 600;
      return lines > limit ? [`${lines} lines, limit ${limit}: look for the second idea in it`] : [];
    },
    red: [
      { file: 'src/wal/writer.ts', text: '\n'.repeat(600) },
      { file: 'workers/lab.worker.ts', text: '\n'.repeat(60) },
      { file: 'src/ui/lab.worker.ts', text: '' },
    ],
    green: [
      { file: 'src/wal/writer.ts', text: '\n'.repeat(599) },
      { file: 'workers/lab.worker.ts', text: '\n'.repeat(59) },
      { file: 'src/storage/opfs/opfs_test.worker.ts', text: '' },
    ],
  },
  {
    name: 'no any',
    why: 'One any silences the compiler for everything it touches; unknown says the same honestly.',
    check(sample) {
      if (!/\.(ts|svelte)$/.test(sample.file)) return [];
      const found: string[] = [];
      eachNode(parse(sample), (node, line) => {
        if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(`${line}: any`);
      });
      return found;
    },
    red: [
      { file: 'src/wal/a.ts', text: 'const x = y as any;' },
      { file: 'src/ui/A.svelte', text: '<script lang="ts">let { x }: { x: any } = $props();</script>' },
    ],
    green: [{ file: 'src/wal/a.ts', text: "const any = 'any'; // any" }],
  },
  {
    name: 'no path of one machine',
    why: 'It would work here only.',
    check({ text }) {
      // The classes keep this file from finding itself.
      const machine = /(?<![\w.$}~-])[/](?:work|home|root|Users|tmp)[/][\w.-]+|[A-Z]:[\\]+Users[\\]/g;
      return [...text.matchAll(machine)].map(([found]) => found);
    },
    red: [
      { file: 'notes/perf.md', text: `measured in ${['', 'home', 'me', 'x'].join('/')}` },
      { file: 'tools/a.mjs', text: `open('${['', 'work', 'main'].join('/')}')` },
      { file: 'tools/a.mjs', text: `open('${['C:', 'Users', 'me'].join('\\')}')` },
    ],
    green: [{ file: 'src/ui/a.ts', text: "import x from './work/home/a'; const y = '/some/sub/path/';" }],
  },
];

/** Engine files that run in the lab, but for those that touch a real device. */
function isEngineCode({ file }: Sample): boolean {
  return isEngine(file) && isSource(file) && !isTest(file) && !isTestSupport(file) && !isRealDevice(file);
}

function outsideNames(sample: Sample, banned: ReadonlySet<string>): string[] {
  if (!isEngineCode(sample)) return [];
  return namesFromOutside(parse(sample))
    .filter(({ name }) => banned.has(name))
    .map(({ name, line }) => `${line}: ${name}`);
}

// ---- The tree, and the rules on themselves. ----

describe.each(RULES)('$name', (rule) => {
  test('holds everywhere', () => {
    const violations = TREE.flatMap((sample) => rule.check(sample).map((found) => `${sample.file}: ${found}`));
    expect(violations, rule.why).toEqual([]);
  });

  test('turns red on bad samples and stays green on good ones', () => {
    expect(rule.red.length).toBeGreaterThan(0);
    for (const sample of rule.red) expect(rule.check(sample), JSON.stringify(sample).slice(0, 200)).not.toEqual([]);
    for (const sample of rule.green) expect(rule.check(sample), JSON.stringify(sample).slice(0, 200)).toEqual([]);
  });
});

test('the rules saw the tree', () => {
  expect(TREE.filter((sample) => sample.file.startsWith('src/')).length).toBeGreaterThan(10);
});

const LOCK = readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8');

test('the lock file names no registry: versions and checksums say what is meant', () => {
  expect(LOCK).not.toMatch(/"resolved"/);
});

test('the lock file is whole: npm drops what a mirror lacks without a word, and then refuses a clean install', () => {
  const { packages } = JSON.parse(LOCK) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const locked = new Set(Object.keys(packages).map((place) => place.replace(/^.*node_modules\//, '')));
  const wanted = Object.values(packages).flatMap((one) => Object.keys(one.optionalDependencies ?? {}));
  expect(wanted.length).toBeGreaterThan(10);
  expect(wanted.filter((name) => !locked.has(name))).toEqual([]);
});
