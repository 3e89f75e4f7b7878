/** The harness is shown to fail: for each check a store that breaks just that promise, and the check that says so. */
import { describe, expect, it } from 'vitest';
import { EngineError } from '../base/errors';
import type { Entry } from '../base/ordered_index';
import type { FileSet } from '../storage/file';
import { PROFILES } from '../storage/simulated/profiles';
import { unflushedFiles } from '../storage/unflushed';
import type { CheckName } from './checker';
import { Search, WHOLE_SHARE } from './search';
import { storeSubject } from './store_subject';
import type { CrashStore, CrashSubject, SubjectOpening } from './subject';
import { NAMED_WORKLOADS, shortWorkload } from './workload';

const sound = storeSubject();
const EVERY = shortWorkload(['put', 'put long', 'batch', 'checkpoint', 'put']);

/** What the search finds with a subject: each failed check once, with its letter and an example. */
function found(subject: CrashSubject, profile = PROFILES.measured_ext4, off: string[] = []): Map<string, string> {
  const protections = { ...subject.protections, ...Object.fromEntries(off.map((name) => [name, false])) };
  const search = new Search(
    { subject, actions: EVERY.actions, profile, seed: 7, protections, careless: [] },
    { statesMax: 100, seed: 1, share: WHOLE_SHARE, crashRecovery: true },
  );
  expect(search.run.harm).toBeUndefined();
  const checks = new Map<string, string>();
  for (const { judgement } of search.outcomes()) {
    if (judgement?.check !== undefined) checks.set(`${judgement.check} ${judgement.letter}`, judgement.sentence);
  }
  return checks;
}

/** A store that is sound while it is new, and spoilt once it has been opened again. */
function spoilt(
  spoil: (store: CrashStore) => Partial<CrashStore>,
  files: (files: FileSet) => FileSet = (same) => same,
): CrashSubject {
  return {
    ...sound,
    open(opening: SubjectOpening): CrashStore {
      const isNew = opening.files.log.size() === 0;
      const store = sound.open(isNew ? opening : { ...opening, files: files(opening.files) });
      if (store.recovery.formatted) return store;
      const own = spoil(store);
      return new Proxy(store, {
        get(target, name) {
          if (Object.hasOwn(own, name)) return own[name as keyof CrashStore];
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
    },
  };
}

const entries = (store: CrashStore, reverse = false): Entry[] => [...store.scan({ reverse })];
const isKey = (name: string, key: Uint8Array): boolean => String.fromCharCode(...key) === name;

/** Writes two notes when it opens, and trips over the first without the second. */
function tripping({ superblock }: FileSet): void {
  const notes = new Uint8Array(2);
  superblock.read(600, notes);
  if (notes[0] === 1 && notes[1] === 0) throw new EngineError('read_failed', 'Half a note.');
  superblock.write(600, Uint8Array.of(1));
  superblock.flush();
  superblock.write(601, Uint8Array.of(1));
  superblock.flush();
}

const BROKEN: Readonly<Record<CheckName, () => CrashSubject>> = {
  opens: () => ({
    ...sound,
    open(opening) {
      if (opening.files.data_0.size() > 0) throw new EngineError('log_damaged', 'It is afraid of old stores.');
      return sound.open(opening);
    },
  }),
  a_prefix: () => sound, // With the flush before the acknowledgement left out, below.
  b_whole: () =>
    spoilt((store) => ({
      scan: ({ reverse = false } = {}) => entries(store, reverse).filter(({ key }) => !isKey('c', key)),
    })),
  c_structure: () => spoilt(() => ({ check: () => [{ rule: 'K0', detail: 'it never is content' }] })),
  d_scans: () => spoilt((store) => ({ scan: () => entries(store) })),
  e_again: () =>
    spoilt(
      () => ({}),
      (files) => {
        const [before] = new Uint8Array(1).map((_, i, into) => (files.superblock.read(700, into), into[i]!));
        files.superblock.write(700, Uint8Array.of((before! + 1) & 0xff));
        return files;
      },
    ),
  f_crash_again: () =>
    spoilt(
      () => ({}),
      (files) => {
        tripping(files);
        return files;
      },
    ),
  g_goes_on: () => spoilt(() => ({}), unflushedFiles),
  h_never_written: () =>
    spoilt((store) => ({
      scan: ({ reverse = false } = {}) =>
        entries(store, reverse).map(({ key, value }) => ({ key, value: value.map((byte) => byte ^ 1) })),
    })),
};

const SILENT: readonly CheckName[] = ['a_prefix', 'b_whole', 'd_scans', 'g_goes_on', 'h_never_written'];

describe('a store that breaks one promise turns that check red', () => {
  it.each(Object.entries(BROKEN) as [CheckName, () => CrashSubject][])('%s', (check, subject) => {
    const off = check === 'a_prefix' ? ['flushBeforeAcknowledge'] : [];
    const checks = found(subject(), PROFILES.measured_ext4, off);
    expect([...checks.keys()]).toContain(`${check} ${SILENT.includes(check) ? 'S' : 'F'}`);
  });

  it('and the sound one turns none red, on any disk', () => {
    for (const profile of Object.values(PROFILES)) expect(found(sound, profile), profile.name).toEqual(new Map());
  });
});

describe('a call that failed in the run', () => {
  const judgements = (subject: CrashSubject, workload: string) => {
    const { actions } = NAMED_WORKLOADS[workload]!;
    const profile = PROFILES.measured_ext4;
    const run = { subject, actions, profile, seed: 7, protections: subject.protections, careless: [] };
    const search = new Search(run, { statesMax: 20, seed: 1, share: WHOLE_SHARE, crashRecovery: false });
    return { run: search.run, all: [...search.outcomes()].flatMap(({ judgement }) => judgement ?? []) };
  };

  it('excuses no store that reports damage afterwards', () => {
    const anxious = spoilt(
      () => ({}),
      () => {
        throw new EngineError('log_damaged', 'Who knows.', { file: 'log' });
      },
    );
    for (const workload of ['a write falls short', 'a flush fails once']) {
      const { all, run } = judgements(anxious, workload);
      expect([...new Set(all.map(({ check, letter }) => `${check} ${letter}`))], workload).toContain('opens F');
      expect(run.harm?.sentence, workload).toMatch(/refuses: Who knows/);
    }
  });

  it('is a known limit where the program died before it could leave word of it, and only there', () => {
    const { all, run } = judgements(sound, 'a death before the note');
    expect(run.harm).toBeUndefined();
    expect(all.filter(({ isKnownLimit }) => isKnownLimit).map(({ letter }) => letter)).toContain('D');
    expect(all.filter(({ check }) => check !== undefined)).toEqual([]);
    for (const workload of ['a flush fails once', 'a write falls short'])
      expect(judgements(sound, workload).all.filter(({ letter }) => letter === 'D')).toEqual([]);
  });
});

describe('a program that breaks off', () => {
  it('is a verdict, not the end of the search', () => {
    const subject = spoilt(() => ({
      check: () => {
        throw new TypeError('nothing there');
      },
    }));
    expect([...found(subject).keys()]).toContain('opens F');
  });
});

describe('a run', () => {
  it('that breaks a promise before any crash says so', () => {
    const subject: CrashSubject = {
      ...sound,
      open: (opening) => {
        const store = sound.open(opening);
        return new Proxy(store, {
          get: (target, name) => {
            if (name === 'get') return () => undefined;
            const value: unknown = Reflect.get(target, name, target);
            return typeof value === 'function' ? (value.bind(target) as unknown) : value;
          },
        });
      },
    };
    const search = new Search(
      {
        subject,
        actions: EVERY.actions,
        profile: PROFILES.measured_ext4,
        seed: 7,
        protections: sound.protections,
        careless: [],
      },
      { statesMax: 10, seed: 1, share: WHOLE_SHARE, crashRecovery: false },
    );
    expect(search.run.harm?.sentence).toMatch(/get ends/);
  });
});
