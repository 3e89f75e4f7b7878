/**
 * What a page's `flush()` makes the system do, by browser engine and platform, and how far down that reaches. Read in
 * the engines' sources (Chromium on Linux also measured); the specification promises only an attempt.
 *
 *   page cache ──fsync──▶ drive cache ──flush cache──▶ media
 */
export type FlushReach = 'page_cache' | 'drive_cache' | 'media';

export interface FlushRoute {
  readonly engine: 'Chromium' | 'Firefox' | 'Safari';
  readonly platform: string;
  /** The system call behind `flush()`. */
  readonly call: string;
  readonly reach: FlushReach;
  /** What is not sure about it; empty where nothing is. */
  readonly doubt: string;
}

export const FLUSH_ROUTES: readonly FlushRoute[] = [
  { engine: 'Chromium', platform: 'Linux, Android, ChromeOS', call: 'fdatasync', reach: 'media', doubt: '' },
  {
    engine: 'Chromium',
    platform: 'macOS, iOS',
    call: 'fcntl F_FULLFSYNC',
    reach: 'media',
    doubt: 'Falls back to fsync where the file system refuses it: then only to the drive’s cache.',
  },
  { engine: 'Chromium', platform: 'Windows', call: 'FlushFileBuffers', reach: 'media', doubt: '' },
  { engine: 'Firefox', platform: 'Linux, Android', call: 'fsync', reach: 'media', doubt: '' },
  {
    engine: 'Firefox',
    platform: 'macOS',
    call: 'fsync',
    reach: 'drive_cache',
    doubt: 'On macOS fsync does not ask the drive to empty its cache.',
  },
  {
    engine: 'Safari',
    platform: 'macOS, iOS',
    call: 'fsync',
    reach: 'drive_cache',
    doubt: 'On macOS fsync does not ask the drive to empty its cache.',
  },
  {
    engine: 'Safari',
    platform: 'GLib ports (Linux)',
    call: 'g_output_stream_flush',
    reach: 'page_cache',
    doubt: 'Empties a buffer of the library; whether anything is synced is up to it.',
  },
  { engine: 'Safari', platform: 'Windows', call: 'none', reach: 'page_cache', doubt: 'Not implemented.' },
];
