/** Which bytes of which file a step or a selection is about. */
import type { Selection } from '../../../lab/selection';
import type { TraceRecord } from '../../../protocol/trace';
import type { FileName } from '../../../storage/file';
import type { WalView } from './model';

export interface ByteRange {
  readonly file: FileName;
  readonly from: number;
  readonly to: number;
}

const SLOT_AT = [0, 4096] as const;
const SLOT_LENGTH = 512;

/** The selection wins where it says where; else the step does; else nothing, and whoever asks stays where it is. */
export function locate(record: TraceRecord | undefined, selection: Selection, view: WalView): ByteRange | undefined {
  return ofSelection(selection, view) ?? (record && ofStep(record, view));
}

function ofSelection(selection: Selection, view: WalView): ByteRange | undefined {
  if (selection.kind === 'bytes') return selection;
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

function ofStep({ event }: TraceRecord, view: WalView): ByteRange | undefined {
  switch (event.kind) {
    case 'storage.file_written':
      return { file: event.file, from: event.at, to: event.at + event.bytes.length };
    case 'storage.file_read':
      return { file: event.file, from: event.at, to: event.at + event.count };
    case 'wal.group_written':
    case 'wal.group_scanned':
      return onTape(event.position, event.bytes, view);
    case 'wal.group_flushed': {
      const flush = view.flushes.last();
      return flush && ofLsn(flush.afterLsn + 1, view);
    }
    case 'wal.group_cancelled':
    case 'wal.scan_ended':
      return onTape(event.position, SLOT_LENGTH, view);
    case 'wal.record_buffered':
    case 'wal.record_scanned':
    case 'store.commit_submitted':
    case 'store.commit_applied':
    case 'store.commit_acknowledged':
    case 'store.commit_replayed':
      return ofLsn(event.lsn, view);
    case 'store.superblock_read':
    case 'store.superblock_written':
    case 'store.superblock_flushed':
      return { file: 'superblock', from: SLOT_AT[event.slot], to: SLOT_AT[event.slot] + SLOT_LENGTH };
    case 'store.checkpoint_block_written': {
      const extent = view.extents.find((one) => one.extent === event.extent);
      return extent && { file: extent.file, from: extent.at, to: extent.at + view.extentBytes };
    }
    case 'host.byte_flipped':
      return { file: event.file, from: event.at, to: event.at + 1 };
    default:
      return undefined;
  }
}
