/** Requests for a device, made from a few numbers and a seed: what the sliders of the models ask for. */
import { assert } from '../../base/assert';
import { SeededRandom } from '../../base/runtime';
import type { Request } from './device';

export interface WorkloadSpec {
  readonly blockBytes: number;
  readonly requests: number;
  /** Share that goes to a random place, 0 to 1; the others follow the one before. */
  readonly randomShare: number;
  readonly writeShare: number;
  /** The requests stay within so many bytes of the device. */
  readonly spanBytes: number;
  readonly seed: number;
}

export function makeRequests(spec: WorkloadSpec): Request[] {
  const { blockBytes, requests, randomShare, writeShare, spanBytes } = spec;
  assert(blockBytes > 0 && blockBytes <= spanBytes, 'a block fits into the span');
  const random = new SeededRandom(spec.seed);
  const blocks = Math.floor(spanBytes / blockBytes);
  const share = (): number => random.next() / 2 ** 32;
  const made: Request[] = [];
  let block = 0;
  for (let i = 0; i < requests; i++) {
    block = share() < randomShare ? Math.floor(share() * blocks) : (block + 1) % blocks;
    made.push({ kind: share() < writeShare ? 'write' : 'read', at: block * blockBytes, bytes: blockBytes });
  }
  return made;
}
