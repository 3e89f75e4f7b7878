/** The desk of the room of versions in a link: every experiment, every cell, every exercise, and nothing that was guessed. */
import { expect, test } from 'vitest';
import { SCRIPTED_ANOMALIES } from '../mvcc/history/anomaly_scripts';
import { MVCC_TASKS } from '../protocol/mvcc';
import { usualKnobs } from './experiments';
import { linkTo, openLink, type MvccDeskPlace } from './links';
import { ANOMALIES } from './mvcc_anomalies';
import { MVCC_EXPERIMENTS } from './mvcc_presets';

const place: MvccDeskPlace = {
  version: 1,
  room: 'mvcc',
  mode: 'play',
  mvccDesk: { experiment: 'memory', knobs: { updates: 5, reader: 1 }, seed: 7 },
};
const withDesk = (change: object): MvccDeskPlace => ({ ...place, mvccDesk: { ...place.mvccDesk, ...change } });

test('what a link says is what it gives back', () => {
  for (const experiment of MVCC_EXPERIMENTS) {
    const one = withDesk({ experiment: experiment.id, knobs: usualKnobs(experiment), locked: true });
    expect(openLink(linkTo(one)!)).toEqual({ ok: true, moment: one });
  }
  for (const row of SCRIPTED_ANOMALIES) {
    const one = withDesk({ experiment: 'grid', cell: { row, column: 'none' } });
    expect(openLink(linkTo(one)!)).toEqual({ ok: true, moment: one });
  }
  for (const kind of MVCC_TASKS) {
    const one = { ...withDesk({ task: { kind, seed: 11 } }), mode: 'prove' as const };
    expect(openLink(linkTo(one)!)).toEqual({ ok: true, moment: one });
  }
});

test('a guess, a cell or an exercise that there is not, is refused', () => {
  expect(openLink(linkTo(withDesk({ guess: 3 }))!)).toMatchObject({ ok: false });
  expect(openLink(linkTo(withDesk({ cell: { row: 'G9', column: 'none' } }))!)).toMatchObject({ ok: false });
  expect(openLink(linkTo(withDesk({ task: { kind: 'merge', seed: 1 } }))!)).toMatchObject({ ok: false });
});

test('every experiment asks what the worker knows, and its knobs have their usual stops', () => {
  for (const experiment of MVCC_EXPERIMENTS) {
    expect(experiment.ask(usualKnobs(experiment), 1)).toMatchObject({ ask: experiment.id, seed: 1 });
    for (const { stops, usual, words } of experiment.knobs) {
      expect(stops).toContain(usual);
      for (const stop of stops) expect(words(stop)).not.toBe('');
    }
  }
});

test('every row of the grid can be watched in the room', () => {
  expect(ANOMALIES.map(({ name }) => name)).toEqual(SCRIPTED_ANOMALIES);
});
