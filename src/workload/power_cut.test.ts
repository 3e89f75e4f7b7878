/** The words for every state a crash search can find: each prints as what it was parsed from. */
import { expect, it } from 'vitest';
import { parseScript } from './parser';
import { printScript } from './printer';

it.each([
  'power-cut lose all',
  'power-cut keep all',
  'power-cut keep 1,3 tear 2 at 100',
  'power-cut tear 2 at 100 tail',
  'power-cut tear 2 at 100 tail version 3 over 1',
  'power-cut keep 1 older 2 version 0 noise 3 seed 7 noise 4 seed 8 whole version 1 length 5 to 1k',
  'store log 8k extent 512 align 512 checkpoint 2k relaxed 1k',
  'profile liar',
  'without logChecksum logFlush',
  'first-opening crash at 3',
  'first-opening crash at 3 prefix 100',
  'put a @600:17',
])('%s', (line) => {
  const { errors, script } = parseScript(line);
  expect(errors).toEqual([]);
  expect(printScript(script)).toBe(`${line}\n`);
});

it.each([
  'power-cut older 2',
  'power-cut noise 3',
  'power-cut length 4 1k',
  'power-cut keep 1 keep 2',
  'profile honest',
  'without nothing',
  'first-opening crash 3',
  'put a @600:x',
])('%s is refused', (line) => {
  expect(parseScript(line).errors).toHaveLength(1);
});
