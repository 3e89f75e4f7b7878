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
  const isOlderLog =
    (damage.kind === 'region' && damage.file === 'log') ||
    (damage.kind === 'older_file' && damage.files.includes('log'));
  const isUnknown = isOlderLog && lastLsn >= specimen.superblockLsn && !isVouchedFor(specimen, damage, lastLsn + 1);
  return isUnknown ? 'log_rolled_back' : undefined;
}

/** Whether a group that says how far a flush had come, and came to `lsn` at least, still stands in the damaged log. */
function isVouchedFor(specimen: Specimen, damage: Damage, lsn: number): boolean {
  const { log } = damagedImages(specimen, damage);
  return specimen.vouchers.some(
    ({ at, says, start }) => says >= lsn && log !== undefined && equalBytes(log.subarray(at, at + start.length), start),
  );
}
