/**
 * No file needs itself by way of others, not even for a type: what two files share stands where both can reach it. A
 * circle has no first file to read, and one more import makes it an error at load time.
 */
import { describe, expect, test } from 'vitest';
import { importsOf, type Sample, target, TREE } from './testing/source_tree';

/** One line for each import that lies on a circle; a component that draws itself is recursion, not a circle. */
function importsOnCircles(samples: readonly Sample[]): string[] {
  const files = new Set(samples.map(({ file }) => file));
  const graph = new Map(samples.map((sample) => [sample.file, filesImported(sample, files)]));
  return [...graph].flatMap(([from, imports]) =>
    imports.filter((to) => to !== from && reaches(graph, to, from)).map((to) => `${from} imports ${to}`),
  );
}

function filesImported(sample: Sample, files: ReadonlySet<string>): string[] {
  return importsOf(sample).flatMap(({ from }) => {
    const to = target(sample, from.replace(/\?.*$/, ''));
    return [to, `${to}.ts`, `${to}/index.ts`].filter((file) => file !== undefined && files.has(file)) as string[];
  });
}

function reaches(graph: ReadonlyMap<string, readonly string[]>, from: string, to: string): boolean {
  const seen = new Set([from]);
  for (const file of seen) {
    if (file === to) return true;
    for (const next of graph.get(file) ?? []) seen.add(next);
  }
  return false;
}

describe('imports run in circles', () => {
  test('nowhere in the tree', () => {
    const code = TREE.filter(({ file }) => /\.(ts|mjs|svelte)$/.test(file));
    expect(code.length).toBeGreaterThan(100);
    expect(importsOnCircles(code)).toEqual([]);
  });

  test.each([
    [
      'two files, one of them for a type',
      { 'a.ts': "import { b } from './b';", 'b.ts': "import type { A } from './a';" },
    ],
    ['a type named in place', { 'a.ts': "import { b } from './b';", 'b.ts': "let a: import('./a').A;" }],
    [
      'three files, through a component and a file loaded later',
      {
        'a.ts': "void import('./C.svelte');",
        'C.svelte': '<script lang="ts">\n  import { b } from \'./b.svelte\';\n</script>',
        'b.svelte.ts': "export { a } from './a';",
      },
    ],
    ['a folder by its index', { 'x/index.ts': "export * from './y';", 'x/y.ts': "import { y } from '../x';" }],
  ])('are found: %s', (_, texts) => {
    expect(importsOnCircles(samplesOf(texts)).length).toBe(Object.keys(texts).length);
  });

  test.each([
    ['one file used by two', { 'a.ts': "import './c';", 'b.ts': "import './a';\nimport './c';", 'c.ts': '' }],
    ['a component that draws itself', { 'A.svelte': "<script>\n  import A from './A.svelte';\n</script>" }],
    ['the text of a file, not the file', { 'a.ts': "import './b';", 'b.ts': "import text from './a?raw';" }],
  ])('are not seen where there are none: %s', (_, texts) => {
    expect(importsOnCircles(samplesOf(texts))).toEqual([]);
  });
});

function samplesOf(texts: Readonly<Record<string, string>>): Sample[] {
  return Object.entries(texts).map(([file, text]) => ({ file: `src/${file}`, text }));
}
