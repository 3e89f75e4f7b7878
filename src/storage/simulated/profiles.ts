/**
 * Persistence profiles: what a kind of crash, or a kind of disk, may do to what was written and not flushed.
 *
 *   process_crash   the worker, tab or browser dies, the system lives: everything issued stays.
 *   measured_ext4   what Chromium on Linux was seen to leave: each sector in any of its states; lengths and truncates
 *                   travel with the journal, which a flush of any file may commit, in order and ahead of the data, so
 *                   a longer file shows zeros where its bytes are missing.
 *   adversarial     what no rule forbids: sectors torn at any byte or full of noise where they were being written,
 *                   lengths in any order and stopped part-way.
 *   liar            `flush` answers at once and does nothing; apart from that, like measured_ext4.
 *   psow_off        adversarial on a disk without power-safe overwrite: the neighbours inside the sector go too.
 */
export interface PersistenceProfile {
  readonly name: 'process_crash' | 'measured_ext4' | 'adversarial' | 'liar' | 'psow_off';
  readonly flush: 'honest' | 'ignored';
  /** Whether un-flushed items may be lost, or seen in an older version. */
  readonly losesUnflushed: boolean;
  readonly tearsSectors: boolean;
  readonly garbage: 'none' | 'where_written' | 'whole_sector';
  /** Whether a length change is kept only if all earlier ones, of every file, are. */
  readonly lengthsInOrder: boolean;
  readonly lengthsPartWay: boolean;
}

const MEASURED_EXT4: PersistenceProfile = {
  name: 'measured_ext4',
  flush: 'honest',
  losesUnflushed: true,
  tearsSectors: false,
  garbage: 'none',
  lengthsInOrder: true,
  lengthsPartWay: false,
};

const ADVERSARIAL: PersistenceProfile = {
  name: 'adversarial',
  flush: 'honest',
  losesUnflushed: true,
  tearsSectors: true,
  garbage: 'where_written',
  lengthsInOrder: false,
  lengthsPartWay: true,
};

export const PROFILES: Readonly<Record<PersistenceProfile['name'], PersistenceProfile>> = {
  process_crash: { ...MEASURED_EXT4, name: 'process_crash', losesUnflushed: false },
  measured_ext4: MEASURED_EXT4,
  adversarial: ADVERSARIAL,
  liar: { ...MEASURED_EXT4, name: 'liar', flush: 'ignored' },
  psow_off: { ...ADVERSARIAL, name: 'psow_off', garbage: 'whole_sector' },
};
