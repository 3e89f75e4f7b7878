/**
 * A hard disk: an arm, a platter that turns, and a cache in front of both.
 *
 *     ┌──────── platter ────────┐   outer edge: most bytes on a track, so the fastest
 *     │  track   track   track  │   a request = move the arm (seek) + wait for the place (rotation) + pass over it
 *     └─────────────────────────┘   a sequential run pays the first two once
 *
 * After Ruemmler and Wilkes 1994 ("An Introduction to Disk Drive Modeling"): seek time grows with the square root of
 * the distance, the angle of the platter follows from the time, tracks hold fewer bytes towards the middle. We depart
 * in three ways: one square root for all distances (they add a straight line for long ones), no track switches
 * (hidden in the sustained rate the maker prints), and no bad sectors.
 *
 *   H1  Seek over a random distance takes the printed average; a wait for the platter is below one turn.
 *   H2  Writes wait in the cache until it is full or a flush comes; then the nearest is served first.
 */
import type { Bill } from './bill';
import type { DeviceOptions, MediaCounts, MediaDevice, Request } from './device';
import { HDD } from './parameters';

const TURN_NS = 60e9 / HDD.rotationsPerMinute.value;
const CAPACITY = HDD.capacityBytes.value;
const OUTER = HDD.outerBytesPerSecond.value;
const INNER = HDD.innerBytesPerSecond.value;
const SECTOR_SLACK_BYTES = 1; // Adjacent requests are one run.

/** Where on the radius a byte lies: 0 at the outer edge, 1 at the inner one. */
function radiusOf(at: number): number {
  // Bytes up to radius r are the integral of a rate that falls in a straight line from OUTER to INNER.
  const share = Math.min(1, at / CAPACITY) * (OUTER + INNER);
  return (OUTER - Math.sqrt(OUTER * OUTER - (OUTER - INNER) * share)) / (OUTER - INNER);
}

function bytesPerNs(at: number): number {
  return (OUTER - (OUTER - INNER) * radiusOf(at)) / 1e9;
}

/** H1: the mean of the square root over two random radii is 8/15. */
function seekNs(distance: number): number {
  if (distance === 0) return 0;
  const { seekTrackMs, seekAverageMs } = HDD;
  const growth = ((seekAverageMs.value - seekTrackMs.value) * 15) / 8;
  return (seekTrackMs.value + growth * Math.sqrt(distance)) * 1e6;
}

export class HardDisk implements MediaDevice {
  readonly #cached: boolean;
  /** Accepted and not yet on the platter, in the order they came. */
  #waiting: Request[] = [];
  #waitingBytes = 0;
  /** When the cache began to fill: the platter passes over the first bytes while the last still arrive. */
  #fillingSinceNs = 0;
  /** Of a drain: transfer time that has passed already. */
  #aheadNs = 0;
  #radius = 0;
  /** One past the last byte the head passed over. */
  #headAt = -1;
  #hostBytes = 0;
  #passedBytes = 0;
  #readBytes = 0;
  #seeks = 0;

  constructor({ driveCache }: Pick<DeviceOptions, 'driveCache'>) {
    this.#cached = driveCache;
  }

  serve(requests: readonly Request[], depth: number, bill: Bill): void {
    const direct = requests.filter(({ kind }) => kind === 'read' || !this.#cached);
    for (const request of requests) {
      if (request.kind === 'write') this.#hostBytes += request.bytes;
      if (request.kind === 'write' && this.#cached) this.#accept(request, bill);
    }
    this.#pass(direct, Math.min(Math.max(1, depth), HDD.queueDepth.value), bill);
  }

  flush(bill: Bill): void {
    this.#command(bill);
    this.#drain(bill);
  }

  volatileBytes(): number {
    return this.#waitingBytes;
  }

  counts(): MediaCounts {
    const wear = (this.#passedBytes + this.#readBytes) / HDD.ratedBytes.value;
    return {
      hostBytes: this.#hostBytes,
      mediaBytes: this.#passedBytes,
      movedBytes: 0,
      paddedBytes: 0,
      erases: 0,
      seeks: this.#seeks,
      wear,
    };
  }

  #accept(request: Request, bill: Bill): void {
    if (this.#waitingBytes === 0) this.#fillingSinceNs = bill.ns;
    this.#command(bill);
    this.#spend(bill, 'drive_cache', 'interface', (request.bytes * 1e9) / HDD.interfaceBytesPerSecond.value);
    this.#waiting.push(request);
    this.#waitingBytes += request.bytes;
    if (this.#waitingBytes > HDD.cacheBytes.value) this.#drain(bill); // H2
  }

  #drain(bill: Bill): void {
    const runs = mergeRuns(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#aheadNs = bill.ns - this.#fillingSinceNs;
    this.#pass(runs, HDD.queueDepth.value, bill);
    this.#aheadNs = 0;
  }

  /** Serves whatever is reached first, among as many as the queue shows. */
  #pass(requests: readonly Request[], depth: number, bill: Bill): void {
    const queue = requests.slice(0, depth);
    let next = queue.length;
    while (queue.length > 0) {
      let best = 0;
      let bestNs = Infinity;
      for (let i = 0; i < queue.length; i++) {
        const ns = this.#reachNs(queue[i]!, bill.ns);
        if (ns < bestNs) [best, bestNs] = [i, ns];
      }
      this.#passOver(queue[best]!, bill);
      if (next < requests.length) queue[best] = requests[next++]!;
      else queue.splice(best, 1);
    }
  }

  #reachNs(request: Request, now: number): number {
    if (this.#readsOn(request)) return 0;
    const seek = seekNs(Math.abs(radiusOf(request.at) - this.#radius));
    return seek + rotationNs(request.at, now + seek);
  }

  /** A drive reads on into its buffer: the next bytes are there, however long the reader took to ask. */
  #readsOn({ kind, at }: Request): boolean {
    return kind === 'read' && at === this.#headAt;
  }

  #passOver(request: Request, bill: Bill): void {
    if (request.kind === 'read' || !this.#cached) this.#command(bill);
    if (!this.#readsOn(request)) {
      const radius = radiusOf(request.at);
      // Places on one track differ by less than the arm's own tolerance.
      const distance = Math.abs(radius - this.#radius) * CAPACITY < 1e6 ? 0 : Math.abs(radius - this.#radius);
      if (distance > 0) this.#seeks++;
      this.#spend(bill, 'media', 'seek', seekNs(distance));
      this.#spend(bill, 'media', 'rotation', rotationNs(request.at, bill.ns));
      this.#radius = radius;
    }
    const transferNs = request.bytes / bytesPerNs(request.at);
    const passedNs = Math.min(this.#aheadNs, transferNs);
    this.#aheadNs -= passedNs;
    this.#spend(bill, 'media', 'transfer', transferNs - passedNs);
    this.#headAt = request.at + request.bytes;
    this.#radius = radiusOf(this.#headAt);
    if (request.kind === 'write') this.#passedBytes += request.bytes;
    else this.#readBytes += request.bytes;
  }

  #command(bill: Bill): void {
    this.#spend(bill, 'drive_cache', 'command', HDD.commandNs.value);
  }

  #spend(
    bill: Bill,
    stage: 'drive_cache' | 'media',
    cause: 'command' | 'interface' | 'seek' | 'rotation' | 'transfer',
    ns: number,
  ): void {
    const watts = cause === 'seek' ? HDD.seekW : cause === 'transfer' ? HDD.transferW : HDD.readyW;
    bill.spend(stage, cause, ns);
    bill.burn((ns * watts.value) / 1e9);
  }
}

/** From now until the byte comes under the head. */
function rotationNs(at: number, now: number): number {
  const trackBytes = bytesPerNs(at) * TURN_NS;
  const wanted = (at % trackBytes) / trackBytes;
  const here = (now / TURN_NS) % 1;
  const turn = (wanted - here + 1) % 1;
  return turn * TURN_NS;
}

/** Later bytes win, neighbours become one run: what a cache makes of the writes it holds. */
function mergeRuns(requests: readonly Request[]): Request[] {
  const sorted = [...requests].sort((a, b) => a.at - b.at);
  const runs: { kind: 'write'; at: number; bytes: number }[] = [];
  for (const { at, bytes } of sorted) {
    const last = runs.at(-1);
    if (last !== undefined && at <= last.at + last.bytes + SECTOR_SLACK_BYTES - 1) {
      last.bytes = Math.max(last.bytes, at + bytes - last.at);
    } else runs.push({ kind: 'write', at, bytes });
  }
  return runs;
}
