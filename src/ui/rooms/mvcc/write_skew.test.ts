/** Write skew is drawn where it happens: at snapshot isolation, where the engine looks for nothing. */
import { expect, it } from 'vitest';
import { LabRun } from './testing/lab_run';

const BEFORE = ['store log 16k extent 512 align 512 versions', 'put anna on', 'put ben on', 'flush'];
const edgesOf = (lines: readonly string[]) =>
  LabRun.of([...BEFORE, ...lines].join('\n')).view.edges.map(
    ({ isDanger, keyHex, reader, writer }) => `${reader} ${keyHex.length / 2} ${writer} ${isDanger}`,
  );

it('two that each read what the other one changed, and both commit, have an arrow each way', () => {
  const both = ['begin t1', 'begin t2', 'scan in t1', 'scan in t2', 'put anna off in t1', 'put ben off in t2'];
  expect(edgesOf([...both, 'commit t1', 'flush'])).toEqual([]);
  // The number is the length of the key: t2 read anna, t1 read ben.
  expect(edgesOf([...both, 'commit t1', 'commit t2', 'flush']).sort()).toEqual(['1 3 2 true', '2 4 1 true']);
});

it('one way alone, or one after the other, is none', () => {
  const one = ['begin t1', 'begin t2', 'get ben in t1', 'get ben in t2', 'put anna off in t1', 'put ben off in t2'];
  expect(edgesOf([...one, 'commit t1', 'commit t2', 'flush'])).toEqual([]);
  const first = ['begin t1', 'scan in t1', 'put anna off in t1', 'commit t1', 'flush'];
  const second = ['begin t2', 'scan in t2', 'put ben off in t2', 'commit t2', 'flush'];
  expect(edgesOf([...first, ...second])).toEqual([]);
});

it('nor what one wrote itself before it read it', () => {
  const own = ['begin t1', 'begin t2', 'put anna off in t1', 'get anna in t1', 'get anna in t2', 'put ben off in t2'];
  expect(edgesOf([...own, 'commit t1', 'commit t2', 'flush'])).toEqual([]);
});
