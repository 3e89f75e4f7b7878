/**
 * What a cut may do to names, by the system underneath. A profile sorts the kinds of pending change into three drawers:
 * those that reach the disk in the order they were made (a cut keeps the first so many calls of them), those that reach
 * it in any order (a cut keeps any of them), and the rest, of which a cut keeps nothing.
 *
 *                     name          birth, end of a file     length            block
 *     process_crash   all is kept: the system lives
 *     measured_ext4   never         in order ------------------------          any
 *     posix_journal   in order ------------------             any              any
 *     adversarial     any           any                       any              any
 *
 *   measured_ext4   Chromium 156 on Linux, ext4. It keeps the names in a database of its own that no call flushes, and
 *                   each file under a number in the file system. No name came back that the kernel had not written by
 *                   itself (30 to 35 s); that a file is gone, and how long it is, travels with the file system's
 *                   journal and came back at once.
 *   posix_journal   What the textbooks' "write, flush, rename, flush the directory" counts on: names, and which files
 *                   exist, in one journal, each call whole. Not measured: here to compare with.
 *   adversarial     What no rule forbids; a move is then two changes, the new name and the old one.
 */
export type PendingKind = 'name' | 'birth' | 'end' | 'length' | 'block';

export interface DirectoryProfile {
  readonly name: 'process_crash' | 'measured_ext4' | 'posix_journal' | 'adversarial';
  /** The system lives: everything issued stays. */
  readonly keepsAll: boolean;
  readonly inOrder: readonly PendingKind[];
  readonly anyOrder: readonly PendingKind[];
}

export const DIRECTORY_PROFILES: Readonly<Record<DirectoryProfile['name'], DirectoryProfile>> = {
  process_crash: { name: 'process_crash', keepsAll: true, inOrder: [], anyOrder: [] },
  measured_ext4: {
    name: 'measured_ext4',
    keepsAll: false,
    inOrder: ['birth', 'end', 'length'],
    anyOrder: ['block'],
  },
  posix_journal: {
    name: 'posix_journal',
    keepsAll: false,
    inOrder: ['name', 'birth', 'end'],
    anyOrder: ['length', 'block'],
  },
  adversarial: {
    name: 'adversarial',
    keepsAll: false,
    inOrder: [],
    anyOrder: ['name', 'birth', 'end', 'length', 'block'],
  },
};
