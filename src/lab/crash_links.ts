/**
 * A crash state as a moment: the script that comes to it, with its head in the fields of a moment, in the room where
 * what it left can be seen.
 */
import { ALL_PROTECTIONS } from '../kv_store/types';
import type { Setting } from '../workload/command';
import { parseScript } from '../workload/parser';
import { CARELESS_NAMES } from '../workload/protection_names';
import { LINK_VERSION, type Moment } from './links';
import { roomOfRun, type RunRoom } from './room_of_run';
import { withoutSettings } from './script_text';

/** Any later step than a run has: the link opens at its end, where one sees what came back. */
const THE_END = 2 ** 32;

export function roomOfScript(script: string): RunRoom {
  const { settings } = parseScript(script).script;
  return roomOfRun(settings.findLast((setting) => setting.kind === 'store')?.format ?? {});
}

export function momentOf(script: string): Moment {
  const { settings } = parseScript(script).script;
  return {
    version: LINK_VERSION,
    room: roomOfScript(script),
    mode: 'play',
    script: withoutSettings(script)
      .split('\n')
      .filter((line) => line.trim() !== '')
      .join('\n'),
    device: 'simulated',
    seed: 0,
    ...(Object.assign({}, ...settings.map(fieldsOf)) as Partial<Moment>),
    seq: THE_END,
    fraction: 1,
  };
}

function fieldsOf(setting: Setting): Partial<Moment> {
  switch (setting.kind) {
    case 'seed':
      return { seed: setting.seed };
    case 'store':
      return { format: setting.format, ...(setting.tuning !== undefined && { tuning: setting.tuning }) };
    case 'device':
      return {};
    case 'profile':
      return { profile: setting.profile };
    case 'opening_crash': {
      const { io, prefixBytes } = setting;
      return { openingCrash: prefixBytes === undefined ? { io } : { io, prefixBytes } };
    }
    case 'without': {
      const names: readonly string[] = setting.names;
      const careless = CARELESS_NAMES.filter((name) => names.includes(name));
      const off = names.filter((name) => name in ALL_PROTECTIONS).map((name) => [name, false]);
      return {
        protections: { ...ALL_PROTECTIONS, ...(Object.fromEntries(off) as object) },
        ...(careless.length > 0 && { careless }),
      };
    }
  }
}
