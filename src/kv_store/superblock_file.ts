/** The two superblock slots in their file: reading both, choosing one, and replacing them in the safe order (P1). */
import { assert } from '../base/assert';
import { EngineError } from '../base/errors';
import { logPosition, lsn } from '../base/ids';
import type { TraceSink } from '../base/trace';
import { assertWholeWrite, type StorageFile } from '../storage/file';
import type { StoreEvent } from './events';
import { decodeSlot, encodeSlot, SLOT_BYTES, SLOT_OFFSETS, type SlotContents, type Superblock } from './superblock';
import type { SlotDescription } from './types';

export type SlotNumber = 0 | 1;

export interface SuperblockProtections {
  readonly checkpointChecksum: boolean;
  readonly twoSuperblockSlots: boolean;
  readonly wholeWrites: boolean;
}

export class SuperblockFile {
  readonly #file: StorageFile;
  readonly #protections: SuperblockProtections;
  readonly #trace: TraceSink<StoreEvent> | null;
  #slots: [SlotContents, SlotContents] = [
    { ok: false, problem: 'empty' },
    { ok: false, problem: 'empty' },
  ];

  constructor(file: StorageFile, protections: SuperblockProtections, trace: TraceSink<StoreEvent> | null) {
    this.#file = file;
    this.#protections = protections;
    this.#trace = trace;
  }

  /** Reads both slots, and says of each what it found. */
  read(): readonly [SlotContents, SlotContents] {
    this.#slots = [this.#readSlot(0), this.#readSlot(1)];
    return this.#slots;
  }

  /** The slot in force: valid, with the higher epoch. Throws where there is none to trust, or one is from the future. */
  choose(): { superblock: Superblock; slot: SlotNumber; otherSlot: 'same' | 'older' | 'damaged' } {
    const [first, second] = this.#slots;
    for (const contents of this.#slots) {
      if (!contents.ok && contents.problem === 'too_new') {
        throw new EngineError(
          'format_too_new',
          'A later version of this program made the store. Nothing was changed.',
          {
            file: 'superblock',
          },
        );
      }
    }
    if (!first.ok && !second.ok) {
      const ours =
        first.problem === 'damaged' ||
        second.problem === 'damaged' ||
        first.problem === 'empty' ||
        second.problem === 'empty';
      throw ours
        ? new EngineError('superblock_damaged', 'Both superblock slots are damaged.', { file: 'superblock' })
        : new EngineError('not_a_store', 'These files are not a store of this program. Nothing was changed.', {
            file: 'superblock',
          });
    }
    const slot: SlotNumber = !first.ok || (second.ok && second.superblock.epoch > first.superblock.epoch) ? 1 : 0;
    const chosen = this.#slots[slot];
    const other = this.#slots[slot === 0 ? 1 : 0];
    assert(chosen.ok, 'P1: at least one slot is valid here');
    const otherSlot = !other.ok ? 'damaged' : other.superblock.epoch === chosen.superblock.epoch ? 'same' : 'older';
    return { superblock: chosen.superblock, slot, otherSlot };
  }

  /** The slot that is written first: the one that does not hold the newest contents alone. */
  get firstToReplace(): SlotNumber {
    const [first, second] = this.#slots;
    if (!first.ok) return 0;
    return second.ok && second.superblock.epoch >= first.superblock.epoch ? 0 : 1;
  }

  /** The slots to write for a new superblock, in order. */
  get writeOrder(): readonly SlotNumber[] {
    if (!this.#protections.twoSuperblockSlots) return [0];
    return this.firstToReplace === 0 ? [0, 1] : [1, 0];
  }

  /**
   * The slot that may be in the cache alone, left so by a program that died or by a flush that failed; the other is
   * durable. Where neither is written over in place, that is the newer of two, and of equal ones the one written last.
   */
  get #inDoubt(): SlotNumber {
    const [first, second] = this.#slots;
    if (!first.ok) return 0;
    if (!second.ok) return second.problem === 'formatting' ? 0 : 1;
    return first.superblock.epoch > second.superblock.epoch ? 0 : 1;
  }

  /** Writes one slot and flushes it. A failure leaves in doubt what the slot holds: the caller stops trusting the store. */
  replace(slot: SlotNumber, superblock: Superblock): void {
    this.#write(slot, superblock);
    this.#flushOrWrite(() => this.#write(slot, superblock));
    this.#trace?.emit({ kind: 'store.superblock_flushed', slot });
  }

  /**
   * A flush that fails may have dropped the slot, which the cache goes on showing: whoever opens the store next would
   * flush nothing and believe it. So it is written anew, un-flushed: then that flush has something to write. The other
   * slot is left alone (P6), and nothing it needs is reused before the store is opened again.
   */
  #flushOrWrite(write: () => void): void {
    const file = this.#file;
    try {
      file.flush();
    } catch (error) {
      this.#tried(write);
      throw error;
    }
  }

  /** False if the device failed this as well: what can be said was said by the error that led here. */
  #tried(step: () => void): boolean {
    try {
      step();
      return true;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return false;
    }
  }

  /** Flushes what an opening found. A slot that is no good is not written again: it is about to be replaced. */
  #flushFound(superblock: Superblock): void {
    const slot = this.#inDoubt;
    this.#flushOrWrite(() => {
      if (this.#slots[slot].ok) this.#write(slot, superblock);
    });
  }

  /**
   * P5: leaves word that the log is in doubt, as far as a failing device takes it. What is there is made durable first,
   * and the word goes where a new superblock would. A device that flushes nothing any more is the likeliest to have
   * dropped the log, so the word is left all the same, in the slot that may be un-flushed already: whatever becomes of
   * it in a power cut, the other one is durable (P6), and what it needs is still there.
   */
  noteLogInDoubt(inForce: Superblock): void {
    if (!this.#protections.twoSuperblockSlots) return;
    const note = { ...inForce, epoch: inForce.epoch + 1, logInDoubt: true };
    const isFlushed = this.#tried(() => this.#flushBoth());
    this.#tried(() => this.#write(isFlushed ? this.firstToReplace : this.#inDoubt, note));
  }

  #flushBoth(): void {
    const file = this.#file;
    file.flush();
    this.#sayBothFlushed();
  }

  #sayBothFlushed(): void {
    for (const slot of this.writeOrder) this.#trace?.emit({ kind: 'store.superblock_flushed', slot });
  }

  /**
   * Puts the superblock in force into the other slot as well (P2). It is flushed first where it is: a program that
   * died between writing and flushing it leaves it readable, but not durable, and then P1 hangs on the other slot.
   */
  makeEqual(inForce: SlotNumber, superblock: Superblock): void {
    this.#flushFound(superblock);
    this.#trace?.emit({ kind: 'store.superblock_flushed', slot: inForce });
    this.replace(inForce === 0 ? 1 : 0, superblock);
  }

  /**
   * Makes durable what was read: slots that are equal need not be. A program that died between writing the second and
   * flushing it leaves both readable, one of them only in the cache; the next checkpoint would write over the other.
   */
  flush(superblock: Superblock): void {
    this.#flushFound(superblock);
    this.#sayBothFlushed();
  }

  /** The slots as last read or written, for pictures. */
  describe(): [SlotDescription, SlotDescription] {
    return [describeSlot(0, this.#slots[0]), describeSlot(1, this.#slots[1])];
  }

  /**
   * Marks slot 1 of a store whose formatting begins (P4). A mark that is there already is not written again: by now
   * the other files need not be empty, and a mark torn on the way would look like a damaged store. So one that could
   * not be flushed is written once more, as a slot is: whoever finds it flushes it, and must not do so for nothing.
   */
  markFormatting(superblock: Superblock): void {
    const file = this.#file;
    const [, second] = this.#slots;
    if (!second.ok && second.problem === 'formatting') {
      file.flush();
      return;
    }
    const write = (): void => {
      const at = SLOT_OFFSETS[1];
      const count = file.write(at, encodeSlot(superblock, true));
      assertWholeWrite(file, at, SLOT_BYTES, count);
    };
    write();
    this.#flushOrWrite(write);
  }

  #write(slot: SlotNumber, superblock: Superblock): void {
    const file = this.#file;
    const at = SLOT_OFFSETS[slot];
    const count = file.write(at, encodeSlot(superblock));
    if (this.#protections.wholeWrites) assertWholeWrite(file, at, SLOT_BYTES, count);
    this.#slots[slot] = { ok: true, superblock };
    this.#trace?.emit({
      kind: 'store.superblock_written',
      slot,
      epoch: superblock.epoch,
      checkpointLsn: superblock.checkpointLsn,
      redoPosition: superblock.redoPosition,
    });
  }

  #readSlot(slot: SlotNumber): SlotContents {
    const bytes = new Uint8Array(SLOT_BYTES);
    const file = this.#file;
    const count = file.read(SLOT_OFFSETS[slot], bytes);
    const contents = decodeSlot(
      count === SLOT_BYTES ? bytes : bytes.subarray(0, Math.max(0, Math.min(count, SLOT_BYTES))),
      this.#protections.checkpointChecksum,
    );
    const { checkpointLsn, epoch, redoPosition } = describeSlot(slot, contents);
    this.#trace?.emit({
      kind: 'store.superblock_read',
      slot,
      valid: contents.ok,
      epoch,
      checkpointLsn,
      redoPosition,
      ...(contents.ok && { format: contents.superblock.format }),
      reason: contents.ok ? 'valid' : contents.problem,
    });
    return contents;
  }
}

/** Both slots as they lie in the file. */
export function describeSlots(file: StorageFile): [SlotDescription, SlotDescription] {
  const read = (slot: SlotNumber): SlotDescription => {
    const bytes = new Uint8Array(SLOT_BYTES);
    const count = file.read(SLOT_OFFSETS[slot], bytes);
    return describeSlot(slot, decodeSlot(bytes.subarray(0, count), true));
  };
  return [read(0), read(1)];
}

function describeSlot(slot: SlotNumber, contents: SlotContents): SlotDescription {
  if (!contents.ok) return { slot, valid: false, epoch: 0, checkpointLsn: lsn(0), redoPosition: logPosition(0) };
  const { epoch, checkpointLsn, redoPosition } = contents.superblock;
  return { slot, valid: true, epoch, checkpointLsn, redoPosition };
}
