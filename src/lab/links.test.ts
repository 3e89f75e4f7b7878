import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CRASH_PRESETS } from './crash_sources';
import { CARELESS_NAMES, PROTECTION_NAMES } from '../workload/protection_names';
import { PRESETS } from './traffic_presets';
import {
  type CrashPlace,
  type DeskPlace,
  fileOf,
  isLink,
  isPlace,
  type MediaPlace,
  type Moment,
  LINK_CHARACTERS_MAX,
  linkTo,
  openFile,
  openLink,
} from './links';

const moment: Moment = {
  version: 1,
  room: 'wal',
  mode: 'watch',
  script: 'put "köln" "1"\nflush\n',
  device: 'simulated',
  seed: 7,
  format: { logBytes: 16384 },
  protections: { logSalt: false },
  seq: 12,
  fraction: 0.25,
  selection: { kind: 'bytes', file: 'log', from: 512, to: 540 },
};

const media: MediaPlace = {
  version: 1,
  room: 'media',
  mode: 'play',
  media: {
    path: { kind: 'hdd', dirtyBytes: 4096, grown: true, route: 'Firefox, macOS' },
    step: 3,
    tab: 'experiments',
    workload: { blockLog: 12, depthLog: 3, randomShare: 0.5, writes: true },
    experiment: { open: 'append', batch: 16, alignBytes: 512 },
    removed: 'journal',
    task: { id: 'wear', seed: 7 },
  },
};
const crash: CrashPlace = {
  version: 1,
  room: 'crash',
  mode: 'break',
  crash: {
    map: {
      preset: 'group',
      profile: 'adversarial',
      off: ['logChecksum'],
      statesMax: 256,
      seed: 7,
      crashRecovery: false,
      checked: true,
      io: 14,
      state: '14:k.-.t100',
    },
  },
};
const desk: DeskPlace = {
  version: 1,
  room: 'wal',
  mode: 'play',
  desk: { preset: 'slow_flush', knobs: PRESETS[4]!.knobs, seed: 9, span: { from: 100, to: 900 }, commit: 5 },
};

function linkOf(json: unknown): string {
  const bytes = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json), 'utf8');
  return `#1.${bytes.toString('base64url')}`;
}

describe('a link to a moment', () => {
  test('comes back as it went in, and so does a session file', () => {
    const link = linkTo(moment)!;
    expect(isLink(link)).toBe(true);
    expect(openLink(link)).toEqual({ ok: true, moment });
    expect(openFile(fileOf(moment))).toEqual({ ok: true, moment });
  });

  test('is refused when too long, and the file takes its place', () => {
    const long = { ...moment, script: 'put "a" "b"\n'.repeat(2000) };
    expect(linkTo(long)).toBeUndefined();
    expect(openFile(fileOf(long))).toEqual({ ok: true, moment: long });
    expect(openLink(`#1.${'A'.repeat(LINK_CHARACTERS_MAX)}`).ok).toBe(false);
  });

  test.each([
    ['a later form', '#2.e30'],
    ['no text', '#1.'],
    ['text that is not JSON', linkOf('{')],
    ['text that is not UTF-8', `#1.${Buffer.from([0xff, 0xfe]).toString('base64url')}`],
    ['an array', linkOf([])],
    ['null', linkOf(null)],
    ['a later version', linkOf({ ...moment, version: 2 })],
    ['an unknown field', linkOf({ ...moment, extra: 1 })],
    ['an unknown field that is special to JavaScript', linkOf(`{"__proto__":{"version":1},"version":1}`)],
    ['a step that is no whole number', linkOf({ ...moment, seq: 1.5 })],
    ['a negative step', linkOf({ ...moment, seq: -1 })],
    ['a fraction past 1', linkOf({ ...moment, fraction: 2 })],
    ['a room that is a path', linkOf({ ...moment, room: '../secret' })],
    ['an unknown protection', linkOf({ ...moment, protections: { everything: false } })],
    [
      'a range that ends before it starts',
      linkOf({ ...moment, selection: { kind: 'bytes', file: 'log', from: 9, to: 3 } }),
    ],
    ['a script that is no text', linkOf({ ...moment, script: ['crash'] })],
  ])('with %s is refused with a sentence', (_name, link) => {
    const opened = openLink(link);
    expect(opened.ok).toBe(false);
    if (!opened.ok) expect(opened.reason).toMatch(/Nothing was run\.$/);
  });

  test('never throws on hostile input, and never passes what the schema does not know', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.json().map(linkOf), fc.string().map(linkOf)), (text) => {
        const opened = [openLink(text), openLink(`#${text}`), openFile(text)];
        for (const one of opened) expect(one.ok).toBe(false);
      }),
    );
    const kinds = fc.anything({ withNullPrototype: true });
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(moment)), kinds, (field, value) => {
        let text: string;
        try {
          text = JSON.stringify({ ...moment, [field]: value });
        } catch {
          return;
        }
        const opened = openLink(linkOf(text));
        if (opened.ok) expect(linkTo(opened.moment)).toBeDefined();
      }),
    );
  });

  test('survives a flipped character without being misread as valid JSON of another shape', () => {
    const link = linkTo(moment)!;
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: link.length - 1 }),
        fc.constantFrom('A', '_', '9', '%'),
        (at, character) => {
          const opened = openLink(link.slice(0, at) + character + link.slice(at + 1));
          if (opened.ok) expect(openFile(fileOf(opened.moment)).ok).toBe(true);
        },
      ),
    );
  });
});

describe('a link to a place, where there is no step to name', () => {
  test.each([media, desk, crash])('comes back as it went in', (place) => {
    expect(openLink(linkTo(place)!)).toEqual({ ok: true, moment: place });
    expect(openFile(fileOf(place))).toEqual({ ok: true, moment: place });
    expect(isPlace(place)).toBe(true);
    expect(isPlace(moment)).toBe(false);
  });

  test('carries every example and every switch of the crash room', () => {
    for (const { id, profile } of CRASH_PRESETS) {
      const opened = openLink(linkOf({ ...crash, crash: { map: { ...crash.crash.map, preset: id, profile } } }));
      expect(opened.ok, id).toBe(true);
    }
    const off = [...PROTECTION_NAMES, ...CARELESS_NAMES];
    expect(openLink(linkOf({ ...crash, crash: { map: { ...crash.crash.map, off } } })).ok).toBe(true);
  });

  test('knows every preset by name, so that none is refused', () => {
    for (const { id, knobs } of PRESETS) {
      const opened = openLink(linkOf({ ...desk, desk: { preset: id, knobs, seed: 1 } }));
      expect(opened.ok, id).toBe(true);
    }
  });

  test.each([
    [
      'a block no slider has',
      { ...media, media: { ...media.media, workload: { ...media.media.workload, blockLog: 40 } } },
      'media.workload.blockLog',
    ],
    ['a guess', { ...media, media: { ...media.media, guesses: { flush: 5 } } }, 'media.guesses'],
    [
      'a route as long as a book',
      { ...media, media: { ...media.media, path: { ...media.media.path, route: 'x'.repeat(81) } } },
      'media.path.route',
    ],
    [
      'a map too fine to wait for',
      { ...crash, crash: { map: { ...crash.crash.map!, statesMax: 1e9 } } },
      'crash.map.statesMax',
    ],
    [
      'a switch that is none',
      { ...crash, crash: { map: { ...crash.crash.map!, off: ['gravity'] } } },
      'crash.map.off.0',
    ],
    ['an answer', { ...crash, crash: { task: { id: 'which', seed: 1, said: [2] } } }, 'crash.task.said'],
    ['another room', { ...media, room: 'wal' }, 'room'],
    ['a script beside it', { ...desk, script: 'crash' }, 'script'],
    ['a mode without a desk', { ...desk, mode: 'watch' }, 'mode'],
    [
      'a crowd of clients',
      { ...desk, desk: { ...desk.desk, knobs: { ...desk.desk.knobs, clients: 1e6 } } },
      'desk.knobs.clients',
    ],
    ['a step twice', { ...desk, desk: { ...desk.desk, order: Array(6).fill('publish') } }, 'desk.order'],
  ])('with %s is refused, and the field is named', (_name, place, field) => {
    const opened = openLink(linkOf(place));
    expect(opened.ok).toBe(false);
    if (!opened.ok) expect(opened.reason).toContain(`\`${field}\``);
  });
});

test('a moment of a store with an LSM tree keeps what that is made and tuned with', () => {
  const ofLsm: Moment = {
    ...moment,
    room: 'lsm',
    format: { logBytes: 16384, lsm: { filterPrefix: { kind: 'all_but_last', bytes: 8 } } },
    tuning: {
      lsm: {
        memtableBytes: 512,
        tableBytes: 1024,
        filter: { kind: 'full', bitsPerKey: 6.5, allocation: 'monkey' },
        policy: { kind: 'tiered', ratio: 3 },
      },
    },
    protections: { tablesBeforeManifest: false },
  };
  expect(openLink(linkTo(ofLsm)!)).toMatchObject({ ok: true, moment: ofLsm });
  const unknown = { ...ofLsm, tuning: { lsm: { policy: { kind: 'hope', ratio: 3 } } } } as unknown as Moment;
  expect(openLink(linkTo(unknown)!)).toMatchObject({ ok: false });
});

test('a moment of a store with versions keeps that it has them, when idle transactions end, and what is switched off', () => {
  const ofVersions: Moment = {
    ...moment,
    room: 'mvcc',
    format: { logBytes: 16384, versions: true },
    tuning: { idleTicksMax: 60 },
    protections: { validateWrites: false, keepVersionAtWatermark: true },
  };
  expect(openLink(linkTo(ofVersions)!)).toEqual({ ok: true, moment: ofVersions });
  const unknown = { ...ofVersions, format: { versions: 'many' } } as unknown as Moment;
  expect(openLink(linkTo(unknown)!)).toMatchObject({ ok: false });
});

test('a moment of a store with a tree keeps its pages, their protection and the pool', () => {
  const ofTree: Moment = {
    ...moment,
    room: 'btree',
    format: { logBytes: 16384, tree: { pageBytes: 256, protection: 'double_write' } },
    tuning: { poolBytes: 8192 },
  };
  expect(openLink(linkTo(ofTree)!)).toMatchObject({ ok: true, moment: ofTree });
  const unknown = { ...ofTree, format: { tree: { pageBytes: 256, protection: 'hope' } } } as unknown as Moment;
  expect(openLink(linkTo(unknown)!)).toMatchObject({ ok: false });
});
