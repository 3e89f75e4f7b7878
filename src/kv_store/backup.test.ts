import { describe, expect, it } from 'vitest';
import { concatBytes, encodeText, toHex } from '../base/bytes';
import { isEngineError } from '../base/errors';
import { lsn } from '../base/ids';
import { OrderedMap } from '../base/ordered_map';
import { eachFlippedBit, fromHex } from '../base/testing/bits';
import { MemoryStorage } from '../storage/memory';
import { readBackup, writeBackup } from './backup';
import { openSmall, putText, textEntries } from './testing/small_store';

const STORE_ID = Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i);

function backupOf(entries: readonly (readonly [string, string])[]): Uint8Array[] {
  const map = new OrderedMap();
  for (const [key, value] of entries) map.put(encodeText(key), encodeText(value));
  const info = { storeId: STORE_ID, lsn: lsn(0x4142), entries: entries.length };
  return [...writeBackup(info, map.snapshot().cursor({}, false))];
}

function codeOf(bytes: Uint8Array): string {
  try {
    readBackup(bytes);
    return 'accepted';
  } catch (error) {
    if (!isEngineError(error)) throw error;
    return error.code;
  }
}

describe('a backup', () => {
  it('is written as the drawing says', () => {
    // "FAULTBAK" | version | store id | lsn | entries | 1 3 a one | 1 0 b | crc
    const drawn = `4641554c5442414b 01000000 a0a1a2a3a4a5a6a7a8a9aaabacadaeaf 4241000000000000
                   0200000000000000 01 03 61 6f6e65 01 00 62 251b7f50`;
    expect(
      toHex(
        concatBytes(
          backupOf([
            ['a', 'one'],
            ['b', ''],
          ]),
        ),
      ),
    ).toBe(toHex(fromHex(drawn)));
  });

  it('comes back as it went in, in chunks of about 64 KiB also around a value that is larger', () => {
    const entries = Array.from(
      { length: 300 },
      (_, i) => [`${1000 + i}`, 'v'.repeat(i === 150 ? 200_000 : 900)] as const,
    );
    const chunks = backupOf(entries);
    expect(chunks.length).toBeGreaterThan(5);
    const { entries: read, info } = readBackup(concatBytes(chunks));
    expect(info).toEqual({ storeId: STORE_ID, lsn: 0x4142, entries: 300 });
    expect(read).toEqual(entries.map(([key, value]) => ({ key: encodeText(key), value: encodeText(value) })));
    expect(readBackup(concatBytes(backupOf([]))).entries).toEqual([]);
  });

  it('with any one bit flipped, or cut off anywhere, is refused whole', () => {
    const bytes = concatBytes(
      backupOf([
        ['a', 'one'],
        ['b', ''],
      ]),
    );
    eachFlippedBit(bytes, (flipped, at) => {
      const expected = at < 8 ? 'not_a_store' : at < 12 ? 'format_too_new' : 'backup_damaged';
      // A lower version number is none that ever was: the checksum tells.
      expect([expected, 'backup_damaged']).toContain(codeOf(flipped));
      expect(codeOf(flipped)).not.toBe('accepted');
    });
    for (let length = 0; length < bytes.length; length++)
      expect(codeOf(bytes.subarray(0, length))).not.toBe('accepted');
  });

  it('is of one moment, and closes its cursor when nobody wants the rest', () => {
    const { store } = openSmall(new MemoryStorage().openNow({ create: true }), 1);
    putText(store, 'a', '1');
    store.flush();
    const chunks = store.backup();
    putText(store, 'b', '2');
    store.flush();
    const { entries, info } = readBackup(concatBytes([...chunks]));
    expect(entries).toHaveLength(1);
    expect(info.lsn).toBe(1);
    expect(textEntries(store)).toEqual(['a=1', 'b=2']);
    const abandoned = store.backup();
    abandoned.next();
    expect(abandoned.return()).toEqual({ done: true, value: undefined });
  });
});
