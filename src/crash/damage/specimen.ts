/**
 * The stores that are damaged: one history, ended in two ways, and everything that has to be known to judge what is
 * left of it later.
 *
 *     format ─ commits, checkpoints, several laps ─ close ─ open ─ … ─ killed ─ open ─ … ─ groups ──┬─ close   closed
 *                                                                                                   └─ killed  crashed
 *
 * A store that was closed cleanly has its durable LSN in the superblock, so a missing commit is proof of damage. One
 * that was killed has only what its own later writes say: each group, and each superblock, notes how far a flush had
 * covered the log when it was written. So for each specimen two marks are kept:
 *
 *     commits   1 . . . . . . . . superblockLsn . . . . . . vouchedLsn . . . lastLsn
 *               the superblock knows them         later groups know them     nobody does
 *
 * Losing a commit up to `vouchedLsn` to damage that left the later groups in place must be noticed.
 */
import { assert } from '../../base/assert';
import { encodeText } from '../../base/bytes';
import { numberedFiller } from '../../base/filler';
import type { Batch, Operation } from '../../base/ordered_index';
import { ManualSchedule, SeededRandom } from '../../base/runtime';
import type { FileWritten } from '../../storage/events';
import type { FileName, FileSet } from '../../storage/file';
import { FILE_NAMES } from '../../storage/file';
import { readImages, type FileImages } from '../../storage/images';
import { MemoryStorage } from '../../storage/memory';
import { recordedFiles } from '../../storage/recorded';
import { History } from '../history';
import type { CrashStore, CrashSubject, ProtectionSwitches } from '../subject';

export const SPECIMEN_ENDS = ['closed', 'crashed'] as const;
export type SpecimenEnd = (typeof SPECIMEN_ENDS)[number];

/** A write or a truncate as the device saw it. */
export type DeviceCall =
  | { readonly call: 'write'; readonly file: FileName; readonly at: number; readonly bytes: Uint8Array }
  | { readonly call: 'truncate'; readonly file: FileName; readonly size: number };

/** A write of the log that says up to which LSN a flush had covered it. */
export interface Voucher {
  readonly at: number;
  /** Its first bytes, where it says so. */
  readonly start: Uint8Array;
  readonly says: number;
}

export interface Specimen {
  readonly end: SpecimenEnd;
  readonly images: FileImages;
  /** Every commit; their number is the last LSN. */
  readonly history: History;
  readonly vouchedLsn: number;
  readonly superblockLsn: number;
  /** Also those that were written over since. */
  readonly vouchers: readonly Voucher[];
  /** What the files held at earlier moments of the same history, oldest first. */
  readonly moments: readonly FileImages[];
  /** Every change that was made to the files, in order: together they give `images`. */
  readonly calls: readonly DeviceCall[];
}

const KEYS = 24;
const VALUE_BYTES_MAX = 110;
/** Commits before each of the two reopenings, and after the last. */
const COMMITS_OF_A_LIFE = 34;
/** As many bytes tell one group from any other. */
const VOUCHER_BYTES = 64;
/** Groups behind the last checkpoint, each flushed. */
const GROUPS_AT_THE_END = 7;

export function makeSpecimen(
  subject: CrashSubject,
  end: SpecimenEnd,
  seed: number,
  protections: ProtectionSwitches = subject.protections,
): Specimen {
  const history = new SpecimenHistory(subject, seed, protections);
  history.live('close');
  history.live('kill');
  history.live(end === 'closed' ? 'close' : 'kill', GROUPS_AT_THE_END);
  return history.specimen(end);
}

class SpecimenHistory {
  readonly #subject: CrashSubject;
  readonly #protections: ProtectionSwitches;
  readonly #random: SeededRandom;
  readonly #storage = new MemoryStorage();
  readonly #history = History.from();
  readonly #moments: FileImages[] = [];
  readonly #calls: DeviceCall[] = [];
  readonly #vouchers: Voucher[] = [];
  #files: FileSet | undefined;
  #schedule = new ManualSchedule();
  #store: CrashStore | undefined;
  #stamp = 0;
  #vouchedLsn = 0;
  #superblockLsn = 0;
  /** Durable when a data file was last flushed: what a slot says was settled then, however much later it is written. */
  #durableAtDataFlush = 0;

  constructor(subject: CrashSubject, seed: number, protections: ProtectionSwitches) {
    this.#subject = subject;
    this.#protections = protections;
    this.#random = new SeededRandom(seed);
  }

  /** One opening of the store: commits with checkpoints of their own, one that was asked for, and groups behind it. */
  live(ending: 'close' | 'kill', groupsAtTheEnd = 2): void {
    const store = this.#open();
    for (let n = 0; n < COMMITS_OF_A_LIFE; n++) {
      this.#commit(store, 1 + this.#random.below(3));
      if (this.#random.below(2) === 0) this.#settle(store);
    }
    store.checkpoint();
    this.#remember();
    for (let n = 0; n < groupsAtTheEnd; n++) {
      for (let more = this.#random.below(3); more >= 0; more--) this.#commit(store, 1 + this.#random.below(2));
      this.#settle(store);
    }
    if (ending === 'close') {
      store.close();
      this.#superblockLsn = this.#vouchedLsn = this.#history.length;
    } else for (const name of FILE_NAMES) this.#files![name].close();
    this.#remember();
  }

  specimen(end: SpecimenEnd): Specimen {
    return {
      end,
      images: this.#storage.snapshot(),
      history: this.#history,
      vouchedLsn: this.#vouchedLsn,
      superblockLsn: this.#superblockLsn,
      vouchers: this.#vouchers,
      moments: this.#moments,
      calls: this.#calls,
    };
  }

  #open(): CrashStore {
    this.#store = undefined;
    this.#schedule = new ManualSchedule();
    this.#files = this.#storage.openNow({ create: true });
    const files = recordedFiles(this.#files, {
      emit: (event) => {
        if (event.kind === 'storage.file_written') {
          this.#calls.push({ call: 'write', file: event.file, at: event.at, bytes: event.bytes });
          this.#noteVoucher(event);
        } else if (event.kind === 'storage.file_truncated') {
          this.#calls.push({ call: 'truncate', file: event.file, size: event.size });
        } else if (event.kind === 'storage.file_flushed' && event.file.startsWith('data')) {
          this.#durableAtDataFlush = this.#store?.stats().durableLsn ?? 0;
        }
      },
    });
    const { schedule } = this.#schedule;
    this.#store = this.#subject.open({ files, random: this.#random, schedule, protections: this.#protections });
    this.#remember();
    return this.#store;
  }

  /** What was just written says how far the log is durable now. */
  #noteVoucher({ at, bytes, file }: Pick<FileWritten, 'at' | 'bytes' | 'file'>): void {
    const durableLsn = this.#store?.stats().durableLsn;
    if (durableLsn === undefined) return; // While opening: nothing new to say.
    if (file === 'superblock') this.#superblockLsn = Math.max(this.#superblockLsn, this.#durableAtDataFlush);
    const said = file === 'log' ? durableLsn : this.#superblockLsn;
    this.#vouchedLsn = Math.max(this.#vouchedLsn, said);
    // Where the tape wraps, a group is two writes, and only the first begins with what it says.
    const isSecondPart = at === 0 && this.#calls.length > 1 && this.#endsLog(this.#calls.at(-2)!);
    if (file === 'log' && !isSecondPart)
      this.#vouchers.push({ at, start: bytes.slice(0, VOUCHER_BYTES), says: durableLsn });
  }

  #endsLog(call: DeviceCall): boolean {
    return call.call === 'write' && call.file === 'log' && call.at + call.bytes.length === this.#files!.log.size();
  }

  #commit(store: CrashStore, operations: number): void {
    const batch: Batch = Array.from({ length: operations }, () => this.#operation());
    const mode = this.#random.below(3) === 0 ? 'relaxed' : 'strict';
    this.#history.push({ operations: batch, mode });
    const { lsn } = store.batch(batch, { mode });
    assert(lsn === this.#history.length, 'a store that is well gives each commit the next LSN');
  }

  #operation(): Operation {
    const key = keyBytes(this.#random.below(KEYS));
    if (this.#random.below(6) === 0) return { kind: 'delete', key };
    return { kind: 'put', key, value: numberedFiller(this.#random.below(VALUE_BYTES_MAX), ++this.#stamp) };
  }

  #settle(store: CrashStore): void {
    if (this.#random.below(3) === 0) this.#schedule.runAll();
    store.flush();
    this.#remember();
  }

  #remember(): void {
    this.#moments.push(this.#storage.snapshot());
  }
}

const keyBytes = (n: number): Uint8Array => encodeText(`key ${n.toString().padStart(2, '0')}`);

/** What the files would hold if the device had carried out `calls` instead. */
export function imagesAfter(calls: readonly DeviceCall[]): FileImages {
  const files = new MemoryStorage().openNow({ create: true });
  for (const change of calls) {
    const file = files[change.file];
    if (change.call === 'write') file.write(change.at, change.bytes);
    else file.truncate(change.size);
  }
  return readImages(files);
}
