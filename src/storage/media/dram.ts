/** Main memory: no arm, no page to program, nothing left when the power goes. Its floor is what the others are held to. */
import type { Bill } from './bill';
import type { MediaCounts, MediaDevice, Request } from './device';
import { DRAM } from './parameters';

export class Dram implements MediaDevice {
  #lastEnd = -1;
  #hostBytes = 0;

  serve(requests: readonly Request[], depth: number, bill: Bill): void {
    const overlap = Math.min(Math.max(1, depth), DRAM.units.value, Math.max(1, requests.length));
    for (const { kind, at, bytes } of requests) {
      // The processor fetches ahead of a sequential reader: only the first access waits.
      const latencyNs = at === this.#lastEnd ? 0 : DRAM.latencyNs.value / overlap;
      const ns = latencyNs + (bytes * 1e9) / DRAM.bytesPerSecond.value;
      bill.spend('media', 'memory', ns);
      bill.burn((ns * DRAM.readyW.value) / 1e9 + bytes * DRAM.joulesPerByte.value);
      this.#lastEnd = at + bytes;
      if (kind === 'write') this.#hostBytes += bytes;
    }
  }

  /** There is nothing to wait for: memory has no medium below it. */
  flush(): void {}

  /** All of it, always. */
  volatileBytes(): number {
    return this.#hostBytes;
  }

  counts(): MediaCounts {
    return {
      hostBytes: this.#hostBytes,
      mediaBytes: this.#hostBytes,
      movedBytes: 0,
      paddedBytes: 0,
      erases: 0,
      seeks: 0,
      wear: 0,
    };
  }
}
