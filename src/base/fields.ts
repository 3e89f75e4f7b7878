/**
 * What a byte means, for people: the codecs describe the bytes they read, field by field, so that the byte view of
 * the lab says exactly what the format drawings say. Describing never throws: where decoding stops, the last field
 * carries the reason.
 */
export interface FieldAnnotation {
  /** Offset in the file. */
  readonly at: number;
  readonly length: number;
  /** What it belongs to, such as `group header` or `record 7`; fields of one structure share it. */
  readonly structure: string;
  readonly name: string;
  /** The value in words or digits. */
  readonly value: string;
  /** Which object family it is drawn in. */
  readonly family: 'log' | 'page' | 'table' | 'version' | 'transaction' | 'free';
  /** Present where something was verified: did it hold, and against what? */
  readonly verdict?: { readonly ok: boolean; readonly note: string };
  /** A place this field points to. */
  readonly target?: { readonly file: string; readonly at: number };
}

/** Bytes `[from, to)` of a file. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}
