/**
 * What the files held at an earlier step: a copy of their bytes at one record, and the changes the trace told since.
 *
 *   B1  `read(seq, …)` gives the bytes as they were when record `seq` had happened; for the newest record that is what
 *       the file holds now. A test holds the two equal.
 *   B2  Bounded: past `bytesMax` of kept changes the oldest are worked into the copy, and `firstSeq` moves forward. What
 *       is older than that is not guessed: `read` says undefined.
 *   B3  A write that took fewer bytes than it was given changed only those.
 *
 * Each file is a list of changes in order. A read copies the base range and applies the changes that touch it, newest
 * last; a few thousand changes are looked through in well under a frame.
 */
import { FILE_NAMES, type FileName } from '../../storage/file';
import type { Keyframe } from '../../protocol/session';
import type { LabEvent, TraceRecord } from '../../protocol/trace';

interface Change {
  readonly seq: number;
  readonly at: number;
  readonly bytes: Uint8Array;
  /** The file's length from here on, where the change sets it. */
  readonly size?: number;
}

export interface RebuiltBytes {
  readonly at: number;
  readonly bytes: Uint8Array;
  /** The whole file's length at that step. */
  readonly size: number;
  /** For each byte the record that wrote it last, or -1: it was there before the first record kept. */
  readonly writtenBy: Int32Array;
}

const BYTES_MAX = 8 * 1024 * 1024;

export class FileHistory {
  readonly #bytesMax: number;
  readonly #base = new Map<FileName, Uint8Array>();
  readonly #changes = new Map<FileName, Change[]>();
  #firstSeq = 0;
  #nextSeq = 0;
  #keptBytes = 0;

  /** Starts from the files just before record `keyframe.seq`; without one, from four empty files. */
  constructor(keyframe?: Keyframe, { bytesMax = BYTES_MAX }: { bytesMax?: number } = {}) {
    this.#bytesMax = bytesMax;
    this.#firstSeq = this.#nextSeq = keyframe?.seq ?? 0;
    for (const name of FILE_NAMES) {
      this.#base.set(name, keyframe?.images[name].slice() ?? new Uint8Array(0));
      this.#changes.set(name, []);
    }
  }

  /** The next record it has not seen. */
  get nextSeq(): number {
    return this.#nextSeq;
  }

  /** Records in order; those seen before are passed over, and a gap ends what can be rebuilt before it. */
  append(records: readonly TraceRecord[]): void {
    for (const { event, seq } of records) {
      if (seq < this.#nextSeq) continue;
      this.#nextSeq = seq + 1;
      this.#note(seq, event);
    }
    if (this.#keptBytes > this.#bytesMax) this.#shorten();
  }

  /** B1. Undefined before what is kept, and after what was seen. */
  read(seq: number, file: FileName, at: number, length: number): RebuiltBytes | undefined {
    if (seq < this.#firstSeq - 1 || seq >= this.#nextSeq) return undefined;
    const base = this.#base.get(file)!;
    const bytes = new Uint8Array(length);
    const writtenBy = new Int32Array(length).fill(-1);
    bytes.set(base.subarray(at, at + length));
    let size = base.length;
    for (const change of this.#changes.get(file)!) {
      if (change.seq > seq) break;
      if (change.size !== undefined) {
        // A shorter file forgets; if it grows again, zeros are there.
        if (change.size < size) this.#clear(bytes, writtenBy, at, change.size, change.seq);
        size = change.size;
        continue;
      }
      const from = Math.max(at, change.at);
      const to = Math.min(at + length, change.at + change.bytes.length);
      if (from < to) {
        bytes.set(change.bytes.subarray(from - change.at, to - change.at), from - at);
        writtenBy.fill(change.seq, from - at, to - at);
      }
      size = Math.max(size, change.at + change.bytes.length);
    }
    const count = Math.max(0, Math.min(length, size - at));
    return { at, bytes: bytes.subarray(0, count), size, writtenBy: writtenBy.subarray(0, count) };
  }

  #clear(bytes: Uint8Array, writtenBy: Int32Array, at: number, from: number, seq: number): void {
    const start = Math.max(0, from - at);
    bytes.fill(0, start);
    writtenBy.fill(seq, start);
  }

  #note(seq: number, event: LabEvent): void {
    switch (event.kind) {
      case 'storage.file_written':
        // B3; more than was given is no count at all.
        if (event.count > 0 && event.count <= event.bytes.length) {
          this.#add(event.file, { seq, at: event.at, bytes: event.bytes.subarray(0, event.count) });
        }
        break;
      case 'storage.file_truncated':
        if (event.result === 'ok') this.#add(event.file, { seq, at: event.size, bytes: NO_BYTES, size: event.size });
        break;
      case 'host.crashed':
        if (event.landed) this.#add(event.landed.file, { seq, at: event.landed.at, bytes: event.landed.bytes });
        break;
      case 'host.byte_flipped':
        this.#add(event.file, { seq, at: event.at, bytes: Uint8Array.of(event.after) });
        break;
      case 'host.power_cut':
        for (const name of FILE_NAMES) this.#add(name, { seq, at: 0, bytes: NO_BYTES, size: event.sizes[name] });
        for (const { file, sector } of event.items) {
          // A last sector reaches past the end of its file.
          if (sector)
            this.#add(file, {
              seq,
              at: sector.at,
              bytes: sector.bytes.subarray(0, Math.max(0, event.sizes[file] - sector.at)),
            });
        }
        break;
      default: // Whatever else happened changed no file.
    }
  }

  #add(file: FileName, change: Change): void {
    this.#changes.get(file)!.push(change);
    this.#keptBytes += change.bytes.length + 32;
  }

  /** B2: works the older half of the changes into the copy. */
  #shorten(): void {
    const seqs = FILE_NAMES.flatMap((name) => this.#changes.get(name)!.map((change) => change.seq)).sort(
      (a, b) => a - b,
    );
    const upTo = seqs[seqs.length >>> 1]!;
    for (const name of FILE_NAMES) {
      const { size } = this.read(upTo, name, 0, 0)!;
      const whole = this.read(upTo, name, 0, size)!;
      this.#base.set(name, whole.bytes.slice());
      const kept = this.#changes.get(name)!.filter((change) => change.seq > upTo);
      this.#changes.set(name, kept);
    }
    this.#firstSeq = upTo + 1;
    this.#keptBytes = FILE_NAMES.reduce(
      (sum, name) => sum + this.#changes.get(name)!.reduce((bytes, change) => bytes + change.bytes.length + 32, 0),
      0,
    );
  }
}

const NO_BYTES = new Uint8Array(0);
