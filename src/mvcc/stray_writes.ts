/**
 * What a transaction must not see, for the lab and the checker: with a protection off, it does. A correct engine has no
 * line of code for any of this; a careless one has the same effects by reading a structure that somebody is changing.
 */
import type { MvccProtections } from './protections';
import type { RecentCommit } from './recent_commits';
import { WriteBuffer, type Writes } from './write_buffer';

interface Writer {
  readonly buffer: WriteBuffer;
  readonly ahead: Writes | undefined;
}

const NONE: readonly Writes[] = [];

/** Writes over its snapshot, the last on top. */
export function strayWritesOf<T extends Writer>(
  reader: T,
  active: Iterable<T>,
  { hideUncommitted }: MvccProtections,
): readonly Writes[] {
  if (hideUncommitted && !reader.ahead) return NONE;
  const layers = reader.ahead ? [reader.ahead] : [];
  if (hideUncommitted) return layers;
  for (const other of active) if (other !== reader && !other.buffer.isEmpty) layers.push(other.buffer.view());
  return layers;
}

/** Of the commits on their way, in the order of the log, those that a new snapshot has already. */
export function writesAhead(
  onTheirWay: readonly RecentCommit[],
  { publishInLogOrder, wholeCommits }: MvccProtections,
): Writes | undefined {
  const ahead = new WriteBuffer();
  const [first] = onTheirWay;
  if (!wholeCommits && first && first.batch.length > 1) ahead.addAll(first.batch.slice(0, first.batch.length >> 1));
  const last = onTheirWay.at(-1);
  if (!publishInLogOrder && last && last !== first) ahead.addAll(last.batch);
  return ahead.isEmpty ? undefined : ahead.view();
}
