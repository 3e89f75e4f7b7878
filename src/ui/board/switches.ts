/** The switches of the disk board: what they stand at, and what turning one makes of the fate behind it. */
import type { PendingItem } from '../../protocol/drill';
import type { Fate } from '../../storage/simulated/fates';
import type { MarkState } from '../marks/states';

export const SWITCHES = ['kept', 'lost', 'torn', 'noise'] as const;
export type Switch = (typeof SWITCHES)[number];

/** How a fate looks: whole is durable from now on, lost stays what was only asked for. */
export const SWITCH_MARKS: Readonly<Record<Switch, MarkState>> = {
  kept: 'durable',
  lost: 'pending',
  torn: 'torn',
  noise: 'garbage',
};

export const SECTOR = 512;
const TEAR_AT = 256;

export function switchOf(fate: Fate): Switch {
  return fate.fate === 'garbage' ? 'noise' : fate.fate;
}

/** A length is there or not; only a sector can be torn, or noise. */
export function switchesOf(item: PendingItem, offered: readonly Switch[]): readonly Switch[] {
  return item.kind === 'sector' ? offered : offered.filter((one) => one === 'kept' || one === 'lost');
}

export function turned(item: PendingItem, to: Switch): Fate {
  switch (to) {
    case 'kept':
    case 'lost':
      return { fate: to };
    case 'torn':
      return { fate: 'torn', atByte: TEAR_AT };
    case 'noise':
      return { fate: 'garbage', seed: item.item };
  }
}

/** The same fate of another version; the last one is named by leaving it out, as the crash search does. */
export function ofVersion(fate: Fate, version: number, versions: number): Fate {
  if (fate.fate === 'lost' || 'to' in fate) return fate;
  const { version: _, ...rest } = fate as Extract<Fate, { readonly version?: number | undefined }>;
  return version === versions - 1 ? rest : { ...rest, version };
}
export function versionOf(fate: Fate, versions: number): number {
  return ('version' in fate ? fate.version : undefined) ?? versions - 1;
}

export function tornAt(fate: Fate, atByte: number): Fate {
  return fate.fate === 'torn' ? { ...fate, atByte } : fate;
}

/** What a script of the lab says of a choice: the items that are kept, and those that are torn. */
export function asPowerCut(
  pending: readonly PendingItem[],
  fates: readonly Fate[],
): { keep: readonly number[]; torn: readonly { item: number; atByte: number }[] } {
  const keep: number[] = [];
  const torn: { item: number; atByte: number }[] = [];
  for (const [index, { item }] of pending.entries()) {
    const fate = fates[index];
    if (fate?.fate === 'kept') keep.push(item);
    if (fate?.fate === 'torn') torn.push({ item, atByte: fate.atByte });
  }
  return { keep, torn };
}
