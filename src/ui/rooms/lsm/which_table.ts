/** Which table the step, or the selection, is about, and which of its bytes. */
import type { Selection } from '../../../lab/selection';
import type { LabEvent } from '../../../protocol/trace';
import { anyTable, type LsmView, type TableView } from './model';
import { rangesOf } from './places';

export interface TableInSight {
  readonly table: TableView;
  readonly bytes: { readonly from: number; readonly to: number } | undefined;
}

export function tableInSight(
  event: LabEvent | undefined,
  selection: Selection,
  view: LsmView,
): TableInSight | undefined {
  const selected = selection.kind === 'bytes' ? tableAt(selection, view) : undefined;
  return selected ?? (event && tableOf(event, view));
}

/** What selecting a table in the picture selects: whoever does that wants to see the table, and not its first bytes. */
export function isWholeTable(selection: Selection, view: LsmView): boolean {
  if (selection.kind !== 'bytes') return false;
  const table = tableAt(selection, view)?.table;
  const whole = table && rangesOf(table, view.extentBytes)[0];
  return whole?.file === selection.file && whole.from === selection.from && whole.to === selection.to;
}

/** The table in whose extent the bytes begin. */
function tableAt({ file, from, to }: Extract<Selection, { kind: 'bytes' }>, view: LsmView): TableInSight | undefined {
  const { extentBytes } = view;
  if (extentBytes === 0) return undefined;
  for (const extent of view.extents) {
    if (extent?.holds !== 'table' || extent.file !== file) continue;
    if (from < extent.at || from >= extent.at + extentBytes) continue;
    const table = anyTable(view, extent.table);
    const at = extent.part * extentBytes + from - extent.at;
    // All of an extent is no place in it.
    return (
      table && {
        table,
        bytes: to - from >= table.bytes || to - from >= extentBytes ? undefined : { from: at, to: at + to - from },
      }
    );
  }
  return undefined;
}

function tableOf(event: LabEvent, view: LsmView): TableInSight | undefined {
  switch (event.kind) {
    case 'lsm.block_built':
    case 'lsm.block_read': {
      const table = anyTable(view, event.table);
      return table && { table, bytes: { from: event.at, to: event.at + event.bytes } };
    }
    case 'lsm.table_started':
    case 'lsm.table_probed': {
      const table = anyTable(view, event.table);
      return table && { table, bytes: undefined };
    }
    case 'lsm.table_finished': {
      const table = anyTable(view, event.meta.id);
      return table && { table, bytes: undefined };
    }
    case 'storage.file_written':
    case 'storage.file_read': {
      const count = event.kind === 'storage.file_read' ? event.count : event.bytes.length;
      return tableAt({ kind: 'bytes', file: event.file, from: event.at, to: event.at + count }, view);
    }
    default:
      return undefined;
  }
}
