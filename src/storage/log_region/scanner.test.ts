/** Each way a scan can end, on logs put together by hand: group by group, with damage where the test wants it. */
import { describe, expect, it } from 'vitest';
import { encodeText } from '../../base/bytes';
import { logPosition, lsn } from '../../base/ids';
import { faultyFiles } from '../faulty';
import type { StorageFile } from '../file';
import { MemoryStorage } from '../memory';
import { WrappedFile } from '../wrapped_file';
import { encodeGroupHeader, GROUP_HEADER_BYTES } from './group_header';
import { encodeRecord, RECORD_HEADER_BYTES, RECORD_TYPES } from './record';
import { alignUp, writeRing, type LogGeometry } from './ring';
import { scanLog, type ScanOptions, type ScanResult } from './scanner';

const GEOMETRY: LogGeometry = { logBytes: 8192, alignBytes: 512, storeSeed: 0xfa17 };
const REDO = { position: logPosition(0), lsn: lsn(1), link: 0 };

interface Group {
  readonly at: number;
  readonly firstLsn: number;
  readonly salt: number;
  readonly link: number;
  readonly flushedLsn?: number;
  readonly payloads: readonly string[];
  /** Records without a number, behind the others. */
  readonly images?: readonly string[];
}

/** A group as a log would write it; `position` of its records are where the damage of a test goes. */
function groupBytes({ at, firstLsn, flushedLsn = firstLsn - 1, images = [], link, payloads, salt }: Group): Uint8Array {
  const length = [...payloads, ...images].reduce(
    (sum, payload) => sum + RECORD_HEADER_BYTES + payload.length,
    GROUP_HEADER_BYTES,
  );
  const bytes = new Uint8Array(alignUp(length, GEOMETRY.alignBytes));
  let end = GROUP_HEADER_BYTES;
  payloads.forEach((payload, i) => {
    bytes.set(encodeText(payload), end + RECORD_HEADER_BYTES);
    end = encodeRecord(bytes, end, salt, { type: 1, lsn: lsn(firstLsn + i), payloadBytes: payload.length });
  });
  for (const image of images) {
    bytes.set(encodeText(image), end + RECORD_HEADER_BYTES);
    const before = lsn(firstLsn + payloads.length - 1);
    end = encodeRecord(bytes, end, salt, { type: RECORD_TYPES.page_image, lsn: before, payloadBytes: image.length });
  }
  encodeGroupHeader(bytes, 0, GEOMETRY.storeSeed, {
    salt,
    link,
    position: logPosition(at),
    firstLsn: lsn(firstLsn),
    flushedLsn: lsn(flushedLsn),
    bytes: length,
    count: payloads.length + images.length,
  });
  return bytes;
}

class ZeroPaddedFile extends WrappedFile {
  override read(at: number, into: Uint8Array): number {
    into.fill(0, Math.max(0, this.inner.read(at, into)));
    return into.length;
  }
}

class HandMadeLog {
  readonly file: StorageFile;

  constructor() {
    this.file = new MemoryStorage({ log: new Uint8Array(GEOMETRY.logBytes) }).openNow({ create: true }).log;
  }

  /** Writes a group; `torn`: only its first bytes arrive. */
  put(group: Group, torn = Infinity): this {
    const bytes = groupBytes(group);
    writeRing(this.file, GEOMETRY.logBytes, group.at, bytes.subarray(0, torn), true);
    return this;
  }

  flip(at: number): this {
    const byte = new Uint8Array(1);
    this.file.read(at % GEOMETRY.logBytes, byte);
    byte[0]! ^= 0x10;
    this.file.write(at % GEOMETRY.logBytes, byte);
    return this;
  }

  /** As a salvage reads a log that was cut short: zeros where its end was. */
  cut(size: number): StorageFile {
    this.file.truncate(size);
    return new ZeroPaddedFile(this.file);
  }

  scan(
    options: Partial<ScanOptions> = {},
    redo = REDO,
    file = this.file,
    geometry = GEOMETRY,
  ): ScanResult & { found: string[] } {
    const found: string[] = [];
    const all = { verifyChecksums: true, verifyLinks: true, durableLsn: lsn(0), ...options };
    const result = scanLog(file, geometry, redo, all, {
      group: () => undefined,
      record: ({ lsn: number, payload }) => found.push(`${number} ${new TextDecoder().decode(payload)}`),
      unnumbered: ({ lsn: number, payload }) => found.push(`after ${number} ${new TextDecoder().decode(payload)}`),
    });
    return { ...result, found };
  }
}

const A: Group = { at: 0, firstLsn: 1, salt: 11, link: 0, payloads: ['one', 'two'] };
const B: Group = { at: 512, firstLsn: 3, salt: 11, link: 11, payloads: ['three'] };
const C: Group = { at: 1024, firstLsn: 4, salt: 11, link: 11, payloads: ['four'] };
/** First byte of the payload of the group's only record. */
const payloadOf = ({ at }: Group): number => at + GROUP_HEADER_BYTES + RECORD_HEADER_BYTES;

describe('a scan', () => {
  it('of an empty log ends clean where it began', () => {
    expect(new HandMadeLog().scan()).toMatchObject({
      end: 'end_clean',
      reason: 'no group header here',
      position: 0,
      lastLsn: 0,
      link: 0,
      lastGroup: undefined,
      found: [],
    });
  });

  it('gives every record in order, and says where the next group goes and what it links to', () => {
    expect(new HandMadeLog().put(A).put(B).scan()).toMatchObject({
      end: 'end_clean',
      position: 1024,
      lastLsn: 3,
      link: 11,
      lastGroup: 512,
      found: ['1 one', '2 two', '3 three'],
    });
  });

  it('starts in the middle, where the superblock says', () => {
    const redo = { position: logPosition(512), lsn: lsn(3), link: 11 };
    expect(new HandMadeLog().put(A).put(B).scan({}, redo).found).toEqual(['3 three']);
  });

  it('goes on over the end of the file, with a group that lies on both sides of it', () => {
    const long: Group = { ...B, at: 7680, payloads: ['x'.repeat(900)] };
    const redo = { position: logPosition(7680), lsn: lsn(3), link: 11 };
    const log = new HandMadeLog().put(long).put({ ...C, at: 8704 });
    expect(log.scan({}, redo)).toMatchObject({ end: 'end_clean', position: 9216, lastLsn: 4, lastGroup: 8704 });
  });

  it('stops one ring after the redo point', () => {
    const log = new HandMadeLog();
    for (let i = 0; i < 16; i++)
      log.put({ ...A, at: i * 512, firstLsn: i + 1, link: i === 0 ? 0 : 11, payloads: ['x'] });
    expect(log.scan()).toMatchObject({ end: 'end_clean', reason: 'the log is full', position: 8192, lastLsn: 16 });
  });
});

describe('what ends a scan', () => {
  const afterA = (group: Group): ScanResult => new HandMadeLog().put(A).put(group).scan();

  it.each([
    ['a group of another lap', { ...B, at: 8704 }, 'the group here belongs to another lap of the tape'],
    [
      'a group of another session',
      { ...B, link: 10 },
      'the group here does not link to the one before: an earlier session left it',
    ],
    ['a group with another LSN', { ...B, firstLsn: 4, flushedLsn: 2 }, 'the group here starts with LSN 4, not 3'],
  ])('%s, whole as it is: nothing of this log, so the end is clean', (_, group, reason) => {
    expect(afterA(group)).toMatchObject({ end: 'end_clean', reason, position: 512, lastLsn: 2 });
  });

  it('a header of which a part is there: unfinished', () => {
    for (const torn of [8, 20, 40]) {
      const { end, lastLsn, reason } = new HandMadeLog().put(A).put(B, torn).scan();
      expect({ end, lastLsn, reason }).toEqual({
        end: 'end_unfinished',
        lastLsn: 2,
        reason: 'the checksum of the group header does not match',
      });
    }
  });

  it('a record of which a part is there: unfinished, and the next group goes to the sector after it', () => {
    const long: Group = { ...B, payloads: ['three', 'f'.repeat(600)] };
    expect(new HandMadeLog().put(A).put(long, 512).scan()).toMatchObject({
      end: 'end_unfinished',
      reason: 'record 4: its checksum does not match',
      position: 1024,
      lastLsn: 3,
      lastGroup: 512,
    });
  });

  it('S2: a flipped bit in the very last record looks the same as one never finished', () => {
    expect(new HandMadeLog().put(A).put(B).flip(payloadOf(B)).scan()).toMatchObject({
      end: 'end_unfinished',
      reason: 'record 3: its checksum does not match',
      lastLsn: 2,
    });
  });
});

describe('proof of damage', () => {
  it('S1: a later group that calls the missing record flushed', () => {
    const log = new HandMadeLog().put(A).put(B).put(C).flip(payloadOf(B));
    expect(log.scan()).toMatchObject({
      end: 'damaged',
      reason: 'record 3 is missing, but the group at 1024 was written after a flush that covered it',
      lastLsn: 2,
    });
  });

  it('S1: not a later group that was written before that flush', () => {
    const log = new HandMadeLog()
      .put(A)
      .put(B)
      .put({ ...C, flushedLsn: 2 })
      .flip(payloadOf(B));
    expect(log.scan()).toMatchObject({ end: 'end_unfinished', lastLsn: 2 });
  });

  it('S1: the superblock, for a record at the very end', () => {
    const log = new HandMadeLog().put(A).put(B).flip(payloadOf(B));
    expect(log.scan({ durableLsn: lsn(3) })).toMatchObject({
      end: 'damaged',
      reason: 'record 3 is missing, but the superblock says a flush covered LSN 3',
    });
    expect(log.scan({ durableLsn: lsn(2) }).end).toBe('end_unfinished');
  });

  it('S1: a whole group that lies one lap ahead, where this log should be', () => {
    expect(new HandMadeLog().put({ ...A, at: 8192, firstLsn: 9, flushedLsn: 8 }).scan().end).toBe('damaged');
    // One lap behind proves nothing: that is what the ring is for.
    const redo = { position: logPosition(8192), lsn: lsn(5), link: 3 };
    expect(new HandMadeLog().put({ ...A, at: 0, firstLsn: 9, flushedLsn: 8 }).scan({}, redo).end).toBe('end_clean');
  });

  it('S1: a later group that the device wrote to a wrong place, over the one it vouches for', () => {
    const log = new HandMadeLog().put(A).put(B);
    log.file.write(B.at, groupBytes(C));
    expect(log.scan()).toMatchObject({
      end: 'damaged',
      reason: 'record 3 is missing, but the group at 1024 was written after a flush that covered it',
      lastLsn: 2,
    });
  });

  it('S1: a damaged group proves nothing', () => {
    const log = new HandMadeLog()
      .put(A)
      .put(B)
      .put(C)
      .flip(payloadOf(B))
      .flip(C.at + 30);
    expect(log.scan().end).toBe('end_unfinished');
  });

  it('S1: a header lost whole, and zeros in its place, are found out by the group behind', () => {
    const log = new HandMadeLog().put(A).put(C);
    expect(log.scan()).toMatchObject({ end: 'damaged', lastLsn: 2 });
  });
});

describe('S3', () => {
  it.each(['zeros', 'short', 'fail'] as const)('a read that goes wrong once (%s) hides no record', (kind) => {
    for (let nth = 1; nth <= 3; nth++) {
      const storage = new MemoryStorage({ log: new Uint8Array(GEOMETRY.logBytes) });
      const files = storage.openNow({ create: true });
      const log = new HandMadeLog();
      for (const group of [A, B]) writeRing(files.log, GEOMETRY.logBytes, group.at, groupBytes(group), true);
      const effect = kind === 'short' ? ({ kind, count: 10 } as const) : ({ kind } as const);
      const faulty = faultyFiles(files, { faults: [{ call: 'read', nth, effect }] });
      try {
        expect(log.scan({}, REDO, faulty.log).found).toEqual(['1 one', '2 two', '3 three']);
      } catch (error) {
        expect(error).toMatchObject({ code: 'read_failed' });
        expect(kind).not.toBe('zeros');
      }
    }
  });
});

describe('S4', () => {
  const torn: Group = { ...B, payloads: ['three', 'f'.repeat(600)] };
  const next: Group = { at: 1024, firstLsn: 4, salt: 12, link: 11, payloads: ['four again'] };

  it('a torn group is continued by a later session, in the sector after it', () => {
    expect(new HandMadeLog().put(A).put(torn, 512).put(next).scan()).toMatchObject({
      end: 'end_clean',
      position: 1536,
      lastLsn: 4,
      link: 12,
      found: ['1 one', '2 two', '3 three', '4 four again'],
    });
  });

  it('what an earlier session left behind the new end does not link to it', () => {
    // The earlier session wrote groups at 512, 1024 and 1536; the first was lost in a power cut, the rest stayed.
    const lost: Group = { ...C, at: 1536, firstLsn: 5 };
    const log = new HandMadeLog().put(A).put({ ...B, salt: 12, payloads: ['new three'] });
    log.put({ ...C, flushedLsn: 2 }).put({ ...lost, flushedLsn: 2 });
    expect(log.scan()).toMatchObject({ end: 'end_clean', lastLsn: 3, found: ['1 one', '2 two', '3 new three'] });
    expect(log.scan({ verifyLinks: false }).found).toHaveLength(5);
  });
});

describe('with verification off', () => {
  it('a torn record is taken for a whole one', () => {
    const log = new HandMadeLog().put(A).put(B).flip(payloadOf(B));
    expect(log.scan({ verifyChecksums: false }).found.at(-1)).toBe('3 dhree');
  });
});

describe('records without a number', () => {
  const images: Group = {
    at: 512,
    firstLsn: 3,
    salt: 11,
    link: 11,
    payloads: [],
    images: ['x'.repeat(300), 'y'.repeat(300)],
  };
  const next: Group = { at: 1536, firstLsn: 3, salt: 11, link: 11, payloads: ['three'] };
  const log = (): HandMadeLog => new HandMadeLog().put(A).put(images).put(next);

  it('R3: stand between commits, which are counted without them', () => {
    const { end, found, lastLsn } = log().scan();
    expect(found).toEqual(['1 one', '2 two', `after 2 ${'x'.repeat(300)}`, `after 2 ${'y'.repeat(300)}`, '3 three']);
    expect({ end, lastLsn }).toEqual({ end: 'end_clean', lastLsn: 3 });
  });

  it('S1: one that is gone is damage if the superblock says that a flush covered it, and else an end', () => {
    const damaged = (): HandMadeLog => log().flip(512 + 100);
    expect(damaged().scan()).toMatchObject({ end: 'end_unfinished', lastLsn: 2, position: 1024 });
    const { end, reason } = damaged().scan({ durablePosition: logPosition(1536) });
    expect(end).toBe('damaged');
    expect(reason).toContain('can be read up to position 1024');
    expect(log().scan({ durablePosition: logPosition(1536) }).end).toBe('end_clean');
  });

  it('one with the number of another commit is none of this log', () => {
    const foreign: Group = { ...images, firstLsn: 4 };
    expect(new HandMadeLog().put(A).put(foreign).scan()).toMatchObject({ lastLsn: 2, position: 512 });
  });
});

describe('a log shorter than it should be', () => {
  const redo = { position: logPosition(2048), lsn: lsn(1), link: 0 };

  it('S1: still says from behind its cut end, on the next lap, that what is missing was flushed', () => {
    const log = new HandMadeLog().put({ ...A, at: 8704, firstLsn: 3, flushedLsn: 2 });
    expect(log.scan({}, redo, log.cut(4096))).toMatchObject({ end: 'damaged' });
  });

  it('is looked through as far as it goes, whatever length a damaged superblock claims', () => {
    const log = new HandMadeLog();
    const claimed = { ...GEOMETRY, logBytes: 2 ** 30 };
    const { bytesRead, end } = log.scan({}, redo, log.cut(8192), claimed);
    expect(end).toBe('end_clean');
    expect(bytesRead).toBeLessThan(4 * 1024 * 1024);
  });
});
