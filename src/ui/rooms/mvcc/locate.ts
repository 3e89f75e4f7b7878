/** Where a version lies: its record in a page, where there are pages; else in the log the commit that it was made of. */
import { toHex } from '../../../base/bytes';
import type { Selection } from '../../../lab/selection';
import type { LabEvent } from '../../../protocol/trace';
import { type ByteRange, locateBy } from '../../inspect/locate';
import { locate as locateInTree } from '../btree/locate';
import type { MvccView } from './model';
import { fromHex, recordKeyOf, versionOfRecord } from './records';

export const locate = locateBy<MvccView>({ ofSelection, ofEvent });

function ofSelection(selection: Selection, view: MvccView): ByteRange | undefined {
  switch (selection.kind) {
    case 'lsn':
      return recordOf(view, selection.lsn);
    case 'key': {
      const chain = view.chains.find(({ keyHex }) => keyHex === selection.keyHex);
      const newest = chain?.versions[0];
      // A record by its own key: a version that was chosen in its chain.
      if (!newest) return ofRecord(view, selection.keyHex);
      return inTree(view, toHex(recordKeyOf(newest.key, newest.lsn))) ?? recordOf(view, newest.lsn);
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
      return recordOf(view, event.lsn);
    case 'mvcc.version_read':
    case 'mvcc.version_passed':
    case 'mvcc.conflict_found':
      if (event.lsn === undefined) return undefined;
      return inTree(view, toHex(recordKeyOf(event.key, event.lsn))) ?? recordOf(view, event.lsn);
    case 'store.commit_applied':
    case 'store.commit_replayed':
      return recordOf(view, event.lsn);
    default:
      return undefined;
  }
}

function ofRecord(view: MvccView, recordHex: string): ByteRange | undefined {
  const lsn = versionOfRecord(fromHex(recordHex))?.lsn;
  return inTree(view, recordHex) ?? recordOf(view, lsn);
}

const inTree = (view: MvccView, keyHex: string): ByteRange | undefined =>
  view.tree.tree && locateInTree(undefined, { kind: 'key', keyHex }, view.tree);

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
