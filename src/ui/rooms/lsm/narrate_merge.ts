/** The beats of a compaction in words: why it is due, what it does with each entry, and how it ends. */
import type { LsmEvent } from '../../../lsm';
import { bytesText, keyText, plural } from '../../marks/units';
import type { LsmView } from './model';

type MergeEvent = Extract<
  LsmEvent,
  { kind: 'lsm.compaction_started' | 'lsm.entry_merged' | 'lsm.compaction_finished' | 'lsm.compaction_abandoned' }
>;

export function mergeSentence(event: MergeEvent, after: LsmView): string {
  switch (event.kind) {
    case 'lsm.compaction_started': {
      const { compaction, inputs, isTrivialMove, to, why } = event;
      const tables = plural(inputs.length, 'table');
      const what = isTrivialMove
        ? `${tables} can go down to level ${to} as ${inputs.length === 1 ? 'it is' : 'they are'}: nothing there overlaps`
        : `${tables} of ${levelsOf(after)} are merged in key order into level ${to}`;
      return `Compaction ${compaction} begins. Why: ${why}. ${what}.`;
    }
    case 'lsm.entry_merged':
      return entrySentence(event);
    case 'lsm.compaction_finished': {
      const merge = after.merge;
      if (merge?.isMove === true || event.bytesRead === 0)
        return `Compaction ${event.compaction} is over: tables changed their level, and not a byte of them was read.`;
      return `Compaction ${event.compaction} is over: ${bytesText(event.bytesRead)} were read and ${bytesText(event.bytesWritten)} written, so that later reads have fewer tables to look into.`;
    }
    case 'lsm.compaction_abandoned':
      return `Compaction ${event.compaction} is given up (${event.why}): its inputs are still in force, so nothing is lost but the work.`;
  }
}

function levelsOf({ merge }: LsmView): string {
  const levels = [...new Set(merge?.inputs.map(({ level }) => level))];
  const last = levels.pop();
  return levels.length === 0 ? `level ${last}` : `levels ${levels.join(', ')} and ${last}`;
}

function entrySentence(event: Extract<LsmEvent, { kind: 'lsm.entry_merged' }>): string {
  const { from, isTombstone, key, lsn, outcome, why } = event;
  const what = `${keyText(key)} of table ${from}, LSN ${lsn}`;
  switch (outcome) {
    case 'kept':
      if (why) return `${what}, ${filterWords(why)}: it goes to the output.`;
      return isTombstone
        ? `${what}, is a tombstone, and tables outside this merge may still have the key: it is kept and goes to the output.`
        : `${what}, is the newest entry of its key here: it goes to the output.`;
    case 'overwritten':
      return `${what}, is dropped: a newer entry of the same key has just come by.`;
    case 'tombstone_at_bottom':
      return `${what}, is a tombstone, and nothing older of the key can lie anywhere: it has done its work and is dropped.`;
    case 'filtered':
      return `${what}, is dropped: ${why ? `it ${filterWords(why)}` : 'no reader can see that version any more'}.`;
  }
}

function filterWords({ kind, lsn }: NonNullable<Extract<LsmEvent, { kind: 'lsm.entry_merged' }>['why']>): string {
  switch (kind) {
    case 'below_watermark':
      return `lies below the watermark at ${lsn}, and a newer version is there for every reader`;
    case 'deleted':
      return 'says that the key was deleted, and nothing older is left that it would have to hide';
    case 'snapshot':
      return `has a newer version, but the snapshot at ${lsn} reads this one`;
    case 'above_watermark':
      return `has a newer version, but the watermark at ${lsn} has not passed that one yet`;
  }
}
