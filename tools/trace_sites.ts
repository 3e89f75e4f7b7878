/**
 * Trace sites: every place in the engines that emits an event or calls a file has a small number, its site id,
 * and a table says which file, line and function that is. The lab uses it to show the engine's own source line
 * beside the picture and the bytes.
 *
 * The problem: a stack trace at run time would cost microseconds and name bundled code. So the id is put into the
 * source text before anything else sees it, as one more argument:
 *
 *     this.#trace?.emit({ kind: 'wal.flushed', lsn })      ->  this.#trace?.emit({ kind: 'wal.flushed', lsn }, 17)
 *     this.#logFile.write(at, bytes)                       ->  this.#logFile.write(at, bytes, 18)
 *
 * Only the syntax tree is read, no types, so what counts is decided by name and by number of arguments:
 *
 * S1  `.emit(event)` on a receiver named trace, sink, or ending in Trace or Sink, with exactly one argument.
 * S2  `.read(at, into)`, `.write(at, bytes)`, `.flush()`, `.truncate(size)` on a receiver named file, or ending in
 *     File, or picked out of `files` (`files.log`, `this.#files[0]`), with exactly that many arguments. A wrapper
 *     that hands a site on has one more and is left alone.
 * S3  Ids count from 1 over all engine files in the order of their paths, and inside a file in the order of the
 *     source. The same tree gives the same ids in page, workers, tests and build. 0 is never an id.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import MagicString, { type SourceMap } from 'magic-string';
import ts from 'typescript';

/** The folders of `src` whose files get sites: the engines, and the storage under them. */
export const ENGINE_FOLDERS = ['base', 'storage', 'wal', 'btree', 'lsm', 'mvcc', 'kv_store', 'query'] as const;

export interface Site {
  readonly id: number;
  /** Relative to the root of the repository, with forward slashes. */
  readonly file: string;
  /** Of the first character of the call; both count from 1. */
  readonly line: number;
  readonly column: number;
  /** The enclosing `Class.method` or function; empty at the top level of a module. */
  readonly function: string;
}

/** One call found in a file, before it has an id. */
export interface FoundCall {
  readonly what: 'emit' | 'file';
  /** Whether the call is skipped when the receiver is absent: `trace?.emit(...)`. */
  readonly optional: boolean;
  readonly start: number;
  readonly end: number;
  /** Where the site id goes in, and what must stand before it. */
  readonly insertAt: number;
  readonly separator: '' | ', ';
  readonly line: number;
  readonly column: number;
  readonly function: string;
}

/** Number of arguments of the forms without a site (S2). */
const FILE_CALL_ARGUMENTS: Readonly<Record<string, number>> = { read: 2, write: 2, flush: 0, truncate: 1 };
const TRACE_NAME = /^(trace|sink|.*Trace|.*Sink)$/;
const FILE_NAME = /^(file|.*File)$/;
const FILES_NAME = /^(files|.*Files)$/;

/** Whether a path relative to the root is an engine source file, and not one of its tests or benchmarks. */
export function isEngineFile(relativePath: string): boolean {
  const [top, folder] = relativePath.split('/');
  return (
    top === 'src' &&
    (ENGINE_FOLDERS as readonly (string | undefined)[]).includes(folder) &&
    relativePath.endsWith('.ts') &&
    !/(\.(test|browser|bench|d)|_test\.worker)\.ts$/.test(relativePath)
  );
}

export function findCalls(fileName: string, source: string): FoundCall[] {
  const tree = ts.createSourceFile(fileName, source, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const found: FoundCall[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const what = kindOfCall(node);
      if (what !== undefined) found.push(describeCall(tree, node, what));
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  // Outer calls are met before the calls in their arguments: already the order of the source.
  return found;
}

function kindOfCall(call: ts.CallExpression): 'emit' | 'file' | undefined {
  const callee = call.expression;
  if (!ts.isPropertyAccessExpression(callee) || call.arguments.some((argument) => ts.isSpreadElement(argument))) {
    return undefined;
  }
  const method = callee.name.text;
  const argumentCount = call.arguments.length;
  if (method === 'emit') {
    return argumentCount === 1 && TRACE_NAME.test(nameOf(callee.expression)) ? 'emit' : undefined;
  }
  if (!Object.hasOwn(FILE_CALL_ARGUMENTS, method) || FILE_CALL_ARGUMENTS[method] !== argumentCount) return undefined;
  return isFileReceiver(callee.expression) ? 'file' : undefined;
}

function isFileReceiver(receiver: ts.Expression): boolean {
  const inner = unwrap(receiver);
  if (FILE_NAME.test(nameOf(inner))) return true;
  return (
    (ts.isElementAccessExpression(inner) || ts.isPropertyAccessExpression(inner)) &&
    FILES_NAME.test(nameOf(inner.expression))
  );
}

/** The last name of `this.#logFile!`, `(a.file)`, `file as StorageFile`, without the `#`; empty for anything else. */
function nameOf(expression: ts.Expression): string {
  const inner = unwrap(expression);
  if (ts.isIdentifier(inner)) return inner.text;
  if (ts.isPropertyAccessExpression(inner)) return inner.name.text.replace(/^#/, '');
  return '';
}

function unwrap(expression: ts.Expression): ts.Expression {
  let inner = expression;
  while (ts.isNonNullExpression(inner) || ts.isParenthesizedExpression(inner) || ts.isAsExpression(inner)) {
    inner = inner.expression;
  }
  return inner;
}

function describeCall(tree: ts.SourceFile, call: ts.CallExpression, what: 'emit' | 'file'): FoundCall {
  const start = call.getStart(tree);
  const { line, character } = tree.getLineAndCharacterOfPosition(start);
  const last = call.arguments.at(-1);
  return {
    what,
    // The `?.` may stand anywhere in the chain: `store.trace?.emit`, `store?.trace.emit`.
    optional: (call.flags & ts.NodeFlags.OptionalChain) !== 0,
    start,
    end: call.end,
    insertAt: last === undefined ? call.end - 1 : last.end,
    separator: last === undefined ? '' : ', ',
    line: line + 1,
    column: character + 1,
    function: enclosingFunction(call),
  };
}

function enclosingFunction(node: ts.Node): string {
  for (let at: ts.Node = node; !ts.isSourceFile(at); at = at.parent) {
    const name = functionName(at);
    if (name === undefined) continue;
    const owner = at.parent;
    return ts.isClassLike(owner) && owner.name !== undefined ? `${owner.name.text}.${name}` : name;
  }
  return '';
}

/** The name a reader would use for it; closures without a name belong to whoever holds them. */
function functionName(node: ts.Node): string | undefined {
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  if (ts.isClassStaticBlockDeclaration(node)) return 'static';
  if (
    ts.isMethodDeclaration(node) ||
    ts.isGetAccessorDeclaration(node) ||
    ts.isSetAccessorDeclaration(node) ||
    ts.isFunctionDeclaration(node)
  ) {
    return node.name?.getText();
  }
  if (ts.isFunctionExpression(node) || ts.isArrowFunction(node)) {
    const owner = node.parent;
    if (ts.isVariableDeclaration(owner) || ts.isPropertyAssignment(owner)) return owner.name.getText();
    return ts.isFunctionExpression(node) ? node.name?.text : undefined;
  }
  // A field that holds a closure, or is set by a call.
  if (ts.isPropertyDeclaration(node)) return node.name.getText();
  return undefined;
}

/**
 * The source with its site ids, or with its optional emits taken out.
 *
 * @param firstId id of the first call of this file (S3).
 */
export function rewrite(
  source: string,
  calls: readonly FoundCall[],
  firstId: number,
  options: { compileOut: boolean; fileName?: string },
): { code: string; map: SourceMap } | undefined {
  if (calls.length === 0) return undefined;
  const text = new MagicString(source);
  let removedUpTo = -1;
  calls.forEach((call, index) => {
    if (call.start < removedUpTo) return; // Inside the arguments of an emit that is gone.
    if (options.compileOut) {
      if (call.what !== 'emit' || !call.optional) return;
      // An expression must stay behind: the call may be the body of an arrow function.
      text.update(call.start, call.end, 'void 0');
      removedUpTo = call.end;
    } else {
      text.appendLeft(call.insertAt, `${call.separator}${firstId + index}`);
    }
  });
  if (!text.hasChanged()) return undefined;
  return {
    code: text.toString(),
    map: text.generateMap({ hires: 'boundary', includeContent: true, ...sourceName(options.fileName) }),
  };
}

const sourceName = (fileName: string | undefined): { source?: string } =>
  fileName === undefined ? {} : { source: fileName };

/** The numbered sites of one source tree. */
export class SiteIndex {
  readonly #root: string;
  #sites: Site[] = [];
  /** First id and number of sites, by relative path. */
  #ranges = new Map<string, { firstId: number; count: number }>();

  constructor(root: string) {
    this.#root = root;
    this.scan();
  }

  get sites(): readonly Site[] {
    return this.#sites;
  }

  /** Reads every engine file again. @returns whether any site moved. */
  scan(): boolean {
    const sites: Site[] = [];
    const ranges = new Map<string, { firstId: number; count: number }>();
    for (const file of engineFiles(this.#root)) {
      const calls = findCalls(file, readFileSync(path.join(this.#root, file), 'utf8'));
      ranges.set(file, { firstId: sites.length + 1, count: calls.length });
      for (const call of calls) {
        sites.push({ id: sites.length + 1, file, line: call.line, column: call.column, function: call.function });
      }
    }
    const moved = JSON.stringify(sites) !== JSON.stringify(this.#sites);
    this.#sites = sites;
    this.#ranges = ranges;
    return moved;
  }

  /** First id of a file; undefined if the file, or its number of calls, is not what was scanned. */
  firstIdOf(file: string, callCount: number): number | undefined {
    const range = this.#ranges.get(file);
    return range?.count === callCount ? range.firstId : undefined;
  }
}

/** All engine files under `src`, relative to the root, in the order of their paths. */
export function engineFiles(root: string): string[] {
  const files: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
      const relative = `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(relative);
      else if (isEngineFile(relative)) files.push(relative);
    }
  };
  const present = new Set(readdirSync(root).includes('src') ? readdirSync(path.join(root, 'src')) : []);
  for (const folder of ENGINE_FOLDERS) {
    if (present.has(folder)) walk(`src/${folder}`);
  }
  // By code unit, not by locale: the same on every machine.
  return files.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
