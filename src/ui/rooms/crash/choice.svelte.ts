/** What is searched: which run, on which kind of disk, what it does without, and how thoroughly. */
import { SvelteSet } from 'svelte/reactivity';
import { CRASH_PRESETS, presetOf, withPageProtection } from '../../../lab/crash_sources';
import type { CrashRequest, CrashSource, ProfileName } from '../../../protocol/crash';
import type { PageProtectionName } from '../../../lab/room_of_run';
import type { LabForRooms } from '../lab_for_rooms';

export type SourceKind = 'preset' | 'mine' | 'script';

/** Above this many states a point is sampled. The suite goes to 4,096; here an answer should come while one waits. */
export const STATES_MAX = [64, 256, 1024, 4096] as const;

export interface RunToSearch {
  readonly preset?: string;
  readonly script?: string;
  readonly pages?: PageProtectionName | undefined;
  readonly profile: ProfileName;
  readonly off: readonly string[];
}

export class Choice {
  kind: SourceKind = $state('preset');
  presetId: string = $state(CRASH_PRESETS[0]!.id);
  script: string = $state(CRASH_PRESETS[1]!.script);
  profile: ProfileName = $state(CRASH_PRESETS[0]!.profile);
  /** Of a run over a B-tree: how its pages are protected, in place of what its script says. */
  pages: PageProtectionName | undefined = $state();
  /** Names of the safeguards that are switched off. */
  readonly off = new SvelteSet<string>();
  statesMax: (typeof STATES_MAX)[number] = $state(256);
  crashRecovery = $state(false);
  seed: number = $state(7);

  /** An example, on the disk on which it shows best what it is for. */
  choosePreset(id: string): void {
    this.kind = 'preset';
    this.presetId = id;
    this.pages = undefined;
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
  become({ off, pages, preset, profile, script }: RunToSearch): boolean {
    const isOtherRun =
      script === undefined ? this.kind !== 'preset' || this.presetId !== preset : script !== this.script;
    const isOther = isOtherRun || pages !== this.pages;
    this.pages = pages;
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
    const { kind, pages } = this;
    if (kind !== 'mine') {
      const text = kind === 'preset' ? presetOf(this.presetId).script : this.script;
      return { kind: 'script', text: withPageProtection(text, pages) };
    }
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
