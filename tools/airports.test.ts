import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('public/data/airports.csv is the file of the package it is said to come from, with its notice beside it', () => {
  const ours = readFileSync('public/data/airports.csv', 'utf8');
  expect(ours === readFileSync('node_modules/vega-datasets/data/airports.csv', 'utf8')).toBe(true);
  expect(ours.trimEnd().split('\n').length - 1).toBe(3376);
  const { version } = JSON.parse(readFileSync('node_modules/vega-datasets/package.json', 'utf8')) as {
    version: string;
  };
  expect(readFileSync('public/data/airports_licence.txt', 'utf8')).toContain(`vega-datasets ${version}`);
});
