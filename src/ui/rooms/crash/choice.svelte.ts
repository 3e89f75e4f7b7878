/** What is searched: which run, on which kind of disk, what it does without, and how thoroughly. */
import { SvelteSet } from 'svelte/reactivity';
import { CRASH_PRESETS, presetOf } from '../../../lab/crash_sources';
import type { CrashRequest, CrashSource, ProfileName } from '../../../protocol/crash';
import type { LabForRooms } from '../lab_for_rooms';

export type SourceKind = 'preset' | 'mine' | 'script';

/** Above this many states a point is sampled. The suite goes to 4,096; here an answer should come while one waits. */
export const STATES_MAX = [64, 256, 1024, 4096] as const;

export interface RunToSearch {
  readonly preset?: string;
  readonly script?: string;
  readonly profile: ProfileName;
  readonly off: readonly string[];
}

export class Choice {
  kind: SourceKind = $state('preset');
  presetId: string = $state(CRASH_PRESETS[0]!.id);
  script: string = $state(CRASH_PRESETS[1]!.script);
  profile: ProfileName = $state(CRASH_PRESETS[0]!.profile);
  /** Names of the safeguards that are switched off. */
  readonly off = new SvelteSet<string>();
  statesMax: (typeof STATES_MAX)[number] = $state(256);
  crashRecovery = $state(false);
  seed: number = $state(7);

  /** An example, on the disk on which it shows best what it is for. */
  choosePreset(id: string): void {
    this.kind = 'preset';
    this.presetId = id;
    this.profile = presetOf(id).profile;
  }

  setSwitch(name: string, on: boolean): void {
    if (on) this.off.delete(name);
    else this.off.add(name);
  }

  setOff(names: readonly string[]): void {
    this.off.clear();
    for (const name of names) this.off.add(name);
  }

  /** @returns whether it is another run or another disk than before: what was found and measured is of no use then */
  become({ off, preset, profile, script }: RunToSearch): boolean {
    const isOther = script === undefined ? this.kind !== 'preset' || this.presetId !== preset : script !== this.script;
    const isOtherDisk = this.profile !== profile;
    this.kind = script === undefined ? 'preset' : 'script';
    if (preset !== undefined) this.presetId = preset;
    if (script !== undefined) this.script = script;
    this.profile = profile;
    this.setOff(off);
    return isOther || isOtherDisk;
  }

  /** The run as a worker takes it. The learner's own is copied when it is asked for, not before. */
  async source(lab: LabForRooms): Promise<CrashSource> {
    if (this.kind === 'preset') return { kind: 'script', text: presetOf(this.presetId).script };
    if (this.kind === 'script') return { kind: 'script', text: this.script };
    const branch = lab.traceStage?.active;
    if (branch === undefined || branch.dead) return { kind: 'script', text: '' };
    return await branch.connection.api.crashSource(branch.session);
  }

  async request(lab: LabForRooms): Promise<CrashRequest> {
    return {
      source: await this.source(lab),
      profile: this.profile,
      switchedOff: [...this.off],
      statesMax: this.statesMax,
      seed: this.seed,
      share: { index: 0, of: 1 },
      crashRecovery: this.crashRecovery,
    };
  }
}
