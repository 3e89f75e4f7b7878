/**
 * Parks the calling worker for good, so that terminating it is a crash at exactly that point: a worker that is merely
 * terminated in a busy loop keeps writing for two seconds.
 *
 * The shared memory comes from WebAssembly, which gives it also to pages that are not cross-origin isolated.
 */
export function parkForEver(): never {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const cell = new Int32Array(memory.buffer);
  for (;;) Atomics.wait(cell, 0, 0);
}
