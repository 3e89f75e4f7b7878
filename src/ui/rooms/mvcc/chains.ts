/** Chains in the view: keys in order, the versions of each newest first; and which version of a key a snapshot reads. */
import { compareBytes } from '../../../base/bytes';
import { KEYS_MAX, type ChainView, type VersionView } from './model';

/** Where `key` is, or would be. */
function placeIn(chains: readonly ChainView[], key: Uint8Array): number {
  let low = 0;
  let high = chains.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes(chains[middle]!.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function chainOf(chains: readonly ChainView[], key: Uint8Array, keyHex: string): ChainView | undefined {
  const found = chains[placeIn(chains, key)];
  return found?.keyHex === keyHex ? found : undefined;
}

/** V3: a key too many is left out, and the view says so. */
export function withVersions(
  chains: readonly ChainView[],
  versions: readonly VersionView[],
): { readonly chains: readonly ChainView[]; readonly isCut: boolean } {
  const next = chains.slice();
  let isCut = false;
  for (const version of versions) {
    const { key, keyHex } = version;
    const at = placeIn(next, key);
    const known = next[at];
    if (known?.keyHex === keyHex) next[at] = { ...known, versions: inOrder(known.versions, version) };
    else if (next.length < KEYS_MAX) next.splice(at, 0, { key, keyHex, versions: [version] });
    else isCut = true;
  }
  return { chains: next, isCut };
}

/** Nearly always in front: what a reader finds of an older store may come anywhere. */
function inOrder(versions: readonly VersionView[], version: VersionView): readonly VersionView[] {
  const at = versions.findIndex(({ lsn }) => lsn <= version.lsn);
  if (at < 0) return [...versions, version];
  // A batch may write a key twice: its last word counts.
  const rest = versions[at]!.lsn === version.lsn ? at + 1 : at;
  return [...versions.slice(0, at), version, ...versions.slice(rest)];
}

/** A key without versions is no key any more. */
export function withoutVersion(
  chains: readonly ChainView[],
  key: Uint8Array,
  keyHex: string,
  lsn: number,
): readonly ChainView[] {
  const at = placeIn(chains, key);
  const known = chains[at];
  if (known?.keyHex !== keyHex) return chains;
  const versions = known.versions.filter((one) => one.lsn !== lsn);
  return [...chains.slice(0, at), ...(versions.length > 0 ? [{ ...known, versions }] : []), ...chains.slice(at + 1)];
}

/** What a snapshot reads of a key: the newest version at or before it. A tombstone reads as nothing. */
export const readAt = ({ versions }: ChainView, at: number): VersionView | undefined =>
  versions.find(({ lsn }) => lsn <= at);

/** Of a chain, the commit from which on a version is read by nobody new; undefined: it is the newest. */
export const replacedAt = ({ versions }: ChainView, index: number): number | undefined => versions[index - 1]?.lsn;
