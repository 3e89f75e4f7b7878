/**
 * The simulated directory: names over a cache that forgets, for the lesson on names. No store of ours uses it: theirs
 * have four files whose names never change, and the states below are why.
 *
 *     directory                 files
 *     +-----------+             +-------------------------+
 *     | plan      | ----------> | file 1   aut|umn        |     a name points to a file, by number; a file is a
 *     | plan_new  | ----------> | file 2   win|ter        |     length and blocks of three letters, which stand
 *     +-----------+             +-------------------------+     for sectors: small, so that all states can be shown
 *
 * What the model says:
 *
 *   N1  Names are apart from data and lengths. Each call is seen at once by the program, and pending on the disk: a
 *       created, moved or removed name; the birth of a file and its end; each change of a length; each block written.
 *   N2  `flush` of a file makes its blocks and its length durable, and that the file exists: never its name, and
 *       nothing of another file.
 *   N3  `settle` is the system writing everything back by itself, some 40 s after the last call: all is durable then.
 *       `wait` is less than that: nothing is promised by it.
 *   N4  A move takes one name to the file of another. The file that had the new name before comes to its end, and this
 *       end is a change of its own: it can be durable while the move is not. Then neither version has a name that
 *       opens.
 *   N5  When the power goes, each pending change is kept or lost, as the profile allows (`directory_profiles.ts`,
 *       enumerated by `directory_states.ts`). What is kept is applied in the order of the calls, over what is durable.
 *       So a name may point to a file that is not there, a file may lie there that no name points to, and a file may
 *       be longer than its data, with zeros where blocks are missing.
 *   N6  `flush_directory` makes the names durable at once. Systems under a browser have it; a browser has no such call.
 *
 * Not modelled: torn blocks, noise and lying flushes, which do to this disk what they do to the other one (`disk.ts`)
 * and say nothing about names; open handles and locks; folders in folders; files of more than a few blocks.
 */
import { assert, unreachable } from '../../base/assert';

export type FileId = number;

/** The letters of a block. */
export const BLOCK_BYTES = 3;

export type DirectoryStep =
  | { readonly kind: 'create'; readonly name: string }
  | { readonly kind: 'write'; readonly name: string; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly name: string; readonly length: number }
  | { readonly kind: 'flush'; readonly name: string }
  | { readonly kind: 'move'; readonly from: string; readonly to: string }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'flush_directory' }
  | { readonly kind: 'settle' }
  | { readonly kind: 'wait' };

/** A change the program sees and the disk may not have. Changes with the same `call` were made by one call. */
export type DirectoryChange = { readonly call: number } & (
  | { readonly kind: 'name'; readonly name: string; readonly file: FileId | undefined }
  | { readonly kind: 'birth'; readonly file: FileId }
  | { readonly kind: 'end'; readonly file: FileId }
  | { readonly kind: 'length'; readonly file: FileId; readonly from: number; readonly to: number }
  /** The whole block, as it was after the write: the cache writes whole blocks. */
  | { readonly kind: 'block'; readonly file: FileId; readonly block: number; readonly bytes: Uint8Array }
);

/** A directory and its files at rest. A name may point to a file that is not there (N5). */
export interface DirectoryImage {
  readonly names: ReadonlyMap<string, FileId>;
  readonly files: ReadonlyMap<FileId, Uint8Array>;
}

/** Applies changes in their order. The disk in front of a cut is this of what is durable and the changes kept. */
export function applied(image: DirectoryImage, changes: readonly DirectoryChange[]): DirectoryImage {
  const names = new Map(image.names);
  const files = new Map(
    [...image.files].map(([file, bytes]) => [file, { length: bytes.length, blocks: blocksOf(bytes) }]),
  );
  for (const change of changes) {
    if (change.kind === 'name') {
      if (change.file === undefined) names.delete(change.name);
      else names.set(change.name, change.file);
    } else if (change.kind === 'birth') files.set(change.file, { length: 0, blocks: [] });
    else if (change.kind === 'end') files.delete(change.file);
    else {
      const file = files.get(change.file);
      // Whatever reached a file that never came to be, or is gone, went with it.
      if (file === undefined) continue;
      if (change.kind === 'block') file.blocks[change.block] = change.bytes;
      else {
        if (change.to < change.from) file.blocks = blocksOf(bytesOf(file.blocks, change.to));
        file.length = change.to;
      }
    }
  }
  return { names, files: new Map([...files].map(([file, { blocks, length }]) => [file, bytesOf(blocks, length)])) };
}

export class SimulatedDirectory {
  #durable: DirectoryImage = { names: new Map(), files: new Map() };
  #now: DirectoryImage = this.#durable;
  #pending: readonly DirectoryChange[] = [];
  #calls = 0;
  #files = 0;

  /** What is on the disk whatever happens. */
  get durable(): DirectoryImage {
    return this.#durable;
  }
  /** What the program sees. */
  get now(): DirectoryImage {
    return this.#now;
  }
  /** What a cut could lose, in the order of the calls. */
  get pending(): readonly DirectoryChange[] {
    return this.#pending;
  }

  /** Why a step cannot be taken now, in words; undefined if it can. */
  whyRefused(step: DirectoryStep): string | undefined {
    const missing = (name: string): string | undefined =>
      this.#now.names.has(name) ? undefined : `there is no ${name}`;
    switch (step.kind) {
      case 'create':
        return this.#now.names.has(step.name) ? `${step.name} is already there` : undefined;
      case 'move':
        return step.from === step.to ? 'a name cannot be moved to itself' : missing(step.from);
      case 'write':
      case 'truncate':
      case 'flush':
      case 'remove':
        return missing(step.name);
      case 'flush_directory':
      case 'settle':
      case 'wait':
        return undefined;
      default:
        return unreachable(step);
    }
  }

  /** Takes one step, as one call. The caller has asked `whyRefused`. */
  apply(step: DirectoryStep): void {
    const why = this.whyRefused(step);
    assert(why === undefined, `a step is taken only if it can be: ${why ?? ''}`);
    this.#calls++;
    if (step.kind === 'flush') this.#makeFileDurable(this.#fileOf(step.name));
    else if (step.kind === 'flush_directory') this.#makeDurable(({ kind }) => kind === 'name' || kind === 'birth');
    else if (step.kind === 'settle') this.#makeDurable(() => true);
    else this.#add(this.#changesOf(step));
  }

  // ---- private

  #fileOf(name: string): FileId {
    const file = this.#now.names.get(name);
    assert(file !== undefined, 'refused steps are not taken');
    return file;
  }

  #changesOf(step: DirectoryStep): readonly Uncounted[] {
    switch (step.kind) {
      case 'create': {
        const file = ++this.#files;
        return [
          { kind: 'birth', file },
          { kind: 'name', name: step.name, file },
        ];
      }
      case 'write':
        return this.#written(this.#fileOf(step.name), step.at, step.bytes);
      case 'truncate': {
        const file = this.#fileOf(step.name);
        const from = this.#now.files.get(file)!.length;
        return from === step.length ? [] : [{ kind: 'length', file, from, to: step.length }];
      }
      case 'move': {
        const replaced = this.#now.names.get(step.to);
        const moved: Uncounted[] = [
          { kind: 'name', name: step.to, file: this.#fileOf(step.from) },
          { kind: 'name', name: step.from, file: undefined },
        ];
        return replaced === undefined ? moved : [...moved, { kind: 'end', file: replaced }];
      }
      case 'remove':
        return [
          { kind: 'name', name: step.name, file: undefined },
          { kind: 'end', file: this.#fileOf(step.name) },
        ];
      default:
        return [];
    }
  }

  #written(file: FileId, at: number, written: Uint8Array): readonly Uncounted[] {
    if (written.length === 0) return [];
    const before = this.#now.files.get(file)!;
    const after = new Uint8Array(Math.max(before.length, at + written.length));
    after.set(before);
    after.set(written, at);
    const blocks = blocksOf(after);
    const changes: Uncounted[] = [];
    if (after.length > before.length) changes.push({ kind: 'length', file, from: before.length, to: after.length });
    const last = Math.floor((at + written.length - 1) / BLOCK_BYTES);
    for (let block = Math.floor(at / BLOCK_BYTES); block <= last; block++) {
      changes.push({ kind: 'block', file, block, bytes: blocks[block]! });
    }
    return changes;
  }

  #add(changes: readonly Uncounted[]): void {
    const counted = changes.map((change) => ({ ...change, call: this.#calls }));
    this.#now = applied(this.#now, counted);
    this.#pending = [...this.#pending, ...counted];
  }

  /** N2: that it exists, its length and its blocks; an end of it stays pending, and so does its name. */
  #makeFileDurable(file: FileId): void {
    this.#makeDurable((change) => change.kind !== 'name' && change.kind !== 'end' && change.file === file);
  }

  #makeDurable(isMeant: (change: DirectoryChange) => boolean): void {
    this.#durable = applied(this.#durable, this.#pending.filter(isMeant));
    this.#pending = this.#pending.filter((change) => !isMeant(change));
  }
}

type WithoutCall<Change> = Change extends unknown ? Omit<Change, 'call'> : never;
type Uncounted = WithoutCall<DirectoryChange>;

/** Cut into blocks; the last one is filled up with zeros, as a disk would. */
function blocksOf(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / BLOCK_BYTES) }, (_, block) => {
    const whole = new Uint8Array(BLOCK_BYTES);
    whole.set(bytes.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES));
    return whole;
  });
}

/** The first `length` bytes of blocks, of which some may be missing: those read as zeros. */
function bytesOf(blocks: readonly (Uint8Array | undefined)[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let block = 0; block * BLOCK_BYTES < length; block++) {
    bytes.set((blocks[block] ?? new Uint8Array(0)).subarray(0, length - block * BLOCK_BYTES), block * BLOCK_BYTES);
  }
  return bytes;
}
