/** For tests: a session as the lab runs it, held to the engine after each event (V1). */
import { expect } from 'vitest';
import { toHex } from '../../../../base/bytes';
import type { StoreDescription } from '../../../../kv_store/types';
import type { VersionsDescription } from '../../../../mvcc';
import type { SessionSpec } from '../../../../protocol/session';
import type { TraceRecord } from '../../../../protocol/trace';
import { HeldRun } from '../../testing/held_run';
import { describeView, type Described } from '../describe';
import { mvccFold } from '../fold';
import type { MvccView } from '../model';
import { narrate } from '../narrate';

export class LabRun extends HeldRun<MvccView> {
  constructor(settings: string, spec: Partial<SessionSpec> = {}) {
    super({ fold: mvccFold, narrate }, settings, spec);
  }

  protected override compare(engine: () => StoreDescription, { event }: TraceRecord, when: () => string): boolean {
    if (isHalfWay(event.kind)) return false;
    const { lsm, versions } = engine();
    if (versions === undefined) return false;
    // An LSM tree has no passes: its merges count what they see, and say of entries only what becomes of them.
    const vacuum = lsm && { vacuum: 'merges' };
    const mine = { ...describeView(this.view), ...vacuum };
    const theirs = { ...inShort(versions), ...vacuum };
    // Comparing text is cheaper than telling what differs.
    if (JSON.stringify(mine) !== JSON.stringify(theirs)) expect(mine, when()).toEqual(theirs);
    return true;
  }
}

/** A commit is told of when the index has all of it, and what a slice takes is gone before it names the first (U1). */
const isHalfWay = (kind: string): boolean => /^(btree|lsm|storage)\.|^mvcc\.version_collected$/.test(kind);

function inShort(description: VersionsDescription): Described {
  const { keptFrom, keys, measure, snapshots, snapshotsInUse, transactions, vacuum, watermark } = description;
  const { isUnderWay, pass, passes } = vacuum;
  return {
    keys: keys.map(({ key, versions }) => ({
      keyHex: toHex(key),
      versions: versions.map(({ bytes, isTombstone, lsn, state, valueBytes }) => ({
        lsn,
        isTombstone,
        valueBytes,
        bytes,
        state,
      })),
    })),
    transactions: transactions.map(({ id, label, level, readOnly, snapshot, writes }) => ({
      id,
      label,
      snapshot,
      level,
      readOnly,
      writes: writes.map(({ key, kind, valueBytes }) => ({
        isTombstone: kind === 'delete',
        keyHex: toHex(key),
        valueBytes,
      })),
    })),
    snapshots,
    snapshotsInUse,
    watermark,
    keptFrom,
    bytes: {
      live: measure.liveBytes,
      held: measure.heldBytes.reduce((sum, bytes) => sum + bytes, 0),
      garbage: measure.garbageBytes,
    },
    vacuum: {
      isUnderWay,
      passes,
      seen: pass.versionsSeen,
      collected: pass.versionsCollected,
      bytes: pass.bytesCollected,
    },
  };
}
