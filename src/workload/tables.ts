/**
 * Tables of the user's: a CSV or JSON text as keys and values.
 *
 * The key is the value of one column (the first whose values are all there and all different, unless one is named);
 * the value is the whole row as JSON, columns in the order of the file. Rows that do not fit are named by line and
 * column and left out; the good ones are offered. Nothing here writes to a store.
 *
 * CSV is read by Papa Parse (RFC 4180 and its usual deviations); JSON is an array of objects, or an object of objects
 * whose names become the keys.
 */
import Papa from 'papaparse';
import { encodeText } from '../base/bytes';
import { KEY_BYTES_MAX } from '../kv_store/types';
import { jsonFaultAt } from './json_position';

export interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface RowFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface Table {
  readonly columns: readonly string[];
  /** Undefined where the rows are numbered because no column names them. */
  readonly keyColumn: string | undefined;
  readonly rows: readonly Row[];
  readonly faults: readonly RowFault[];
}

export interface TableOptions {
  readonly keyColumn?: string | undefined;
}

/** A row before it has a key: its fields, and where it stands in the text. */
interface Candidate {
  readonly line: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function readCsv(text: string, options: TableOptions = {}): Table {
  const withoutMark = text.startsWith('\ufeff') ? text.slice(1) : text;
  const faults: RowFault[] = [];
  const candidates: Candidate[] = [];
  let columns: readonly string[] | undefined;
  let cursor = 0;
  let line = 1;
  Papa.parse<string[]>(withoutMark, {
    delimitersToGuess: [',', ';', '\t', '|'],
    skipEmptyLines: true, // Else a last line end counts as a row when the delimiter is guessed.
    step({ data, errors, meta }) {
      const skipped = /^[\r\n]*/.exec(withoutMark.slice(cursor, meta.cursor))![0];
      const source = withoutMark.slice(cursor + skipped.length, meta.cursor);
      const at = line + lineEnds(skipped);
      line = at + lineEnds(source);
      cursor = meta.cursor;
      const quoting = errors.find((error) => error.type === 'Quotes');
      if (quoting !== undefined) faults.push({ line: at, column: quoteColumn(source), message: `${quoting.message}.` });
      else if (columns === undefined) columns = uniqueNames(data);
      else if (data.length !== columns.length) faults.push(wrongWidth(at, source, data.length, columns.length));
      else candidates.push({ line: at, fields: Object.fromEntries(data.map((field, i) => [columns![i]!, field])) });
    },
  });
  return keyed(columns ?? [], candidates, faults, options);
}

export function readJson(text: string, options: TableOptions = {}): Table {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return { columns: [], keyColumn: undefined, rows: [], faults: [jsonFault(text, error as SyntaxError)] };
  }
  const faults: RowFault[] = [];
  const candidates: Candidate[] = [];
  const columns = new Set<string>();
  const named = isFields(parsed) && Object.values(parsed).every(isFields);
  const items: readonly (readonly [string | undefined, unknown])[] = named
    ? Object.entries(parsed as object)
    : (Array.isArray(parsed) ? parsed : [parsed]).map((item: unknown) => [undefined, item]);
  items.forEach(([name, item], index) => {
    if (!isFields(item)) {
      faults.push({ line: index + 1, column: 1, message: `Item ${index + 1} is not an object.` });
      return;
    }
    const fields = name === undefined ? item : { [NAME_COLUMN]: name, ...item };
    for (const column of Object.keys(fields)) columns.add(column);
    candidates.push({ line: index + 1, fields });
  });
  return keyed([...columns], candidates, faults, named ? { keyColumn: NAME_COLUMN, ...options } : options);
}

/** Column that an object of objects gets for the names of its entries. */
const NAME_COLUMN = 'name of entry';

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Gives each candidate its key, and names those that cannot have one. */
function keyed(
  columns: readonly string[],
  candidates: readonly Candidate[],
  faults: RowFault[],
  { keyColumn: wanted }: TableOptions,
): Table {
  if (wanted !== undefined && !columns.includes(wanted)) {
    faults.push({
      line: 1,
      column: 1,
      message: `There is no column ${wanted}: the columns are ${columns.join(', ')}.`,
    });
    return { columns, keyColumn: wanted, rows: [], faults };
  }
  const keyColumn = wanted ?? columns.find((column) => namesEachRow(candidates, column));
  const rows: Row[] = [];
  const lineOfKey = new Map<string, number>();
  candidates.forEach(({ line, fields }, index) => {
    const key = keyColumn === undefined ? String(index + 1).padStart(8, '0') : textOfField(fields[keyColumn]);
    const column = keyColumn === undefined ? 1 : columns.indexOf(keyColumn) + 1;
    const message = faultOfKey(key, keyColumn, lineOfKey.get(key));
    if (message !== undefined) {
      faults.push({ line, column, message });
      return;
    }
    try {
      rows.push({ key: encodeText(key), value: encodeText(JSON.stringify(fields)) });
      lineOfKey.set(key, line);
    } catch {
      faults.push({ line, column, message: 'The row has half of a surrogate pair, which UTF-8 cannot hold.' });
    }
  });
  faults.sort((a, b) => a.line - b.line);
  return { columns, keyColumn, rows, faults };
}

function faultOfKey(key: string, keyColumn: string | undefined, seenAtLine: number | undefined): string | undefined {
  if (key === '') return `The key column ${keyColumn ?? ''} is empty.`;
  if (key.length > KEY_BYTES_MAX) return `The key has more than ${KEY_BYTES_MAX} bytes.`;
  if (seenAtLine !== undefined) return `The key ${key} was already used in line ${seenAtLine}.`;
  return undefined;
}

function namesEachRow(candidates: readonly Candidate[], column: string): boolean {
  const seen = new Set<string>();
  for (const { fields } of candidates) {
    const key = textOfField(fields[column]);
    if (key === '' || key.length > KEY_BYTES_MAX || seen.has(key)) return false;
    seen.add(key);
  }
  return candidates.length > 0;
}

function textOfField(field: unknown): string {
  if (typeof field === 'string') return field;
  return typeof field === 'number' || typeof field === 'boolean' ? String(field) : '';
}

function uniqueNames(header: readonly string[]): string[] {
  const names: string[] = [];
  header.forEach((name, index) => {
    const base = name.trim() === '' ? `column ${index + 1}` : name.trim();
    let unique = base;
    for (let n = 2; names.includes(unique); n++) unique = `${base} ${n}`;
    names.push(unique);
  });
  return names;
}

function wrongWidth(line: number, source: string, fields: number, columns: number): RowFault {
  const trimmed = source.replace(/[\r\n]+$/, '');
  const message = `The row has ${fields} fields, the header has ${columns}.`;
  return { line, column: fields < columns ? trimmed.length + 1 : 1, message };
}

const lineEnds = (source: string): number => source.split(/\r\n|\r|\n/).length - 1;

const quoteColumn = (source: string): number => source.indexOf('"') + 1;

function jsonFault(text: string, error: SyntaxError): RowFault {
  const before = text.slice(0, jsonFaultAt(text)).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1, message: `This is not JSON: ${error.message}.` };
}
