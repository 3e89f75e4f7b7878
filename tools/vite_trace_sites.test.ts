import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { build } from 'vite';
import { sites, siteOf } from 'virtual:faultline/sites';
import { engineFiles, findCalls, isEngineFile, rewrite, SiteIndex } from './trace_sites.ts';
import { traceSites } from './vite_trace_sites.ts';

/** The code after the rewrite, its calls numbered from 1. */
function numbered(source: string, compileOut = false): string {
  return rewrite(source, findCalls('sample.ts', source), 1, { compileOut })?.code ?? source;
}

describe('which calls get a site', () => {
  test.each([
    ['this.#trace?.emit({ kind });', 'this.#trace?.emit({ kind }, 1);'],
    ['trace?.emit({ kind });', 'trace?.emit({ kind }, 1);'],
    ['options.sink.emit(event);', 'options.sink.emit(event, 1);'],
    ['this.#walTrace?.emit(event);', 'this.#walTrace?.emit(event, 1);'],
    ['this.pager?.store?.trace?.emit({ kind });', 'this.pager?.store?.trace?.emit({ kind }, 1);'],
    ['trace?.emit({ kind },);', 'trace?.emit({ kind }, 1,);'],
    ['this.#logFile.write(at, bytes);', 'this.#logFile.write(at, bytes, 1);'],
    ['const n = file.read(at, into);', 'const n = file.read(at, into, 1);'],
    ['file!.flush();', 'file!.flush(1);'],
    ['(this.file as StorageFile).flush();', '(this.file as StorageFile).flush(1);'],
    ['file.flush(/* all of it */);', 'file.flush(/* all of it */1);'],
    ['file?.truncate(size);', 'file?.truncate(size, 1);'],
    ['files.log.write(0, bytes);', 'files.log.write(0, bytes, 1);'],
    ['this.#files[i]!.read(0, page);', 'this.#files[i]!.read(0, page, 1);'],
    ['file.write(file.size(), encode(record));', 'file.write(file.size(), encode(record), 1);'],
  ])('%s', (source, expected) => {
    expect(numbered(source)).toBe(expected);
  });

  test.each([
    ['a wrapper hands the site on', 'this.#file.write(at, bytes, site); this.#file.flush(site);'],
    ['the event already has its site', 'this.#sink.emit(event, site);'],
    ['another kind of emitter', 'emitter.emit(event); emit(event);'],
    ['another kind of writer', 'writer.write(at, bytes); handle.flush(); profile.read; pager.read(id, page);'],
    ['too few arguments', 'file.read(into); file.write(bytes);'],
    ['spread arguments', 'trace?.emit(...events); file.write(...both);'],
  ])('not when %s', (_why, source) => {
    expect(numbered(source)).toBe(source);
  });

  test('a call over several lines, and calls inside the arguments of others', () => {
    const source = [
      'this.#trace?.emit({',
      "  kind: 'storage.file_read',",
      '  count: this.#file.read(',
      '    at, // where',
      '    into,',
      '  ),',
      '});',
    ].join('\n');
    expect(numbered(source).split('\n')).toEqual([
      'this.#trace?.emit({',
      "  kind: 'storage.file_read',",
      '  count: this.#file.read(',
      '    at, // where',
      '    into, 2,',
      '  ),',
      '}, 1);',
    ]);
  });

  test('engine files, not their tests, benchmarks or neighbours', () => {
    expect(isEngineFile('src/wal/writer.ts')).toBe(true);
    expect(isEngineFile('src/storage/log_region/record.ts')).toBe(true);
    for (const other of ['src/wal/writer.test.ts', 'src/wal/writer.browser.ts', 'src/ui/main.ts', 'workers/wal/a.ts']) {
      expect(isEngineFile(other), other).toBe(false);
    }
  });
});

const SAMPLE = `
interface Unused { a: number }

export class LogWriter {
  #trace: Sink | null = null;
  readonly onFlush = () => this.#trace?.emit({ kind: 'wal.flushed' });
  constructor(private file: F) { file.flush(); }
  append(at: number, bytes: Uint8Array): void {
    const inner = [1].map(() => {
      return this.file
        .write(at, bytes);
    });
  }
  get tail(): number { return this.file.read(0, x); }
  #drop(): void { this.file.truncate(0); }
}
export function recover(file: F): void {
  const each = (p: number) => file.read(p, y);
}
export const scan = (file: F) => file.read(0, z);
file.flush();
`;

describe('what the table says of a site', () => {
  const calls = findCalls('sample.ts', SAMPLE);

  test('the enclosing class and method, or the function', () => {
    expect(calls.map((call) => call.function)).toEqual([
      'LogWriter.onFlush',
      'LogWriter.constructor',
      'LogWriter.append',
      'LogWriter.tail',
      'LogWriter.#drop',
      'each',
      'scan',
      '',
    ]);
  });

  test('line and column of the first character of the call', () => {
    const lines = SAMPLE.split('\n');
    for (const call of calls) {
      const text = lines[call.line - 1]!.slice(call.column - 1);
      expect(text).toMatch(/^(this\.#trace\?\.emit|(this\.)?file)/);
    }
  });

  test('lines stay where they were, and the source map leads back to the original columns', () => {
    const { code, map } = rewrite(SAMPLE, calls, 100, { compileOut: false })!;
    const before = SAMPLE.split('\n');
    const after = code.split('\n');
    expect(after.length).toBe(before.length);
    const back = new SourceMap(JSON.parse(map.toString()) as ConstructorParameters<typeof SourceMap>[0]);
    for (const [index, line] of after.entries()) {
      const column = line.search(/\S/);
      if (column < 0) continue;
      expect(back.findEntry(index, column)).toMatchObject({ originalLine: index, originalColumn: column });
    }
    // Behind an inserted number the columns have moved, and the map knows.
    const moved = after.findIndex((line) => line.includes('get tail'));
    expect(back.findEntry(moved, after[moved]!.lastIndexOf('}'))).toMatchObject({
      originalLine: moved,
      originalColumn: before[moved]!.lastIndexOf('}'),
    });
  });
});

describe('with the trace seam compiled out', () => {
  test('optional emits are gone, with what their arguments did; file calls stay', () => {
    expect(numbered('trace?.emit({ kind, bytes: file.read(0, x) });\nfile.flush();', true)).toBe(
      'void 0;\nfile.flush();',
    );
    expect(numbered('const told = () => this.#trace?.emit({ kind });', true)).toBe('const told = () => void 0;');
  });

  test('an emit to a sink that is always there stays', () => {
    expect(numbered('sink.emit(event);', true)).toBe('sink.emit(event);');
  });
});

describe('in vite', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'faultline_sites_'));
  afterAll(() => {
    rmSync(root, { recursive: true });
  });

  function write(file: string, text: string): void {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }

  test('page, worker and table of a build agree on the numbers, and raw imports stay as written', async () => {
    write('src/base/first.ts', 'export const first = (trace: any): void => {\n  trace?.emit({ kind: "first" });\n};\n');
    write(
      'src/wal/shared.ts',
      'export const shared = (trace: any): void => {\n  trace?.emit({ kind: "shared" });\n};\n',
    );
    write('workers/log.worker.ts', 'import { shared } from "../src/wal/shared";\nshared(self);\n');
    write(
      'main.ts',
      [
        'import { first } from "./src/base/first";',
        'import { shared } from "./src/wal/shared";',
        'import text from "./src/wal/shared.ts?raw";',
        'import { sites } from "virtual:faultline/sites";',
        'new Worker(new URL("./workers/log.worker.ts", import.meta.url), { type: "module" });',
        'first(self); shared(self); console.log(text, sites);',
      ].join('\n'),
    );
    const result = await build({
      root,
      configFile: false,
      logLevel: 'silent',
      plugins: [traceSites()],
      worker: { format: 'es', plugins: () => [traceSites()] },
      build: { write: false, minify: false, rolldownOptions: { input: path.join(root, 'main.ts') } },
    });
    const outputs = (Array.isArray(result) ? result : [result]).flatMap((one) => ('output' in one ? one.output : []));
    const text = (name: RegExp): string => {
      const output = outputs.find((one) => name.test(one.fileName))!;
      return output.type === 'chunk' ? output.code : String(output.source);
    };
    expect(text(/main/)).toMatch(/kind: "first" }, 1\)/);
    expect(text(/main/)).toMatch(/kind: "shared" }, 2\)/);
    expect(text(/worker/)).toMatch(/kind: "shared" }, 2\)/);
    expect(text(/main/), 'the raw text').toMatch(/trace\?\.emit\(\{ kind: [\\"]+shared[\\"]+ \}\);/);
    expect(new SiteIndex(root).sites.map((site) => `${site.id} ${site.file}:${site.line} ${site.function}`)).toEqual([
      '1 src/base/first.ts:2 first',
      '2 src/wal/shared.ts:2 shared',
    ]);
  });

  test('a scan says whether any site moved', () => {
    write('src/wal/scan.ts', 'file.flush();\n');
    const index = new SiteIndex(root);
    expect(index.scan()).toBe(false);
    expect(index.firstIdOf('src/wal/scan.ts', 1)).toBeGreaterThan(0);
    expect(index.firstIdOf('src/wal/scan.ts', 2), 'not the file that was scanned').toBeUndefined();
    write('src/wal/scan.ts', '\nfile.flush();\n');
    expect(index.scan()).toBe(true);
  });
});

describe('the sites of this repository', () => {
  test('are numbered from 1 in the order of the paths', () => {
    expect(sites.map((site) => site.id)).toEqual(sites.map((_site, index) => index + 1));
    const files = [...new Set(sites.map((site) => site.file))];
    expect(files).toEqual(engineFiles(process.cwd()).filter((file) => files.includes(file)));
    expect(siteOf(0)).toBeUndefined();
    expect(siteOf(1)).toBe(sites[0]);
  });

  test('lie where an engine emits or calls a file', () => {
    for (const site of sites) {
      const lines = readFileSync(site.file, 'utf8')
        .split('\n')
        .slice(site.line - 1, site.line + 5);
      lines[0] = lines[0]!.slice(site.column - 1);
      expect(lines.join('\n'), `${site.file}:${site.line}`).toMatch(
        /^[\w.#?![\]()\s]+\.(emit|read|write|flush|truncate)\(/,
      );
    }
  });
});
