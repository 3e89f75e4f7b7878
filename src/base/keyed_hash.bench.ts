/**
 * What a keyed hash would cost in place of the checksum. A checksum catches accidents; an attacker who can write the
 * files can compute it again. A keyed hash stops that, at this price for each record of the log and each block of a
 * checkpoint. Run with `npx vitest bench --project unit`; the figures are in notes/perf.md.
 */
import { blake3 } from '@noble/hashes/blake3.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bench, describe } from 'vitest';
import { crc32c } from './checksum';

const key = new Uint8Array(32).map((_, i) => i * 7);

for (const bytes of [140, 1024, 16 * 1024, 64 * 1024]) {
  const record = new Uint8Array(bytes).map((_, i) => (i * 31) & 0xff);
  describe(`${bytes} bytes`, () => {
    bench('crc32c', () => void crc32c(record, 0, record.length, 1));
    bench('BLAKE3, keyed', () => void blake3(record, { key, dkLen: 16 }));
    bench('HMAC-SHA-256', () => void hmac(sha256, key, record));
  });
}
