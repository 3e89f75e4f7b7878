/** Where each of three stores stands on one clock, by puts and by the time of a device. */
import { describe, expect, it } from 'vitest';
import type { LsmState, PoliciesNote, TreeBeside } from '../protocol/lsm';
import { clockWords, instantsOf, progressWords } from './lsm_clock';

/** Time on the disk, in ms, after a thousand puts, two thousand, three thousand. */
const TIMES = { left: [10, 25, 60], right: [8, 15, 22], tree: [31, 62, 90] };
const notes = [0, 1, 2].map((i): PoliciesNote => {
  const state = (side: keyof typeof TIMES): unknown => ({ deviceNs: { nvme: 0, sata: 0, hdd: TIMES[side][i]! * 1e6 } });
  return {
    note: 'policies',
    operations: 1000 * (i + 1),
    left: state('left') as LsmState,
    right: state('right') as LsmState,
    tree: state('tree') as TreeBeside,
  };
});

describe('three stores on one clock', () => {
  it('by puts all have had the same', () => {
    for (const [i, { at, left, right, tree }] of instantsOf(notes, 'puts').entries()) {
      expect([at, left.operations, right.operations, tree.operations]).toEqual(Array(4).fill(1000 * (i + 1)));
      expect([left.state, right.state, tree.state]).toEqual([notes[i]!.left, notes[i]!.right, notes[i]!.tree]);
      expect(left.isDone).toBe(i === 2);
    }
  });
  it('C1 by time each stands at its last point until then, and the one that writes less is done first', () => {
    const instants = instantsOf(notes, 'hdd');
    expect(instants.map(({ at }) => at)).toEqual([30e6, 60e6, 90e6]);
    expect(instants.map(({ left }) => left.operations)).toEqual([2000, 3000, 3000]);
    expect(instants.map(({ right }) => right.operations)).toEqual([3000, 3000, 3000]);
    expect(instants.map(({ tree }) => tree.operations)).toEqual([0, 1000, 3000]);
    expect(instants[0]!.right.isDone).toBe(true);
    expect(instants[0]!.left.state).toBe(notes[1]!.left);
    expect(instants[0]!.tree.state, 'nothing is known of it yet').toBe(notes[0]!.tree);
  });
  it('the words say how far each has got', () => {
    const [first] = instantsOf(notes, 'hdd');
    expect(clockWords(first!, 'hdd')).toBe(
      'After 30 ms of a hard disk (model): left 2,000 puts, right 3,000 puts, B-tree 0 puts',
    );
    expect(progressWords(first!.right)).toBe('3,000 puts, all of them');
    expect(progressWords(first!.tree)).toContain('not at its first point yet');
  });
});
