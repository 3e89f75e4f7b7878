/**
 * The engines' own source, as text, one lazy chunk a file; and lines of it with classes for the parts of speech.
 * Only the core of the highlighter and one language are loaded, and only when a source is first shown.
 */
import type { Site } from 'virtual:faultline/sites';

const sources = import.meta.glob<string>(
  [
    '/src/{base,storage,wal,kv_store,btree,lsm,mvcc,query}/**/*.ts',
    '!/src/**/*.{test,browser,bench}.ts',
    '!/src/**/{testing/**,conformance.ts,model_check.ts,model_actions.ts}',
  ],
  { query: '?raw', import: 'default' },
);

export interface SourceFile {
  readonly path: string;
  /** Safe markup, one string a line; spans are closed at each line's end. */
  readonly lines: readonly string[];
  /** Length of the longest line, in characters. */
  readonly columns: number;
}

const loaded = new Map<string, Promise<SourceFile | undefined>>();

/** A source by its path from the root of the repository; undefined if there is none. */
export function loadSource(path: string): Promise<SourceFile | undefined> {
  const known = loaded.get(path) ?? load(path);
  loaded.set(path, known);
  return known;
}

export const sourcePaths = (): readonly string[] => Object.keys(sources).map((path) => path.slice(1));

async function load(path: string): Promise<SourceFile | undefined> {
  const source = sources[`/${path}`];
  if (source === undefined) return undefined;
  const [text, highlight] = await Promise.all([source(), highlighter()]);
  const columns = text.split('\n').reduce((longest, line) => Math.max(longest, line.length), 0);
  return { path, lines: splitLines(highlight(text)), columns };
}

let highlighterOnce: Promise<(text: string) => string> | undefined;

function highlighter(): Promise<(text: string) => string> {
  highlighterOnce ??= Promise.all([
    import('highlight.js/lib/core'),
    import('highlight.js/lib/languages/typescript'),
  ]).then(([{ default: core }, { default: typescript }]) => {
    core.registerLanguage('typescript', typescript);
    return (text) => core.highlight(text, { language: 'typescript' }).value;
  });
  return highlighterOnce;
}

/** Cuts highlighted markup at its newlines: what is open there is closed, and opened again on the next line. */
export function splitLines(markup: string): string[] {
  const open: string[] = [];
  return markup.split('\n').map((line) => {
    const start = open.join('');
    for (const [tag] of line.matchAll(/<span[^>]*>|<\/span>/g)) {
      if (tag === '</span>') open.pop();
      else open.push(tag);
    }
    return start + line + '</span>'.repeat(open.length);
  });
}

let sitesOnce: Promise<readonly Site[]> | undefined;

/** The table of trace sites: a chunk of its own, loaded when a source is first shown. */
export function loadSites(): Promise<readonly Site[]> {
  sitesOnce ??= import('virtual:faultline/sites').then(({ sites }) => sites);
  return sitesOnce;
}
