/**
 * Vacuum that starts by itself: each group of commits pays for a slice, as it does for checkpoints. When a pass begins, and
 * why, is `mvcc/vacuum_policy.ts`.
 *
 *     group of 900 B ──▶ 7,200 B owed ──▶ 4 KiB or more: is a pass due, or running? ──▶ a slice
 *
 * A pass looks at so many bytes for each that is committed, so it has come round before as much again was written. That
 * holds beside a checkpoint as well, whose share the same group pays: one may be under way for half of the log, and what
 * is garbage by then would be several times what is live. The checkpoint goes by its view of the index, to which versions
 * taken now are as present as keys that a commit deletes now; the pages that they were on are written once more later.
 *
 *   H1  A commit's own turn hears of nothing that goes wrong here. A device without room for the pages that change is asked
 *       again after the next groups; what cannot be read ends it for this life, and readers will hear of it themselves.
 */
import { isEngineError, type ErrorCode } from '../base/errors';
import { vacuumDue, type TransactionManager, type Vacuum, type VacuumDecision } from '../mvcc';
import type { StoreIndex } from './store_index';

/** Bytes of records looked at for each byte committed. */
const PACE = 8;
/** A slice opens a cursor: less at once is not worth it. */
const SLICE_BYTES_MIN = 4 * 1024;
/** Owed while nothing was due, or by one large group: no more of it is made up for at once. */
const OWED_BYTES_MAX = 256 * 1024;

export interface VacuumShareOptions {
  readonly vacuum: Vacuum;
  readonly index: Pick<StoreIndex, 'stats'>;
  readonly transactions: Pick<TransactionManager, 'endIdle' | 'snapshotsInUse' | 'watermark'>;
  readonly percent: number;
  readonly bytesMin: number;
}

export class VacuumShare {
  readonly #options: VacuumShareOptions;
  readonly #bytesAtOpening: number;
  #owedBytes = 0;
  #haltedBy: ErrorCode | undefined;
  /** The pass that began here. Somebody else's is his to end: he waits to hear of it. */
  #ownPass = -1;

  constructor(options: VacuumShareOptions) {
    this.#options = options;
    this.#bytesAtOpening = options.index.stats().userBytes;
  }

  /** H1: why it does not go on in this life. */
  get haltedBy(): ErrorCode | undefined {
    return this.#haltedBy;
  }

  /** As things stand. Looking ends nobody. */
  decision(): VacuumDecision {
    const { bytesMin, index, percent, transactions, vacuum } = this.#options;
    return vacuumDue({
      bytes: index.stats().userBytes,
      lastPass: vacuum.passes > 0 ? vacuum.lastPass : undefined,
      bytesAtOpening: this.#bytesAtOpening,
      watermark: transactions.watermark,
      isHeld: transactions.snapshotsInUse.length > 0,
      percent,
      bytesMin,
    });
  }

  pay(groupBytes: number): void {
    if (this.#haltedBy !== undefined) return;
    this.#owedBytes = Math.min(OWED_BYTES_MAX, this.#owedBytes + PACE * groupBytes);
    if (this.#owedBytes < SLICE_BYTES_MIN) return;
    const budgetBytes = this.#owedBytes;
    this.#owedBytes = 0;
    const { transactions, vacuum } = this.#options;
    transactions.endIdle();
    if (vacuum.isUnderWay ? vacuum.passes !== this.#ownPass : !this.decision().isDue) return;
    this.#ownPass = vacuum.passes;
    try {
      vacuum.step(budgetBytes);
    } catch (error) {
      if (!isEngineError(error)) throw error;
      if (error.code !== 'store_full' && error.code !== 'write_failed') this.#haltedBy = error.code;
    }
  }
}
