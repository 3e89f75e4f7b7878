/** The desk of the LSM room in a link: every experiment, every exercise, and nothing that was guessed. */
import { expect, test } from 'vitest';
import { LSM_TASKS } from '../protocol/lsm';
import { usualKnobs } from './experiments';
import { linkTo, openLink, type LsmDeskPlace } from './links';
import { LSM_EXPERIMENTS, PRESSURE_MEASURES } from './lsm_presets';

const place: LsmDeskPlace = {
  version: 1,
  room: 'lsm',
  mode: 'play',
  lsmDesk: { experiment: 'policies', knobs: { operations: 5000, right: 4 }, measure: 'hdd', seed: 7 },
};
const withDesk = (change: object): LsmDeskPlace => ({ ...place, lsmDesk: { ...place.lsmDesk, ...change } });

test('what a link says is what it gives back', () => {
  for (const experiment of LSM_EXPERIMENTS) {
    for (const measure of PRESSURE_MEASURES) {
      const one = withDesk({ experiment: experiment.id, knobs: usualKnobs(experiment), measure });
      expect(openLink(linkTo(one)!)).toEqual({ ok: true, moment: one });
    }
  }
  for (const kind of LSM_TASKS) {
    const one = { ...withDesk({ task: { kind, seed: 11 } }), mode: 'prove' as const };
    expect(openLink(linkTo(one)!)).toEqual({ ok: true, moment: one });
  }
});

test('a guess, or an exercise that there is not, is refused', () => {
  expect(openLink(linkTo(withDesk({ guess: 3 }))!)).toMatchObject({ ok: false });
  expect(openLink(linkTo(withDesk({ task: { kind: 'merge', seed: 1 } }))!)).toMatchObject({ ok: false });
});

test('every experiment asks what the worker knows', () => {
  for (const experiment of LSM_EXPERIMENTS) {
    expect(experiment.ask(usualKnobs(experiment), 1)).toMatchObject({ ask: experiment.id, seed: 1 });
    for (const { stops, usual } of experiment.knobs) expect(stops).toContain(usual);
  }
});
