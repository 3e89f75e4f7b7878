/** What a session runs with: the spec first, then the head of its script, then the defaults. */
import { ALL_PROTECTIONS, type FormatOptions } from '../kv_store';
import type { SessionSettings, SessionSpec, StoreChoice } from '../protocol/session';
import type { DeviceKind, Script } from '../workload/command';

/** Small enough that every sector of the log can be drawn, and that a crash run is over at once. */
export const LESSON_FORMAT: FormatOptions = { logBytes: 16 * 1024, extentBytes: 1024, groupAlignBytes: 512 };
/** A log that is copied and drawn with ease, and holds a few thousand rows. */
export const LEARNER_FORMAT: FormatOptions = { logBytes: 1024 * 1024, extentBytes: 16 * 1024, groupAlignBytes: 512 };

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
  let format: Partial<FormatOptions> = spec.store === 'learner' ? LEARNER_FORMAT : LESSON_FORMAT;
  for (const setting of script.settings) {
    if (setting.kind === 'seed') seed = setting.seed;
    else if (setting.kind === 'store') format = { ...format, ...setting.format };
    else if (spec.store === 'by_script') device = setting.device;
  }
  return {
    device,
    seed: spec.seed ?? seed ?? drawSeed(),
    format: { ...format, ...spec.format },
    tuning: { ...spec.tuning },
    protections: Object.freeze({ ...ALL_PROTECTIONS, ...spec.protections }),
    salvage: spec.salvage ?? false,
    grouping: spec.grouping ?? (spec.store === 'learner' ? 'hop' : 'explicit'),
  };
}
