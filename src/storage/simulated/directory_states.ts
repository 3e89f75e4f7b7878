/**
 * Every state a cut can leave of a simulated directory: all of them, each once. With a handful of calls that is a few
 * hundred at most, so nothing is sampled and nothing drawn by chance.
 *
 * A profile sorts the pending changes (`directory_profiles.ts`). A choice is then
 *
 *     how many calls of the ordered changes are kept    0 .. all of them
 *   × which of the free changes are kept                each or not; of the versions of one block: one, or none
 *
 * and its state is what is durable with the kept changes applied in the order of the calls. Choices that leave the same
 * are one state: a length that is kept for a file that is gone shows nowhere.
 */
import { assert } from '../../base/assert';
import { applied, type DirectoryChange, type DirectoryImage, type SimulatedDirectory } from './directory';
import type { DirectoryProfile } from './directory_profiles';

/** More choices than this are refused, not sampled. */
export const CHOICES_MAX = 4096;

/** How many choices a cut has now, before equal results are put together. */
export function countChoices(pending: readonly DirectoryChange[], profile: DirectoryProfile): number {
  if (profile.keepsAll) return 1;
  const { calls, groups } = sorted(pending, profile);
  return groups.reduce((product, group) => product * (group.length + 1), calls.length + 1);
}

/** What a cut can leave, each state once, the one that loses everything pending first. */
export function survivors(directory: SimulatedDirectory, profile: DirectoryProfile): readonly DirectoryImage[] {
  const { durable, pending } = directory;
  if (profile.keepsAll) return [applied(durable, pending)];
  assert(countChoices(pending, profile) <= CHOICES_MAX, 'the caller asks countChoices first');
  const { calls, groups } = sorted(pending, profile);
  const found = new Map<string, DirectoryImage>();
  for (let kept = 0; kept <= calls.length; kept++) {
    const first = calls.slice(0, kept).flat();
    for (const free of freeChoices(groups)) {
      const chosen = new Set([...first, ...free]);
      const image = applied(
        durable,
        pending.filter((change) => chosen.has(change)),
      );
      const key = keyOf(image);
      if (!found.has(key)) found.set(key, image);
    }
  }
  return [...found.values()];
}

interface Sorted {
  /** The changes kept in order, a call at a time. */
  readonly calls: readonly (readonly DirectoryChange[])[];
  /** Of each group at most one is kept. */
  readonly groups: readonly (readonly DirectoryChange[])[];
}

function sorted(pending: readonly DirectoryChange[], profile: DirectoryProfile): Sorted {
  const calls = new Map<number, DirectoryChange[]>();
  const groups = new Map<string, DirectoryChange[]>();
  const add = <Key>(to: Map<Key, DirectoryChange[]>, key: Key, change: DirectoryChange): void => {
    to.set(key, [...(to.get(key) ?? []), change]);
  };
  for (const [index, change] of pending.entries()) {
    if (profile.inOrder.includes(change.kind)) add(calls, change.call, change);
    else if (profile.anyOrder.includes(change.kind)) {
      // Each version of a block is the whole block: the last one kept is what there is, so one of them or none is all.
      add(groups, change.kind === 'block' ? `${change.file}:${change.block}` : `change ${index}`, change);
    }
  }
  return { calls: [...calls.values()], groups: [...groups.values()] };
}

/** One of each group or none of it, in every combination; the first is none at all. */
function freeChoices(groups: readonly (readonly DirectoryChange[])[]): readonly (readonly DirectoryChange[])[] {
  let choices: readonly (readonly DirectoryChange[])[] = [[]];
  for (const group of groups) {
    choices = choices.flatMap((choice) => [choice, ...group.map((change) => [...choice, change])]);
  }
  return choices;
}

function keyOf({ names, files }: DirectoryImage): string {
  const byName = [...names].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, file]) => `${name}=${file}`);
  const byFile = [...files].sort(([a], [b]) => a - b).map(([file, bytes]) => `${file}:${bytes.join('.')}`);
  return `${byName.join(' ')} | ${byFile.join(' ')}`;
}
