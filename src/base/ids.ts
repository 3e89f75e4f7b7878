/** Numbers that must not be mixed up carry a brand: an `Lsn` is never passed where a file offset is wanted. */
declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

/** Log sequence number: 1 for the first commit of a store, one more for each next one. 0 means "before any". */
export type Lsn = Branded<number, 'Lsn'>;

/**
 * A byte address on the endless log tape; it only grows. The bytes lie in the log file at `position mod logBytes`,
 * and `floor(position / logBytes)` is the lap.
 */
export type LogPosition = Branded<number, 'LogPosition'>;

/** An extent of the data files: `extentBytes` long, numbered over both files (see `storage/extent_allocator.ts`). */
export type ExtentId = Branded<number, 'ExtentId'>;

/**
 * A page of a B-tree, by its logical number: the same for the page's whole life, wherever in the files it is written
 * (see `btree/page_map.ts`). 0 means "no page".
 */
export type PageId = Branded<number, 'PageId'>;

/** A transaction, numbered from 1 as they begin; the numbers start again when a store is opened. */
export type TxnId = Branded<number, 'TxnId'>;

/** A line of engine source that made a trace event, numbered by the build; 0 when the build did not number it. */
export type SiteId = number;

export const lsn = (value: number): Lsn => value as Lsn;
export const logPosition = (value: number): LogPosition => value as LogPosition;
export const extentId = (value: number): ExtentId => value as ExtentId;
export const pageId = (value: number): PageId => value as PageId;
export const txnId = (value: number): TxnId => value as TxnId;
