/**
 * A crash request, made a run: its script or its commands become the actions that the search takes, its settings and
 * switches those of the store that runs them. Nothing is run here.
 */
import { switchedOff } from '../crash/mutants';
import type { RunOptions } from '../crash/run';
import { storeSubject } from '../crash/store_subject';
import type { Protections } from '../kv_store';
import { ALL_PROTECTIONS } from '../kv_store';
import type { CrashRequest } from '../protocol/crash';
import type { SessionSettings } from '../protocol/session';
import { PROFILES } from '../storage/simulated/profiles';
import type { Command, Setting } from '../workload/command';
import { datasetOf } from '../workload/datasets';
import { parseScript } from '../workload/parser';
import { actionsOf, scriptHeadOf } from './crash_script';
import type { DatasetLibrary } from './dataset_library';
import { scriptInvalid } from './lab_error';
import { settingsOf, tunedBy } from './script_settings';

export interface PreparedRun {
  readonly options: RunOptions;
  readonly settings: SessionSettings;
  /** Heads of the scripts that are printed. */
  readonly head: readonly Setting[];
}

export const DEFAULT_LESSON = { logBytes: 16 * 1024, extentBytes: 1024, groupAlignBytes: 512 } as const;

export function prepareRun(
  { profile, source, switchedOff: names, seed }: CrashRequest,
  library: DatasetLibrary,
): PreparedRun {
  let commands: Command[];
  let settings: SessionSettings;
  let images: RunOptions['images'];
  if (source.kind === 'script') {
    const { errors, script } = parseScript(source.text);
    if (errors.length > 0) throw scriptInvalid(errors);
    commands = script.lines.map(({ command }) => command);
    settings = settingsOf({ store: 'by_script', profile }, script, () => seed);
  } else {
    for (const [name, rows] of Object.entries(source.datasets)) library.add(datasetOf(name, [...rows]));
    commands = source.commands.flatMap(({ text }) => commandsIn(text));
    settings = { ...source.settings, profile };
    const { superblock, log, data_0, data_1 } = source.images;
    const isEmpty = superblock.length + log.length + data_0.length + data_1.length === 0;
    if (!isEmpty) images = source.images;
  }
  const head = scriptHeadOf(settings);
  const validateWrites = head.validateWrites !== false && !names.includes('validateWrites');
  const { actions, off, tuning } = actionsOf(commands, library, { ...head, validateWrites });
  const withTuning = tunedBy(settings.tuning, tuning);
  const { idleTicksMax: _idle, ...searched } = withTuning; // A search has no clock, and nobody in it idles.
  const subject = storeSubject({ format: settings.format, tuning: searched });
  const { careless, protections } = switchedOffBoth(settings, [...off, ...names], subject);
  const { device: _, ...rest } = settings;
  settings = { ...rest, device: 'simulated', tuning: withTuning, careless, protections };
  const options: RunOptions = {
    subject,
    actions,
    profile: PROFILES[profile],
    seed: settings.seed,
    protections: { ...protections },
    careless,
    ...(images !== undefined && { images }),
  };
  return { options, settings, head: headOf(settings) };
}

/**
 * The switches of the request, over those that the source has switched itself. A protection that does nothing for this
 * kind of store, as that of pages for a store over a map, stays on: without it nothing is different.
 */
function switchedOffBoth(
  settings: SessionSettings,
  names: readonly string[],
  subject: ReturnType<typeof storeSubject>,
): { protections: Protections; careless: SessionSettings['careless'] } {
  const isIdle = (name: string): boolean =>
    Object.hasOwn(ALL_PROTECTIONS, name) && !Object.hasOwn(subject.protections, name);
  const off = switchedOff(
    subject,
    names.filter((name) => !isIdle(name)),
  );
  const protections = { ...ALL_PROTECTIONS, ...settings.protections };
  for (const name of Object.keys(protections) as (keyof Protections)[]) {
    if (isIdle(name)) protections[name] = true;
    else if (names.includes(name)) protections[name] = false;
  }
  return { protections: Object.freeze(protections), careless: [...new Set([...settings.careless, ...off.careless])] };
}

function headOf({ careless, format, profile, protections, seed, tuning }: SessionSettings): Setting[] {
  const off = Object.entries(protections).flatMap(([name, on]) => (on ? [] : [name as keyof Protections]));
  const names = [...off, ...careless];
  const [first, ...others] = names;
  return [
    {
      kind: 'store',
      format: { ...DEFAULT_LESSON, ...format },
      ...(Object.keys(tuning).length > 0 && { tuning }),
    },
    { kind: 'seed', seed },
    ...(profile === 'adversarial' ? [] : [{ kind: 'profile', profile } as const]),
    ...(first === undefined ? [] : [{ kind: 'without', names: [first, ...others] } as const]),
  ];
}

export function commandsIn(text: string): Command[] {
  const { errors, script } = parseScript(text);
  if (errors.length > 0) throw scriptInvalid(errors);
  return script.lines.map(({ command }) => command);
}
