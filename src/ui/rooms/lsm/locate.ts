/** Where keys, tables and blocks lie in the files. */
import { compareBytes } from '../../../base/bytes';
import type { Selection } from '../../../lab/selection';
import type { LabEvent } from '../../../protocol/trace';
import { type ByteRange, locateBy } from '../../inspect/locate';
import { tablesInForce } from './contents';
import { anyTable, fileOf, placeOf, type LsmView, type TableView } from './model';
import { rangeIn, rangesOf } from './places';

export const locate = locateBy<LsmView>({ ofSelection, ofEvent });

/** The newest table that is known to hold the key; of it, where that was seen, the block that has the key. */
function ofSelection(selection: Selection, view: LsmView): ByteRange | undefined {
  if (selection.kind !== 'key') return undefined;
  for (const table of tablesInForce(view)) {
    const entry = table.entries?.find(({ keyHex }) => keyHex === selection.keyHex);
    if (entry) return blockOf(table, entry.key, view.extentBytes) ?? rangesOf(table, view.extentBytes)[0];
  }
  return undefined;
}

function blockOf(table: TableView, key: Uint8Array, extentBytes: number): ByteRange | undefined {
  const block = table.blocks.find(({ largest }) => largest !== undefined && compareBytes(largest, key) >= 0);
  return block && rangeIn(table, block.at, block.bytes, extentBytes);
}

function ofEvent(event: LabEvent, view: LsmView): ByteRange | undefined {
  switch (event.kind) {
    case 'lsm.block_read':
    case 'lsm.damage_found': {
      const table = anyTable(view, event.table);
      return table && rangeIn(table, event.at, 'bytes' in event ? event.bytes : 1, view.extentBytes);
    }
    case 'lsm.table_probed':
    case 'lsm.table_finished':
    case 'lsm.entry_merged': {
      const id =
        event.kind === 'lsm.table_finished'
          ? event.meta.id
          : event.kind === 'lsm.table_probed'
            ? event.table
            : event.from;
      const table = anyTable(view, id);
      return table && rangesOf(table, view.extentBytes)[0];
    }
    case 'lsm.version_edited':
    case 'lsm.manifest_area_changed': {
      const { areas, inForce } = view.manifest;
      const head = inForce === undefined ? undefined : areas[inForce]?.extents[0];
      if (head === undefined) return undefined;
      const from = placeOf(head, view.extentBytes);
      return { file: fileOf(head), from, to: from + view.extentBytes };
    }
    default:
      return undefined;
  }
}
