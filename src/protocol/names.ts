/** What page and worker say to each other about names: a few steps on a simulated directory, and every state a cut leaves. */
import type { DirectoryStep, FileId } from '../storage/simulated/directory';
import type { DirectoryProfile } from '../storage/simulated/directory_profiles';

export type { DirectoryStep, FileId };
export type DirectoryProfileName = DirectoryProfile['name'];

export interface NamesRequest {
  /** What was there before: these steps, then everything written back. */
  readonly before: readonly DirectoryStep[];
  readonly steps: readonly DirectoryStep[];
  readonly profile: DirectoryProfileName;
}

/** A name on the disk after a cut. It opens only if its file is there. */
export interface NameLeft {
  readonly name: string;
  readonly file: FileId;
  readonly opens: boolean;
}

export interface FileLeft {
  readonly file: FileId;
  readonly bytes: Uint8Array;
  /** Some name points to it; without one its bytes are on the disk and nobody can read them. */
  readonly named: boolean;
}

/** One state a cut can leave. */
export interface DirectoryState {
  readonly names: readonly NameLeft[];
  readonly files: readonly FileLeft[];
}

/** A name as the program sees it, and as the disk has it: either may be missing. */
export interface NameView {
  readonly name: string;
  readonly now: FileId | undefined;
  readonly onDisk: FileId | undefined;
}

export interface BlockView {
  readonly bytes: Uint8Array;
  /** What the program reads there is on the disk whatever happens. */
  readonly durable: boolean;
}

export interface FileView {
  readonly file: FileId;
  /** As the program sees it; of a file that has come to its end: as the disk still has it. */
  readonly blocks: readonly BlockView[];
  readonly length: number;
  /** Its length on the disk; undefined if it is not sure to exist there. */
  readonly lengthOnDisk: number | undefined;
  /** No name points to it any more, and its end is not durable. */
  readonly ended: boolean;
}

/** Between two steps: what the program sees, what the disk has, and what a cut can make of it. */
export interface NamesMoment {
  readonly names: readonly NameView[];
  readonly files: readonly FileView[];
  /** How many changes the disk may not have. */
  readonly pending: number;
  readonly states: readonly DirectoryState[];
}

export interface NamesRun {
  /** Before the first step, then after each one taken. */
  readonly moments: readonly NamesMoment[];
  /** The step that could not be taken, by its index, and why. */
  readonly refused?: { readonly step: number; readonly why: string };
}

/** Part of `LabApi`. */
export interface NamesApi {
  /** Takes the steps on a simulated directory and lists, after each, every state that a cut of this profile leaves. */
  exploreNames(request: NamesRequest): Promise<NamesRun>;
}
