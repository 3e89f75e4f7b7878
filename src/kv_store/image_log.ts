/**
 * The log as the tree is handed it, for images of its pages (`btree/log_images.ts`).
 *
 * The log belongs to the commits. Images get what those can spare, and a page that finds no room goes to a new place: a
 * checkpoint never waits for the log that it is there to make free. Nor does K3 in `store.ts`: a commit that finds the log
 * full leaves less for images than it needs itself, and that much is free behind any checkpoint.
 *
 *     tape ──▶  guard ┆ redo ┆ commits, images, commits, images ... append ┆        free        ┆ limit
 *                              └── of one checkpoint: at most a quarter ──┘
 *
 *   I1  The images of one checkpoint take at most a quarter of the log: with more, commits would find it full sooner, and
 *       the next checkpoint would come, with more images.
 *   I2  Images do not count as log to read again when a checkpoint is due: else those of one would call for the next.
 *   I3  A log that is in doubt takes no images: what it shows may be in the cache alone.
 *   I4  Images stand in groups of their own, behind every commit that had its number before; such a group is written at
 *       once, and one that fails is wiped (L4 in `wal`).
 */
import { assert } from '../base/assert';
import { EngineError } from '../base/errors';
import type { LogPosition } from '../base/ids';
import type { LogSink } from '../base/log_sink';
import type { StorageFile } from '../storage/file';
import {
  alignUp,
  GROUP_HEADER_BYTES,
  RECORD_HEADER_BYTES,
  RECORD_TYPES,
  scanLog,
  type LogGeometry,
  type RedoPoint,
  type ScanOptions,
} from '../storage/log_region';
import type { WriteAheadLog } from '../wal';

/** I1. */
const SHARE_OF_LOG = 4;
const GROUP_BYTES_MAX = 1024 * 1024;

export interface ImageLogOptions {
  readonly file: StorageFile;
  readonly geometry: LogGeometry;
  readonly redo: RedoPoint;
  readonly scan: ScanOptions;
}

/** What it needs once the store runs. */
export interface RunningLog {
  readonly log: WriteAheadLog;
  /** Carries out the commits that are in the log's buffer. Throws if the store stops writing over it. */
  readonly runCommits: () => void;
  readonly poison: (error: EngineError) => void;
  readonly isInDoubt: () => boolean;
}

export class ImageLog implements LogSink {
  readonly #options: ImageLogOptions;
  #running: RunningLog | undefined;
  /** Groups of images behind the redo point, oldest first. */
  #groups: { readonly position: LogPosition; readonly bytes: number }[] = [];
  /** Of the checkpoint under way. */
  #bytesTaken = 0;

  constructor(options: ImageLogOptions) {
    this.#options = options;
  }

  attach(running: RunningLog): void {
    this.#running = running;
  }

  /** I2: how much of the log from the redo point on is images. */
  get bytesBehindRedo(): number {
    const redo = this.#running?.log.redoPosition ?? 0;
    this.#groups = this.#groups.filter(({ position }) => position >= redo);
    return this.#groups.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Of what no flush has covered yet. */
  get unflushedBytes(): number {
    const { log } = this.#running!;
    const flushedTo = log.appendPosition - log.unflushedBytes;
    return this.#groups.reduce((sum, { bytes, position }) => sum + (position >= flushedTo ? bytes : 0), 0);
  }

  /** From here on images are those of another checkpoint. */
  beginCheckpoint(): void {
    this.#bytesTaken = 0;
  }

  prepare(payloadBytes: number): number {
    const { isInDoubt, log, runCommits } = this.#running!;
    if (isInDoubt()) return 0; // I3
    if (log.groupBytes > 0 && this.#recordsFitting(payloadBytes) > 0) runCommits(); // I4
    return this.#recordsFitting(payloadBytes);
  }

  write(payloads: readonly Uint8Array[]): void {
    const { log } = this.#running!;
    assert(log.groupBytes === 0, 'I4: what was buffered is written before');
    for (const payload of payloads) log.appendUnnumbered(RECORD_TYPES.page_image, payload);
    const [position, bytes] = [log.appendPosition, log.groupBytes];
    try {
      log.writeGroup();
    } catch (error) {
      this.#cancelGroup();
      throw error;
    }
    this.#groups.push({ position, bytes });
    this.#bytesTaken += bytes;
  }

  /** For an index that makes durable by itself what came through the log: the log does not lag behind it. */
  flushLog(): void {
    const { log } = this.#running!;
    if (log.unflushedBytes > 0) log.flush();
  }

  read(visit: (payload: Uint8Array) => void): void {
    const { file, geometry, redo, scan } = this.#options;
    let group: { readonly position: LogPosition; readonly bytes: number } | undefined;
    scanLog(file, geometry, redo, scan, {
      group: ({ bytes, position }) => (group = { position, bytes: alignUp(bytes, geometry.alignBytes) }),
      record: () => undefined,
      unnumbered: ({ payload, type }) => {
        if (type !== RECORD_TYPES.page_image) return;
        if (group && this.#groups.at(-1)?.position !== group.position) this.#groups.push(group);
        visit(payload);
      },
    });
  }

  /** I4: a device that takes not even the wipe leaves the log in a state that nobody knows. */
  #cancelGroup(): void {
    const { log, poison } = this.#running!;
    try {
      log.cancelGroup();
    } catch (error) {
      if (error instanceof EngineError) poison(error);
      throw error;
    }
  }

  #recordsFitting(payloadBytes: number): number {
    const { alignBytes, logBytes } = this.#options.geometry;
    const { log } = this.#running!;
    const room = Math.min(logBytes / SHARE_OF_LOG - this.#bytesTaken, log.freeBytes - log.groupBytes, GROUP_BYTES_MAX);
    const bytes = Math.floor(room / alignBytes) * alignBytes;
    return Math.max(0, Math.floor((bytes - GROUP_HEADER_BYTES) / (RECORD_HEADER_BYTES + payloadBytes)));
  }
}
