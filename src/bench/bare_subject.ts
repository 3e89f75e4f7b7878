/**
 * What the device alone can do: overwrites of the same bytes, at the same offsets, as the log of the store would write
 * for the same commits, in a file of the same length that exists already; then a flush. Nobody can be durable for less.
 */
import { assert } from '../base/assert';
import type { Batch } from '../base/ordered_index';
import { DEFAULT_FORMAT, type DurabilityMode } from '../kv_store';
import { batchBytes, encodeBatch } from '../kv_store/batch_codec';
import { assertWholeWrite, type FileSet, closeAll } from '../storage/file';
import { alignUp, GROUP_HEADER_BYTES, RECORD_HEADER_BYTES } from '../storage/log_region';
import { benchStorage, removeStore } from './opfs_folder';
import type { Subject } from './subject';

const { groupAlignBytes, logBytes } = DEFAULT_FORMAT;
const HEADER_BYTES = GROUP_HEADER_BYTES + RECORD_HEADER_BYTES;

export class BareSubject implements Subject {
  readonly #folder: string;
  #files: FileSet | undefined;
  #at = 0;
  /** The group that the store would write; only its payload changes. */
  #group = new Uint8Array(groupAlignBytes).fill(0xa5);

  constructor(folder: string) {
    this.#folder = folder;
  }

  async open(): Promise<void> {
    this.#files = await benchStorage(this.#folder).open({ create: true });
    const logFile = this.#files.log;
    const zeros = new Uint8Array(1024 * 1024);
    for (let at = logFile.size(); at < logBytes; at += zeros.length) {
      const run = zeros.subarray(0, Math.min(zeros.length, logBytes - at));
      assertWholeWrite(logFile, at, run.length, logFile.write(at, run));
    }
    logFile.flush();
  }

  close(): void {
    if (this.#files) closeAll(this.#files);
    this.#files = undefined;
  }

  async remove(): Promise<void> {
    await removeStore(benchStorage(this.#folder));
  }

  commit(batch: Batch, mode: DurabilityMode): void {
    assert(this.#files !== undefined, 'the subject is open');
    const bytes = alignUp(HEADER_BYTES + batchBytes(batch), groupAlignBytes);
    if (this.#group.length !== bytes) this.#group = new Uint8Array(bytes).fill(0xa5);
    encodeBatch(batch, this.#group, HEADER_BYTES);
    if (this.#at + bytes > logBytes) this.#at = 0;
    const logFile = this.#files.log;
    assertWholeWrite(logFile, this.#at, bytes, logFile.write(this.#at, this.#group));
    if (mode === 'strict') logFile.flush();
    this.#at += bytes;
  }
}
