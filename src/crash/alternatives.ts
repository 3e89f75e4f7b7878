/**
 * What can become of each pending item when the power goes: how many ways there are, and those worth trying.
 *
 * The number of ways is the profile's: each version of a sector, each byte it may be torn at, each length between two.
 * Most of them leave the same bytes as another, or as good as the same. So a search multiplies *kinds* of fates: lost,
 * each version, the head and the tail of a tear through the middle of what changed, noise. A kind whose bytes another
 * kind already gives is left out: a sector of zeros over zeros has one fate, whatever it is called.
 */
import { equalBytes, isAllZero } from '../base/bytes';
import { SECTOR_BYTES, type FileName } from '../storage/file';
import type { FileImages } from '../storage/images';
import type { Fate } from '../storage/simulated/fates';
import type { PendingItem, PendingLength, PendingSector } from '../storage/simulated/pending';
import type { PersistenceProfile } from '../storage/simulated/profiles';

export interface Alternatives {
  readonly item: PendingItem;
  /** Kinds of fates that leave different bytes; at least one. `kinds[0]` is lost, `kinds[1]` (if any) kept last. */
  readonly kinds: readonly Fate[];
  /** Bytes of the sector, from the first to behind the last, in which the last version differs from what is durable. */
  readonly changed: readonly [from: number, to: number];
}

const LOST: Fate = { fate: 'lost' };
const KEPT: Fate = { fate: 'kept' };

export function alternativesOf(
  items: readonly PendingItem[],
  durable: FileImages,
  profile: PersistenceProfile,
): Alternatives[] {
  const shrunk = new Set(items.flatMap((item) => (item.kind === 'length' && item.to < item.from ? [item.file] : [])));
  return items.map((item, index) =>
    item.kind === 'sector' ? ofSector(item, index, durable, profile, shrunk.has(item.file)) : ofLength(item, profile),
  );
}

function ofSector(
  item: PendingSector,
  index: number,
  durable: FileImages,
  profile: PersistenceProfile,
  isShrunk: boolean,
): Alternatives {
  const before = sectorOf(durable, item.file, item.index);
  const last = item.versions.length - 1;
  const changed = changedRange(before, item.versions[last]!.sector.bytes);
  const kinds: Fate[] = [LOST];
  const seen = [before];
  for (let version = last; version >= 0; version--) {
    const { bytes } = item.versions[version]!.sector;
    const known = seen.find((other) => equalBytes(other, bytes));
    // What a shrink that survives has zeroed is not what was there: to write the same bytes again then matters.
    const isWrittenAgain = known === before && isShrunk && !isAllZero(bytes);
    if (known !== undefined && !isWrittenAgain) continue;
    seen.push(bytes);
    kinds.push(version === last ? KEPT : { fate: 'kept', version });
  }
  const [from, to] = changed;
  if (profile.tearsSectors && to - from > 1) {
    const atByte = (from + to) >>> 1;
    kinds.push({ fate: 'torn', atByte, part: 'head' }, { fate: 'torn', atByte, part: 'tail' });
  }
  if (profile.garbage !== 'none')
    kinds.push({ fate: 'garbage', seed: index + 1, wholeSector: profile.garbage === 'whole_sector' });
  return { item, kinds, changed };
}

function ofLength(item: PendingLength, profile: PersistenceProfile): Alternatives {
  const kinds: Fate[] = [LOST, KEPT];
  const [shorter, longer] = item.from < item.to ? [item.from, item.to] : [item.to, item.from];
  // Not at the edge of a sector: that is where a length stops being believed.
  const partWay = shorter + ((longer - shorter) >>> 1) + 1;
  if (profile.lengthsPartWay && partWay < longer) kinds.push({ fate: 'kept', to: partWay });
  return { item, kinds, changed: [0, 0] };
}

/** A sector of what is durable; zeros past the end of the file. */
function sectorOf(durable: FileImages, file: FileName, index: number): Uint8Array {
  const at = index * SECTOR_BYTES;
  const bytes = new Uint8Array(SECTOR_BYTES);
  bytes.set(durable[file].subarray(at, at + SECTOR_BYTES));
  return bytes;
}

function changedRange(before: Uint8Array, after: Uint8Array): readonly [number, number] {
  let from = 0;
  let to = SECTOR_BYTES;
  while (from < to && before[from] === after[from]) from++;
  while (to > from && before[to - 1] === after[to - 1]) to--;
  return [from, to];
}

export interface Count {
  readonly states: number;
  /** False: there are more, noise having no end, or more than a number can say. */
  readonly isExact: boolean;
}

/** How many choices the profile allows, different bytes or not. */
export function countChoices(items: readonly PendingItem[], profile: PersistenceProfile): Count {
  if (!profile.losesUnflushed) return { states: 1, isExact: true };
  let states = 1;
  const lengths = items.filter((item) => item.kind === 'length');
  for (const item of items) if (item.kind === 'sector') states *= fatesOfSector(item, profile);
  if (profile.lengthsInOrder) states *= lengths.length + 1;
  else for (const { from, to } of lengths) states *= profile.lengthsPartWay ? Math.abs(to - from) + 1 : 2;
  const hasNoise = profile.garbage !== 'none' && items.some(({ kind }) => kind === 'sector');
  const isExact = Number.isSafeInteger(states) && !hasNoise;
  return { states: Math.min(states, Number.MAX_SAFE_INTEGER), isExact };
}

/** Old; each version; each torn at each byte, head or tail, over each older one; noise counted once for each. */
function fatesOfSector({ versions }: PendingSector, profile: PersistenceProfile): number {
  let fates = 1 + versions.length;
  if (profile.garbage !== 'none') fates += versions.length;
  if (profile.tearsSectors)
    for (let version = 0; version < versions.length; version++) fates += 2 * (SECTOR_BYTES - 1) * (1 + version);
  return fates;
}
