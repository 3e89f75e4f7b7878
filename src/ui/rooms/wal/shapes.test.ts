import { describe, expect, test } from 'vitest';
import { MARK_STATES } from '../../marks/states';
import type { Drawn } from './scene';
import { shapesOf } from './shapes';

const record = (more: Partial<Drawn> = {}): Drawn => ({
  id: 'record-1',
  kind: 'record',
  plane: 'tape',
  family: 'log',
  state: 'durable',
  text: '7',
  note: '40 B',
  x: 100,
  y: 50,
  width: 60,
  height: 40,
  opacity: 1,
  filled: 1,
  halo: 0,
  ...more,
});
const looks = (mark: Drawn): string[] =>
  shapesOf(mark, undefined).map((shape) => (shape.form === 'window' ? 'window' : `${shape.form} ${shape.look}`));

describe('the shapes of a mark', () => {
  test.each(MARK_STATES)('a box that is %s has the look of that state', (state) => {
    expect(looks(record({ state }))[0]).toBe(`${state === 'torn' ? 'path' : 'rect'} mark ${state} log`);
  });

  test('words on a box are ink or paper, by what is under them', () => {
    expect(looks(record()).slice(1)).toEqual(['text number paper', 'text small paper']);
    expect(looks(record({ state: 'handed' })).slice(1)).toEqual(['text number ink', 'text small paper']);
    expect(looks(record({ state: 'garbage' })).slice(1)).toEqual([
      'text number ink on-hatch',
      'text small ink on-hatch',
    ]);
  });

  test('words that do not fit are left out', () => {
    expect(looks(record({ width: 18 }))).toHaveLength(1);
    expect(looks(record({ width: 28 }))).toEqual(['rect mark durable log', 'text number paper']);
  });

  test('words that a mark does not have are not drawn', () => {
    const { note: _, ...title } = record({ kind: 'title', text: 'log file' });
    expect(shapesOf(title, undefined)).toEqual([
      { form: 'text', look: 'lane-name start', x: 110, y: 73.5, text: 'log file' },
    ]);
  });

  test('half-way from one state to the next, the new one has risen half-way over the old', () => {
    const [old, risen] = shapesOf(record({ was: 'memory', state: 'durable', filled: 0.5 }), undefined);
    expect(old).toMatchObject({ look: 'mark memory log', y: 50, height: 40 });
    expect(risen).toMatchObject({ form: 'window', x: 100, y: 70, width: 60, height: 20 });
    expect(risen).toMatchObject({ inside: [{ look: 'mark durable log', x: 0, y: -20, height: 40 }] });
  });

  test('a selected mark has a frame around it, one that is pointed at another', () => {
    for (const pointed of ['chosen', 'near'] as const) {
      const frame = { form: 'rect', look: pointed, x: 98, y: 48, width: 64, height: 44 };
      expect(shapesOf(record(), pointed)).toContainEqual(expect.objectContaining(frame));
    }
  });

  test('a mark the step is about has a halo, a copy on its way a thread to its original', () => {
    expect(looks(record({ halo: 0.5, thread: { x: 0, y: 0 } })).slice(0, 2)).toEqual(['line thread', 'rect halo']);
  });
});
