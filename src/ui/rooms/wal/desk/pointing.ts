/** A place on a surface that is pointed at, in its own pixels. */
export interface Place {
  readonly x: number;
  readonly y: number;
}
