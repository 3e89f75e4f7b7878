/**
 * Losses that nobody could notice who has only the four files to look at. Each has a reason, and a rule that says
 * which losses it excuses; a loss that no rule excuses is a failure of the engine.
 */
import { equalBytes } from '../../base/bytes';
import { FILE_NAMES } from '../../storage/file';
import { damagedImages, type Damage } from './damage';
import type { Specimen } from './specimen';
import type { RecoveryReport } from '../../kv_store';

export const UNDETECTABLE_REASONS = {
  log_end:
    'The store was not closed, and the newest groups were hit. Nothing written later says that they were flushed, so they look like groups whose write was cut short.',
  log_rolled_back:
    'The store was not closed, and a stretch of the log shows an older state. Every group that vouched for a missing one went with it; the superblock vouches only for what it knew at the last checkpoint.',
  store_rolled_back:
    'All four files are the older state of the same store: consistent, and old. Only something outside of them could tell.',
  nothing_left:
    'All files that had anything in them are gone and were made anew, empty: nothing says that there ever was a store.',
} as const;

export type UndetectableReason = keyof typeof UNDETECTABLE_REASONS;

/** Why a store that recovered fewer commits than there were could not know; undefined if it could. */
export function whyUndetectable(
  specimen: Specimen,
  damage: Damage,
  { formatted, lastLsn }: RecoveryReport,
): UndetectableReason | undefined {
  if (damage.kind === 'missing') {
    const isLeft = FILE_NAMES.some((name) => !damage.files.includes(name) && specimen.images[name].length > 0);
    return damage.madeAnew && !isLeft && formatted ? 'nothing_left' : undefined;
  }
  if (damage.kind === 'older_file' && damage.files.length === 4) return 'store_rolled_back';
  if (specimen.end === 'closed') return undefined;
  if (lastLsn >= specimen.vouchedLsn) return 'log_end';
  const hit = howLogWasHit(damage);
  if (hit === undefined || lastLsn < specimen.superblockLsn || isVouchedFor(specimen, damage, lastLsn + 1))
    return undefined;
  return hit;
}

/** What took groups of the log together with those that vouched for them, if it did. */
function howLogWasHit(damage: Damage): UndetectableReason | undefined {
  switch (damage.kind) {
    case 'region':
      return damage.file === 'log' ? 'log_rolled_back' : undefined;
    case 'older_file':
      return damage.files.includes('log') ? 'log_rolled_back' : undefined;
    // A write of some groups' length, landed on the last ones.
    case 'misdirect':
      return damage.file === 'log' ? 'log_end' : undefined;
    default:
      return undefined;
  }
}

/** Whether a group that says how far a flush had come, and came to `lsn` at least, still stands in the damaged log. */
function isVouchedFor(specimen: Specimen, damage: Damage, lsn: number): boolean {
  const { log } = damagedImages(specimen, damage);
  return specimen.vouchers.some(
    ({ at, says, start }) => says >= lsn && log !== undefined && equalBytes(log.subarray(at, at + start.length), start),
  );
}
