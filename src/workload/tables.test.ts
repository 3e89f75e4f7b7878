import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText } from '../base/bytes';
import { jsonFaultAt } from './json_position';
import { readCsv, readJson, type Table } from './tables';

const keys = (table: Table): (string | undefined)[] => table.rows.map(({ key }) => decodeText(key));
const faults = (table: Table): string[] =>
  table.faults.map(({ line, column, message }) => `${line}:${column} ${message}`);

describe('a CSV text', () => {
  it('gives rows under the first column that names each of them', () => {
    const table = readCsv('country,code\nFR,CDG\nFR,ORY\n');
    expect(table.keyColumn).toBe('code');
    expect(keys(table)).toEqual(['CDG', 'ORY']);
    expect(decodeText(table.rows[0]!.value)).toBe('{"country":"FR","code":"CDG"}');
  });

  it('names malformed rows by line and column, and offers the others', () => {
    const table = readCsv('id,name\n1,one\n2\n3,three,more\n"4,four\n', { keyColumn: 'id' });
    expect(keys(table)).toEqual(['1']);
    expect(faults(table)).toEqual([
      '3:2 The row has 1 fields, the header has 2.',
      '4:1 The row has 3 fields, the header has 2.',
      '5:1 Quoted field unterminated.',
    ]);
  });

  it('counts blank lines and the lines inside quoted fields', () => {
    const table = readCsv('id,note\n1,"two\nlines"\n\n2\n', { keyColumn: 'id' });
    expect(faults(table)).toEqual(['5:2 The row has 1 fields, the header has 2.']);
  });

  it('refuses empty and repeated keys of a column that was named', () => {
    expect(faults(readCsv('id,x\n,1\na,2\na,3\n', { keyColumn: 'id' }))).toEqual([
      '2:1 The key column id is empty.',
      '4:1 The key a was already used in line 3.',
    ]);
  });

  it('numbers the rows where no column names them', () => {
    expect(keys(readCsv('x\n1\n1\n'))).toEqual(['00000001', '00000002']);
  });

  it('reads semicolons, a byte order mark and Windows line ends', () => {
    expect(keys(readCsv('\ufeffid;x\r\na;1\r\nb;2\r\n'))).toEqual(['a', 'b']);
  });

  it('of airports gives all of them', () => {
    const table = readCsv(readFileSync('public/data/airports.csv', 'utf8'));
    expect(table.faults).toEqual([]);
    expect(table.rows).toHaveLength(3376);
    expect(table.keyColumn).toBe('iata');
  });
});

describe('a JSON text', () => {
  it('is an array of objects, or an object of objects', () => {
    expect(keys(readJson('[{"id":1,"x":true},{"id":2}]'))).toEqual(['1', '2']);
    expect(keys(readJson('{"a":{"x":1},"b":{"x":1}}'))).toEqual(['a', 'b']);
  });

  it('names items that are no objects, and where it is no JSON at all', () => {
    expect(faults(readJson('[{"id":1},7]'))).toEqual(['2:1 Item 2 is not an object.']);
    expect(readJson('{"a":\n tru}').faults[0]).toMatchObject({ line: 2, column: 2 });
    expect(readJson('[1,\n2').faults[0]).toMatchObject({ line: 2, column: 2 });
  });
});

describe('the place where a text stops being JSON', () => {
  it('is inside it exactly when JSON.parse refuses it', () => {
    const word = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '1',
      '-0.5e3',
      'true',
      'null',
      ' ',
      '01',
      '"',
      'x',
    );
    const almost = fc.oneof(
      fc.array(word, { maxLength: 8 }).map((words) => words.join('')),
      fc.json(),
    );
    fc.assert(
      fc.property(almost, (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        const at = jsonFaultAt(text);
        expect(at).toBeLessThanOrEqual(text.length);
        if (isJson) expect(at).toBe(text.length);
      }),
      { numRuns: 1000 },
    );
  });
});
