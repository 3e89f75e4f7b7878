/** What a transaction read from others, by the numbers of transactions and versions. */

/** One read of one key. */
export interface Reading {
  readonly transaction: number;
  /** Its place in the transaction. */
  readonly operation: number;
  readonly version: number;
  readonly isByScan: boolean;
}

/** A list as somebody read it, without what he appended himself. */
export interface ListReading {
  readonly transaction: number;
  readonly elements: readonly number[];
}
