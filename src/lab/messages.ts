/**
 * What the user reads when something goes wrong: what happened, and what to do next. Where it happened comes with the
 * failure itself. One entry for every code; the compiler refuses a missing one.
 */
import type { Failure, FailurePlace, LabErrorCode } from '../protocol/failure';

/** What a button beside the message does. */
export type Remedy = 'take_over' | 'reopen' | 'salvage' | 'export' | 'reload' | 'restart_worker' | 'none';

export interface Message {
  readonly title: string;
  readonly next: string;
  readonly remedy: Remedy;
  /** `input`: refused before a byte was written. `device`: the store changed its state. `bug`: ours. */
  readonly weight: 'input' | 'device' | 'data' | 'bug';
}

const input = (title: string, next: string): Message => ({ title, next, remedy: 'none', weight: 'input' });
const device = (title: string, next: string, remedy: Remedy = 'none'): Message => ({
  title,
  next,
  remedy,
  weight: 'device',
});
const data = (title: string, next: string, remedy: Remedy = 'none'): Message => ({
  title,
  next,
  remedy,
  weight: 'data',
});

export const MESSAGES: Readonly<Record<LabErrorCode, Message>> = {
  key_empty: input('The key is empty', 'Give the key at least one byte. Nothing was written.'),
  key_too_large: input('The key is too long', 'Use a shorter key. Nothing was written.'),
  value_too_large: input(
    'The value is too long',
    'Use a shorter value, or format a store with a larger log. Nothing was written.',
  ),
  batch_too_large: input(
    'The batch is too large for the log',
    'Commit fewer operations at a time. None of the batch was applied.',
  ),
  batch_empty: input('The batch is empty', 'Add an operation. Nothing was written.'),
  text_not_well_formed: input(
    'The text cannot be stored as UTF-8',
    'Remove the broken character (half of a surrogate pair). Nothing was written.',
  ),
  option_invalid: input('An option is out of range', 'Correct it and open again. Nothing was written.'),
  write_conflict: input(
    'Another transaction changed the same key first',
    'Run the transaction again: it will read what the other one wrote. Nothing of it was written.',
  ),
  serialization_failure: input(
    'Others changed what this transaction had read',
    'Run the transaction again. Nothing of it was written, and what it had read does not count.',
  ),
  snapshot_too_old: input(
    'What this transaction reads is not kept any more',
    'Begin a new one: it reads what is there now. Nothing of the old one was written.',
  ),
  read_failed: device('The device could not read', 'Try again. The answer was withheld, not guessed.'),
  write_failed: device(
    'The device refused a write',
    'The commit was rolled back; reading goes on. Free some space, then try again.',
  ),
  flush_failed: device(
    'A flush failed: the store is read-only now',
    'What was waiting may or may not be on disk, and asking again would prove nothing. Reopen: recovery finds out.',
    'reopen',
  ),
  store_full: device(
    'No space left',
    'The commit was rolled back; reading goes on. Delete rows and take a checkpoint, or free space for this site.',
  ),
  commit_unknown: device(
    'It is not known whether this commit is there',
    'The device failed after the bytes were handed over. Reopen: recovery decides, and says what it found.',
    'reopen',
  ),
  store_read_only: device('The store is read-only', 'Reading and exporting work. Reopen it to write again.', 'reopen'),
  store_closed: device('The store is closed', 'Open it again; recovery runs, as always.', 'reopen'),
  storage_in_use: device(
    'Another tab has this store open',
    'Only one tab may write to it. Work there, or take it over: the other tab closes it cleanly first.',
    'take_over',
  ),
  storage_unavailable: device(
    'This browser keeps no files for the lab',
    'The lab runs in memory instead: everything works, and is gone when the tab closes. Export what you want to keep.',
  ),
  file_closed: device('A file was closed while in use', 'Open the store again.', 'reopen'),
  file_missing: data(
    'A file of the store is missing',
    'It is not made anew, so that nothing is lost silently. Import a backup, or reset the store.',
  ),
  not_a_store: data(
    'These files are not a store of Faultline',
    'They were not touched. Import a backup, or reset to format them anew.',
  ),
  format_too_new: data(
    'A later version of Faultline wrote this store',
    'It was not touched. Reload to get the newest version of the lab, then open it again.',
    'reload',
  ),
  superblock_damaged: data(
    'Both superblock slots are damaged',
    'Without one, nobody can say where the data begins. Nothing was changed. Import a backup, or reset.',
  ),
  checkpoint_damaged: data(
    'A checkpoint block is damaged',
    'The store refuses rather than serve wrong bytes. Open it for salvage (read-only), export, then reset.',
    'salvage',
  ),
  page_damaged: data(
    'A page of the tree is damaged',
    'Its own range of keys is lost; everything else goes on being read. Export what is whole, then reset.',
    'salvage',
  ),
  table_damaged: data(
    'A table of the LSM tree is damaged',
    'Some of its keys are lost; everything else goes on being read. Export what is whole, then reset.',
    'salvage',
  ),
  manifest_damaged: data(
    'The list of tables is damaged',
    'Without it nobody can say which tables count. Open it for salvage (read-only): what the log has is served.',
    'salvage',
  ),
  log_damaged: data(
    'The log is damaged before its end',
    'Commits that were promised cannot be read. Open it for salvage: read-only, up to the damage. Then export.',
    'salvage',
  ),
  backup_damaged: data('The backup does not check out', 'Nothing was changed. Choose another backup file.'),
  script_invalid: input('The script has errors', 'Nothing of it ran. Correct the lines below and run it again.'),
  command_refused: input('This command makes no sense now', 'Nothing was changed.'),
  store_down: device('The store is down', 'It crashed or was closed. Reopen it first.', 'reopen'),
  session_unknown: device('This run is no longer open', 'Start it again.', 'restart_worker'),
  job_unknown: device('That job is over', 'Nothing to cancel.'),
  job_cancelled: input('Cancelled', 'What was committed before stays; the rest was not begun.'),
  replay_unavailable: device(
    'This run can no longer be replayed',
    'Its beginning is gone from the bounded history, or its files are too large to copy. Start from a smaller run.',
  ),
  scratch_full: device('The scratch space is full', 'Close a branch of this run, then try again.'),
  dataset_unknown: input('No data set has that name', 'Load `airports`, or drop a file first.'),
  input_malformed: input('The file cannot be read as a table', 'Correct it, or choose another. Nothing was written.'),
  protocol_version: device('Page and worker are of different versions', 'Reload the page.', 'reload'),
  worker_died: device(
    'The worker ended',
    'What it had acknowledged is kept. Start a new one: it opens the store through recovery.',
    'restart_worker',
  ),
  assertion_failed: {
    title: 'Faultline made a mistake',
    next: 'This is a fault of the lab, not of your data. The text above says which statement was false. Reload to go on.',
    remedy: 'reload',
    weight: 'bug',
  },
};

/** The place in words, or undefined where none is known. */
export function placeInWords(place: FailurePlace): string | undefined {
  const parts: string[] = [];
  if (place.span) parts.push(`line ${place.span.line}, column ${place.span.column}`);
  if (place.file !== undefined) parts.push(`file ${place.file}`);
  if (place.offset !== undefined) parts.push(`byte ${place.offset}`);
  if (place.lsn !== undefined) parts.push(`LSN ${place.lsn}`);
  if (place.entry !== undefined) parts.push(`entry ${place.entry + 1} of the batch`);
  return parts.length === 0 ? undefined : parts.join(', ');
}

export function messageOf(failure: Failure): Message {
  return MESSAGES[failure.code];
}
