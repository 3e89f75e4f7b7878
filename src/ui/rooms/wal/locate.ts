/** Where records, groups and extents lie in the files. */
import type { Selection } from '../../../lab/selection';
import type { LabEvent } from '../../../protocol/trace';
import { type ByteRange, locateBy } from '../../inspect/locate';
import type { WalView } from './model';

/** The least that a scan looks at. */
const SECTOR_BYTES = 512;

export const locate = locateBy<WalView>({ ofSelection, ofEvent });

function ofSelection(selection: Selection, view: WalView): ByteRange | undefined {
  return selection.kind === 'lsn' ? ofLsn(selection.lsn, view) : undefined;
}

function ofLsn(lsn: number, view: WalView): ByteRange | undefined {
  const place = view.entries.get(lsn)?.place;
  return place && onTape(place.position, place.bytes, view);
}

/** A stretch of tape in the log file; what runs on over its end is shown up to there. */
function onTape(position: number, bytes: number, view: WalView): ByteRange | undefined {
  if (view.logBytes === 0) return undefined;
  const from = position % view.logBytes;
  return { file: 'log', from, to: Math.min(view.logBytes, from + bytes) };
}

function ofEvent(event: LabEvent, view: WalView): ByteRange | undefined {
  switch (event.kind) {
    case 'wal.group_written':
    case 'wal.group_scanned':
      return onTape(event.position, event.bytes, view);
    case 'wal.group_flushed': {
      const flush = view.flushes.last();
      return flush && ofLsn(flush.afterLsn + 1, view);
    }
    case 'wal.group_cancelled':
    case 'wal.scan_ended':
      return onTape(event.position, SECTOR_BYTES, view);
    case 'wal.record_buffered':
    case 'wal.record_scanned':
    case 'store.commit_submitted':
    case 'store.commit_applied':
    case 'store.commit_acknowledged':
    case 'store.commit_replayed':
      return ofLsn(event.lsn, view);
    case 'store.checkpoint_block_written': {
      const extent = view.extents.find((one) => one.extent === event.extent);
      return extent && { file: extent.file, from: extent.at, to: extent.at + view.extentBytes };
    }
    default:
      return undefined;
  }
}
