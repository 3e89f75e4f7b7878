/**
 * What a slice of a flush or a merge may cost. Writers pay for these slices with their own commits, so none may be long:
 * entries are merged by the byte, the filter of a table is computed by the key, and the device is asked for a bit at a time.
 *
 *     write      | 64 KiB | 64 KiB | 64 KiB |   | 64 KiB | rest of a table: filter, index, footer |
 *     flush                                 ^                     before a write that would make the next one too long
 *     room      ^                 ^             ^                 before each write, for so many bytes as it has
 */
import { TABLE_BYTES_BESIDES } from './room';
import type { TableMeta } from './table/table_meta';
import type { TableWriter } from './table/table_writer';

/** What a flush may cost: this much of the tables. */
export const FLUSH_BYTES = 256 * 1024;
/** A write costs about the same up to here. */
const WRITE_BYTES = 64 * 1024;

/** Bytes of a merge that take as long as a key in a filter does. */
const BYTES_A_KEY = 4;
/** How many keys go into a filter in a slice of so many bytes; one at least, or it would never end. */
export const keysPreparedFor = (budgetBytes: number): number => Math.max(1, Math.ceil(budgetBytes / BYTES_A_KEY));

/** Writes tables so that no flush has more than `FLUSH_BYTES` to make durable, unless the end of one table has. */
export class PacedWrites {
  readonly #flush: () => void;
  readonly #makeRoom: (bytes: number) => void;
  #unflushedBytes = 0;

  /** @param makeRoom throws where so many bytes are not to be written */
  constructor(flush: () => void, makeRoom: (bytes: number) => void = () => undefined) {
    this.#flush = flush;
    this.#makeRoom = makeRoom;
  }

  /** What waits, if it is worth a call. */
  write(writer: TableWriter): void {
    const bytes = writer.waitingBytes;
    if (bytes < WRITE_BYTES) return;
    this.#makeRoom(bytes);
    this.#before(bytes);
    writer.write(Infinity);
  }

  /** The rest of the table. Flushing that is left to whoever names it. */
  finish(writer: TableWriter): TableMeta {
    const bytes = writer.bytes - writer.writtenBytes;
    this.#makeRoom(bytes + TABLE_BYTES_BESIDES); // More exactly nobody knows it yet.
    this.#before(bytes);
    return writer.finish();
  }

  #before(bytes: number): void {
    if (this.#unflushedBytes > 0 && this.#unflushedBytes + bytes > FLUSH_BYTES) {
      this.#flush();
      this.#unflushedBytes = 0;
    }
    this.#unflushedBytes += bytes;
  }
}
