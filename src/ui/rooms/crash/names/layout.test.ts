import { describe, expect, test } from 'vitest';
import { exploreNames } from '../../../../host/names';
import { parseNames } from '../../../../lab/names_language';
import { NAMES_PROGRAMS } from '../../../../lab/names_programs';
import type { DirectoryProfileName, NamesMoment } from '../../../../protocol/names';
import { layoutMoment, layoutState, type NamesScene, sceneRows } from './layout';

const SIZE = { width: 420 };

function momentsOf(id: string, profile: DirectoryProfileName = 'measured_ext4'): readonly NamesMoment[] {
  const { before, steps } = NAMES_PROGRAMS.find((one) => one.id === id)!;
  const stepsOf = (text: string) => parseNames(text).lines.map(({ step }) => step);
  return exploreNames({ before: stepsOf(before), steps: stepsOf(steps), profile }).moments;
}
const marks = ({ names, files, arrows }: NamesScene) => ({
  names: names.map(({ name, state, note }) => `${name} ${state}: ${note}`),
  files: files.map(({ file, note, blocks }) =>
    [`${file}`, ...blocks.map(({ letters, state }) => `${letters} ${state}`), note].join(', '),
  ),
  arrows: arrows.map(({ name, file, kind }) => `${name}→${file} ${kind}`),
});

describe('the moment before a cut', () => {
  test('after the flush of a first save: letters solid, the name handed over', () => {
    expect(marks(layoutMoment(momentsOf('first_save')[3]!, SIZE))).toEqual({
      names: ['plan handed: not on the disk'],
      files: ['1, win durable, ter durable, '],
      arrows: ['plan→1 handed'],
    });
  });
  test('after the move: the name points to the new file, the disk still to the old one, which is at its end', () => {
    expect(marks(layoutMoment(momentsOf('flush_move')[4]!, SIZE))).toEqual({
      names: ['plan handed: on the disk: file 1'],
      files: ['1, aut garbage, umn garbage, at its end; still on the disk', '2, win durable, ter durable, '],
      arrows: ['plan→2 handed', 'plan→1 stale'],
    });
  });
  test('a write over settled letters is handed over, block by block', () => {
    const { names, files } = marks(layoutMoment(momentsOf('overwrite')[1]!, SIZE));
    expect([names, files]).toEqual([['plan durable: on the disk'], ['1, win handed, ter handed, ']]);
  });
  test('a length that may not be there is said', () => {
    const { files } = marks(layoutMoment(momentsOf('empty_first')[2]!, SIZE));
    expect(files).toEqual(['1, win handed, ter handed, ']);
    expect(marks(layoutMoment(momentsOf('empty_first')[1]!, SIZE)).files).toEqual(['1, length 0; on the disk 6']);
  });
  test('slots: names in the order of their files, none crossing', () => {
    const scene = layoutMoment(momentsOf('slots')[1]!, { ...SIZE, slotsIn: 'superblock' });
    expect(scene.names.map(({ name }) => name)).toEqual(['superblock', 'log', 'data_0', 'data_1']);
    expect(scene.files[0]?.note).toBe('two slots, each with its checksum');
    expect(scene.files[0]?.blocks.map(({ state }) => state)).toEqual([
      ...['handed', 'handed', 'handed'],
      ...['durable', 'durable', 'durable'],
    ]);
  });
});

describe('a state after a cut', () => {
  test('finding 2: the name opens nothing, the new letters lie there without a name', () => {
    const left = momentsOf('flush_move')[4]!.states.find(({ names }) => names.some(({ opens }) => !opens))!;
    const scene = layoutState(left, SIZE);
    expect(marks(scene)).toEqual({
      names: ['plan pending: opens nothing'],
      files: ['1, is gone', '2, win garbage, ter garbage, no name points to it'],
      arrows: ['plan→1 broken'],
    });
    expect(sceneRows(scene)).toEqual([
      ['plan', 'file 1, which is gone'],
      ['no name', 'file 2, “win ter”, no name points to it'],
    ]);
  });
  test('zeros are drawn as asked for and not there', () => {
    const states = momentsOf('empty_first')[2]!.states.map((state) => marks(layoutState(state, SIZE)).files[0]);
    expect(states).toContain('1, ··· pending, ter durable, ');
    expect(states).toContain('1, empty');
  });
});

test('nothing is drawn outside the width, for any program at any moment, on a phone or beside another picture', () => {
  for (const { id } of NAMES_PROGRAMS) {
    for (const width of [240, 358, 520]) {
      for (const moment of momentsOf(id, 'adversarial')) {
        const size = { width, slotsIn: id === 'slots' ? 'superblock' : undefined };
        for (const scene of [layoutMoment(moment, size), ...moment.states.map((state) => layoutState(state, size))]) {
          for (const { blocks, y } of scene.files) {
            expect(y).toBeLessThan(scene.frame.height);
            for (const block of blocks) {
              expect(block.x + block.width, `${id} at ${width}`).toBeLessThanOrEqual(width);
              expect(block.width).toBeGreaterThan(10);
            }
          }
        }
      }
    }
  }
});
