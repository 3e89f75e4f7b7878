/** Where a commit lies in the log: the bytes that a version was made of. */
import type { Selection } from '../../../lab/selection';
import type { LabEvent } from '../../../protocol/trace';
import { type ByteRange, locateBy } from '../../inspect/locate';
import type { MvccView } from './model';

export const locate = locateBy<MvccView>({ ofSelection, ofEvent });

function ofSelection(selection: Selection, view: MvccView): ByteRange | undefined {
  switch (selection.kind) {
    case 'lsn':
      return recordOf(view, selection.lsn);
    case 'key': {
      const chain = view.chains.find(({ keyHex }) => keyHex === selection.keyHex);
      return recordOf(view, chain?.versions[0]?.lsn);
    }
    default:
      return undefined;
  }
}

function ofEvent(event: LabEvent, view: MvccView): ByteRange | undefined {
  switch (event.kind) {
    case 'wal.record_buffered':
    case 'wal.record_scanned':
    case 'mvcc.commit_started':
    case 'mvcc.commit_settled':
    case 'mvcc.version_read':
    case 'mvcc.version_passed':
    case 'mvcc.version_collected':
    case 'mvcc.conflict_found':
    case 'store.commit_applied':
    case 'store.commit_replayed':
      return recordOf(view, event.lsn);
    default:
      return undefined;
  }
}

/** The newest life of the number. */
function recordOf({ logBytes, places }: MvccView, lsn: number | undefined): ByteRange | undefined {
  if (lsn === undefined) return undefined;
  for (let i = places.end - 1; i >= places.first; i--) {
    const place = places.get(i)!;
    if (place.lsn !== lsn) continue;
    return { file: 'log', from: place.at, to: Math.min(logBytes, place.at + place.bytes) };
  }
  return undefined;
}
