import fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';
import { encodeText } from '../../base/bytes';
import { type DirectoryImage, type DirectoryStep, SimulatedDirectory } from './directory';
import { DIRECTORY_PROFILES, type DirectoryProfile } from './directory_profiles';
import { CHOICES_MAX, countChoices, survivors } from './directory_states';

type ProfileName = DirectoryProfile['name'];

const create = (name: string): DirectoryStep => ({ kind: 'create', name });
const write = (name: string, text: string, at = 0): DirectoryStep => ({
  kind: 'write',
  name,
  at,
  bytes: encodeText(text),
});
const truncate = (name: string, length: number): DirectoryStep => ({ kind: 'truncate', name, length });
const flush = (name: string): DirectoryStep => ({ kind: 'flush', name });
const move = (from: string, to: string): DirectoryStep => ({ kind: 'move', from, to });
const remove = (name: string): DirectoryStep => ({ kind: 'remove', name });
const settle: DirectoryStep = { kind: 'settle' };
const wait: DirectoryStep = { kind: 'wait' };
const flushDirectory: DirectoryStep = { kind: 'flush_directory' };

function after(...steps: readonly DirectoryStep[]): SimulatedDirectory {
  const directory = new SimulatedDirectory();
  for (const step of steps) directory.apply(step);
  return directory;
}

/** `plan→1 gone→2! | 1 autumn, 2 ······`: names with their file, `!` where it is not there; then the files. */
function words({ names, files }: DirectoryImage): string {
  const letters = (bytes: Uint8Array): string =>
    [...bytes].map((byte) => (byte === 0 ? '·' : String.fromCharCode(byte))).join('');
  const left = [...names].sort().map(([name, file]) => `${name}→${file}${files.has(file) ? '' : '!'}`);
  const right = [...files].sort(([a], [b]) => a - b).map(([file, bytes]) => `${file} ${letters(bytes)}`.trim());
  return `${left.join(' ')} | ${right.join(', ')}`.trim();
}

function left(profile: ProfileName, ...steps: readonly DirectoryStep[]): string[] {
  return survivors(after(...steps), DIRECTORY_PROFILES[profile])
    .map(words)
    .sort();
}

const OLD = [create('plan'), write('plan', 'autumn'), flush('plan'), settle] as const;
const NEW = [create('new'), write('new', 'winter'), flush('new')] as const;

describe('what was measured in Chromium on ext4 is a state', () => {
  test('finding 1: after create, write and flush the bytes are there and the name is gone', () => {
    expect(left('measured_ext4', create('a'), write('a', 'winter'), flush('a'))).toEqual(['| 1 winter']);
  });
  test('finding 1: however many flushes are made meanwhile, and until the system writes the name', () => {
    const steps = [create('b'), settle, create('a'), write('a', 'winter'), flush('a'), flush('b'), flush('b'), wait];
    expect(left('measured_ext4', ...steps)).toEqual(['b→1 | 1, 2 winter']);
    expect(left('measured_ext4', ...steps, settle)).toEqual(['a→2 b→1 | 1, 2 winter']);
  });
  test('finding 2: a move over an existing file can lose both: the old one unlinked, the new one unnamed', () => {
    const steps = [create('other'), settle, ...OLD, ...NEW, move('new', 'plan'), flush('other'), wait];
    const both = 'other→1 plan→2! | 1, 3 winter';
    expect(left('measured_ext4', ...steps)).toEqual([both, 'other→1 plan→2 | 1, 2 autumn, 3 winter'].sort());
    expect(left('measured_ext4', ...steps, settle)).toEqual(['other→1 plan→3 | 1, 3 winter']);
  });
  test('finding 3: the flush of another file leaves the length of this one, with zeros where its bytes were', () => {
    const steps = [create('a'), create('b'), settle, write('a', 'win'), write('b', 'sum'), flush('b')];
    expect(left('measured_ext4', ...steps)).toEqual(
      ['a→1 b→2 | 1 win, 2 sum', 'a→1 b→2 | 1 ···, 2 sum', 'a→1 b→2 | 1, 2 sum'].sort(),
    );
  });
  test('finding 3: a truncate is there although an earlier write to another file is not', () => {
    const steps = [...OLD, create('c'), write('c', 'sum'), settle, write('plan', 'win'), truncate('c', 0)];
    expect(left('measured_ext4', ...steps)).toContain('c→2 plan→1 | 1 autumn, 2');
  });
  test('finding 3: shrinking and growing again leaves zeros where settled bytes were', () => {
    expect(left('measured_ext4', ...OLD, truncate('plan', 3), truncate('plan', 6))).toEqual(
      ['plan→1 | 1 autumn', 'plan→1 | 1 aut', 'plan→1 | 1 aut···'].sort(),
    );
  });
});

describe('what cannot be left', () => {
  test('measured: a name that is not settled', () => {
    for (const state of left('measured_ext4', ...OLD, create('new'), write('new', 'win'))) {
      expect(state.startsWith('plan→1 |'), state).toBe(true);
    }
  });
  test('measured: lengths and ends out of order', () => {
    const steps = [create('a'), create('b'), settle, truncate('a', 1), remove('b')];
    expect(left('measured_ext4', ...steps)).not.toContain('a→1 b→2! | 1');
    expect(left('adversarial', ...steps)).toContain('a→1 b→2! | 1');
  });
  test('a textbook journal loses both files of a flushed move: never; after the directory is flushed, nothing', () => {
    const steps = [...OLD, ...NEW, move('new', 'plan')];
    expect(left('posix_journal', ...steps)).toEqual(
      ['plan→1 | 1 autumn, 2 winter', 'new→2 plan→1 | 1 autumn, 2 winter', 'plan→2 | 2 winter'].sort(),
    );
    expect(left('posix_journal', ...steps, flushDirectory).every((one) => one.startsWith('plan→2 |'))).toBe(true);
  });
  test('a process crash loses nothing', () => {
    expect(left('process_crash', ...OLD, create('new'), write('new', 'winter'), move('new', 'plan'))).toEqual([
      'plan→2 | 2 winter',
    ]);
  });
});

describe('what only the harshest reading leaves', () => {
  const moved = [...OLD, create('new'), write('new', 'winter'), move('new', 'plan')];
  test('the new name with zero length', () => {
    expect(left('adversarial', ...moved)).toContain('plan→2 | 2');
    expect(left('measured_ext4', ...moved)).not.toContain('plan→2 | 2');
  });
  test('half a move: both names, or none', () => {
    const steps = [create('a'), settle, move('a', 'b')];
    expect(left('adversarial', ...steps)).toEqual(['a→1 b→1 | 1', 'a→1 | 1', 'b→1 | 1', '| 1'].sort());
    expect(left('posix_journal', ...steps)).toEqual(['a→1 | 1', 'b→1 | 1']);
  });
  test('a name whose file was never born', () => {
    expect(left('adversarial', create('a'))).toEqual(['a→1 | 1', 'a→1! |', '| 1', '|'].sort());
  });
});

test('blocks arrive in any order, each in one of its versions', () => {
  const steps = [...OLD, write('plan', 'winter'), write('plan', 'spr')];
  const heads = ['aut', 'win', 'spr'];
  const expected = heads.flatMap((head) => ['umn', 'ter'].map((tail) => `plan→1 | 1 ${head}${tail}`));
  expect(left('measured_ext4', ...steps)).toEqual(expected.sort());
});

test('what cannot be done is refused in words', () => {
  const directory = after(create('a'));
  expect(directory.whyRefused(create('a'))).toBe('a is already there');
  expect(directory.whyRefused(flush('b'))).toBe('there is no b');
  expect(directory.whyRefused(move('a', 'a'))).toBe('a name cannot be moved to itself');
  expect(directory.whyRefused(remove('a'))).toBeUndefined();
  expect(() => directory.apply(flush('b'))).toThrow(/there is no b/);
});

// ---- Properties over programs that nobody thought of.

const NAMES = ['a', 'b', 'c'];
const anyName = fc.constantFrom(...NAMES);
const anyStep: fc.Arbitrary<DirectoryStep> = fc.oneof(
  anyName.map(create),
  fc.tuple(anyName, fc.constantFrom('sun', 'rainy'), fc.nat(3)).map(([name, text, at]) => write(name, text, at)),
  fc.tuple(anyName, fc.nat(5)).map(([name, length]) => truncate(name, length)),
  anyName.map(flush),
  fc.tuple(anyName, anyName).map(([from, to]) => move(from, to)),
  anyName.map(remove),
  fc.constantFrom(settle, wait, flushDirectory),
);

/** Steps that can be taken, with choices few enough to list. */
function taken(steps: readonly DirectoryStep[]): DirectoryStep[] {
  const directory = new SimulatedDirectory();
  const done: DirectoryStep[] = [];
  for (const step of steps) {
    if (directory.whyRefused(step) !== undefined) continue;
    directory.apply(step);
    done.push(step);
    if (countChoices(directory.pending, DIRECTORY_PROFILES.adversarial) > CHOICES_MAX) return done.slice(0, -1);
  }
  return done;
}

describe('random programs', () => {
  const holds = (property: (steps: readonly DirectoryStep[]) => void): void =>
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 12 }).map(taken), (steps) => property(steps)),
      { seed: inject('seed'), numRuns: 60 },
    );

  test('the harshest profile leaves whatever another one does', () => {
    holds((steps) => {
      const harshest = new Set(left('adversarial', ...steps));
      for (const profile of ['measured_ext4', 'posix_journal', 'process_crash'] as const) {
        for (const state of left(profile, ...steps)) expect(harshest, `${profile} leaves ${state}`).toContain(state);
      }
    });
  });
  test('each state is listed once, and the first is what is durable', () => {
    holds((steps) => {
      for (const profile of Object.values(DIRECTORY_PROFILES)) {
        const directory = after(...steps);
        const states = survivors(directory, profile).map(words);
        expect(new Set(states).size).toBe(states.length);
        expect(states.length).toBeLessThanOrEqual(countChoices(directory.pending, profile));
        if (!profile.keepsAll) expect(states[0]).toBe(words(directory.durable));
      }
    });
  });
  test('what was flushed is in every state that has the file', () => {
    holds((steps) => {
      const directory = after(...steps);
      for (const [name, file] of [...directory.now.names]) {
        directory.apply(flush(name));
        const bytes = directory.now.files.get(file)!;
        for (const state of survivors(directory, DIRECTORY_PROFILES.adversarial)) {
          expect(state.files.get(file), words(state)).toEqual(bytes);
        }
      }
    });
  });
  test('after the system has written everything back there is one state: what the program sees', () => {
    holds((steps) => {
      const directory = after(...steps, settle);
      for (const profile of Object.values(DIRECTORY_PROFILES)) {
        expect(survivors(directory, profile).map(words)).toEqual([words(directory.now)]);
      }
    });
  });
});
