/** The files of this repository as tests read them: their text, and what they import. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** A file as the rules see it; `file` is relative to the root, with forward slashes. */
export interface Sample {
  readonly file: string;
  readonly text: string;
}

/** The TypeScript of a file; in a component its scripts, with everything else blanked so that lines stay. */
function scriptOf({ file, text }: Sample): string {
  if (!file.endsWith('.svelte')) return text;
  let script = '';
  let end = 0;
  for (const match of text.matchAll(/(<script\b[^>]*>)([\s\S]*?)<\/script>/g)) {
    const start = match.index + match[1]!.length;
    script += text.slice(end, start).replace(/[^\n]/g, ' ') + match[2]!;
    end = start + match[2]!.length;
  }
  return script;
}

/** Every rule looks at every file: each is parsed once. */
const parsed = new WeakMap<Sample, ts.SourceFile>();

export function parse(sample: Sample): ts.SourceFile {
  const known = parsed.get(sample);
  if (known) return known;
  const tree = ts.createSourceFile(sample.file, scriptOf(sample), ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  parsed.set(sample, tree);
  return tree;
}

export function eachNode(tree: ts.SourceFile, visit: (node: ts.Node, line: number) => void): void {
  const walk = (node: ts.Node): void => {
    visit(node, tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1);
    ts.forEachChild(node, walk);
  };
  walk(tree);
}

export interface Import {
  readonly from: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

/** Static, dynamic, type and re-exporting imports. `?raw` imports are left out: they take the text, not the module. */
export function importsOf(sample: Sample): Import[] {
  const imports: Import[] = [];
  eachNode(parse(sample), (node, line) => {
    const add = (from: ts.Node | undefined, typeOnly: boolean): void => {
      if (from !== undefined && ts.isStringLiteral(from) && !/\?raw$/.test(from.text)) {
        imports.push({ from: from.text, typeOnly, line });
      }
    };
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, importsTypesOnly(node));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false);
    }
  });
  return imports;
}

function importsTypesOnly({ importClause }: ts.ImportDeclaration): boolean {
  if (importClause === undefined) return false;
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const named = importClause.namedBindings;
  return (
    importClause.name === undefined &&
    named !== undefined &&
    ts.isNamedImports(named) &&
    named.elements.every((element) => element.isTypeOnly)
  );
}

/** Where a relative import leads, relative to the root; undefined for packages. */
export function target(sample: Sample, from: string): string | undefined {
  return from.startsWith('.') ? path.posix.join(path.posix.dirname(sample.file), from) : undefined;
}

export const ROOT = path.resolve(import.meta.dirname, '../..');

function filesBelow(folder: string): Sample[] {
  const absolute = path.join(ROOT, folder);
  return readdirSync(absolute, { withFileTypes: true }).flatMap((entry) => {
    const file = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesBelow(file);
    return [{ file, text: readFileSync(path.join(ROOT, file), 'utf8') }];
  });
}

const FOLDERS = ['src', 'workers', 'e2e', 'tools', 'notes'];
const present = new Set(readdirSync(ROOT));
export const TREE = FOLDERS.filter((folder) => present.has(folder)).flatMap(filesBelow);
