/** Rows that a script can `load` by name: those handed in, and a few that are made from their number alone. */
import { keyOfIndex, valueOf } from './generators';
import type { Row } from './tables';

export interface Dataset {
  readonly name: string;
  readonly count: number;
  /** Row `index`, from 0. */
  row(index: number): Row;
}

/** What `load numbers` and `load shuffled` make, without anything handed in. */
const MADE_ROWS = 1_000_000;
const MADE_VALUE_BYTES = 100;
const SHUFFLE_FACTOR = 617_039; // Shares no divisor with MADE_ROWS, so every row comes once.

export const MADE_DATASETS: readonly Dataset[] = [
  { name: 'numbers', count: MADE_ROWS, row: madeRow },
  { name: 'shuffled', count: MADE_ROWS, row: (index) => madeRow((index * SHUFFLE_FACTOR) % MADE_ROWS) },
];

function madeRow(index: number): Row {
  return { key: keyOfIndex(index), value: valueOf(0, index, MADE_VALUE_BYTES) };
}

export function datasetOf(name: string, rows: readonly Row[]): Dataset {
  return { name, count: rows.length, row: (index) => rows[index]! };
}
