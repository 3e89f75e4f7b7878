/**
 * The files at an earlier moment: a copy of the bytes, brought forward by what the trace says was done to them.
 *
 *   K1  After applying every record of a session to its first images, these are the files as they are now. A test
 *       holds them equal after every command, crashes and power cuts included.
 */
import { assert } from '../base/assert';
import { FILE_NAMES, type FileName } from '../storage/file';
import type { StoreImages } from '../protocol/session';
import type { LabEvent } from '../protocol/trace';

export class RebuiltImages {
  readonly #files = new Map<FileName, GrowingBytes>();

  constructor(images: StoreImages) {
    for (const name of FILE_NAMES) this.#files.set(name, new GrowingBytes(images[name]));
  }

  /** Copies. */
  images(): StoreImages {
    const copy = (name: FileName): Uint8Array => this.#file(name).copy();
    return { superblock: copy('superblock'), log: copy('log'), data_0: copy('data_0'), data_1: copy('data_1') };
  }

  apply(event: LabEvent): void {
    switch (event.kind) {
      case 'storage.file_written':
        // More than was given is no count at all: nothing was taken (seen in a real browser).
        if (event.count <= event.bytes.length)
          this.#file(event.file).write(event.at, event.bytes.subarray(0, event.count));
        break;
      case 'storage.file_truncated':
        if (event.result === 'ok') this.#file(event.file).resize(event.size);
        break;
      case 'host.crashed':
        if (event.landed) this.#file(event.landed.file).write(event.landed.at, event.landed.bytes);
        break;
      case 'host.power_cut':
        for (const name of FILE_NAMES) this.#file(name).resize(event.sizes[name]);
        for (const { file, sector } of event.items) if (sector) this.#file(file).overwrite(sector.at, sector.bytes);
        break;
      case 'host.byte_flipped':
        this.#file(event.file).write(event.at, Uint8Array.of(event.after));
        break;
      default: // Nothing else touches what is kept here.
    }
  }

  #file(name: FileName): GrowingBytes {
    const file = this.#files.get(name);
    assert(file !== undefined, 'a store has these four files');
    return file;
  }
}

class GrowingBytes {
  #buffer: Uint8Array;
  #size: number;

  constructor(bytes: Uint8Array) {
    this.#buffer = bytes.slice();
    this.#size = bytes.length;
  }

  copy(): Uint8Array {
    return this.#buffer.slice(0, this.#size);
  }

  write(at: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (at + bytes.length > this.#size) this.resize(at + bytes.length);
    this.#buffer.set(bytes, at);
  }

  /** Writes what lies inside the file; a last sector reaches past its end. */
  overwrite(at: number, bytes: Uint8Array): void {
    if (at < this.#size) this.#buffer.set(bytes.subarray(0, this.#size - at), at);
  }

  resize(size: number): void {
    if (size > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(size, this.#buffer.length * 2));
      larger.set(this.#buffer.subarray(0, this.#size));
      this.#buffer = larger;
    } else if (size < this.#size) this.#buffer.fill(0, size, this.#size);
    this.#size = size;
  }
}
