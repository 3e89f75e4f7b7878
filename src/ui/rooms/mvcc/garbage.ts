/**
 * Who needs which version: the rule of `mvcc/garbage.ts` and the sums of `mvcc/measure.ts`, over what is drawn. A test holds
 * them to what the engine says.
 *
 *     live     the newest of its key, and no tombstone
 *     kept     not the newest, or a tombstone; it stays, since the watermark is older than what replaced it
 *     garbage  what vacuum takes, if it comes by now
 */
import type { BytesView, ChainView, MvccView } from './model';
import { watermarkOf } from './model';
import { recordBytes } from './records';

export type Role = 'live' | 'kept' | 'garbage';

export function roleOf({ versions }: ChainView, index: number, watermark: number): Role {
  const { isTombstone, lsn } = versions[index]!;
  // To read a deletion or nothing is the same: it is dead from its own commit on.
  const deadFrom = isTombstone ? lsn : versions[index - 1]?.lsn;
  if (deadFrom === undefined) return 'live';
  return deadFrom <= watermark ? 'garbage' : 'kept';
}

/** The newest at or below the watermark, where it is not the newest of all: it stays, and the usual mistake is to take it. */
export const mustStay = (chain: ChainView, index: number, watermark: number): boolean =>
  roleOf(chain, index, watermark) === 'kept' &&
  chain.versions[index]!.lsn <= watermark &&
  !chain.versions[index]!.isTombstone;

/** What a chain has, for each watermark it was asked about: chains are shared from view to view. */
const cached = new WeakMap<ChainView, { readonly watermark: number; readonly bytes: BytesView }>();

function bytesOfChain(chain: ChainView, watermark: number): BytesView {
  const newest = chain.versions[0]!.lsn;
  // Above its newest version a watermark makes no difference.
  const at = Math.min(watermark, newest);
  const known = cached.get(chain);
  if (known?.watermark === at) return known.bytes;
  const sums = { live: 0, kept: 0, garbage: 0 };
  chain.versions.forEach((version, index) => (sums[roleOf(chain, index, at)] += recordBytes(version)));
  const bytes = { live: sums.live, held: sums.kept, garbage: sums.garbage };
  cached.set(chain, { watermark: at, bytes });
  return bytes;
}

export function bytesOf(view: MvccView): BytesView {
  const watermark = watermarkOf(view);
  const sums = { live: 0, held: 0, garbage: 0 };
  for (const chain of view.chains) {
    const { garbage, held, live } = bytesOfChain(chain, watermark);
    sums.live += live;
    sums.held += held;
    sums.garbage += garbage;
  }
  return sums;
}
