/** The verdicts of the known ways to save a file, pinned: how many states a cut after each step leaves, by letter. */
import { describe, expect, test } from 'vitest';
import { encodeText } from '../base/bytes';
import { exploreNames } from '../host/names';
import type { DirectoryProfileName } from '../protocol/names';
import { countLetters, type JudgedState, judge, judgeRun, type NamesReader } from './names_judge';
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

/** `A1 | A2 S2`: the cut before the first step, then after each. */
const table = (id: string, profile: DirectoryProfileName): string =>
  judged(program(id), profile)
    .map((states) => [...countLetters(states)].map(([letter, count]) => `${letter}${count}`).join(' '))
    .join(' | ');

describe('verdict tables', () => {
  test.each([
    // create, write, flush, say saved, wait, settle
    ['first_save', 'measured_ext4', 'A1 | A2 | A6 | A1 | L1 | L1 | A1'],
    ['first_save', 'posix_journal', 'A1 | A1 S1 | A2 S4 | A2 | A1 L1 | A1 L1 | A1'],
    ['first_save', 'adversarial', 'A1 | A3 S1 | A8 S4 | A2 | A1 L1 | A1 L1 | A1'],
    // write, flush, say saved
    ['overwrite', 'measured_ext4', 'A1 | A2 S2 | A1 | A1'],
    ['overwrite', 'posix_journal', 'A1 | A2 S2 | A1 | A1'],
    ['overwrite', 'adversarial', 'A1 | A2 S2 | A1 | A1'],
    // truncate, write, flush, say saved
    ['empty_first', 'measured_ext4', 'A1 | A1 S1 | A2 S6 | A1 | A1'],
    ['empty_first', 'posix_journal', 'A1 | A1 S1 | A2 S6 | A1 | A1'],
    ['empty_first', 'adversarial', 'A1 | A1 S1 | A2 S6 | A1 | A1'],
    // create, write, move, say saved, wait, settle
    ['move', 'measured_ext4', 'A1 | A2 | A6 | A6 F4 | L6 F4 | L6 F4 | A1'],
    ['move', 'posix_journal', 'A1 | A2 | A6 | A7 S4 | A1 L6 S4 | A1 L6 S4 | A1'],
    ['move', 'adversarial', 'A1 | A4 | A12 | A16 S16 F16 | A4 L12 S16 F16 | A4 L12 S16 F16 | A1'],
    // create, write, flush, move, say saved, wait, settle
    ['flush_move', 'measured_ext4', 'A1 | A2 | A6 | A1 | A1 F1 | L1 F1 | L1 F1 | A1'],
    ['flush_move', 'posix_journal', 'A1 | A2 | A6 | A2 | A3 | A1 L2 | A1 L2 | A1'],
    ['flush_move', 'adversarial', 'A1 | A4 | A12 | A2 | A6 F2 | A4 L2 F2 | A4 L2 F2 | A1'],
    // create, write, flush, move, flush directory, say saved
    ['flush_directory', 'measured_ext4', 'A1 | A2 | A6 | A1 | A1 F1 | A2 | A2'],
    ['flush_directory', 'posix_journal', 'A1 | A2 | A6 | A2 | A3 | A2 | A2'],
    ['flush_directory', 'adversarial', 'A1 | A4 | A12 | A2 | A6 F2 | A2 | A2'],
    // slot, flush, say saved
    ['slots', 'measured_ext4', 'A1 | A8 | A1 | A1'],
    ['slots', 'posix_journal', 'A1 | A8 | A1 | A1'],
    ['slots', 'adversarial', 'A1 | A8 | A1 | A1'],
  ] as const)('%s, %s', (id, profile, expected) => {
    expect(table(id, profile)).toBe(expected);
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
    expect(state?.verdict.sentence).toBe(
      'There is no plan that opens, as before the save: a save that was reported is gone.',
    );
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
    ['winter', true, 'A', 'plan holds the new contents, whole.'],
    ['autumn', false, 'A', 'plan holds the old contents, whole; nobody was told otherwise.'],
    ['autumn', true, 'L', 'plan holds the old contents, whole: a save that was reported is gone.'],
    ['', false, 'S', 'plan opens and holds nothing: its length is 0.'],
    ['winumn', false, 'S', 'plan opens and holds “winumn”: half old, half new.'],
    ['······', false, 'S', 'plan opens and holds 6 zeros: its length is there, its letters are not.'],
    ['win···', false, 'S', 'plan opens and holds “win···”: letters with zeros between them.'],
    ['spring', false, 'S', 'plan opens and holds “spring”, which is neither the old contents nor the new ones.'],
  ] as const)('“%s”, told %s: %s', (text, told, letter, sentence) => {
    expect(judge(holding(text), reader, told)).toEqual({ letter, sentence });
  });
  test('a name without its file is gone; two slots without a good checksum are reported', () => {
    const gone = { names: [{ name: 'plan', file: 1, opens: false }], files: [] };
    expect(judge(gone, reader, false)).toEqual({
      letter: 'F',
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
