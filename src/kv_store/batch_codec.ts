/**
 * The payload of a commit record: the operations of one batch, in order.
 *
 *     +--------+   then `count` times:
 *     | count  |     +--------+------------+-----+              delete
 *     | varint |     | kind=2 | key length | key |
 *     +--------+     | u8     | varint     |     |
 *                    +--------+------------+-----+--------------+-------+   put
 *                    | kind=1 | key length | key | value length | value |
 *                    | u8     | varint     |     | varint       |       |
 *                    +--------+------------+-----+--------------+-------+
 *
 * A varint is LEB128: seven bits a byte, the lowest first, the top bit set on all but the last.
 */
import { EngineError } from '../base/errors';
import type { Batch, Operation } from '../base/ordered_index';
import type { Slab } from '../base/slab';
import { getVarint, putVarint, varintBytes } from '../base/varint';

const KIND = { put: 1, delete: 2 } as const;

export function batchBytes(batch: Batch): number {
  let bytes = varintBytes(batch.length);
  for (const operation of batch) {
    bytes += 1 + varintBytes(operation.key.length) + operation.key.length;
    if (operation.kind === 'put') bytes += varintBytes(operation.value.length) + operation.value.length;
  }
  return bytes;
}

/** Writes `batchBytes(batch)` bytes at `at`. */
export function encodeBatch(batch: Batch, into: Uint8Array, at: number): void {
  at = putVarint(into, at, batch.length);
  for (const operation of batch) {
    into[at++] = KIND[operation.kind];
    at = putVarint(into, at, operation.key.length);
    into.set(operation.key, at);
    at += operation.key.length;
    if (operation.kind === 'delete') continue;
    at = putVarint(into, at, operation.value.length);
    into.set(operation.value, at);
    at += operation.value.length;
  }
}

/** The operations, with copies of keys and values, in `slab` if there is one. Throws `log_damaged`: a checksum held over bytes that are no batch. */
export function decodeBatch(payload: Uint8Array, slab?: Slab): Operation[] {
  const reader = new PayloadReader(payload, slab);
  const count = reader.varint();
  const batch: Operation[] = [];
  for (let i = 0; i < count; i++) {
    const kind = reader.byte();
    if (kind !== KIND.put && kind !== KIND.delete) throw notABatch(`operation ${i} has kind ${kind}`);
    const key = reader.bytes(reader.varint());
    batch.push(
      kind === KIND.delete ? { kind: 'delete', key } : { kind: 'put', key, value: reader.bytes(reader.varint()) },
    );
  }
  if (!reader.isAtEnd) throw notABatch('bytes are left over');
  return batch;
}

class PayloadReader {
  readonly #payload: Uint8Array;
  readonly #slab: Slab | undefined;
  #at = 0;
  readonly #varint = { value: 0, end: 0 };

  constructor(payload: Uint8Array, slab: Slab | undefined) {
    this.#payload = payload;
    this.#slab = slab;
  }
  get isAtEnd(): boolean {
    return this.#at === this.#payload.length;
  }
  byte(): number {
    const byte = this.#payload[this.#at++];
    if (byte === undefined) throw notABatch('it ends early');
    return byte;
  }
  varint(): number {
    if (!getVarint(this.#payload, this.#at, this.#payload.length, this.#varint))
      throw notABatch('a length is malformed');
    this.#at = this.#varint.end;
    return this.#varint.value;
  }
  bytes(length: number): Uint8Array {
    const from = this.#at;
    const to = from + length;
    if (to > this.#payload.length) throw notABatch('a length runs past the end');
    this.#at = to;
    return this.#slab ? this.#slab.copy(this.#payload, from, to) : this.#payload.slice(from, to);
  }
}

function notABatch(detail: string): EngineError {
  return new EngineError('log_damaged', `A log record does not hold a batch: ${detail}.`, { file: 'log' });
}
