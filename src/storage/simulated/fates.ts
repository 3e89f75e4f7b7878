/**
 * What becomes of a pending item when the power goes: kept, lost, torn, or garbage. A power cut is one fate for each
 * item of `pending()`, in the same order: plain data, so that a switch on screen, a line of a script, a link and the
 * crash search all say it the same way.
 *
 *     sector, versions v0 v1 v2    lost               what is durable stays
 *                                  kept 1             v1 (no version: the last)
 *                                  torn 2 at 100      bytes 0..99 of v2 over what was under it
 *                                  garbage 0          noise where v0 wrote (or in the whole sector)
 *     length 512 -> 2048           lost | kept | kept to 1024
 */
import type { Random } from '../../base/runtime';
import { SECTOR_BYTES } from '../file';
import type { PendingItem, PendingLength, PendingSector } from './pending';
import type { PersistenceProfile } from './profiles';

export interface Lost {
  readonly fate: 'lost';
}

export interface SectorKept {
  readonly fate: 'kept';
  /** Index into the versions of the item; absent: the last. The same below. */
  readonly version?: number | undefined;
}

export interface SectorTorn {
  readonly fate: 'torn';
  readonly version?: number | undefined;
  /** The older version it was torn over; absent: whatever is durable there. */
  readonly under?: number | undefined;
  readonly atByte: number;
  /** Which part arrived; absent: the head. */
  readonly part?: 'head' | 'tail' | undefined;
}

export interface SectorGarbage {
  readonly fate: 'garbage';
  readonly version?: number | undefined;
  readonly seed: number;
  /** Noise over the neighbours in the sector too, not only where the version wrote. */
  readonly wholeSector?: boolean | undefined;
}

export interface LengthKept {
  readonly fate: 'kept';
  /** How far the change got; absent: all the way. */
  readonly to?: number | undefined;
}

export type SectorFate = Lost | SectorKept | SectorTorn | SectorGarbage;
export type LengthFate = Lost | LengthKept;
export type Fate = SectorFate | LengthFate;

/** A fate for each pending item, in their order. */
export type PowerCutChoice = readonly Fate[];

const LOST: Lost = { fate: 'lost' };
const KEPT: SectorKept & LengthKept = { fate: 'kept' };

/** Everything issued reaches the disk: what a crash of the process alone leaves. */
export function keepAll(items: readonly PendingItem[]): PowerCutChoice {
  return items.map(() => KEPT);
}

/** Nothing reaches the disk but what was flushed. */
export function loseAll(items: readonly PendingItem[]): PowerCutChoice {
  return items.map(() => LOST);
}

/** The items with these numbers, counted from 1 in the order of the list, are kept; the others are lost. */
export function keepOnly(items: readonly PendingItem[], numbers: readonly number[]): PowerCutChoice {
  return items.map((_, i) => (numbers.includes(i + 1) ? KEPT : LOST));
}

/**
 * Every fate a profile allows an item, leaving out tears, noise and part-way lengths, which have a byte or a seed to
 * choose: the switch positions of the lab, and what an exhaustive search multiplies.
 */
export function plainFates(item: PendingItem, profile: PersistenceProfile): readonly Fate[] {
  if (!profile.losesUnflushed) return [KEPT];
  if (item.kind === 'length') return [LOST, KEPT];
  return [LOST, ...item.versions.map((_, version) => ({ fate: 'kept', version }) as const)];
}

/** A choice the profile allows; the same items and random numbers give the same choice. */
export function randomChoice(
  items: readonly PendingItem[],
  profile: PersistenceProfile,
  random: Random,
): PowerCutChoice {
  const lengths = items.filter((item) => item.kind === 'length');
  const lengthsKept = profile.lengthsInOrder ? lengths.slice(0, below(random, lengths.length + 1)) : null;
  return items.map((item) => {
    if (!profile.losesUnflushed) return KEPT;
    if (item.kind === 'sector') return randomSectorFate(item, profile, random);
    if (lengthsKept !== null) return lengthsKept.includes(item) ? KEPT : LOST;
    return randomLengthFate(item, profile, random);
  });
}

function randomSectorFate(item: PendingSector, profile: PersistenceProfile, random: Random): SectorFate {
  const version = below(random, item.versions.length);
  switch (below(random, 4)) {
    case 0:
      return LOST;
    case 1:
      if (!profile.tearsSectors) return { fate: 'kept', version };
      return {
        fate: 'torn',
        version,
        under: version === 0 || below(random, 2) === 0 ? undefined : below(random, version),
        atByte: 1 + below(random, SECTOR_BYTES - 1),
        part: below(random, 2) === 0 ? 'head' : 'tail',
      };
    case 2:
      if (profile.garbage === 'none' || below(random, 4) > 0) return { fate: 'kept', version };
      return { fate: 'garbage', version, seed: random.next(), wholeSector: profile.garbage === 'whole_sector' };
    default:
      return { fate: 'kept', version };
  }
}

function randomLengthFate(item: PendingLength, profile: PersistenceProfile, random: Random): LengthFate {
  const kind = below(random, 3);
  if (kind === 0) return LOST;
  if (kind === 1 || !profile.lengthsPartWay) return KEPT;
  const shorter = Math.min(item.from, item.to);
  return { fate: 'kept', to: shorter + below(random, Math.abs(item.to - item.from) + 1) };
}

const below = (random: Random, limit: number): number => random.next() % limit;

/** Why a choice cannot happen under a profile, in words; undefined if it can. Also the guard for choices from outside. */
export function whyImpossible(
  items: readonly PendingItem[],
  choice: PowerCutChoice,
  profile: PersistenceProfile,
): string | undefined {
  if (choice.length !== items.length) return `${choice.length} fates were given for ${items.length} pending items`;
  let lengthLost = false;
  for (const [i, item] of items.entries()) {
    const fate = choice[i]!;
    const why = item.kind === 'sector' ? whyNotSector(item, fate, profile) : whyNotLength(item, fate, profile);
    if (why !== undefined) return `item ${i + 1}: ${why}`;
    if (item.kind !== 'length' || !profile.lengthsInOrder) continue;
    if (fate.fate === 'lost') lengthLost = true;
    else if (lengthLost)
      return `item ${i + 1}: lengths reach this disk in the order they were set, and an earlier one is lost`;
  }
  return undefined;
}

function whyNotSector(item: PendingSector, fate: Fate, profile: PersistenceProfile): string | undefined {
  if (fate.fate === 'lost') return profile.losesUnflushed ? undefined : 'nothing issued is lost here';
  const last = item.versions.length - 1;
  const version = 'version' in fate && fate.version !== undefined ? fate.version : last;
  if (!isIndex(version, last)) return `there is no version ${version}`;
  if (!profile.losesUnflushed && version !== last) return 'nothing issued is lost here';
  if (fate.fate === 'torn') {
    if (!profile.tearsSectors) return 'this disk writes a sector whole';
    if (!isIndex(fate.atByte, SECTOR_BYTES)) return `a sector cannot be torn at byte ${fate.atByte}`;
    if (fate.under !== undefined && !isIndex(fate.under, version - 1)) return 'it is torn over an older version';
  }
  if (fate.fate === 'garbage') {
    if (profile.garbage === 'none') return 'this disk leaves no garbage';
    if (fate.wholeSector === true && profile.garbage !== 'whole_sector') return 'this disk spares the neighbours';
  }
  if ('to' in fate && fate.to !== undefined) return 'a sector has no length';
  return undefined;
}

function whyNotLength(item: PendingLength, fate: Fate, profile: PersistenceProfile): string | undefined {
  if (fate.fate === 'lost') return profile.losesUnflushed ? undefined : 'nothing issued is lost here';
  if (fate.fate !== 'kept' || 'version' in fate) return 'a length is kept or lost';
  const to = 'to' in fate ? fate.to : undefined;
  if (to === undefined || to === item.to) return undefined;
  if (!profile.lengthsPartWay) return 'this disk sets a length at once';
  const [shorter, longer] = item.from < item.to ? [item.from, item.to] : [item.to, item.from];
  return Number.isSafeInteger(to) && to >= shorter && to <= longer ? undefined : `the length never was near ${to}`;
}

const isIndex = (value: number, last: number): boolean => Number.isSafeInteger(value) && value >= 0 && value <= last;
