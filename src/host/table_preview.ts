/** A file of the user's, read and shown before anything of it is stored. */
import { decodeText } from '../base/bytes';
import type { TablePreview, TableSource } from '../protocol/job';
import { datasetOf, type Dataset } from '../workload/datasets';
import { readCsv, readJson } from '../workload/tables';

const SAMPLE_ROWS = 8;
const FAULTS_SHOWN_MAX = 100;

export function readTable({ format, keyColumn, name, text }: TableSource): { dataset: Dataset; preview: TablePreview } {
  const table = (format === 'csv' ? readCsv : readJson)(text, { keyColumn });
  const dataset = datasetOf(scriptName(name), table.rows);
  const preview: TablePreview = {
    dataset: dataset.name,
    columns: table.columns,
    keyColumn: table.keyColumn,
    goodRows: table.rows.length,
    sample: table.rows
      .slice(0, SAMPLE_ROWS)
      .map(({ key, value }) => ({ key: decodeText(key) ?? '', value: decodeText(value) ?? '' })),
    faults: table.faults.slice(0, FAULTS_SHOWN_MAX),
    moreFaults: Math.max(0, table.faults.length - FAULTS_SHOWN_MAX),
  };
  return { dataset, preview };
}

/** The name as a word of the script language: `My file (2).csv` becomes `My_file_2`. */
export function scriptName(name: string): string {
  const word = name
    .replace(/\.[a-z]+$/i, '')
    .replace(/[^A-Za-z0-9_-]+/g, '_')
    .replace(/^_+|_+$/g, '');
  return /^[A-Za-z_]/.test(word) ? word : `table_${word}`;
}
