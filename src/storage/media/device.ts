/**
 * What a modelled device can do. Requests name bytes of the device, not of a file; several are under way at once, up
 * to the depth of the queue; a write is served once it is in the drive's cache, and only `flush` waits for the media.
 */
import type { Bill } from './bill';

export interface Request {
  readonly kind: 'read' | 'write';
  readonly at: number;
  readonly bytes: number;
}

/** What a device did to its medium so far. */
export interface MediaCounts {
  /** Bytes it was asked to write. */
  readonly hostBytes: number;
  /** Bytes that reached the medium: padding, moved pages and maps included. */
  readonly mediaBytes: number;
  /** Of those, moved by the drive's own cleaning. */
  readonly movedBytes: number;
  /** Of those, flash pages filled up or added by a flush. */
  readonly paddedBytes: number;
  readonly erases: number;
  /** Times the arm moved. */
  readonly seeks: number;
  /** Share of the device's life that is gone: 1 is worn out. 0 where nothing wears. */
  readonly wear: number;
}

export interface MediaDevice {
  /** Serves all of them, at most `depth` under way at once, in the order the device likes best. */
  serve(requests: readonly Request[], depth: number, bill: Bill): void;
  /** Returns once everything written is on the medium. */
  flush(bill: Bill): void;
  /** Bytes that a power cut would take now: accepted, not yet on the medium. */
  volatileBytes(): number;
  counts(): MediaCounts;
}

export interface DeviceOptions {
  /** Off: every write waits for the medium. */
  readonly driveCache: boolean;
  /** Flash only. `full`: every page of the drive holds data, so cleaning has to move it. */
  readonly fill: 'fresh' | 'full';
  /** Flash only: how large the modelled drive is. The share of spare room is that of the real one. */
  readonly modelledBytes: number;
}

export const DEVICE_DEFAULTS: DeviceOptions = { driveCache: true, fill: 'full', modelledBytes: 64 * 2 ** 20 };
