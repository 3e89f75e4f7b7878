/**
 * The order in which people number what is pending: the log's, then the other files', each in the order it became so.
 * Room that the engine prepares in the data files then moves no number of a script. Numbers count from 1.
 */
import type { Fate } from './fates';
import type { PendingItem } from './pending';

export function inBoardOrder(items: readonly PendingItem[]): readonly PendingItem[] {
  return [...items.filter(({ file }) => file === 'log'), ...items.filter(({ file }) => file !== 'log')];
}

/** `order[i]`: the number, from 0, on the board of item i of the disk's own list. */
export function boardNumbers(items: readonly PendingItem[]): readonly number[] {
  const numbers = new Map(inBoardOrder(items).map((item, number) => [item, number]));
  return items.map((item) => numbers.get(item)!);
}

/** Fates listed by board number, in the order of the disk's own list. */
export function fromBoardOrder(items: readonly PendingItem[], fates: readonly Fate[]): readonly Fate[] {
  return boardNumbers(items).map((number) => fates[number]!);
}
