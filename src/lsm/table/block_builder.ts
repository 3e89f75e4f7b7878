/** Builds one block after another in the same memory (format and rules: `block.ts`). */
import { assert } from '../../base/assert';
import { viewOf } from '../../base/bytes';
import type { Lsn } from '../../base/ids';
import { putVarint, VARINT_BYTES_MAX } from '../../base/varint';
import { blockOverheadBytes, lsnCodeOf, sealBlock, sharedBytes, type BlockKind } from './block';

/** Twice a difference of LSNs has to be a safe integer. */
const LSN_LIMIT = 2 ** 52;
const HEAD_BYTES_MAX = 4 * VARINT_BYTES_MAX;

export class BlockBuilder {
  readonly #restartInterval: number;
  #bytes = new Uint8Array(1024);
  #end = 0;
  readonly #restarts: number[] = [];
  #sinceRestart = 0;
  #baseLsn = 0;
  /** A copy of the key added last: its owner may close before the next comes. */
  #last = new Uint8Array(64);
  #lastLength = 0;
  #hasLast = false;
  entries = 0;

  constructor(restartInterval: number) {
    assert(restartInterval >= 1, 'a block has restarts');
    this.#restartInterval = restartInterval;
  }

  get isEmpty(): boolean {
    return this.entries === 0;
  }
  /** The length of the block if it ended now, with its trailer. */
  get bytes(): number {
    return this.#end + blockOverheadBytes(this.#restarts.length);
  }
  /** The key added last, as long as nothing is added. Of the block before, if this one is empty. */
  get lastKey(): Uint8Array {
    return this.#last.subarray(0, this.#lastLength);
  }
  get lastKeyBytes(): number {
    return this.#lastLength;
  }

  /** Keys ascend strictly, from block to block too. */
  add(key: Uint8Array, lsn: Lsn, value: Uint8Array | undefined): void {
    const common = sharedBytes(this.#last, this.#lastLength, key);
    assert(!this.#hasLast || isAfter(key, this.#last, this.#lastLength, common), 'K2: keys ascend strictly');
    assert(lsn < LSN_LIMIT, 'the difference of two LSNs fits a varint, with its sign');
    this.#reserve(HEAD_BYTES_MAX + key.length + (value?.length ?? 0));
    const isRestart = this.entries === 0 || this.#sinceRestart === this.#restartInterval;
    const shared = isRestart ? 0 : common;
    if (isRestart) {
      this.#restarts.push(this.#end);
      this.#sinceRestart = 0;
      this.#baseLsn = lsn;
    }
    const bytes = this.#bytes;
    let at = putVarint(bytes, this.#end, shared);
    at = putVarint(bytes, at, key.length - shared);
    at = putVarint(bytes, at, value === undefined ? 0 : value.length + 1);
    at = putVarint(bytes, at, isRestart ? lsn : lsnCodeOf(this.#baseLsn, lsn));
    for (let i = shared; i < key.length; i++) bytes[at++] = key[i]!;
    if (value !== undefined) {
      bytes.set(value, at);
      at += value.length;
    }
    this.#end = at;
    this.entries++;
    this.#sinceRestart++;
    this.#keep(key, common);
  }

  /** The block, good until the next `add`; the builder is empty then, and remembers the last key. */
  finish(kind: BlockKind, seed: number): Uint8Array {
    assert(!this.isEmpty, 'K3: a block has an entry');
    this.#reserve(blockOverheadBytes(this.#restarts.length));
    const view = viewOf(this.#bytes);
    let at = this.#end;
    for (const restart of this.#restarts) {
      view.setUint32(at, restart, true);
      at += 4;
    }
    view.setUint32(at, this.#restarts.length, true);
    const length = sealBlock(this.#bytes, at + 4, kind, seed);
    this.#end = 0;
    this.entries = 0;
    this.#restarts.length = 0;
    return this.#bytes.subarray(0, length);
  }

  /** The first `common` bytes are there already. */
  #keep(key: Uint8Array, common: number): void {
    if (key.length > this.#last.length) {
      const longer = new Uint8Array(2 * key.length);
      longer.set(this.#last);
      this.#last = longer;
    }
    for (let i = common; i < key.length; i++) this.#last[i] = key[i]!;
    this.#lastLength = key.length;
    this.#hasLast = true;
  }

  #reserve(extra: number): void {
    const needed = this.#end + extra;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = larger;
  }
}

/** `common`: how many first bytes the two have in common. */
function isAfter(key: Uint8Array, last: Uint8Array, lastLength: number, common: number): boolean {
  return common < key.length && (common === lastLength || key[common]! > last[common]!);
}
