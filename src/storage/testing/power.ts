/** For tests: the harshest power cuts. */
import type { Fate, PowerCutChoice } from '../simulated/fates';
import type { PendingItem } from '../simulated/pending';

/** Every pending sector holds noise where it was written; every pending length is lost. */
export function garbageEverywhere(items: readonly PendingItem[]): PowerCutChoice {
  return items.map((item, i): Fate => (item.kind === 'sector' ? { fate: 'garbage', seed: i } : { fate: 'lost' }));
}
