/** What a session runs with: the spec first, then the head of its script, then the defaults. */
import { ALL_PROTECTIONS, type FormatOptions, type Protections, type TuningOptions } from '../kv_store';
import { WHOLE_KEY } from '../lsm';
import { isCareless, type CarelessName } from '../storage/careless';
import type { IndexChoice, SessionSettings, SessionSpec, StoreChoice, StoreMake } from '../protocol/session';
import type { DeviceKind, Script } from '../workload/command';

/** Small enough that every sector of the log can be drawn, and that a crash run is over at once. */
export const LESSON_FORMAT: FormatOptions = { logBytes: 16 * 1024, extentBytes: 1024, groupAlignBytes: 512 };
/** A log that is copied and drawn with ease, and holds a few thousand rows. */
const LEARNER_LOG = { logBytes: 1024 * 1024, groupAlignBytes: 512 } as const;
/** The learner's store, by what keeps its rows. */
export const LEARNER_FORMATS: Readonly<Record<IndexChoice, FormatOptions>> = {
  btree: { ...LEARNER_LOG, extentBytes: 4096, tree: { pageBytes: 4096, protection: 'copy_on_write' } },
  lsm: { ...LEARNER_LOG, extentBytes: 4096, lsm: { filterPrefix: WHOLE_KEY } },
  map: { ...LEARNER_LOG, extentBytes: 16 * 1024 },
};
/** One that is made anew in place of one of format `old`. */
export function learnerFormat({ index, versions }: StoreMake, old: Partial<FormatOptions>): FormatOptions {
  const before: IndexChoice = old.tree ? 'btree' : old.lsm ? 'lsm' : 'map';
  const hasVersions = versions ?? old.versions === true;
  return { ...LEARNER_FORMATS[index ?? before], ...(hasVersions && { versions: true }) };
}
/** Of the learner's store, if that is an LSM tree: the airports fill three levels of it, and a level can be drawn. */
export const LEARNER_TUNING: Partial<TuningOptions> = {
  lsm: {
    memtableBytes: 16 * 1024,
    cacheBytes: 64 * 1024,
    tableBytes: 16 * 1024,
    policy: { kind: 'leveled', ratio: 4, l0Tables: 4 },
  },
};

/** One after the other: what the second says of an LSM tree leaves the rest of that as it is. */
export function tunedBy(one: Partial<TuningOptions>, other: Partial<TuningOptions>): Partial<TuningOptions> {
  const lsm = { ...one.lsm, ...other.lsm };
  return { ...one, ...other, ...(Object.keys(lsm).length > 0 && { lsm }) };
}

/** A store has one index: the one that was asked for last. */
function formattedBy(one: Partial<FormatOptions>, other: Partial<FormatOptions>): Partial<FormatOptions> {
  const { lsm: _lsm, tree: _tree, ...rest } = one;
  return other.lsm || other.tree ? { ...rest, ...other } : { ...one, ...other };
}

const DEVICE_OF: Readonly<Record<StoreChoice, DeviceKind>> = {
  learner: 'file',
  scratch: 'file',
  memory: 'memory',
  simulated: 'simulated',
  by_script: 'simulated',
};

export function settingsOf(spec: SessionSpec, script: Script, drawSeed: () => number): SessionSettings {
  let device = DEVICE_OF[spec.store];
  let seed: number | undefined;
  let format: Partial<FormatOptions> =
    spec.store === 'learner' ? LEARNER_FORMATS[spec.index ?? 'btree'] : LESSON_FORMAT;
  let tuning: SessionSettings['tuning'] = spec.store === 'learner' ? LEARNER_TUNING : {};
  let profile = spec.profile;
  let openingCrash: SessionSettings['openingCrash'];
  const off: { -readonly [Name in keyof Protections]?: boolean } = {};
  const careless: CarelessName[] = [...(spec.careless ?? [])];
  for (const setting of script.settings) {
    switch (setting.kind) {
      case 'seed':
        seed = setting.seed;
        break;
      case 'store':
        format = formattedBy(format, setting.format);
        tuning = tunedBy(tuning, setting.tuning ?? {});
        break;
      case 'device':
        if (spec.store === 'by_script') device = setting.device;
        break;
      case 'profile':
        profile ??= setting.profile;
        break;
      case 'opening_crash': {
        const { io, prefixBytes } = setting;
        openingCrash = prefixBytes === undefined ? { io } : { io, prefixBytes };
        break;
      }
      case 'without':
        for (const name of setting.names) {
          if (!isCareless(name)) off[name] = false;
          else if (!careless.includes(name)) careless.push(name);
        }
        break;
    }
  }
  return {
    device,
    seed: spec.seed ?? seed ?? drawSeed(),
    format: formattedBy(format, spec.format ?? {}),
    tuning: tunedBy(tuning, spec.tuning ?? {}),
    protections: Object.freeze({ ...ALL_PROTECTIONS, ...off, ...spec.protections }),
    careless,
    profile: profile ?? 'adversarial',
    ...(openingCrash !== undefined && { openingCrash }),
    salvage: spec.salvage ?? false,
    grouping: spec.grouping ?? (spec.store === 'learner' ? 'hop' : 'explicit'),
  };
}
