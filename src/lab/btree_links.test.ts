/** A link to the tree desk: every choice of it survives, and nothing else gets in. */
import { expect, test } from 'vitest';
import { TREE_TASKS } from '../protocol/btree';
import { SPIKE_MEASURES, TREE_EXPERIMENTS } from './btree_presets';
import { usualKnobs } from './experiments';
import { linkTo, openLink, type TreeDeskPlace } from './links';

const place: TreeDeskPlace = {
  version: 1,
  room: 'btree',
  mode: 'play',
  treeDesk: { experiment: 'memory', knobs: { keys: 50_000, device: 2 }, measure: 'hdd', seed: 7 },
};
const withDesk = (change: object): TreeDeskPlace => ({ ...place, treeDesk: { ...place.treeDesk, ...change } });
const reopened = (one: TreeDeskPlace): unknown => openLink(linkTo(one)!);

test('every experiment with its knobs, every measure and every exercise comes back', () => {
  for (const experiment of TREE_EXPERIMENTS) {
    const one = withDesk({ experiment: experiment.id, knobs: usualKnobs(experiment) });
    expect(reopened(one)).toEqual({ ok: true, moment: one });
  }
  for (const measure of SPIKE_MEASURES) expect(reopened(withDesk({ measure }))).toMatchObject({ ok: true });
  for (const kind of TREE_TASKS) {
    const one = { ...withDesk({ task: { kind, seed: 12 } }), mode: 'prove' as const };
    expect(reopened(one)).toEqual({ ok: true, moment: one });
  }
});

test('a link with anything else in it is refused, and says which field', () => {
  const refused = (change: object): unknown => reopened(withDesk(change));
  expect(refused({ guess: 3 })).toMatchObject({
    ok: false,
    reason: expect.stringContaining('treeDesk.guess') as string,
  });
  expect(refused({ knobs: { keys: -1 } })).toMatchObject({ ok: false });
  expect(refused({ knobs: { 'a b': 1 } })).toMatchObject({ ok: false });
  expect(refused({ experiment: 'none' })).toMatchObject({ ok: false });
});
