/** The verdicts of the known ways to save a file, pinned: how many states a cut after each step leaves, by letter. */
import { describe, expect, test } from 'vitest';
import { encodeText } from '../base/bytes';
import { exploreNames } from '../host/names';
import type { DirectoryProfileName } from '../protocol/names';
import { countLetters, harmsOf, type JudgedState, judge, judgeRun, type NamesReader } from './names_judge';
import { decodeSlot, encodeSlot, parseNames } from './names_language';
import { NAMES_PROFILES, NAMES_PROGRAMS, type NamesProgram, OWN_PROGRAM } from './names_programs';

const program = (id: string): NamesProgram => [...NAMES_PROGRAMS, OWN_PROGRAM].find((one) => one.id === id)!;

function judged(
  { before, steps, reader }: NamesProgram,
  profile: DirectoryProfileName,
): readonly (readonly JudgedState[])[] {
  const [setting, script] = [parseNames(before), parseNames(steps)];
  expect([...setting.errors, ...script.errors]).toEqual([]);
  const run = exploreNames({
    before: setting.lines.map(({ step }) => step),
    steps: script.lines.map(({ step }) => step),
    profile,
  });
  expect(run.refused).toBeUndefined();
  return judgeRun(
    run,
    reader,
    script.lines.map(({ tells }) => tells),
  );
}

/** For the cut before the first step, then after each: `A new 1, A old 1, S mixed 2`. */
const table = (id: string, profile: DirectoryProfileName): readonly string[] =>
  judged(program(id), profile).map((states) => {
    const kinds = states.map(({ verdict }) => `${verdict.letter} ${verdict.finding}`);
    return [...new Set(kinds)]
      .sort()
      .map((kind) => `${kind} ${kinds.filter((one) => one === kind).length}`)
      .join(', ');
  });

describe('verdict tables', () => {
  test.each([
    // create, write, flush, say saved, wait, settle
    [
      'first_save',
      'measured_ext4',
      ['A nothing 1', 'A nothing 2', 'A nothing 6', 'A nothing 1', 'F nothing 1', 'F nothing 1', 'A new 1'],
    ],
    [
      'first_save',
      'posix_journal',
      [
        'A nothing 1',
        'A nothing 1, S empty 1',
        'A new 1, A nothing 1, S empty 1, S zeros 3',
        'A new 1, A nothing 1',
        'A new 1, F nothing 1',
        'A new 1, F nothing 1',
        'A new 1',
      ],
    ],
    [
      'first_save',
      'adversarial',
      [
        'A nothing 1',
        'A nothing 3, S empty 1',
        'A new 1, A nothing 7, S empty 1, S zeros 3',
        'A new 1, A nothing 1',
        'A new 1, F nothing 1',
        'A new 1, F nothing 1',
        'A new 1',
      ],
    ],
    // write, flush, say saved
    ['overwrite', 'measured_ext4', ['A old 1', 'A new 1, A old 1, S mixed 2', 'A new 1', 'A new 1']],
    ['overwrite', 'posix_journal', ['A old 1', 'A new 1, A old 1, S mixed 2', 'A new 1', 'A new 1']],
    ['overwrite', 'adversarial', ['A old 1', 'A new 1, A old 1, S mixed 2', 'A new 1', 'A new 1']],
    // truncate, write, flush, say saved
    [
      'empty_first',
      'measured_ext4',
      ['A old 1', 'A old 1, S empty 1', 'A new 1, A old 1, S empty 1, S mixed 2, S zeros 3', 'A new 1', 'A new 1'],
    ],
    [
      'empty_first',
      'posix_journal',
      ['A old 1', 'A old 1, S empty 1', 'A new 1, A old 1, S empty 1, S mixed 2, S zeros 3', 'A new 1', 'A new 1'],
    ],
    [
      'empty_first',
      'adversarial',
      ['A old 1', 'A old 1, S empty 1', 'A new 1, A old 1, S empty 1, S mixed 2, S zeros 3', 'A new 1', 'A new 1'],
    ],
    // create, write, move, say saved, wait, settle
    [
      'move',
      'measured_ext4',
      [
        'A old 1',
        'A old 2',
        'A old 6',
        'A old 6, F nothing 4',
        'F nothing 4, S old 6',
        'F nothing 4, S old 6',
        'A new 1',
      ],
    ],
    [
      'move',
      'posix_journal',
      [
        'A old 1',
        'A old 2',
        'A old 6',
        'A new 1, A old 6, S empty 1, S zeros 3',
        'A new 1, S empty 1, S old 6, S zeros 3',
        'A new 1, S empty 1, S old 6, S zeros 3',
        'A new 1',
      ],
    ],
    [
      'move',
      'adversarial',
      [
        'A old 1',
        'A old 4',
        'A old 12',
        'A new 4, A old 12, F nothing 16, S empty 4, S zeros 12',
        'A new 4, F nothing 16, S empty 4, S old 12, S zeros 12',
        'A new 4, F nothing 16, S empty 4, S old 12, S zeros 12',
        'A new 1',
      ],
    ],
    // create, write, flush, move, say saved, wait, settle
    [
      'flush_move',
      'measured_ext4',
      [
        'A old 1',
        'A old 2',
        'A old 6',
        'A old 1',
        'A old 1, F nothing 1',
        'F nothing 1, S old 1',
        'F nothing 1, S old 1',
        'A new 1',
      ],
    ],
    [
      'flush_move',
      'posix_journal',
      [
        'A old 1',
        'A old 2',
        'A old 6',
        'A old 2',
        'A new 1, A old 2',
        'A new 1, S old 2',
        'A new 1, S old 2',
        'A new 1',
      ],
    ],
    [
      'flush_move',
      'adversarial',
      [
        'A old 1',
        'A old 4',
        'A old 12',
        'A old 2',
        'A new 4, A old 2, F nothing 2',
        'A new 4, F nothing 2, S old 2',
        'A new 4, F nothing 2, S old 2',
        'A new 1',
      ],
    ],
    // create, write, flush, move, flush directory, say saved
    [
      'flush_directory',
      'measured_ext4',
      ['A old 1', 'A old 2', 'A old 6', 'A old 1', 'A old 1, F nothing 1', 'A new 2', 'A new 2'],
    ],
    [
      'flush_directory',
      'posix_journal',
      ['A old 1', 'A old 2', 'A old 6', 'A old 2', 'A new 1, A old 2', 'A new 2', 'A new 2'],
    ],
    [
      'flush_directory',
      'adversarial',
      ['A old 1', 'A old 4', 'A old 12', 'A old 2', 'A new 4, A old 2, F nothing 2', 'A new 2', 'A new 2'],
    ],
    // slot, flush, say saved
    ['slots', 'measured_ext4', ['A old 1', 'A new 1, A old 7', 'A new 1', 'A new 1']],
    ['slots', 'posix_journal', ['A old 1', 'A new 1, A old 7', 'A new 1', 'A new 1']],
    ['slots', 'adversarial', ['A old 1', 'A new 1, A old 7', 'A new 1', 'A new 1']],
  ] as const)('%s, %s', (id, profile, expected) => {
    expect(table(id, profile)).toEqual(expected);
  });

  test('only Faultline’s way keeps both promises in every state of every profile', () => {
    const safe = NAMES_PROGRAMS.filter((one) =>
      NAMES_PROFILES.every(({ name }) =>
        judged(one, name).every((states) => states.every(({ verdict }) => verdict.letter === 'A')),
      ),
    );
    expect(safe.map(({ id }) => id)).toEqual(['slots']);
  });
  test('after the flush that loses the name there is one state: the letters, and nothing that points to them', () => {
    const [state] = judged(program('first_save'), 'measured_ext4')[4]!;
    expect(state?.state.names).toEqual([]);
    expect(state?.state.files.map(({ named, bytes }) => [named, bytes.length])).toEqual([[false, 6]]);
    expect(state?.verdict).toEqual({
      letter: 'F',
      finding: 'nothing',
      sentence: 'The name plan is not there. The user was told that it is saved.',
    });
  });
  test('what a cut can do to a save, over all moments: the answers to the prediction', () => {
    const harms = (id: string, profile: DirectoryProfileName) => [...harmsOf(judged(program(id), profile))];
    expect(harms('overwrite', 'measured_ext4')).toEqual(['wrong']);
    expect(harms('flush_move', 'measured_ext4')).toEqual(['gone', 'stale']);
    expect(harms('flush_move', 'posix_journal')).toEqual(['stale']);
    expect(harms('move', 'adversarial')).toEqual(['wrong', 'gone', 'stale']);
    expect(harms('slots', 'adversarial')).toEqual([]);
    expect(countLetters(judged(program('move'), 'measured_ext4')[3]!)).toEqual([
      ['A', 6],
      ['F', 4],
    ]);
  });
  test('a name settled before the move still opens the new contents', () => {
    const lost = judged(OWN_PROGRAM, 'measured_ext4')
      .at(-1)!
      .find(({ verdict }) => verdict.letter === 'F')!;
    expect(judge(lost.state, { ...OWN_PROGRAM.reader, opens: 'plan_new' }, true).letter).toBe('A');
  });
});

describe('the judge', () => {
  const reader: NamesReader = { opens: 'plan', kind: 'plain', before: 'autumn', after: 'winter' };
  const holding = (text: string) => ({
    names: [{ name: 'plan', file: 1, opens: true }],
    files: [
      { file: 1, named: true, bytes: Uint8Array.from(text, (letter) => (letter === '·' ? 0 : letter.charCodeAt(0))) },
    ],
  });
  test.each([
    ['winter', true, 'A', 'new', 'plan holds the new contents, whole.'],
    ['autumn', false, 'A', 'old', 'plan holds the old contents, whole. Nobody was told otherwise.'],
    [
      'autumn',
      true,
      'S',
      'old',
      'plan holds the old contents, whole, but the user was told that the new ones are saved.',
    ],
    ['', false, 'S', 'empty', 'plan opens and holds nothing: its length is 0.'],
    ['winumn', false, 'S', 'mixed', 'plan opens and holds “winumn”: half old, half new.'],
    ['······', false, 'S', 'zeros', 'plan opens and holds 6 zeros: its length is there, its letters are not.'],
    ['win···', false, 'S', 'zeros', 'plan opens and holds “win···”: some of its letters are zeros.'],
    [
      'spring',
      false,
      'S',
      'other',
      'plan opens and holds “spring”, which is neither the old contents nor the new ones.',
    ],
  ] as const)('“%s”, told %s: %s %s', (text, told, letter, finding, sentence) => {
    expect(judge(holding(text), reader, told)).toEqual({ letter, finding, sentence });
  });
  test('a name without its file is gone; two slots without a good checksum are reported', () => {
    const gone = { names: [{ name: 'plan', file: 1, opens: false }], files: [] };
    expect(judge(gone, reader, false)).toEqual({
      letter: 'F',
      finding: 'nothing',
      sentence: 'plan points to file 1, which is gone. Neither the old contents nor the new ones can be read.',
    });
    expect(judge({ names: [], files: [] }, reader, false).letter).toBe('F');
    expect(judge(holding('autumn'.repeat(3)), { ...reader, kind: 'slots' }, false).letter).toBe('D');
  });
});

describe('the language', () => {
  test('a slot holds its bytes, and no mix of two slots passes', () => {
    expect([...encodeSlot(2, 'winter')]).toEqual([...encodeText('2winter'), 0x25, 0x10]);
    const [one, two] = [encodeSlot(0, 'summer'), encodeSlot(2, 'winter')];
    for (let mix = 0; mix < 8; mix++) {
      const bytes = one.map((byte, at) => ((mix >> Math.floor(at / 3)) & 1 ? two[at]! : byte));
      const text = decodeSlot(bytes, 0)?.text;
      expect(text).toBe(mix === 0 ? 'summer' : mix === 7 ? 'winter' : undefined);
    }
    expect(decodeSlot(new Uint8Array(9), 0)).toBeUndefined();
    expect(decodeSlot(one.subarray(0, 8), 0)).toBeUndefined();
  });
  test('a wrong line is named and left out', () => {
    const { lines, errors } = parseNames(
      'create plan # new\n\nwrite plan winter\nmove plan\nslot s 2 "ice"\nflush directory',
    );
    expect(lines.map(({ line, text }) => [line, text])).toEqual([
      [1, 'create plan'],
      [6, 'flush directory'],
    ]);
    expect(errors.map(({ line }) => line)).toEqual([3, 4, 5]);
    expect(errors[2]?.message).toBe('a slot holds 6 letters');
  });
  test('a step that cannot be taken ends the run there, with the reason', () => {
    const steps = parseNames('create plan\nmove plan_new plan\nflush plan').lines.map(({ step }) => step);
    const run = exploreNames({ before: [], steps, profile: 'adversarial' });
    expect(run.moments).toHaveLength(2);
    expect(run.refused).toEqual({ step: 1, why: 'there is no plan_new' });
  });
  test('a program with more states than can be shown is refused, not sampled', () => {
    const text = `create plan\n${'write plan "winterwinter"\n'.repeat(8)}`;
    const steps = parseNames(text).lines.map(({ step }) => step);
    const run = exploreNames({ before: [], steps, profile: 'adversarial' });
    expect(run.refused?.why).toMatch(/more than the 4096 that are shown/);
  });
});
