/**
 * A statement the code relies on. When it is false the program is wrong, not the input: nobody catches this,
 * the lab shows it. Operating errors (a full disk, a flipped byte) are `EngineError` instead.
 */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Throws `AssertionError` with `reason` (what must hold, and its invariant number) unless `condition` is true. */
export function assert(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new AssertionError(reason);
}

/** For the default branch of a switch over a closed union: the compiler proves it is never reached. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}
