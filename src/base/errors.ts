/**
 * Operating errors: things that happen to a correct program. One class, a closed set of codes, and the place.
 *
 * A torn end of the log is a recovery *result*, not an error. Each code has a paragraph in `notes/errors.md`; a test
 * holds the two lists equal. Across threads only `{ code, message, place }` travels (`toPlain`, `fromPlain`).
 */

/** Whether the same call may be made again, and what has to change first. */
export type Retry = 'never' | 'after_reopen' | 'after_freeing_space' | 'later' | 'new_transaction';

/** Every code, and whether the caller may try again. */
export const ERROR_CODES = {
  // The caller's input, refused before any byte is written.
  key_empty: 'never',
  key_too_large: 'never',
  value_too_large: 'never',
  batch_too_large: 'never',
  batch_empty: 'never',
  text_not_well_formed: 'never',
  option_invalid: 'never',
  // What other transactions did meanwhile.
  write_conflict: 'new_transaction',
  serialization_failure: 'new_transaction',
  snapshot_too_old: 'new_transaction',
  // What the device did.
  read_failed: 'later',
  write_failed: 'later',
  flush_failed: 'after_reopen',
  store_full: 'after_freeing_space',
  commit_unknown: 'after_reopen',
  // The state the store is in.
  store_read_only: 'after_reopen',
  store_closed: 'after_reopen',
  storage_in_use: 'later',
  storage_unavailable: 'never',
  file_closed: 'after_reopen',
  file_missing: 'never',
  // What the bytes say.
  not_a_store: 'never',
  format_too_new: 'never',
  superblock_damaged: 'never',
  checkpoint_damaged: 'never',
  page_damaged: 'never',
  table_damaged: 'never',
  manifest_damaged: 'never',
  log_damaged: 'never',
  backup_damaged: 'never',
} as const satisfies Record<string, Retry>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Where it happened: a file of the store and a byte in it, a log sequence number, a page, or an entry of a batch. */
export interface ErrorPlace {
  readonly file?: string;
  readonly offset?: number;
  readonly lsn?: number;
  readonly page?: number;
  readonly entry?: number;
}

/** An operating error in the form that crosses threads. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly place: ErrorPlace;
}

export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: ErrorCode;
  readonly place: ErrorPlace;

  constructor(code: ErrorCode, message: string, place: ErrorPlace = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.place = place;
  }

  get retry(): Retry {
    return ERROR_CODES[this.code];
  }

  toPlain(): PlainError {
    return { code: this.code, message: this.message, place: this.place };
  }

  static fromPlain(plain: PlainError): EngineError {
    return new EngineError(plain.code, plain.message, plain.place);
  }
}

/** True for an `EngineError`, of that code if one is given. */
export function isEngineError(error: unknown, code?: ErrorCode): error is EngineError {
  return error instanceof EngineError && (code === undefined || error.code === code);
}
