/** For tests: a log in memory that keeps every image, and takes as many as the test says. */
import type { LogSink } from '../../base/log_sink';

export class MemoryLog implements LogSink {
  readonly images: Uint8Array[] = [];
  /** Images that it takes from now on. */
  room: number;
  #before = 0;

  constructor(room = Infinity) {
    this.room = room;
  }

  /** A checkpoint begins: the images of the one before are still needed, older ones are not. */
  begin(room: number): void {
    this.room = room;
    this.images.splice(0, this.#before);
    this.#before = this.images.length;
  }

  prepare(): number {
    return this.room;
  }

  write(payloads: readonly Uint8Array[]): void {
    this.room -= payloads.length;
    for (const payload of payloads) this.images.push(payload.slice());
  }

  read(visit: (payload: Uint8Array) => void): void {
    for (const image of this.images) visit(image);
  }
}
