/** What a picture shows, as a table: for screen readers, and for whoever would rather read than look. */
export interface Twin {
  /** What tests call it. */
  readonly part?: string;
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly TwinRow[];
}
export interface TwinRow {
  readonly id: string;
  /** One for each column; the first names the row. */
  readonly cells: readonly (string | number)[];
}

/** A table longer than this is not read, and costs every step. */
export const TWIN_ROWS_MAX = 32;
