/**
 * What a transaction must not see, for the lab and the checker: with a protection off, it does. A correct engine has no
 * line of code for any of this; a careless one has the same effects by reading a structure that somebody is changing.
 */
import type { Lsn, TxnId } from '../base/ids';
import type { Batch } from '../base/ordered_index';
import type { StrayWriter, TransactionBegun } from './events';
import type { MvccProtections } from './protections';
import type { RecentCommit } from './recent_commits';
import { WriteBuffer, type Writes } from './write_buffer';

interface Writer {
  readonly id: TxnId;
  readonly buffer: WriteBuffer;
  readonly ahead: readonly StrayWrites[] | undefined;
}

/** Writes over a snapshot, and whose they are. */
export interface StrayWrites {
  readonly writes: Writes;
  readonly writer: StrayWriter;
}
/** Of a commit on its way. */
export interface WritesAhead extends StrayWrites {
  readonly lsn: Lsn;
  readonly batch: Batch;
}

const NONE: readonly StrayWrites[] = [];

/** Writes over its snapshot, the last on top. */
export function strayWritesOf<T extends Writer>(
  reader: T,
  active: Iterable<T>,
  { hideUncommitted }: MvccProtections,
): readonly StrayWrites[] {
  const { ahead = NONE } = reader;
  if (hideUncommitted) return ahead;
  const layers = [...ahead];
  for (const other of active)
    if (other !== reader && !other.buffer.isEmpty)
      layers.push({ writes: other.buffer.view(), writer: { transaction: other.id } });
  return layers;
}

/** Of the commits on their way, in the order of the log, those that a new snapshot has already. */
export function writesAhead(
  onTheirWay: readonly RecentCommit[],
  { publishInLogOrder, wholeCommits }: MvccProtections,
): readonly WritesAhead[] | undefined {
  const ahead: WritesAhead[] = [];
  const [first] = onTheirWay;
  if (!wholeCommits && first && first.batch.length > 1)
    ahead.push(aheadOf(first, first.batch.slice(0, first.batch.length >> 1)));
  const last = onTheirWay.at(-1);
  if (!publishInLogOrder && last && last !== first) ahead.push(aheadOf(last, last.batch));
  return ahead.length === 0 ? undefined : ahead;
}

function aheadOf({ lsn, transaction }: RecentCommit, batch: Batch): WritesAhead {
  const buffer = new WriteBuffer();
  buffer.addAll(batch);
  return { lsn, batch, writes: buffer.view(), writer: { ...(transaction !== undefined && { transaction }), lsn } };
}

/** For the trace. */
export const toldAhead = (ahead: readonly WritesAhead[]): NonNullable<TransactionBegun['ahead']> =>
  ahead.map(({ batch, lsn }) => ({ lsn, keys: batch.map(({ key }) => key.slice()) }));
