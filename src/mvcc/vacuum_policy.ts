/**
 * When a pass of vacuum is worth its while: a pure function of what is known without looking, so that a room can ask "why
 * now?" and show the answer.
 *
 *     after the last pass    ████████▒▒           live, and old versions that some snapshot still reads (held)
 *     now                    ████████▒▒░░░░░░     written since: each of these may have superseded another
 *                                    └─ at most so much is garbage ─┘   due at a share of the whole
 *
 * Nobody counts garbage while it comes to be: whether a put supersedes anything would take a search. What was written
 * since the last pass is the most that can have come; what that pass had to leave for a snapshot can go as well, once the
 * snapshot has ended. (PostgreSQL starts its vacuum by a share of the rows that were changed, in the same spirit.)
 *
 *   J1  Where the oldest snapshot in use is still the one of the last pass, another pass could take nothing: none is due,
 *       however much is held.
 */
import type { Lsn } from '../base/ids';
import type { VacuumPass } from './vacuum';

export interface GarbagePressure {
  /** Of all records in the index: keys and values. */
  readonly bytes: number;
  /** The last pass; undefined: there was none since opening. */
  readonly lastPass: VacuumPass | undefined;
  /** What the index had when it was opened. */
  readonly bytesAtOpening: number;
  /** The oldest snapshot in use, or what is published. */
  readonly watermark: Lsn;
  /** Whether somebody reads at the watermark. */
  readonly isHeld: boolean;
  /** A pass is due when so much of all bytes may be garbage, and at least `bytesMin`. */
  readonly percent: number;
  readonly bytesMin: number;
}

export interface VacuumDecision {
  readonly isDue: boolean;
  readonly garbageBytesMax: number;
  readonly why: string;
}

export function vacuumDue(pressure: GarbagePressure): VacuumDecision {
  const { bytes, bytesMin, isHeld, lastPass, percent, watermark } = pressure;
  const garbageBytesMax = mostGarbage(pressure);
  const decided = (isDue: boolean, why: string): VacuumDecision => ({ isDue, garbageBytesMax, why });
  if (!Number.isFinite(percent)) return decided(false, 'vacuum waits to be asked');
  const share = `at most ${garbageBytesMax} of ${bytes} bytes are garbage`;
  const limit = Math.max(bytesMin, (bytes * percent) / 100);
  if (garbageBytesMax < limit) return decided(false, `${share}: a pass begins at ${Math.ceil(limit)}`);
  if (lastPass && isHeld && watermark <= lastPass.watermark)
    return decided(false, `${share}, and the snapshot at ${watermark} holds it: a pass would take nothing`); // J1
  return decided(true, `${share}: a pass begins at ${Math.ceil(limit)}`);
}

/** What an opening finds nobody has looked at: half of what makes a pass due is taken to be garbage. */
function mostGarbage({ bytes, bytesAtOpening, lastPass, percent }: GarbagePressure): number {
  if (!lastPass) {
    const found = Math.min(1, percent / 200) * bytesAtOpening;
    return Math.round(Math.min(bytes, Math.max(0, bytes - bytesAtOpening) + found));
  }
  const left = lastPass.bytesSeen - lastPass.bytesCollected;
  return Math.min(bytes, Math.max(0, bytes - left) + lastPass.bytesHeld);
}
