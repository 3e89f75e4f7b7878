/** A store whose contents are in its log alone, to time what opening does after a crash. */
import { assert } from '../base/assert';
import { lsn } from '../base/ids';
import type { Batch } from '../base/ordered_index';
import { closeAll, type FileSet } from '../storage/file';
import { scanLog } from '../storage/log_region';
import { SuperblockFile } from '../kv_store/superblock_file';
import { storeSeed } from '../kv_store/superblock';
import { ALL_PROTECTIONS } from '../kv_store';
import { benchStorage, removeStore } from './opfs_folder';
import { openStore } from './open_store';
import type { LogTail, RecoverySubject } from './subject';

/** No checkpoint may start: it would at half of the log. */
const FILLED_SHARE = 0.4;
const COMMITS_A_GROUP = 100;

export class StoreRecovery implements RecoverySubject {
  readonly #folder: string;
  #files: FileSet | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async fill(logBytes: number, put: (number: number) => Batch): Promise<void> {
    await this.remove();
    const store = openStore(await benchStorage(this.#folder).open({ create: true }), { format: { logBytes } });
    for (let number = 0; store.stats().logBytesToReplay < logBytes * FILLED_SHARE;) {
      for (let i = 0; i < COMMITS_A_GROUP; i++) store.batch(put(number++), { mode: 'relaxed' });
      store.flush();
    }
    assert(store.stats().checkpoints === 0, 'everything is still in the log');
    store.close();
  }

  async prepare(): Promise<void> {
    this.#files = await benchStorage(this.#folder).open({ create: false });
  }

  recover(): LogTail {
    assert(this.#files !== undefined, 'prepared');
    const { recordsApplied, logBytesScanned } = openStore(this.#files).recovery;
    return { records: recordsApplied, bytes: logBytesScanned };
  }

  scan(): LogTail {
    assert(this.#files !== undefined, 'prepared');
    const superblocks = new SuperblockFile(this.#files.superblock, ALL_PROTECTIONS, null);
    superblocks.read();
    const { checkpointLsn, durableLsn, format, redoLink, redoPosition, storeId } = superblocks.choose().superblock;
    const geometry = { logBytes: format.logBytes, alignBytes: format.groupAlignBytes, storeSeed: storeSeed(storeId) };
    const redo = { position: redoPosition, lsn: lsn(checkpointLsn + 1), link: redoLink };
    let records = 0;
    const { end, position } = scanLog(
      this.#files.log,
      geometry,
      redo,
      { verifyChecksums: true, verifyLinks: true, durableLsn },
      { group: () => undefined, record: () => (records += 1) },
    );
    assert(end === 'end_clean', 'the log ends where the store was closed');
    return { records, bytes: position - redoPosition };
  }

  close(): void {
    if (this.#files) closeAll(this.#files);
    this.#files = undefined;
  }

  async remove(): Promise<void> {
    await removeStore(benchStorage(this.#folder));
  }
}
