/**
 * What the host asks of the worker it runs in. Whatever is a platform's own, file systems, clocks, chance, message
 * ports, comes in here; so the same host runs in a browser's worker, in Node and in tests.
 */
import type { Schedule } from '../base/runtime';
import type { FileSet } from '../storage/file';

export interface LearnerCalls {
  /** Another tab asks for the store: close it, then resolve. */
  readonly onAskedToRelease: () => void | Promise<void>;
  /** The store was taken away; its files are closed already. */
  readonly onLost: () => void;
}

export interface HostEnvironment {
  readonly storage: 'opfs' | 'memory';
  /** In memory: why. */
  readonly why?: string;
  /** Opens the learner's store, waiting a few seconds for a predecessor that is dying. @throws EngineError storage_in_use */
  openLearner(calls: LearnerCalls, takeOver: boolean): Promise<FileSet>;
  /** Who has the learner's store, in words; undefined if nobody answers. */
  findLearnerOwner(): Promise<string | undefined>;
  /** A name for a new scratch folder, with room for so many bytes. @throws EngineError store_full */
  addScratch(expectedBytes: number): Promise<string>;
  openScratch(folder: string): Promise<FileSet>;
  removeScratch(folder: string): Promise<void>;
  /** Runs a task after the messages already queued. */
  readonly hop: Schedule;
  /** Lets the event loop turn once. */
  readonly pause: () => Promise<void>;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly drawSeed: () => number;
}
