/** What the recorded files emit: one event a call, with the bytes that were written, and the result. */
import type { FileName } from './file';

/** How a call ended: whole, cut short by the device, or thrown. */
export type CallResult = 'ok' | 'short' | 'failed';

export interface FileRead {
  readonly kind: 'storage.file_read';
  readonly file: FileName;
  readonly at: number;
  readonly wanted: number;
  readonly count: number;
  readonly result: CallResult;
}
export interface FileWritten {
  readonly kind: 'storage.file_written';
  readonly file: FileName;
  readonly at: number;
  /** A copy of the bytes handed to the device: what earlier byte views are rebuilt from. */
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly result: CallResult;
}
export interface FileFlushed {
  readonly kind: 'storage.file_flushed';
  readonly file: FileName;
  readonly result: CallResult;
}
export interface FileTruncated {
  readonly kind: 'storage.file_truncated';
  readonly file: FileName;
  readonly size: number;
  readonly result: CallResult;
}

/** So many whole extents fit into a data file now: found when a store is opened, or after the file has grown or was trimmed. */
export interface ExtentsCounted {
  readonly kind: 'storage.extents_counted';
  readonly file: FileName;
  readonly extents: number;
}

export type StorageEvent = FileRead | FileWritten | FileFlushed | FileTruncated | ExtentsCounted;
