/** Which bytes of which file a step or a selection is about: what the events that every room has say of that. */
import type { Stretch } from '../../base/fields';
import { NOTHING, type Selection } from '../../lab/selection';
import type { LabEvent, TraceRecord } from '../../protocol/trace';
import type { FileName } from '../../storage/file';

export interface ByteRange extends Stretch {
  readonly file: FileName;
}
/** Undefined where a step is about no bytes: `locateBefore` then. */
export type Locate<V> = (record: TraceRecord | undefined, selection: Selection, view: V) => ByteRange | undefined;

interface Places<V> {
  /** Of what is selected, where that is not bytes themselves. */
  readonly ofSelection: (selection: Selection, view: V) => ByteRange | undefined;
  /** Of the room's own events. */
  readonly ofEvent: (event: LabEvent, view: V) => ByteRange | undefined;
}

/** The selection wins where it says where; else the step does. */
export function locateBy<V>({ ofEvent, ofSelection }: Places<V>): Locate<V> {
  return (record, selection, view) => {
    const selected = selection.kind === 'bytes' ? selection : ofSelection(selection, view);
    return selected ?? (record && (ofCall(record.event) ?? ofEvent(record.event, view)));
  };
}

/** Steps that are looked back over: longer than any command of a lesson that touches no bytes. */
const STEPS_BACK = 512;
const STEPS_AT_ONCE = 32;

/**
 * Of a step that is about no bytes: those of the last step before it that was about some. So what is shown hangs on the step
 * alone, and not on the way to it or on the run that was there before.
 *
 * @param view that of `record`: what an earlier step touched is shown where it lies by now.
 */
export function locateBefore<V>(
  locate: Locate<V>,
  record: TraceRecord | undefined,
  view: V,
  records: (from: number, to: number) => readonly TraceRecord[],
): ByteRange | undefined {
  const seq = record?.seq ?? 0;
  for (let to = seq - 1; to >= 0 && to > seq - STEPS_BACK; to -= STEPS_AT_ONCE) {
    const earlier = records(Math.max(0, to - STEPS_AT_ONCE + 1), to);
    for (let i = earlier.length - 1; i >= 0; i--) {
      const found = locate(earlier[i], NOTHING, view);
      if (found) return found;
    }
  }
  return undefined;
}

const SLOT_AT = [0, 4096] as const;
const SLOT_LENGTH = 512;

function ofCall(event: LabEvent): ByteRange | undefined {
  switch (event.kind) {
    case 'storage.file_written':
      return { file: event.file, from: event.at, to: event.at + event.bytes.length };
    case 'storage.file_read':
      return { file: event.file, from: event.at, to: event.at + event.count };
    case 'store.superblock_read':
    case 'store.superblock_written':
    case 'store.superblock_flushed':
      return { file: 'superblock', from: SLOT_AT[event.slot], to: SLOT_AT[event.slot] + SLOT_LENGTH };
    case 'host.byte_flipped':
      return { file: event.file, from: event.at, to: event.at + 1 };
    default:
      return undefined;
  }
}
