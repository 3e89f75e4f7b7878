/** Walks a whole store and says what is wrong. Reads the files; changes nothing. */
import type { Finding } from '../base/ordered_index';
import { lsn } from '../base/ids';
import type { FileSet } from '../storage/file';
import { scanLog } from '../storage/log_region';
import type { Checkpointer } from './checkpointer';
import { guardHolds, type Recovered } from './recovery';
import { SLOT_OFFSETS } from './superblock';
import { describeSlots } from './superblock_file';
import type { PlainError } from '../base/errors';

/**
 *   K5  The index keeps its own invariants.
 *   K6  Every extent is used exactly once or free.
 *   K7  Both superblock slots are valid and in force (equal epochs), unless a checkpoint is between them.
 *   K8  The checkpoint in force can be read from the files, whole.
 *   K9  The log can be read from the redo point to the last record written; the group before the redo point is there.
 *
 * What is about bytes (K7 to K9) carries the place, as the error of an opening does: somebody has to go and look.
 */
export function checkStore(parts: Recovered, checkpointer: Checkpointer, files: FileSet): Finding[] {
  const { damage } = parts.report;
  if (damage) return [...parts.index.check(), findingOf(damage)]; // Opened for salvage: the rest is known not to hold.
  return [
    ...parts.index.check(),
    ...checkExtents(parts),
    ...checkSlots(files, checkpointer),
    ...checkCheckpoint(parts, checkpointer, files),
    ...checkLog(parts, checkpointer, files),
  ];
}

function findingOf({ code, message, place }: PlainError): Finding {
  return { rule: code === 'log_damaged' ? 'K9' : 'K8', detail: message, place };
}

function checkExtents({ allocator, index }: Recovered): Finding[] {
  return allocator.check([...index.liveExtents, ...index.allocatedExtents]);
}

function checkSlots(files: FileSet, checkpointer: Checkpointer): Finding[] {
  if (checkpointer.hasTouchedSlots) return [];
  const { epoch } = checkpointer.superblock;
  return describeSlots(files.superblock)
    .filter((slot) => !slot.valid || slot.epoch !== epoch)
    .map(({ slot, valid, epoch: found }) => ({
      rule: 'K7',
      detail: valid ? `slot ${slot} has epoch ${found}, not ${epoch}` : `slot ${slot} is not valid`,
      place: { file: 'superblock', offset: SLOT_OFFSETS[slot] },
    }));
}

/** Between the slots, neither root is all there is. */
function checkCheckpoint({ index }: Recovered, checkpointer: Checkpointer, files: FileSet): Finding[] {
  return checkpointer.hasTouchedSlots ? [] : index.scrub(files);
}

function checkLog({ geometry, log }: Recovered, checkpointer: Checkpointer, files: FileSet): Finding[] {
  const options = { verifyChecksums: true, verifyLinks: true, durableLsn: lsn(0) };
  const nothing = { group: () => undefined, record: () => undefined };
  const scan = scanLog(files.log, geometry, checkpointer.redo, options, nothing);
  if (scan.lastLsn === log.writtenLsn && scan.position >= log.appendPosition) {
    return scan.lastLsn < checkpointer.redo.lsn ? checkGuard(geometry, checkpointer, files) : [];
  }
  return [
    {
      rule: 'K9',
      detail: `the log can be read up to LSN ${scan.lastLsn}, not ${log.writtenLsn}: ${scan.reason}`,
      place: { file: 'log', offset: scan.position % geometry.logBytes, lsn: scan.lastLsn + 1 },
    },
  ];
}

/** Without a commit behind the redo point, an opening asks for the group before it: so does this. */
function checkGuard(geometry: Recovered['geometry'], checkpointer: Checkpointer, files: FileSet): Finding[] {
  const { hasTouchedSlots, superblock } = checkpointer;
  if (hasTouchedSlots || guardHolds(files, geometry, superblock)) return [];
  const offset = superblock.guardPosition % geometry.logBytes;
  return [{ rule: 'K9', detail: 'the group before the redo point is damaged', place: { file: 'log', offset } }];
}
