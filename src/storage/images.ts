/** The bytes of a whole store, outside of any storage: what a snapshot is, and what a simulated disk starts from. */
import { assert } from '../base/assert';
import { assertWholeWrite, FILE_NAMES, type FileName, type FileSet, type StorageFile } from './file';

/** One image a file. Whoever is handed one reads it and does not write. */
export type FileImages = Readonly<Record<FileName, Uint8Array>>;

/** Images of some files: the others do not exist. */
export type PartialImages = Readonly<Partial<Record<FileName, Uint8Array>>>;

/** Copies in pieces of this size: large enough that the price of a call no longer counts. */
const COPY_BYTES = 1 << 20;

/** What the open files hold now, flushed or not. */
export function readImages(files: FileSet): FileImages {
  return {
    superblock: readWhole(files.superblock),
    log: readWhole(files.log),
    data_0: readWhole(files.data_0),
    data_1: readWhole(files.data_1),
  };
}

/** Makes `files` hold exactly `images`, and flushes each. */
export function writeImages(files: FileSet, images: FileImages): void {
  for (const name of FILE_NAMES) {
    const file = files[name];
    const image = images[name];
    file.truncate(image.length);
    for (let at = 0; at < image.length; at += COPY_BYTES) {
      const piece = image.subarray(at, at + COPY_BYTES);
      assertWholeWrite(file, at, piece.length, file.write(at, piece));
    }
    file.flush();
  }
}

function readWhole(file: StorageFile): Uint8Array {
  const image = new Uint8Array(file.size());
  const count = file.read(0, image);
  assert(count === image.length, 'F1: a read gives everything up to the end of the file');
  return image;
}
